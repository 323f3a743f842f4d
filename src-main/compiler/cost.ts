// What a graph costs to run: the arithmetic of its products, which is nearly all of it. Memory traffic is left out.
import type { Graph } from './graph.ts';
import { opOf } from './ops/table.ts';

/** Multiply-adds of all matrix products and convolutions; the batch must not be open. */
export function multiplyAdds(graph: Graph): number {
  return graph.nodes.reduce((total, node) => {
    const inputs = node.inputs.map((id) => graph.nodes[id]!.type);
    return total + (opOf(node).multiplyAdds?.(node.params, inputs, node.type) ?? 0);
  }, 0);
}
