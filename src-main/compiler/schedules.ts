// Learning-rate schedules: the rate as a function of how much of the training is done. Optimisers are elsewhere.
import type { ScheduleName } from '../contract/spec.ts';

export interface SchedulePoint {
  readonly peak: number;
  /** 0 at the first step, 1 at the last; by steps or by the clock, as the caller counts. */
  readonly progress: number;
  /** Share of the training, 0–1, in which one-cycle climbs. */
  readonly warmup: number;
}

// Smith and Topin (2019) with PyTorch's defaults: start at peak / 25, end at start / 10⁴.
const startDivisor = 25;
const endDivisor = 1e4;

/**
 * - `constant`: the peak throughout
 * - `cosine`: from the peak down to 0 at the last step (Loshchilov and Hutter 2017, one period)
 * - `one-cycle`: linear from peak/25 to the peak while warming up, then a cosine down to peak/250000
 */
export function learningRateAt(schedule: ScheduleName, { peak, progress, warmup }: SchedulePoint): number {
  switch (schedule) {
    case 'constant':
      return peak;
    case 'cosine':
      return cosine(peak, 0, progress);
    case 'one-cycle': {
      const start = peak / startDivisor;
      if (progress < warmup) return start + (peak - start) * (progress / warmup);
      return cosine(peak, start / endDivisor, warmup === 1 ? 1 : (progress - warmup) / (1 - warmup));
    }
    default:
      return schedule satisfies never;
  }
}

/** Half a cosine wave from one rate to another. */
function cosine(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
}
