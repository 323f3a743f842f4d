// Graphs as stable text, one node a line, for tests and for reading. Long constants are shortened.
import type { Graph, Node, Tensor } from './graph.ts';
import { describeType } from './ops/op.ts';

/** `%3 float32[2, 4] = matmul(%0, %1) {transposeA: false}` … and what is returned. */
export function print(graph: Graph): string {
  const results = graph.outputs.map(({ name, id }) => `  ${name}: %${id}`);
  return [`graph ${graph.name}`, ...graph.nodes.map(printNode), 'returns', ...results, ''].join('\n');
}

function printNode(node: Node): string {
  const inputs = node.inputs.map((id) => `%${id}`).join(', ');
  return `  %${node.id} ${describeType(node.type)} = ${node.op}(${inputs})${printParams(node)}`;
}

function printParams({ op, params }: Node): string {
  if (op === 'input') return ` ${(params as { name: string }).name}`;
  if (op === 'constant') return ` ${printData(params as Tensor)}`;
  const entries = Object.entries(params).filter(([, value]) => value !== false);
  return entries.length === 0 ? '' : ` {${entries.map(([key, value]) => `${key}: ${printParam(value)}`).join(', ')}}`;
}

function printParam(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function printData({ data }: Tensor): string {
  const shown = Array.from(data.subarray(0, 8), (value) => String(Number(value.toPrecision(7))));
  return data.length > 8 ? `${shown.join(', ')}, … (${data.length})` : shown.join(', ');
}
