// Saying how far an export has come.
import type { Context, Progress } from '../contract/records.ts';

/** Says how much is done, at most ten times a second and at the end. */
export function progressReporter(
  { onProgress }: Context,
  stage: Progress['stage'],
  total: number,
): (done: number) => void {
  const start = performance.now();
  let last = start;
  return (done) => {
    const now = performance.now();
    if (onProgress === undefined || (now - last < 100 && done < total)) return;
    last = now;
    onProgress({ stage, done, total, rate: (1000 * done) / Math.max(now - start, 1e-3) });
  };
}
