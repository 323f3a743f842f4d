// What a person sees while a command works: progress, notices, errors. A bar on a terminal, plain lines elsewhere.
import { styleText } from 'node:util';
import type { PinholeError } from '../../contract/errors.ts';
import type { Notice, Progress } from '../../contract/records.ts';
import { formatCount, formatDuration } from './words.ts';

export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface TerminalOptions {
  /** Standard output: results, and nothing else where `json` is set. */
  output: Screen;
  /** Standard error: progress, notices, errors. */
  errors: Screen;
  json: boolean;
  /** The variables NO_COLOR, CI and PINHOLE_DEBUG count. */
  variables: Record<string, string | undefined>;
  /** Milliseconds; for tests. */
  now?: () => number;
}

const stages: Record<Progress['stage'], { title: string; unit: string }> = {
  draw: { title: 'Drawing', unit: 'images' },
  scan: { title: 'Looking for images', unit: 'files' },
  import: { title: 'Importing', unit: 'images' },
  pca: { title: 'Principal components', unit: 'images' },
  train: { title: 'Training', unit: 'steps' },
  evaluate: { title: 'Measuring', unit: 'images' },
  encode: { title: 'Encoding', unit: 'images' },
  decode: { title: 'Decoding', unit: 'images' },
  export: { title: 'Exporting', unit: 'rows' },
  neighbours: { title: 'Finding neighbours', unit: 'images' },
  map: { title: 'Laying out the map', unit: 'rounds' },
  clusters: { title: 'Finding clusters', unit: 'levels' },
  duplicates: { title: 'Comparing pixels', unit: 'images' },
  copy: { title: 'Copying', unit: 'images' },
};

/** A bar is drawn ten times a second at most; a line for a log file says something new every ten seconds. */
const barInterval = 100;
const lineInterval = 10_000;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #now: () => number;
  readonly #color: boolean;
  #barShown = false;
  #last = Number.NEGATIVE_INFINITY;
  #stage: Progress['stage'] | undefined;
  /** What was said last: a stage that ends twice is announced once. */
  #place = '';

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#color = options.errors.isTTY === true && !options.variables.NO_COLOR && options.variables.TERM !== 'dumb';
  }

  /** A result, or a phase that is done. With `--json` it goes to standard error. */
  say(text: string): void {
    this.#clearBar();
    (this.#options.json ? this.#options.errors : this.#options.output).write(`${text}\n`);
  }

  /** The one line of `--json`; does nothing without. */
  result(value: unknown): void {
    this.#clearBar();
    if (this.#options.json) this.#options.output.write(`${JSON.stringify(value)}\n`);
  }

  notice({ level, message, advice }: Notice): void {
    const text = advice ? `${message} ${advice}` : message;
    this.#warn(level === 'warning' ? `${this.#paint('yellow', 'Warning:')} ${text}` : text);
  }

  error(error: PinholeError): void {
    this.#warn(`${this.#paint('red', 'Error:')} ${error.message}`);
    if (error.advice) this.#warn(error.advice);
    if (this.#options.variables.PINHOLE_DEBUG || error.code === 'internal') this.#warn(deepestStack(error));
  }

  progress(progress: Progress): void {
    const place = `${progress.stage} ${progress.done} of ${progress.total}`;
    if (place === this.#place) return;
    const entered = progress.stage !== this.#stage;
    const finished = progress.done === progress.total;
    const interval = this.#options.errors.isTTY ? barInterval : lineInterval;
    if (!entered && !finished && this.#now() - this.#last < interval) return;
    if (!this.#options.errors.isTTY && finished && !entered && this.#now() - this.#last < 1_000) return;
    this.#stage = progress.stage;
    this.#place = place;
    this.#last = this.#now();
    if (this.#options.errors.isTTY) this.#drawBar(progress);
    else this.#options.errors.write(`${describeProgress(progress)}\n`);
  }

  #drawBar(progress: Progress): void {
    const text = describeProgress(progress);
    // Some pseudo-terminals say that they are 0 columns wide.
    const width = (this.#options.errors.columns || 80) - 1;
    const bar = progress.total === null ? '' : `${drawBar(progress.done / progress.total)} `;
    const line = bar.length + text.length <= width ? bar + text : shorten(text, width);
    this.#options.errors.write(`\r${line}\u001b[K`);
    this.#barShown = true;
  }

  #clearBar(): void {
    if (this.#barShown) this.#options.errors.write('\r\u001b[K');
    this.#barShown = false;
    this.#stage = undefined;
  }

  #warn(text: string): void {
    this.#clearBar();
    this.#options.errors.write(`${text}\n`);
  }

  #paint(color: 'yellow' | 'red', text: string): string {
    return this.#color ? styleText(color, text, { validateStream: false }) : text;
  }
}

/** `Training 1,200 of 2,350 steps (51 %), 210/s, 5.5 s left, loss 0.0041`. */
function describeProgress({ stage, done, total, rate, detail }: Progress): string {
  const { title, unit } = stages[stage];
  const count =
    total === null || total === 0
      ? `${formatCount(done)} ${unit}`
      : `${formatCount(done)} of ${formatCount(total)} ${unit} (${Math.floor((100 * done) / Math.max(total, 1))} %)`;
  const speed = rate > 0 ? `, ${rate < 10 ? rate.toFixed(1) : formatCount(rate)}/s` : '';
  const left = rate > 0 && total !== null && done < total ? `, ${formatDuration((total - done) / rate)} left` : '';
  return `${title} ${count}${speed}${left}${detail ? `, ${detail}` : ''}`;
}

/** Leaves whole figures out, the rate first and the last one last: half a figure would be read as another one. */
function shorten(text: string, width: number): string {
  const figures = text.split(', ');
  while (figures.length > 1 && figures.join(', ').length > width) figures.splice(figures.length > 2 ? 1 : -1, 1);
  return figures.join(', ').slice(0, width);
}

function drawBar(share: number): string {
  const width = 24;
  const filled = Math.round(width * Math.min(1, Math.max(0, share)));
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

function deepestStack(error: PinholeError): string {
  return error.cause instanceof Error ? (error.cause.stack ?? '') : (error.stack ?? '');
}
