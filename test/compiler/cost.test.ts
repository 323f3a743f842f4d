import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { multiplyAdds } from '../../src-main/compiler/cost.ts';
import * as f from '../../src-main/compiler/functions.ts';

test('the products of a graph are counted, element-wise work is not', () => {
  const builder = new GraphBuilder();
  const float = (name: string, ...shape: number[]) => builder.input(name, { dtype: 'float32', shape });
  const cost = (value: ReturnType<typeof float>) => multiplyAdds(builder.build('cost', { value }));
  expect(cost(f.matmul(float('a', 3, 5), float('b', 5, 7)))).toBe(3 * 5 * 7);
  expect(cost(f.matmul(float('c', 5, 3), float('d', 7, 5), { transposeA: true, transposeB: true }))).toBe(3 * 5 * 7);
  expect(cost(f.batchMatmul(float('e', 2, 3, 5), float('g', 2, 5, 7)))).toBe(2 * 3 * 5 * 7);
  const window = { stride: [2, 2], padding: [1, 1, 1, 1] } as const;
  expect(cost(f.conv2d(float('x', 2, 3, 8, 8), float('w', 6, 3, 3, 3), undefined, window))).toBe(2 * 6 * 4 * 4 * 27);
  expect(cost(f.convTranspose2d(float('y', 2, 6, 4, 4), float('v', 6, 3, 3, 3), undefined, window))).toBe(
    2 * 6 * 4 * 4 * 27,
  );
  expect(cost(f.relu(f.add(float('p', 9, 9), 1)))).toBe(0);
});
