// The median stopping rule: whether a run is hopeless beside others of the same code size. From evaluations alone.
import type { EpochMetrics } from '../contract/records.ts';
import type { MedianStop } from '../contract/search.ts';

/** Held-out error against passes over the images. */
export type Course = readonly Pick<EpochMetrics, 'epoch' | 'validationMse'>[];

// The median of one run is that run: with a chance lead of one over the other, a rule would be a race.
const fewestOthers = 2;

/**
 * The reason to stop a run, or null: its lowest error so far is above the median of the other runs' mean errors up to the
 * same epoch (Golovin et al. 2017, Google Vizier; there, the higher is the better). Epochs, because steps
 * of different batch sizes cannot be compared. What was measured before the first step is no one's merit and left out.
 */
export function hopeless(course: Course, others: readonly Course[]): MedianStop | null {
  const errors = errorsUntil(course, Number.POSITIVE_INFINITY);
  if (errors.length === 0) return null;
  const { epoch } = course.at(-1)!;
  const averages = others
    .map((other) => errorsUntil(other, epoch))
    .filter((errors) => errors.length > 0)
    .map(mean);
  if (averages.length < fewestOthers) return null;
  const best = errors.reduce((a, b) => Math.min(a, b));
  const middle = median(averages);
  return best > middle ? { epoch, best, median: middle, others: averages.length } : null;
}

function errorsUntil(course: Course, last: number): number[] {
  return course
    .filter(({ epoch, validationMse }) => epoch > 0 && epoch <= last && Number.isFinite(validationMse))
    .map(({ validationMse }) => validationMse);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of an even number of values, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return mean([sorted[Math.ceil(sorted.length / 2) - 1]!, sorted[Math.floor(sorted.length / 2)]!]);
}
