// New codes on a map that is there: equal ones at the same place, others among their neighbours, the map's figures for them.
import { expect, test } from 'vitest';
import { nearestReferences, takeExactly } from '../../src-main/latent/nearest-codes.ts';
import { placeOnMap } from '../../src-main/latent/place.ts';
import { groupedCodes, randomCodes } from './support.ts';

/** The first two numbers of each code: a map that keeps a part of the neighbours. */
const firstTwo = (codes: Float32Array, size: number) =>
  Float32Array.from({ length: (2 * codes.length) / size }, (_, at) => codes[(at >> 1) * size + (at & 1)]!);

test('the codes of the map lie where they are on it', async () => {
  const { codes, size } = randomCodes(60, 5);
  const xy = firstTwo(codes, size);
  const placed = await placeOnMap({ codes, size, xy }, codes.slice(0, 20 * size), 8);
  expect(placed.xy).toEqual(xy.slice(0, 40));
  expect([...placed.distances]).toEqual(Array(20).fill(0));
});

test('codes of a group lie among those of that group, and their neighbours are its points', async () => {
  const groups = 4;
  const known = groupedCodes(400, 6, groups, 12, 3);
  const added = groupedCodes(80, 6, groups, 12, 3).codes.map((value, at) => value + 0.1 * Math.sin(at));
  const xy = Float32Array.from({ length: 800 }, (_, at) => {
    const [row, axis] = [at >> 1, at & 1];
    const angle = (2 * Math.PI * (row % groups)) / groups;
    return (axis === 0 ? Math.cos(angle) : Math.sin(angle)) + 0.05 * Math.sin(7 * row + axis);
  });
  const { xy: places, preserved, points } = await placeOnMap({ ...known, xy }, added, 15);
  for (let row = 0; row < 80; row++) {
    const angle = (2 * Math.PI * (row % groups)) / groups;
    expect(Math.hypot(places[2 * row]! - Math.cos(angle), places[2 * row + 1]! - Math.sin(angle))).toBeLessThan(0.1);
  }
  expect(points).toBe(80);
  // By chance 15 of 100 of the right group would be among the nearest.
  expect(preserved).toBeGreaterThan(0.1);
  expect(preserved).toBeLessThanOrEqual(1);
});

test('nearer codes weigh more, equally far ones alike', async () => {
  const mapped = { codes: Float32Array.of(0, 1, 3), size: 1, xy: Float32Array.of(0, 0, 1, 0, 0, 1) };
  const { xy, distances } = await placeOnMap(mapped, Float32Array.of(0.4, 2), 2);
  expect(xy[0]).toBeGreaterThan(0);
  expect(xy[0]).toBeLessThan(0.5);
  expect([xy[2], xy[3]]).toEqual([0.5, 0.5]);
  expect(distances[1]).toBe(1);
  expect(distances[0]).toBeCloseTo(0.4, 6);
});

test('of fewer codes than neighbours all count; of none nothing is placed', async () => {
  const mapped = { codes: Float32Array.of(1, 1), size: 2, xy: Float32Array.of(0.25, -0.5) };
  expect([...(await placeOnMap(mapped, Float32Array.of(5, 5), 15)).xy]).toEqual([0.25, -0.5]);
  expect((await placeOnMap(mapped, new Float32Array(), 15)).xy).toHaveLength(0);
});

test('the index finds what looking at all finds', async () => {
  const references = randomCodes(20_500, 8, 1);
  const queries = randomCodes(1000, 8, 2);
  const k = 10;
  const found = await nearestReferences(references, queries, k);
  let hits = 0;
  for (let row = 0; row < 1000; row += 25) {
    const whole = {
      codes: Float32Array.from([...references.codes, ...queries.codes.subarray(8 * row, 8 * row + 8)]),
      size: 8,
    };
    const exact = { k, indices: new Int32Array(k * 20_501), distances: new Float32Array(k * 20_501) };
    takeExactly(whole.codes, 8, 20_500, exact);
    const right = new Set(exact.indices.subarray(k * 20_500));
    for (const other of found.indices.subarray(k * row, k * row + k)) hits += Number(right.has(other));
  }
  expect(hits / (k * 40)).toBeGreaterThan(0.98);
});
