// Nearest codes: exactly among few, nearly all of them among many, and the same numbers every time.
import { describe, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import type { Codes } from '../../src-main/latent/encode.ts';
import {
  approximateNeighbours,
  exactBelow,
  type Found,
  nearestCodes,
  nearestTo,
} from '../../src-main/latent/nearest-codes.ts';
import { equalCodes, groupedCodes, randomCodes } from './support.ts';

/** Distances to all others, ascending. */
function distancesFrom({ codes, size }: Codes, row: number): number[] {
  const own = codes.subarray(row * size, (row + 1) * size);
  return Array.from({ length: codes.length / size }, (_, other) =>
    Math.sqrt(own.reduce((sum, value, at) => sum + (value - codes[other * size + at]!) ** 2, 0)),
  )
    .filter((_, other) => other !== row)
    .sort((a, b) => a - b);
}

const rowOf = ({ k, indices, distances }: Found, row: number) => ({
  others: [...indices.subarray(row * k, (row + 1) * k)],
  distances: [...distances.subarray(row * k, (row + 1) * k)],
});

test('among few they are exactly the nearest, without the point itself', async () => {
  const codes = randomCodes(300, 7);
  const found = await nearestCodes(codes, 15);
  for (const row of [0, 17, 299]) {
    const { others, distances } = rowOf(found, row);
    expect(others).not.toContain(row);
    expect(new Set(others).size).toBe(15);
    for (const [place, distance] of distancesFrom(codes, row).slice(0, 15).entries())
      expect(distances[place]).toBeCloseTo(distance, 4);
  }
});

test('codes that are nearly equal are told apart, though their product is rounded', async () => {
  const codes = randomCodes(60, 4);
  for (let at = 0; at < codes.codes.length; at++) codes.codes[at] = 1000 + codes.codes[at]! * 1e-2;
  const found = await nearestCodes(codes, 1);
  const wrong = [...codes.ids].filter((row) => {
    const [nearest] = distancesFrom(codes, row);
    return Math.abs(rowOf(found, row).distances[0]! - nearest!) > 1e-3 * nearest!;
  });
  expect(wrong.length).toBeLessThan(60 / 10);
});

test.each([
  [1, 0],
  [2, 1],
  [4, 3],
])('%i images have %i others each', async (count, k) => {
  const found = await nearestCodes(equalCodes(count, 3), 15);
  expect(found.k).toBe(k);
  expect(found.indices).toHaveLength(count * k);
});

test('all equal: others, at no distance', async () => {
  const found = await nearestCodes(equalCodes(200, 3), 15);
  for (let row = 0; row < 200; row++) expect(rowOf(found, row).others).not.toContain(row);
  expect(found.distances.every((distance) => distance === 0)).toBe(true);
});

test('of one image, exactly, as many as there are', () => {
  const codes = randomCodes(50, 5);
  const { rows, distances } = nearestTo(codes, 49, 100);
  expect(new Set(rows).size).toBe(49);
  expect(rows).not.toContain(49);
  for (const [place, distance] of distancesFrom(codes, 49).entries()) expect(distances[place]).toBeCloseTo(distance, 4);
  expect(nearestTo(randomCodes(1, 5), 0, 3)).toEqual({ rows: [], distances: [] });
});

describe('among many', { timeout: 300_000 }, () => {
  const many = groupedCodes(exactBelow + 500, 16, 40, 2);

  test('at least 98 of 100 of the nearest are found, the same ones every time', async () => {
    const found = await nearestCodes(many, 15);
    let [kept, all] = [0, 0];
    for (let row = 0; row < many.ids.length; row += 101) {
      const limit = distancesFrom(many, row)[14]!;
      kept += rowOf(found, row).distances.filter((distance) => distance <= limit * (1 + 1e-5)).length;
      all += 15;
    }
    expect(kept / all).toBeGreaterThanOrEqual(0.98);
    expect((await approximateNeighbours(many, 15)).indices).toEqual(found.indices);
  });

  test('a cancel is heard', async () => {
    const controller = new AbortController();
    const context = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(nearestCodes(many, 15, context)).rejects.toBeInstanceOf(PinholeError);
  });
});
