// A plot of errors as an SVG: the error axis logarithmic, a name beside the end of every line. What is shown is the caller's.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly color: string;
  /** SVG dash pattern; empty for a solid line. Tells the lines apart in print without colour. */
  readonly dash: string;
  /** In data coordinates; errors of zero, which the axis cannot show, are left out. */
  readonly points: readonly Point[];
  /** Marked instead of the line's own points. */
  readonly marks?: readonly Point[];
  /** A reference line is drawn across the whole plot, at the height of its one point. */
  readonly isReference?: boolean;
  /** Said behind the last value. */
  readonly unit?: string;
}

export interface HorizontalAxis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly isLogarithmic: boolean;
  readonly ticks: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly series: readonly Series[];
  readonly axis: HorizontalAxis;
}

interface Axes {
  readonly x: HorizontalAxis;
  readonly low: number;
  readonly high: number;
}

const width = 960;
const height = 540;
const plot = { left: 84, right: width - 214, top: 64, bottom: height - 66 };
export const fontFamily =
  "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif";
const ink = '#1f2937';
export const quietInk = '#6b7280';
const gridInk = '#e5e7eb';
const labelStep = 34;
// Above this, marks would run into each other and hide the line.
const mostMarks = 40;

export const pcaStyle = { name: 'PCA', color: '#047857', dash: '2 3' } as const;

export function renderPlot({ title, series: given, axis }: Plot): string {
  const series = given.map(shown).filter(({ points }) => points.length > 0);
  const axes = { x: axis, ...errorRange(series) };
  const parts = [
    text(plot.left, 34, title, { size: titleSize(title), weight: 600 }),
    ...drawErrorAxis(axes),
    ...drawHorizontalAxis(axis),
    ...series.map((one) => drawSeries(one, axes)),
    ...drawLabels(series, axes),
  ];
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const background = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
  const name = `<title>${escapeText(title)}</title>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="${fontFamily}">\n${[name, background, ...parts].join('\n')}\n</svg>\n`;
}

/** A name that has no more room than this many letters. */
export function shorten(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/** Multiples of 1, 2 or 5 times a power of ten within the range, at most about `most` of them. */
export function evenTicks(low: number, high: number, most: number): number[] {
  const rough = (high - low) / most;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((candidate) => candidate >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => clean((first + index) * step));
}

/** Long titles are set smaller, so that they end inside of the picture. */
function titleSize(title: string): number {
  return Math.max(8, Math.min(18, Math.floor((1.5 * width) / title.length)));
}

function shown(series: Series): Series {
  const canBeShown = ({ y }: Point) => Number.isFinite(y) && y > 0;
  const { points, marks = points } = series;
  return { ...series, points: points.filter(canBeShown), marks: marks.filter(canBeShown) };
}

function errorRange(series: readonly Series[]): { low: number; high: number } {
  const errors = series.flatMap(({ points, marks = [] }) => [...points, ...marks].map(({ y }) => y));
  if (errors.length === 0) return { low: 0.001, high: 1 };
  const [least, most] = [errors.reduce((a, b) => Math.min(a, b)), errors.reduce((a, b) => Math.max(a, b))];
  // A little air, and never less than a fifth of a decade: a flat run must not look like a mountain.
  const middle = Math.sqrt(least * most);
  const half = Math.max(Math.sqrt(most / least) * (most / least) ** 0.06, 10 ** 0.1);
  return { low: middle / half, high: middle * half };
}

function toX(x: number, { low, high, isLogarithmic }: HorizontalAxis): number {
  const share = isLogarithmic ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
  return round(plot.left + share * (plot.right - plot.left));
}

function toY(error: number, { low, high }: Axes): number {
  return round(plot.bottom - (Math.log(error / low) / Math.log(high / low)) * (plot.bottom - plot.top));
}

function drawErrorAxis(axes: Axes): string[] {
  const parts = errorTicks(axes).flatMap((error) => {
    const y = toY(error, axes);
    return [
      line(plot.left, y, plot.right, y, gridInk),
      text(plot.left - 10, y + 4, formatError(error), { color: quietInk, anchor: 'end' }),
    ];
  });
  const middle = (plot.top + plot.bottom) / 2;
  const title = 'error (mean square, pixels 0–1)';
  const turned = `<g transform="rotate(-90 22 ${middle})">${text(22, middle, title, { color: quietInk, anchor: 'middle' })}</g>`;
  return [...parts, turned];
}

function drawHorizontalAxis(axis: HorizontalAxis): string[] {
  const base = line(plot.left, plot.bottom, plot.right, plot.bottom, quietInk);
  const parts = axis.ticks.flatMap((tick) => {
    const x = toX(tick, axis);
    return [
      line(x, plot.bottom, x, plot.bottom + 5, quietInk),
      text(x, plot.bottom + 22, String(tick), { color: quietInk, anchor: 'middle' }),
    ];
  });
  const middle = (plot.left + plot.right) / 2;
  const title = text(middle, plot.bottom + 46, axis.title, { color: quietInk, anchor: 'middle' });
  return [base, ...parts, title];
}

function drawSeries(series: Series, axes: Axes): string {
  const { color, dash, points, marks = [], isReference = false } = series;
  const stroke = `stroke="${color}" stroke-width="${isReference ? 1.5 : 2}" stroke-dasharray="${dash || 'none'}"`;
  if (isReference) {
    const y = toY(points[0]!.y, axes);
    return `<path d="M${plot.left} ${y}H${plot.right}" fill="none" ${stroke}/>`;
  }
  const places = points.map(({ x, y }) => `${toX(x, axes.x)} ${toY(y, axes)}`);
  const path = `<path d="M${places.join('L')}" fill="none" ${stroke} stroke-linejoin="round"/>`;
  if (marks.length > mostMarks) return path;
  const dots = marks.map(({ x, y }) => `<circle cx="${toX(x, axes.x)}" cy="${toY(y, axes)}" r="3" fill="${color}"/>`);
  return path + dots.join('');
}

/** Legend and values in one: each name stands beside the end of its line, moved apart where lines end close together. */
function drawLabels(series: readonly Series[], axes: Axes): string[] {
  const ends = series.map((one) => {
    const last = one.points.at(-1)!;
    return { one, last, x: one.isReference ? plot.right : toX(last.x, axes.x), y: toY(last.y, axes) };
  });
  ends.sort((a, b) => a.y - b.y);
  const places = spread(ends.map(({ y }) => y));
  return ends.flatMap(({ one, last, x, y }, index) => {
    const place = places[index]!;
    const left = plot.right + 26;
    const start = Math.max(x, plot.right) + 5;
    const leader = `<path d="M${start} ${y}L${left - 6} ${place}" fill="none" stroke="${one.color}" opacity="0.5"/>`;
    const sample = `<path d="M${left} ${place}H${left + 26}" fill="none" stroke="${one.color}" stroke-width="2" stroke-dasharray="${one.dash || 'none'}"/>`;
    return [
      leader,
      sample,
      text(left + 34, place - 1, one.name, { color: one.color, weight: 600 }),
      text(left + 34, place + 14, formatError(last.y) + (one.unit ? ` (${one.unit})` : ''), {
        color: quietInk,
        size: 12,
      }),
    ];
  });
}

/** Moves sorted positions apart to `labelStep`, as little as the plot's height allows. */
function spread(positions: readonly number[]): number[] {
  const places = [...positions];
  for (let index = 1; index < places.length; index++) {
    places[index] = Math.max(places[index]!, places[index - 1]! + labelStep);
  }
  let ceiling = plot.bottom - 14;
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index]!, ceiling);
    ceiling = places[index]! - labelStep;
  }
  return places.map(round);
}

/** Powers of ten with as many steps between as give at least four lines; even steps where the range is narrow. */
function errorTicks({ low, high }: Axes): number[] {
  for (const steps of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const ticks = decades(low, high).flatMap((decade) => steps.map((step) => clean(step * decade)));
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    if (inside.length >= 4) return inside;
  }
  return evenTicks(low, high, 6);
}

function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const count = Math.floor(Math.log10(high)) - first + 1;
  // More than eight decades get every second or third.
  const stride = Math.ceil(count / 8);
  return Array.from({ length: Math.ceil(count / stride) }, (_, index) => Number(`1e${first + index * stride}`));
}

interface TextStyle {
  size?: number;
  weight?: number;
  color?: string;
  anchor?: 'start' | 'middle' | 'end';
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 13, weight = 400, color = ink, anchor = 'start' } = style;
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${place} font-size="${size}" font-weight="${weight}" fill="${color}">${escapeText(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${color}" stroke-width="1"/>`;
}

/** XML 1.0 allows no control characters but tab and line breaks, not even escaped. */
function escapeText(content: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return content.replace(/[&<>"]|[^\P{Cc}\t\n\r]/gu, (character) => entities[character] ?? '�');
}

/** Three significant figures. */
function formatError(error: number): string {
  const rounded = Number(error.toPrecision(3));
  return rounded < 1e-4 || rounded >= 1e5 ? rounded.toExponential() : String(rounded);
}

/** Takes away what binary fractions leave behind, such as 0.30000000000000004. */
const clean = (value: number): number => Number(value.toPrecision(10));
const round = (value: number): number => Math.round(value * 10) / 10;
