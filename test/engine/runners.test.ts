// Forward graphs: fixed values, open batches, products of large blocks.
import { afterAll, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { cast, matmul, multiply } from '../../src-main/compiler/functions.ts';
import type { Tensor } from '../../src-main/compiler/graph.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { distance, expectSame } from './support.ts';

const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
afterAll(() => executor.dispose());

function bytes(rows: number, columns: number, seed: number): Tensor {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: rows * columns }, () => random.integer(256));
  return { dtype: 'uint8', shape: [rows, columns], data };
}

test('an open batch takes what it is fed', async () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'uint8', shape: ['N', 3] });
  const w = builder.input('w', { dtype: 'float32', shape: [3, 2] });
  const graph = builder.build('open', { y: matmul(multiply(cast(x, 'float32'), 1 / 255), w) });
  const values = new Map([['w', Float32Array.of(1, 2, 3, 4, 5, 6)]]);
  const runner = await executor.compile(graph, values);
  for (const rows of [1, 4, 2]) {
    const feeds = { x: bytes(rows, 3, rows) };
    const expected = interpret(graph, { ...feeds, w: { dtype: 'float32', shape: [3, 2], data: values.get('w')! } });
    expectSame(await runner.run(feeds), expected, 1e-6);
  }
});

test('the Gram matrix of a block of 2048 × 784 bytes is exact to float32', async () => {
  const builder = new GraphBuilder();
  const x = cast(builder.input('x', { dtype: 'uint8', shape: [2048, 784] }), 'float32');
  const runner = await executor.compile(builder.build('gram', { gram: matmul(x, x, { transposeA: true }) }));
  const block = bytes(2048, 784, 5);
  const gram = (await runner.run({ x: block })).gram!;
  expect(gram.shape).toEqual([784, 784]);
  const column = (index: number) => Float64Array.from({ length: 2048 }, (_, row) => block.data[row * 784 + index]!);
  for (const [i, j] of [
    [0, 0],
    [3, 700],
    [783, 12],
  ] as const) {
    const right = column(j);
    const product = column(i).reduce((sum, value, row) => sum + value * right[row]!, 0);
    expect(distance([gram.data[i * 784 + j]!], [product])).toBeLessThan(1e-6);
  }
});
