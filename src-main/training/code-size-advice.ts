// What a code size is worth: how many numbers a share of the achievable reduction costs, from PCA's errors and two short runs.
import type { CodeSizeCost, SizeError } from '../contract/search.ts';

/** Held-out mean-squared errors at rising code sizes; the first at 0 numbers, which is the mean image. */
export interface ErrorCurve {
  errors: readonly SizeError[];
  /** What is left however many numbers there are. */
  floor: number;
}

export interface ShortRun {
  codeSize: number;
  /** Held-out, and that of PCA with as many numbers on the same images. */
  error: number;
  pcaError: number;
  /** Steps that it took, and those of a training of the usual length. */
  steps: number;
  usualSteps: number;
}

// Where the short runs are made, as shares of what PCA achieves. A model needs fewer numbers than PCA for the same error: on
// handwritten digits these two lie beside what it needs for 95 % and 99 %, so that little is left to be extrapolated.
export const probedShares = [0.85, 0.95] as const;

// Errors fall about like a power of the length of a training. Small exponents were measured (resources/docs/compare.md): this
// one leaves room for images that are many and codes that are large, which gain most.
export const largestGain = 0.2;

/** The code sizes to train, the smaller one first; one alone where PCA leaves no choice. */
export function probedSizes(pca: ErrorCurve): number[] {
  const largest = pca.errors.at(-1)!.codeSize;
  const sizes = probedShares.map((share) => Math.max(1, Math.round(sizeFor(share, pca) ?? largest)));
  return [...new Set(sizes)];
}

/**
 * What a share (0–1) of the achievable reduction costs. With e(k) the held-out error with k numbers, e(0) that of the mean
 * image and f the floor, k numbers achieve (e(0) − e(k)) / (e(0) − f) of it.
 *
 * A model's e(k) is PCA's times a ratio that the runs show. Its logarithm goes straight through them over log (1 + k), from 1
 * at 0 numbers on, and stays behind the last. The range holds all answers with that and with a power law e = a k^−b through
 * both runs, and from no gain at all by a training of the usual length to the largest one.
 */
export function costOf(share: number, pca: ErrorCurve, runs: readonly ShortRun[]): CodeSizeCost {
  const [middle, ...others] = [largestGain / 2, 0, largestGain].flatMap((gain) => {
    const ratios = runs.map((run) => ({
      codeSize: run.codeSize,
      ratio: (run.pcaError > 0 ? run.error / run.pcaError : 1) * Math.min(1, run.steps / run.usualSteps) ** gain,
    }));
    return [likePca(pca, ratios), powerLaw(pca, ratios)].map((curve) => upwards(sizeFor(share, curve)));
  });
  const all = [middle!, ...others];
  const known = all.filter((size) => size !== null);
  return {
    share,
    size: middle!,
    low: known.length > 0 ? Math.min(...known) : null,
    high: known.length < all.length ? null : Math.max(...known),
  };
}

/** How many numbers PCA itself needs for it; null beyond the last size that it was measured at. */
export function pcaCostOf(share: number, pca: ErrorCurve): number | null {
  return upwards(sizeFor(share, pca));
}

/**
 * What PCA has left at the last of `components`, which were too many to be measured: the power law of the last octave that
 * was, carried on. All pixels are components of images that are more than those: nothing is left then.
 */
export function floorOf(errors: readonly SizeError[], components: number, pixels: number): number {
  if (components >= pixels) return 0;
  const last = errors.at(-1)!;
  const before = errors.findLast(({ codeSize }) => codeSize > 0 && codeSize <= last.codeSize / 2);
  if (last.codeSize >= components || !before || last.error === 0) return last.error;
  const slope = Math.log(before.error / last.error) / Math.log(last.codeSize / before.codeSize);
  return last.error * (components / last.codeSize) ** -slope;
}

interface Ratio {
  codeSize: number;
  /** Of the model's error to PCA's. */
  ratio: number;
}

function likePca(pca: ErrorCurve, ratios: readonly Ratio[]): ErrorCurve {
  const knots = [{ codeSize: 0, ratio: 1 }, ...ratios];
  const sizes = new Set([...pca.errors, ...ratios].map(({ codeSize }) => codeSize));
  const rising = [...sizes].toSorted((a, b) => a - b);
  return {
    errors: rising.map((codeSize) => ({ codeSize, error: errorAt(codeSize, pca) * ratioAt(codeSize, knots) })),
    floor: pca.floor * ratios.at(-1)!.ratio,
  };
}

function ratioAt(codeSize: number, knots: readonly Ratio[]): number {
  const next = knots.findIndex((knot) => knot.codeSize >= codeSize);
  if (next < 0) return knots.at(-1)!.ratio;
  if (next === 0) return knots[0]!.ratio;
  const [left, right] = [knots[next - 1]!, knots[next]!];
  const way = Math.log((1 + codeSize) / (1 + left.codeSize)) / Math.log((1 + right.codeSize) / (1 + left.codeSize));
  return left.ratio * (right.ratio / left.ratio) ** way;
}

/** Of one run alone, the same as `likePca`. */
function powerLaw(pca: ErrorCurve, ratios: readonly Ratio[]): ErrorCurve {
  const curve = likePca(pca, ratios);
  const [first, second] = ratios.map(({ codeSize, ratio }) => ({ codeSize, error: ratio * errorAt(codeSize, pca) }));
  if (!second) return curve;
  const slope = Math.log(first!.error / second.error) / Math.log(second.codeSize / first!.codeSize);
  const none = pca.errors[0]!.error;
  return {
    ...curve,
    errors: curve.errors.map(({ codeSize }) => ({
      codeSize,
      error: codeSize === 0 ? none : Math.min(none, second.error * (codeSize / second.codeSize) ** -slope),
    })),
  };
}

/** Between two sizes that were measured, the logarithm of the error is taken for linear. */
function errorAt(codeSize: number, { errors }: ErrorCurve): number {
  const next = Math.max(
    1,
    errors.findIndex((measured) => measured.codeSize >= codeSize),
  );
  const [left, right] = [errors[next - 1]!, errors[next]!];
  const way = (codeSize - left.codeSize) / (right.codeSize - left.codeSize);
  return left.error * (right.error / left.error) ** way;
}

/** The size, not whole, at which the share is reached first; null where it never is. */
function sizeFor(share: number, { errors, floor }: ErrorCurve): number | null {
  const none = errors[0]!.error;
  const wanted = none - share * (none - floor);
  const reached = errors.findIndex(({ error }) => error <= wanted);
  if (reached < 0) return null;
  if (reached === 0) return 0;
  const [left, right] = [errors[reached - 1]!, errors[reached]!];
  if (right.error <= 0) return right.codeSize;
  const way = Math.log(left.error / wanted) / Math.log(left.error / right.error);
  return left.codeSize + way * (right.codeSize - left.codeSize);
}

/** A part of a number costs a whole one; what rounding errors add is no part. */
function upwards(size: number | null): number | null {
  return size === null ? null : Math.ceil(size - 1e-9);
}
