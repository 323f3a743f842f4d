// What follows from the evaluations of a run alone, on either side of a port.
import type { EpochMetrics } from './records.ts';

/** The evaluation whose model is kept, the first one of equals; null where there is none yet. */
export function bestOf(epochs: readonly EpochMetrics[]): EpochMetrics | null {
  return epochs.reduce<EpochMetrics | null>(
    (best, metrics) => (best === null || scoreOf(metrics) < scoreOf(best) ? metrics : best),
    null,
  );
}

/** What the kept model is chosen by; lower is better. */
export function scoreOf({ score, validationMse }: EpochMetrics): number {
  return score ?? validationMse;
}
