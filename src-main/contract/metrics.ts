// What follows from the evaluations of a run alone, on either side of a port.
import type { EpochMetrics } from './records.ts';

/** The evaluation with the lowest held-out error, the first one of equals; null where there is none yet. */
export function bestOf(epochs: readonly EpochMetrics[]): EpochMetrics | null {
  return epochs.reduce<EpochMetrics | null>(
    (best, metrics) => (best === null || metrics.validationMse < best.validationMse ? metrics : best),
    null,
  );
}
