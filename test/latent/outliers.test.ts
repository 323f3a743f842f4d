// What stands out: scores by hand, planted outliers first, and errors of which most are equal.
import { expect, test } from 'vitest';
import { nearestCodes } from '../../src-main/latent/nearest-codes.ts';
import { findOutliers, robustScores } from '../../src-main/latent/outliers.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { randomCodes } from './support.ts';

test('scores are deviations of logarithms from their median, by hand', () => {
  // Logarithms 0, 1, 2, 3, 10: median 2, deviations 2 1 0 1 8 with the median 1.
  const scores = robustScores([0, 1, 2, 3, 10].map(Math.exp));
  for (const [place, expected] of [-2, -1, 0, 1, 8].entries()) expect(scores[place]).toBeCloseTo(expected / 1.4826, 6);
});

test('an outlier does not widen the scale that it is measured by', () => {
  const random = createRandom(1);
  const values = Array.from({ length: 200 }, () => Math.exp(random.normal()));
  const alone = robustScores([...values, 1e3]).at(-1)!;
  const among = robustScores([...values, ...Array(40).fill(1e9), 1e3]).at(-1)!;
  expect(alone).toBeGreaterThan(5);
  expect(among).toBeGreaterThan(4);
});

test('where most are equal nothing stands out by that; what is 0 is as the smallest', () => {
  expect([...robustScores([2, 2, 2, 2, 9])]).toEqual([0, 0, 0, 0, 0]);
  expect([...robustScores([0, 0, 0])]).toEqual([0, 0, 0]);
  const scores = robustScores([0, 1, 2, 4, 8]);
  expect(scores[0]).toBe(scores[1]);
  expect(scores.every(Number.isFinite)).toBe(true);
});

test('an image stands out by its error or by its place, whichever is more', async () => {
  const codes = randomCodes(200, 4);
  const random = createRandom(2);
  const errors = Float32Array.from({ length: 200 }, () => 0.01 * Math.exp(0.2 * random.normal()));
  errors[7] = 0.2;
  codes.codes.fill(30, 4 * 13, 4 * 14);
  const found = findOutliers(errors, await nearestCodes(codes, 15), new Uint8Array(200).fill(1));
  expect(found).toHaveLength(200);
  expect(new Set(found.slice(0, 2).map(({ row }) => row))).toEqual(new Set([7, 13]));
  const [byError, byPlace] = [7, 13].map((row) => found.find((one) => one.row === row)!);
  expect(byError!.score).toBe(byError!.errorScore);
  expect(byPlace!.score).toBe(byPlace!.distanceScore);
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

test('images that were held out are measured by their own kind, unless these are too few', async () => {
  const random = createRandom(4);
  const errors = Float32Array.from(
    { length: 100 },
    (_, row) => (row < 80 ? 0.01 : 0.04) * Math.exp(0.2 * random.normal()),
  );
  const near = await nearestCodes(randomCodes(100, 3), 15);
  const learned = Uint8Array.from({ length: 100 }, (_, row) => Number(row < 80));
  const ofHeldOut = (isLearned: Uint8Array) =>
    findOutliers(errors, near, isLearned).filter(({ row, errorScore }) => row >= 80 && errorScore > 3.5).length;
  expect(ofHeldOut(learned)).toBe(0);
  expect(ofHeldOut(new Uint8Array(100).fill(1))).toBeGreaterThan(15);
  const few = Uint8Array.from({ length: 100 }, (_, row) => Number(row < 95));
  expect(findOutliers(errors, near, few).find(({ row }) => row === 99)!.errorScore).toBeGreaterThan(2);
});

test('one image, and none, have nothing to stand out from', async () => {
  expect(findOutliers(Float32Array.of(0.1), await nearestCodes(randomCodes(1, 3), 15), Uint8Array.of(1))).toMatchObject(
    [{ score: 0 }],
  );
  expect(findOutliers(new Float32Array(), await nearestCodes(randomCodes(0, 3), 15), new Uint8Array())).toEqual([]);
});
