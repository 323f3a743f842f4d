// Trustworthiness and its kin beside a plain reckoning of their formula, and at their ends.
import { describe, expect, test } from 'vitest';
import { mapQuality, mostPoints } from '../../src-main/latent/map-quality.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { codesOf, equalCodes, randomCodes } from './support.ts';

/** Venna and Kaski 2001, as it is written: ranks by sorting. */
function plainly(codes: number[][], map: number[][], k: number) {
  const count = codes.length;
  const ranks = (points: number[][], from: number) => {
    const distance = (other: number) => Math.hypot(...points[from]!.map((value, at) => value - points[other]![at]!));
    const others = points.map((_, other) => other).filter((other) => other !== from);
    others.sort((a, b) => distance(a) - distance(b) || a - b);
    return new Map(others.map((other, place) => [other, place + 1]));
  };
  let [trust, continuity, kept] = [0, 0, 0];
  for (let point = 0; point < count; point++) {
    const [high, low] = [ranks(codes, point), ranks(map, point)];
    for (const [other, rank] of low) if (rank <= k && high.get(other)! > k) trust += high.get(other)! - k;
    for (const [other, rank] of high) if (rank <= k && low.get(other)! > k) continuity += low.get(other)! - k;
    for (const [other, rank] of high) if (rank <= k && low.get(other)! <= k) kept++;
  }
  const scale = 2 / (count * k * (2 * count - 3 * k - 1));
  return { trustworthiness: 1 - scale * trust, continuity: 1 - scale * continuity, preserved: kept / (count * k) };
}

const rowsOf = (data: Float32Array, size: number) =>
  Array.from({ length: data.length / size }, (_, row) => [...data.subarray(row * size, (row + 1) * size)]);

test.each([1, 5, 12])('is what the formula says, with %i neighbours', async (k) => {
  const codes = randomCodes(40, 5);
  const random = createRandom(9);
  const map = Float32Array.from({ length: 80 }, (_, at) =>
    at % 3 === 0 ? random.normal() : codes.codes[(at >> 1) * 5 + (at & 1)]!,
  );
  const quality = await mapQuality(codes, map, k);
  const expected = plainly(rowsOf(codes.codes, 5), rowsOf(map, 2), k);
  expect(quality).toMatchObject({ k, points: 40 });
  for (const name of ['trustworthiness', 'continuity', 'preserved'] as const)
    expect(quality[name]).toBeCloseTo(expected[name], 10);
  expect(quality.trustworthiness).toBeLessThan(1);
});

test('codes of two numbers are a true map of themselves, turned and enlarged too', async () => {
  const codes = randomCodes(60, 2);
  expect(await mapQuality(codes, codes.codes)).toMatchObject({ trustworthiness: 1, continuity: 1, preserved: 1 });
  const turned = Float32Array.from(codes.codes, (_, at) => 3 * codes.codes[at ^ 1]! * (at & 1 ? -1 : 1));
  expect((await mapQuality(codes, turned)).preserved).toBe(1);
});

test('two neighbours that have changed places, by hand', async () => {
  // On a line 0 1 2 4 7; the map exchanges the first two. k = 1: nearest of 7 is 4 on both; ranks of the others differ.
  const line = [0, 1, 2, 4, 7];
  const swapped = [1, 0, 2, 4, 7];
  const { trustworthiness } = await mapQuality(
    codesOf(1, ...line.map((value) => [value])),
    Float32Array.from(swapped.flatMap((value) => [value, 0])),
    1,
  );
  // The third has the first beside it on the map, which is its second nearest among the codes: (2 − 1) once, of 5·1·(10 − 3 − 1)/2 = 15.
  expect(trustworthiness).toBeCloseTo(1 - 1 / 15, 10);
});

describe('at the ends', () => {
  test.each([0, 1, 2])('%i images cannot lie wrong', async (count) => {
    expect(await mapQuality(equalCodes(count, 3), new Float32Array(2 * count))).toMatchObject({ trustworthiness: 1 });
  });

  test('a map thrown at random is no better than chance', async () => {
    const codes = randomCodes(400, 8);
    const random = createRandom(4);
    const quality = await mapQuality(
      codes,
      Float32Array.from({ length: 800 }, () => random.normal()),
    );
    expect(Math.abs(quality.trustworthiness - 0.5)).toBeLessThan(0.05);
    expect(quality.preserved).toBeLessThan(0.1);
  });

  test('of many a sample is looked at, which is said; a cancel is heard', async () => {
    const codes = randomCodes(mostPoints + 100, 3);
    const map = codes.codes.filter((_, at) => at % 3 < 2);
    expect((await mapQuality(codes, map)).points).toBe(mostPoints);
    const controller = new AbortController();
    const context = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(mapQuality(codes, map, 15, context)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
