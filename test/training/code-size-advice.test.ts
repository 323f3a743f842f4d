// What a code size is worth, on curves made by hand, where the answer can be worked out on paper.
import { describe, expect, test } from 'vitest';
import {
  costOf,
  type ErrorCurve,
  floorOf,
  pcaCostOf,
  probedSizes,
  type ShortRun,
} from '../../src-main/training/code-size-advice.ts';

/** PCA halves its error with every ten numbers, down to a floor. */
const halving = (floor = 0, sizes = [0, 1, 2, 5, 10, 20, 40, 80, 160, 320]): ErrorCurve => ({
  errors: sizes.map((codeSize) => ({ codeSize, error: floor + 0.08 * 2 ** (-codeSize / 10) })),
  floor,
});

const run = (pca: ErrorCurve, codeSize: number, ratio: number, steps = 1000, usualSteps = 1000): ShortRun => {
  const pcaError = pca.floor + 0.08 * 2 ** (-codeSize / 10);
  return { codeSize, error: ratio * pcaError, pcaError, steps, usualSteps };
};

/** Numbers for a share with PCA times a ratio: 0.08 · 2^(−k / 10) · ratio = (1 − share) · 0.08. */
const worked = (share: number, ratio = 1) => Math.ceil(10 * Math.log2(ratio / (1 - share)));

describe('PCA itself', () => {
  test.each([0.5, 0.95, 0.99])('a share of %f costs what can be worked out', (share) => {
    expect(pcaCostOf(share, halving())).toBe(worked(share));
  });

  test('of what can be achieved, not of all: the floor takes no part', () => {
    // Measured densely: between two sizes it is the error that is taken for linear, and here that is bent by the floor.
    const dense = Array.from({ length: 200 }, (_, size) => size);
    expect(pcaCostOf(0.95, halving(0.02, dense))).toBe(worked(0.95));
  });

  test('more than was measured is said to be', () => {
    expect(pcaCostOf(0.99, halving(0, [0, 10, 40]))).toBeNull();
  });
});

describe('a model', () => {
  test('that does no better than PCA costs as much', () => {
    const pca = halving();
    const cost = costOf(0.95, pca, [run(pca, 30, 1), run(pca, 50, 1)]);
    expect(cost).toMatchObject({ share: 0.95, size: worked(0.95) });
  });

  test('with half of the error of PCA costs ten numbers less', () => {
    const pca = halving();
    expect(costOf(0.95, pca, [run(pca, 20, 0.5), run(pca, 60, 0.5)]).size).toBe(worked(0.95, 0.5));
    expect(costOf(0.99, pca, [run(pca, 20, 0.5), run(pca, 60, 0.5)]).size).toBe(worked(0.99, 0.5));
  });

  test('has its answer within the range, which both runs bound where it lies beside one of them', () => {
    const pca = halving();
    const [small, large] = [worked(0.95, 0.4), worked(0.99, 0.5)];
    const runs = [run(pca, small, 0.4), run(pca, large, 0.5)];
    for (const [share, size] of [
      [0.95, small],
      [0.99, large],
    ] as const) {
      const cost = costOf(share, pca, runs);
      expect(cost.low!).toBeLessThanOrEqual(cost.size!);
      expect(cost.high!).toBeGreaterThanOrEqual(cost.size!);
      expect(Math.abs(cost.size! - size)).toBeLessThanOrEqual(1);
      expect(cost.high! - cost.low!).toBeLessThanOrEqual(2);
    }
  });

  test('gains by a training of the usual length, so that short runs give the upper end', () => {
    const pca = halving();
    const short = costOf(0.95, pca, [run(pca, 20, 0.5, 1000, 16_000), run(pca, 60, 0.5, 1000, 16_000)]);
    const whole = costOf(0.95, pca, [run(pca, 20, 0.5), run(pca, 60, 0.5)]);
    expect(short.high).toBe(whole.high);
    // 16 times the length are worth a factor of 16^−0.1 = 2^−0.4 in the middle: four numbers.
    expect(short.size).toBe(Math.ceil(10 * Math.log2(10) - 4));
    expect(short.low!).toBeLessThan(short.size!);
    // A run that was longer than usual gains nothing.
    expect(costOf(0.95, pca, [run(pca, 20, 0.5, 9, 3), run(pca, 60, 0.5, 9, 3)])).toEqual(whole);
  });

  test('can need more than was measured, by some answers or by all', () => {
    const pca = halving(0, [0, 10, 20, 30, 40]);
    expect(costOf(0.99, pca, [run(pca, 10, 0.5), run(pca, 30, 0.5)])).toEqual({
      ...{ share: 0.99, size: null, low: null, high: null },
    });
  });

  test('is judged by one run alone where there is only one size', () => {
    const pca = halving();
    expect(costOf(0.95, pca, [run(pca, 20, 0.5)])).toEqual({ share: 0.95, size: 34, low: 34, high: 34 });
  });
});

describe('the short runs', () => {
  test('are made where PCA reaches 85 % and 95 %', () => {
    expect(probedSizes(halving())).toEqual([27, 43]);
  });

  test('are one where there is no choice', () => {
    expect(probedSizes(halving(0, [0, 1]))).toEqual([1]);
    const steep = { errors: [0.08, 1e-6, 0].map((error, codeSize) => ({ codeSize, error })), floor: 0 };
    expect(probedSizes(steep)).toEqual([1]);
  });
});

describe('the floor', () => {
  const power = [0, 16, 32, 64].map((codeSize) => ({ codeSize, error: codeSize === 0 ? 1 : 1 / codeSize }));

  test('is what is left with all components where they were measured, and nothing where they are all pixels', () => {
    expect(floorOf(power, 64, 1000)).toBe(1 / 64);
    expect(floorOf(power, 1000, 1000)).toBe(0);
  });

  test('carries the last octave on where there were too many', () => {
    expect(floorOf(power, 256, 1000)).toBeCloseTo(1 / 256, 12);
  });
});
