// Images that stand out: those that the model does not give back well, and those whose codes lie far from all others.
import type { Found } from './nearest-codes.ts';

export interface Outlier {
  row: number;
  /** Mean-squared error of the reconstruction, pixels 0–1. */
  mse: number;
  /** Mean distance of its code to its nearest others, in whatever measure the neighbours have. */
  distance: number;
  /** Deviations from the median, of the logarithms of both; see `robustScores`. */
  errorScore: number;
  distanceScore: number;
  /** The larger of both: an image stands out by either. */
  score: number;
}

/** Of fewer images the median is itself thrown about by outliers: they are measured with all others. */
const fewest = 8;

/**
 * From the one that stands out most. `isLearned` is 1 for images that the model has learned from: it errs less on them, so both kinds
 * are measured by their own median.
 */
export function findOutliers(errors: Float32Array, { k, distances }: Found, isLearned: Uint8Array): Outlier[] {
  const spread = Float64Array.from(errors, (_, row) => {
    if (k === 0) return 0;
    return distances.subarray(row * k, (row + 1) * k).reduce((sum, distance) => sum + distance, 0) / k;
  });
  const errorScores = scoresByKind(errors, isLearned);
  const distanceScores = robustScores(spread);
  return Array.from(errors, (mse, row) => ({
    ...{ row, mse, distance: spread[row]! },
    ...{ errorScore: errorScores[row]!, distanceScore: distanceScores[row]! },
    score: Math.max(errorScores[row]!, distanceScores[row]!),
  })).sort((a, b) => b.score - a.score || a.row - b.row);
}

function scoresByKind(errors: Float32Array, isLearned: Uint8Array): Float64Array {
  const scores = robustScores(errors);
  for (const kind of [0, 1]) {
    const rows = Array.from(errors.keys()).filter((row) => isLearned[row] === kind);
    if (rows.length < fewest) continue;
    const own = robustScores(rows.map((row) => errors[row]!));
    for (const [place, row] of rows.entries()) scores[row] = own[place]!;
  }
  return scores;
}

/** Of values that are drawn from a normal distribution the median absolute deviation is so much less than the standard one. */
const normalScale = 1.4826;

/**
 * (log x − median) / (1.4826 · median absolute deviation) of the logarithms: outliers themselves do not widen the scale that they
 * are measured by (Iglewicz and Hoaglin 1993). 0 throughout where more than half of the values are equal.
 */
export function robustScores(values: ArrayLike<number>): Float64Array {
  const positive = Array.from(values).filter((value) => value > 0);
  // What is 0 has no logarithm: it is taken for the smallest that is there.
  const least = positive.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const logs = Float64Array.from(values, (value) => (positive.length === 0 ? 0 : Math.log(Math.max(value, least))));
  const middle = median(logs);
  const deviation = normalScale * median(logs.map((value) => Math.abs(value - middle)));
  return logs.map((value) => (deviation === 0 ? 0 : (value - middle) / deviation));
}

function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted();
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
