// Curves on a canvas (uPlot): lines, levels and marks, redrawn at most ten times a second. Legend and words are the caller's.
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { type ColorOf, onThemeChange, tokenColors } from './curves-colors.ts';
import { align, evenTicks, type Line, logTicks, rangeOf, thin } from './curves-data.ts';

export interface CurveStyle {
  /** Name of a colour token. */
  color: string;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  dash: readonly number[];
  width: number;
}

export interface Curve {
  style: CurveStyle;
  /** A number is a level: one value all the way across. Null is not drawn. */
  line: Line | number | null;
}

export interface CurvesOptions {
  log: boolean;
  formatX(value: number): string;
  formatY(value: number): string;
  /** x of the point under the pointer; null when it has left. */
  onHover(x: number | null): void;
  /** x of the point nearest to a click. */
  onPick(x: number): void;
}

/** A vertical line at x, and a ring around the point there of a curve. */
export interface Mark {
  x: number;
  /** Index of the curve that gets the ring; null for none. */
  ring: number | null;
  color: string;
}

const drawEveryMs = 100;
/** More points than this lie several to a pixel. */
const mostPoints = 2000;

export class Curves {
  readonly #element: HTMLElement;
  readonly #options: CurvesOptions;
  readonly #colorOf: ColorOf;
  readonly #resized: ResizeObserver;
  readonly #stopTheme: () => void;
  #plot: uPlot | null = null;
  #styles = '';
  #curves: readonly Curve[] = [];
  #marks: readonly Mark[] = [];
  #drawn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(element: HTMLElement, options: CurvesOptions) {
    this.#element = element;
    this.#options = options;
    const { colorOf, forget } = tokenColors(element);
    this.#colorOf = colorOf;
    this.#resized = new ResizeObserver(() => this.#soon());
    this.#resized.observe(element);
    this.#stopTheme = onThemeChange(() => {
      forget();
      this.#plot?.redraw(false, true);
    });
  }

  /** Shows these curves from the next frame on. */
  show(curves: readonly Curve[], marks: readonly Mark[] = []): void {
    this.#curves = curves;
    this.#marks = marks;
    this.#soon();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
    this.#stopTheme();
    this.#plot?.destroy();
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#drawn + drawEveryMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#timer = undefined;
        this.#drawn = performance.now();
        this.#draw();
      });
    }, wait);
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    // A screen that is not shown has no size; its curves are drawn when it is shown again.
    if (width === 0 || height === 0) return;
    const styles = JSON.stringify(this.#curves.map(({ style }) => style));
    if (this.#plot === null || styles !== this.#styles) this.#create(width, height);
    this.#styles = styles;
    const plot = this.#plot!;
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
    plot.setData(this.#data() as uPlot.AlignedData);
  }

  #data(): (number | null)[][] {
    const lines = this.#curves.map(({ line }) =>
      line === null || typeof line === 'number' ? { x: [], y: [] } : thin(line, mostPoints),
    );
    const [x, ...columns] = align(lines);
    // A level needs two points to be a line.
    const across = x.length > 1 ? x : [x[0] ?? 0, (x[0] ?? 0) + 1];
    const ys = this.#curves.map(({ line }, index) => {
      if (typeof line === 'number') return across.map(() => line);
      const column = columns[index]!;
      return column.length === across.length ? column : [...column, ...across.slice(column.length).map(() => null)];
    });
    return [across, ...ys];
  }

  #create(width: number, height: number): void {
    this.#plot?.destroy();
    const { log, formatX, formatY, onHover, onPick } = this.#options;
    const font = `12px ${getComputedStyle(this.#element).fontFamily}`;
    const axis = {
      font,
      stroke: () => this.#colorOf('--ink-2'),
      grid: { stroke: () => this.#colorOf('--line'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width,
        height,
        padding: [10, 14, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false },
          points: { size: 7 },
          dataIdx: (plot, series, index) => nearestPoint(plot.data[series]!, index),
        },
        scales: {
          x: { time: false },
          y: {
            distr: log ? 3 : 1,
            range: (plot) =>
              rangeOf(
                plot.data.slice(1).filter((_, index) => plot.series[index + 1]!.show),
                log,
              ),
          },
        },
        axes: [
          {
            ...axis,
            size: 34,
            // Steps and epochs are counted: half of one is no place to mark.
            splits: (plot, _, low, high) => evenTicks(low, high, plot.width / 110).filter(Number.isInteger),
            values: (_, ticks) => ticks.map(formatX),
          },
          {
            ...axis,
            size: 64,
            splits: (plot, _, low, high) => (log ? logTicks(low, high) : evenTicks(low, high, plot.height / 48)),
            filter: (_, ticks) => ticks,
            values: (_, ticks) => ticks.map(formatY),
          },
        ],
        series: [{}, ...this.#curves.map(({ style }) => this.#series(style))],
        hooks: {
          ready: [
            (plot) =>
              plot.over.addEventListener('click', () => {
                if (plot.cursor.idx != null) onPick(plot.data[0][plot.cursor.idx]!);
              }),
          ],
          setCursor: [
            (plot) => onHover(plot.cursor.idx == null || plot.cursor.left! < 0 ? null : plot.data[0][plot.cursor.idx]!),
          ],
          draw: [(plot) => this.#drawMarks(plot)],
        },
      },
      undefined,
      this.#element,
    );
  }

  #series({ color, dash, width }: CurveStyle): uPlot.Series {
    return {
      stroke: () => this.#colorOf(color),
      width,
      dash: [...dash],
      spanGaps: true,
      points: { show: false },
    };
  }

  #drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    for (const { x, ring, color } of this.#marks) {
      const left = plot.valToPos(x, 'x', true);
      if (!(left >= bbox.left - 1 && left <= bbox.left + bbox.width + 1)) continue;
      ctx.strokeStyle = this.#colorOf(color);
      ctx.lineWidth = ratio;
      ctx.beginPath();
      const y = ring === null ? null : plot.data[ring + 1]?.[plot.valToIdx(x)];
      if (y === null || y === undefined) {
        ctx.moveTo(left, bbox.top);
        ctx.lineTo(left, bbox.top + bbox.height);
      } else {
        ctx.lineWidth = 2 * ratio;
        ctx.arc(left, plot.valToPos(y, 'y', true), 5 * ratio, 0, 2 * Math.PI);
      }
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** Lines have points at different x: the dot of each sits on its own nearest one. */
function nearestPoint(column: ArrayLike<number | null | undefined>, index: number): number {
  for (let away = 0; away < column.length; away++) {
    if (column[index - away] != null) return index - away;
    if (column[index + away] != null) return index + away;
  }
  return index;
}
