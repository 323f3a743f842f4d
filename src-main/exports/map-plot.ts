// A map as a picture for print: every image a dot, equal scales on both axes, and below it what the colours mean.
import { writeAtomic } from '../files/atomic.ts';
import { formatError } from './lettering.ts';
import { fontFamily, quietInk, text } from './plot.ts';

export interface MapPlot {
  /** float32 N×2. */
  readonly xy: Float32Array;
  readonly colors: MapColors;
  readonly title: string;
  /** Lines below the map: how it was made and how true it is. */
  readonly captions: readonly string[];
}

/** Of every point the name of its group, null for none, which `rest` names; or a number, NaN for none, on a scale of 98 % of them. */
export type MapColors =
  | { readonly groups: readonly (string | null)[]; readonly rest: string }
  | { readonly values: Float32Array; readonly name: string };

/** Groups with a colour of their own; those beyond are drawn as one. */
export const mostGroups = 12;

/** Of a printed page, in millimetres; a picture of pixels has this many to the inch. */
const millimetres = 180;
const pixelsPerInch = 300;

const width = 720;
const margin = 20;
const map = { left: margin, top: 52, side: width - 2 * margin };
/** Room for dots at the edge. */
const inset = 8;
/** A map that is wider still keeps this much of its side as height. */
const leastShare = 1 / 6;
const legendStep = 22;
const legendSize = 13;
const captionStep = 18;
const mostColumns = 3;

// Paul Tol's light and bright schemes, in an order in which neighbours differ; and what is left over.
const palette = [
  ...['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377'],
  ...['#ee8866', '#332288', '#44bb99', '#882255', '#999933', '#77aadd'],
];
const otherColor = '#9ca3af';

// The window's colours of errors on paper; lightness alone tells them apart too.
const scaleStops = ['#95bdda', '#46a5af', '#358660', '#705301', '#701800', '#400115'];
/** More cannot be told apart, and each is a path of its own. */
const scaleSteps = 48;
/** Where a few huge values would leave one colour to all others, they share the last. */
const outlierShare = 0.01;

/** Points of one colour; those that come later lie on top. */
interface Layer {
  readonly color: string;
  readonly rows: readonly number[];
}

interface Legend {
  readonly height: number;
  draw(top: number): string[];
}

export function renderMapPlot({ xy, colors, title, captions }: MapPlot): string {
  const { layers, legend } = 'groups' in colors ? colorGroups(colors) : colorValues(colors);
  const { height: mapHeight, place } = placer(xy);
  const dots = layers.map(({ color, rows }) => {
    const path = rows.map((row) => `M${place(row)}h0`);
    return `<path stroke="${color}" d="${path.join('')}"/>`;
  });
  const below = map.top + mapHeight + 24;
  const caption = below + legend.height + 4;
  const height = caption + captions.length * captionStep;
  const parts = [
    text(map.left, 32, title, { size: 18, weight: 600 }),
    `<g fill="none" stroke-width="${dotSize(xy.length / 2)}" stroke-linecap="round" stroke-opacity="0.7">`,
    ...dots,
    '</g>',
    ...legend.draw(below),
    ...captions.map((line, at) => text(map.left, caption + at * captionStep, line, { size: 12, color: quietInk })),
  ];
  const size = `width="${millimetres}mm" height="${round((millimetres * height) / width)}mm" viewBox="0 0 ${width} ${round(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="${fontFamily}">\n<rect width="${width}" height="${round(height)}" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** By the ending of its name: SVG, or PNG at 300 pixels to the inch. */
export async function writeMapPlot(path: string, plot: MapPlot): Promise<void> {
  const isVector = path.toLowerCase().endsWith('.svg');
  await writeAtomic(path, isVector ? renderMapPlot(plot) : await renderMapPng(plot));
}

/**
 * As wide as the printed page at 300 pixels to the inch, or as many pixels as are asked for; with a palette in a third of the
 * bytes, and with colours that are near enough.
 */
export async function renderMapPng(
  plot: MapPlot,
  pixels = Math.round((millimetres / 25.4) * pixelsPerInch),
  options: { palette?: boolean } = {},
): Promise<Uint8Array> {
  // Loaded when first needed: the service starts sooner without.
  const { default: sharp } = await import('sharp');
  // A dense map is megabytes of paths, which an SVG reader refuses unless it is told that they are meant.
  const svg = sharp(Buffer.from(renderMapPlot(plot)), { density: pixelsPerInch, unlimited: true }).resize(pixels);
  return svg.withMetadata({ density: pixelsPerInch }).png(options).toBuffer();
}

/** One scale for both axes; the map as high as its points reach, in the middle of the page's width. */
function placer(xy: Float32Array): { height: number; place: (row: number) => string } {
  const range = (axis: 0 | 1) => {
    if (xy.length === 0) return { middle: 0, extent: 0 };
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < xy.length; at += 2) [low, high] = [Math.min(low, xy[at]!), Math.max(high, xy[at]!)];
    return { middle: (low + high) / 2, extent: high - low };
  };
  const [x, y] = [range(0), range(1)];
  const scale = (map.side - 2 * inset) / (Math.max(x.extent, y.extent) || 1);
  const height = Math.max(leastShare * map.side, y.extent * scale + 2 * inset);
  const centre = { x: map.left + map.side / 2, y: map.top + height / 2 };
  const place = (row: number) =>
    `${round(centre.x + (xy[2 * row]! - x.middle) * scale)} ${round(centre.y - (xy[2 * row + 1]! - y.middle) * scale)}`;
  return { height, place };
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Few images are to be seen, and many are not to hide each other. */
function dotSize(count: number): number {
  return Math.max(1.2, Math.min(7, 160 / Math.sqrt(Math.max(1, count))));
}

// ---- groups -------------------------------------------------------------------------------------------------------

/** Rare groups lie on top, where frequent ones do not hide them. */
function colorGroups({ groups, rest }: Extract<MapColors, { groups: unknown }>): { layers: Layer[]; legend: Legend } {
  const rowsOf = new Map<string | null, number[]>();
  for (const [row, group] of groups.entries()) {
    const rows = rowsOf.get(group);
    if (rows) rows.push(row);
    else rowsOf.set(group, [row]);
  }
  const none = rowsOf.get(null) ?? [];
  rowsOf.delete(null);
  const named = [...(rowsOf as Map<string, number[]>)].sort(
    ([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1),
  );
  const entries = named.slice(0, mostGroups).map(([name, rows], at) => ({ name, rows, color: palette[at]! }));
  const beyond = named.slice(mostGroups).flatMap(([, rows]) => rows);
  const left = [
    { name: 'other', rows: beyond, color: otherColor },
    { name: rest, rows: none, color: otherColor },
  ].filter(({ rows }) => rows.length > 0);
  return { layers: [...left, ...entries], legend: groupLegend(entries.length === 0 ? [] : [...entries, ...left]) };
}

/** In as many columns as long names leave room for; names that are longer still are shortened. */
function groupLegend(entries: readonly (Layer & { name: string })[]): Legend {
  const words = entries.map(({ name, rows }) => ({ name, count: ` · ${rows.length.toLocaleString('en')}` }));
  const room = (columns: number) => Math.floor((map.side / columns - 30) / legendSize / averageLetter);
  const longest = Math.max(0, ...words.map(({ name, count }) => letters(name) + count.length));
  const columns = longest <= room(mostColumns) ? mostColumns : mostColumns - 1;
  const draw = (top: number) =>
    entries.flatMap(({ color }, at) => {
      const x = map.left + (at % columns) * (map.side / columns);
      const y = top + Math.floor(at / columns) * legendStep;
      const { name, count } = words[at]!;
      const entry = fitted(name, room(columns) - count.length) + count;
      return [
        `<circle cx="${x + 6}" cy="${y - 4}" r="5" fill="${color}"/>`,
        text(x + 18, y, entry, { size: legendSize }),
      ];
    });
  return { height: Math.ceil(entries.length / columns) * legendStep, draw };
}

/** Of its size, as wide as letters are on average in usual fonts; Chinese ones are nearly twice as wide. */
const averageLetter = 0.56;
const isWide = (letter: string) => letter >= '\u2e80';
const letters = (name: string) => Array.from(name).reduce((sum, letter) => sum + (isWide(letter) ? 2 : 1), 0);

function fitted(name: string, most: number): string {
  if (letters(name) <= most) return name;
  const kept = Array.from(name);
  while (letters(kept.join('')) > most - 1) kept.pop();
  return `${kept.join('').trimEnd()}…`;
}

// ---- numbers ------------------------------------------------------------------------------------------------------

/** Large values lie on top: they are what one looks for. */
function colorValues({ values, name }: Extract<MapColors, { values: unknown }>): { layers: Layer[]; legend: Legend } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(outlierShare), at(1 - outlierShare)];
  const none = { color: otherColor, rows: [] as number[] };
  const steps = Array.from({ length: scaleSteps }, (_, step) => ({ color: scaleColor(step), rows: [] as number[] }));
  for (const [row, value] of values.entries()) {
    const share = high > low ? (value - low) / (high - low) : 0;
    const step = Math.max(0, Math.min(scaleSteps - 1, Math.floor(share * scaleSteps)));
    (Number.isNaN(value) ? none : steps[step]!).rows.push(row);
  }
  return { layers: [none, ...steps].filter(({ rows }) => rows.length > 0), legend: scaleLegend(low, high, name) };
}

function scaleColor(step: number): string {
  const place = (step / (scaleSteps - 1)) * (scaleStops.length - 1);
  const first = Math.min(scaleStops.length - 2, Math.floor(place));
  const [from, to] = [scaleStops[first]!, scaleStops[first + 1]!].map((color) => Number.parseInt(color.slice(1), 16));
  const channel = (shift: number) => {
    const [a, b] = [(from! >> shift) & 255, (to! >> shift) & 255];
    return Math.round(a + (place - first) * (b - a));
  };
  return `#${[16, 8, 0].map((shift) => channel(shift).toString(16).padStart(2, '0')).join('')}`;
}

const bar = { left: map.left + 72, width: 240, height: 10 };

function scaleLegend(low: number, high: number, name: string): Legend {
  const draw = (top: number) => {
    const step = bar.width / scaleSteps;
    // Each reaches a little into the next, which hides the seam between them.
    const steps = Array.from({ length: scaleSteps }, (_, at) => {
      const [x, reach] = [round(bar.left + at * step), at < scaleSteps - 1 ? step + 0.5 : step];
      return `<rect x="${x}" y="${top - 9}" width="${round(reach)}" height="${bar.height}" fill="${scaleColor(at)}"/>`;
    });
    const right = bar.left + bar.width;
    return [
      text(bar.left - 8, top, `≤ ${formatError(low)}`, { size: legendSize, anchor: 'end' }),
      ...steps,
      text(right + 8, top, `≥ ${formatError(high)}`, { size: legendSize }),
      text(right + 84, top, name, { size: legendSize }),
    ];
  };
  return { height: legendStep, draw };
}
