// How far units of codes reach: percentiles and deviations, of few codes and of more than are looked at.
import { expect, test } from 'vitest';
import { codeRanges } from '../../src-main/latent/code-ranges.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

test('the percentiles of a column, without the one code that is far out', () => {
  const codes = Float32Array.from({ length: 2 * 301 }, (_, index) => {
    const row = index >> 1;
    return index & 1 ? 7 : row === 300 ? 1e6 : row;
  });
  const { low, high, deviation } = codeRanges({ codes, size: 2 });
  expect(Array.from(low)).toEqual([3, 7]);
  expect(Array.from(high)).toEqual([297, 7]);
  expect(deviation[1]).toBe(0);
});

test('of many codes those that are looked at are spread over all', () => {
  const random = createRandom(4);
  const count = 60_000;
  // The first third has other codes than the rest.
  const codes = Float32Array.from({ length: count }, (_, row) => (row < count / 3 ? 10 : 0) + random.normal());
  const { low, high, deviation } = codeRanges({ codes, size: 1 });
  expect(low[0]).toBeCloseTo(-2.2, 0);
  expect(high[0]).toBeCloseTo(11.9, 0);
  expect(deviation[0]).toBeCloseTo(Math.sqrt(1 + 100 * (1 / 3) * (2 / 3)), 0);
});
