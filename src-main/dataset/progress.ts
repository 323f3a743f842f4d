// Saying how far long work has come: at most ten times a second, with the rate of the last seconds.
import type { Context, Progress } from '../contract/records.ts';

export interface ProgressReporter {
  /** Total number of units done. */
  update(done: number): void;
  /** Says the final state, whenever the last one was said. */
  finish(done: number): void;
}

const interval = 100;
const rateWindow = 5000;

export function createProgress(context: Context, stage: Progress['stage'], total: number | null): ProgressReporter {
  const marks: { time: number; done: number }[] = [{ time: performance.now(), done: 0 }];
  let last = Number.NEGATIVE_INFINITY;

  function say(done: number, now: number): void {
    last = now;
    while (marks.length > 1 && now - marks[0]!.time > rateWindow) marks.shift();
    const { time, done: before } = marks[0]!;
    marks.push({ time: now, done });
    const rate = now > time ? ((done - before) * 1000) / (now - time) : 0;
    context.onProgress?.({ stage, done, total, rate });
  }

  return {
    update(done) {
      const now = performance.now();
      if (now - last >= interval) say(done, now);
    },
    finish: (done) => say(done, performance.now()),
  };
}
