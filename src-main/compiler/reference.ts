// The reference interpreter: runs a graph by the table's reference rules, slowly and obviously, in float64.
import { PinholeError } from '../contract/errors.ts';
import type { DType, Feeds, Graph, Tensor } from './graph.ts';
import type { NumericArray } from './ops/op.ts';
import { closed } from './ops/shapes.ts';
import { opOf } from './ops/table.ts';

/** Runs the graph. An open batch takes the size of what is fed. Results are rounded to their types only at the end. */
export function interpret(graph: Graph, feeds: Feeds): Record<string, Tensor> {
  const results = evaluate(graph, feeds);
  return Object.fromEntries(
    graph.outputs.map(({ name, id }) => {
      const { dtype } = graph.nodes[id]!.type;
      const { shape, data } = results[name]!;
      return [name, { dtype, shape, data: narrow(dtype, data) }];
    }),
  );
}

/** As `interpret`, with results as they are computed: float64, so that finite differences mean something. */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor | NumericArray>>,
): Record<string, NumericArray> {
  const values: NumericArray[] = [];
  const fed = new Map(graph.inputs.map(({ name, id }) => [id, feeds[name]]));
  for (const node of graph.nodes) {
    const feed = fed.get(node.id);
    if (feed) {
      values.push(accept(node.type.shape, feed));
      continue;
    }
    const inputs = node.inputs.map((id) => values[id]!);
    const types = node.inputs.map((id, index) => ({ dtype: graph.nodes[id]!.type.dtype, shape: inputs[index]!.shape }));
    const op = opOf(node);
    // Inferred again, because what is fed closes an open batch. An input that is not fed says so itself.
    const shape = node.op === 'input' ? [] : closed(op.infer(node.params, types).shape);
    values.push({ shape, data: op.reference(node.params, inputs, shape) });
  }
  return Object.fromEntries(graph.outputs.map(({ name, id }) => [name, values[id]!]));
}

function accept(expected: readonly (number | 'N')[], { shape, data }: Tensor | NumericArray): NumericArray {
  const fits = shape.length === expected.length && expected.every((dim, axis) => dim === 'N' || dim === shape[axis]);
  if (!fits)
    throw new PinholeError(
      'internal',
      `internal: expected a tensor of [${expected.join(', ')}], received [${shape.join(', ')}]`,
    );
  return { shape, data: Float64Array.from(data) };
}

function narrow(dtype: DType, data: Float64Array): Tensor['data'] {
  if (dtype === 'float32') return Float32Array.from(data);
  return dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}
