// How long work still takes, steadily: rates that are measured from one moment to the next jump, and so would the time left.

/** Seconds in which an estimate follows a change of speed by two thirds. */
const settling = 20;
/** Rates of the first moments are of warming up. */
const firstSeconds = 3;

interface Measured {
  stage: string;
  done: number;
  total: number | null;
  /** A second. */
  rate: number;
}

export class TimeLeft {
  #stage = '';
  #since = 0;
  #at = 0;
  /** When it would end; null while nothing is known. */
  #end: number | null = null;

  /** Seconds left, rounded as coarsely as they are uncertain; null while it cannot be told. `now` is in seconds. */
  update(progress: Measured | null, now: number): number | null {
    if (progress === null || progress.stage !== this.#stage) {
      this.#stage = progress?.stage ?? '';
      this.#since = now;
      this.#end = null;
    }
    if (progress === null || !progress.total || progress.rate <= 0 || now - this.#since < firstSeconds) return null;
    const end = now + Math.max(0, progress.total - progress.done) / progress.rate;
    const weight = 1 - Math.exp(-(now - this.#at) / settling);
    this.#end = this.#end === null ? end : this.#end + weight * (end - this.#end);
    this.#at = now;
    return coarse(Math.max(0, this.#end - now));
  }
}

function coarse(seconds: number): number {
  const step = seconds < 20 ? 1 : seconds < 120 ? 5 : seconds < 600 ? 10 : 60;
  return Math.round(seconds / step) * step;
}
