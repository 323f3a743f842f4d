import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { nearestNeighbours, neighbourAccuracy, type Vectors } from '../../src-main/latent/neighbours.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
});
afterAll(() => executor.dispose());

function randomVectors(count: number, size: number, seed: number): Vectors {
  const random = createRandom(seed);
  return { count, size, data: Float32Array.from({ length: count * size }, () => random.normal()) };
}

function distance(a: Vectors, i: number, b: Vectors, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.size; k++) sum += (a.data[i * a.size + k]! - b.data[j * b.size + k]!) ** 2;
  return sum;
}

test.each([
  [200, 7, 5, 5],
  [50, 130, 3, 4],
  [33, 129, 64, 1],
])(
  '%i references and %i queries of %i values: the nearest %i are those of a direct search',
  async (references, queries, size, k) => {
    const [all, asked] = [randomVectors(references, size, 1), randomVectors(queries, size, 2)];
    const { indices } = await nearestNeighbours(executor, all, asked, k);
    for (let query = 0; query < queries; query++) {
      const exact = Array.from({ length: references }, (_, index) => index).sort(
        (a, b) => distance(asked, query, all, a) - distance(asked, query, all, b),
      );
      expect([...indices.subarray(query * k, (query + 1) * k)]).toEqual(exact.slice(0, k));
    }
  },
);

test('there are never more neighbours than references', async () => {
  const { k, indices } = await nearestNeighbours(executor, randomVectors(2, 3, 1), randomVectors(1, 3, 2), 5);
  expect(k).toBe(2);
  expect([...indices].sort()).toEqual([0, 1]);
});

test('the majority decides, and nearness decides a tie', async () => {
  const references: Vectors = { count: 5, size: 1, data: Float32Array.of(0, 1, 2, 10, 11) };
  const labels = ['near', 'far', 'far', 'other', 'other'];
  const accuracy = (value: number, label: string, k: number) =>
    neighbourAccuracy(executor, references, labels, { count: 1, size: 1, data: Float32Array.of(value) }, [label], k);
  expect(await accuracy(0, 'far', 3)).toBe(1);
  expect(await accuracy(0, 'near', 2)).toBe(1);
  expect(await accuracy(10.4, 'other', 3)).toBe(1);
  expect(await accuracy(10.4, 'far', 3)).toBe(0);
});
