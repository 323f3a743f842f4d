// Instruments that run in the page: frames, waits of input, and when which training step has been painted. Self-contained:
// the functions are handed to the page as text.
import type { Page } from 'playwright';

/** What the instruments have written down; times are `Date.now()`, which processes of one machine share. */
export interface Readings {
  /** Milliseconds between animation frames, since `start`. */
  frames: number[];
  /** From an input to the paint after its handlers, in ms; what is painted within 16 ms is not listed by browsers. */
  inputs: { name: string; wait: number }[];
  /** Tasks that held the page for over 50 ms. */
  longTasks: number[];
  /** Step in the figures of the train screen, and when it was painted. */
  steps: [step: number, time: number][];
  /** Points of the training curve, and when they were painted. */
  points: [count: number, time: number][];
  /** Step of the reconstructions, and when they were painted. */
  probes: [step: number, time: number][];
}

declare global {
  interface Window {
    benchmark: { start(): void; read(): Readings };
  }
}

/** To be added before the page loads. */
export function installInstruments(): void {
  let readings: Readings = { frames: [], inputs: [], longTasks: [], steps: [], points: [], probes: [] };
  let last: number | null = null;
  let painted = { step: '', probe: '', points: 0 };

  const soonAfterFrame = (then: () => void) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  };
  const frame = (time: number) => {
    if (last !== null) readings.frames.push(time - last);
    last = time;
    requestAnimationFrame(frame);
    noteTexts();
  };
  // What stands in the document in an animation frame, after which nothing more changes it, is on the screen after it.
  const noteTexts = () => {
    const figure = [...document.querySelectorAll('.screen:not([hidden]) dt')].find(
      ({ textContent }) => textContent === 'Step',
    );
    const step = figure?.nextElementSibling?.textContent ?? '';
    const probe =
      document
        .querySelector('.screen:not([hidden]) .pairs li:first-child > span:nth-child(2)')
        ?.getAttribute('aria-label') ?? '';
    if (step !== painted.step) note('steps', step);
    if (probe !== painted.probe) note('probes', probe.replace(/^.*step /, ''));
    painted = { ...painted, step, probe };
  };
  const note = (kind: 'steps' | 'probes', text: string) => {
    const value = Number.parseInt(text.replaceAll(',', ''), 10);
    if (Number.isFinite(value)) soonAfterFrame(() => readings[kind].push([value, Date.now()]));
  };

  // The training curve is the one that is drawn 1.25 px wide; it has one corner for every event of the loop.
  const corners = new WeakMap<Path2D, number>();
  const lineTo = Path2D.prototype.lineTo;
  Path2D.prototype.lineTo = function (x, y) {
    corners.set(this, (corners.get(this) ?? 0) + 1);
    lineTo.call(this, x, y);
  };
  const stroke = CanvasRenderingContext2D.prototype.stroke;
  CanvasRenderingContext2D.prototype.stroke = function (path?: Path2D) {
    if (!path) return stroke.call(this);
    stroke.call(this, path);
    const count = corners.get(path) ?? 0;
    if (Math.abs(this.lineWidth - 1.25 * devicePixelRatio) > 0.01 || count === painted.points) return;
    painted.points = count;
    soonAfterFrame(() => readings.points.push([count, Date.now()]));
  };

  const observe = (type: string, options: object, hear: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, ...options });
  observe('event', { durationThreshold: 16 }, ({ name, duration }) => readings.inputs.push({ name, wait: duration }));
  observe('longtask', {}, ({ duration }) => readings.longTasks.push(duration));

  window.benchmark = {
    start() {
      readings = { frames: [], inputs: [], longTasks: [], steps: [], points: [], probes: [] };
      last = null;
    },
    read: () => readings,
  };
  requestAnimationFrame(frame);
}

export async function startReading(page: Page): Promise<void> {
  await page.evaluate(() => window.benchmark.start());
}

export async function read(page: Page): Promise<Readings> {
  // Waits of input are told a moment after they are over.
  await page.waitForTimeout(300);
  return page.evaluate(() => window.benchmark.read());
}
