import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { batchMatmul, matmul } from '../../src-main/compiler/functions.ts';
import type { Dim, Graph } from '../../src-main/compiler/graph.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import { splitProducts } from '../../src-main/compiler/split-products.ts';

function product(
  rows: Dim,
  inner: number,
  columns: number,
  more: { transposeB?: boolean; bias?: boolean } = {},
): Graph {
  const builder = new GraphBuilder();
  const a = builder.input('a', { dtype: 'float32', shape: [rows, inner] });
  const shape = more.transposeB ? [columns, inner] : [inner, columns];
  const b = builder.input('b', { dtype: 'float32', shape });
  const bias = more.bias ? builder.input('bias', { dtype: 'float32', shape: [columns] }) : undefined;
  const { transposeB = false } = more;
  return builder.build('product', { y: matmul(a, b, { transposeB, ...(bias && { bias }) }) });
}

function evaluate(graph: Graph) {
  const feeds = graph.inputs.map(({ name, id }) => {
    const shape = graph.nodes[id]!.type.shape as number[];
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, (_, index) => Math.sin(index + name.length) / 4);
    return [name, { dtype: 'float32', shape, data }] as const;
  });
  return Array.from(interpret(graph, Object.fromEntries(feeds)).y!.data);
}

function expectSplit(before: Graph) {
  const after = splitProducts(before);
  expect(after.nodes.map(({ op }) => op)).toContain('batchMatmul');
  const [expected, received] = [evaluate(before), evaluate(after)];
  for (const [index, value] of expected.entries()) expect(received[index]).toBeCloseTo(value, 5);
}

describe('a product with fewer rows than columns, of which a thread would get few', () => {
  test.each([
    ['even blocks', product(4, 256, 6)],
    ['a bias', product(4, 300, 6, { bias: true })],
    ['a transposed right side', product(4, 260, 6, { transposeB: true })],
    ['zeros behind the end, where nothing divides it', product(2, 257, 3)],
  ])('is summed block by block: %s', (_, graph) => expectSplit(graph));

  test('a batch of one is such a product too', () => {
    const builder = new GraphBuilder();
    const a = builder.input('a', { dtype: 'float32', shape: [1, 3, 200] });
    const b = builder.input('b', { dtype: 'float32', shape: [1, 200, 5] });
    expectSplit(builder.build('product', { y: batchMatmul(a, b) }));
  });
});

test.each([
  ['as many rows as columns', product(6, 256, 6)],
  ['columns enough for two threads', product(4, 256, 129)],
  ['a short sum', product(4, 128, 6)],
  ['an open batch', product('N', 256, 6)],
])('nothing changes with %s', (_, graph) => {
  expect(splitProducts(graph).nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
});
