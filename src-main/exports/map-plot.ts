// A map as a picture for print: every image a dot, equal scales on both axes, colours of a few groups explained below it.
import { writeAtomic } from '../files/atomic.ts';
import { fontFamily, quietInk, shorten, text } from './plot.ts';

export interface MapPlot {
  /** float32 N×2. */
  readonly xy: Float32Array;
  /** Of every point the name of its group; null for none. */
  readonly groups: readonly (string | null)[];
  readonly title: string;
  /** A line below the map: how it was made and how true it is. */
  readonly caption: string;
}

/** Groups with a colour of their own; those beyond are drawn as one. */
export const mostGroups = 12;

/** Of a printed page, in millimetres; a picture of pixels has this many to the inch. */
const millimetres = 180;
const pixelsPerInch = 300;

const width = 720;
const margin = 20;
const map = { left: margin, top: 52, side: width - 2 * margin };
const legendColumns = 4;
const legendStep = 22;
/** A long name would run into the next one. */
const longestName = 20;

// Paul Tol's light and bright schemes, in an order in which neighbours differ; and what is left over.
const palette = [
  ...['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377'],
  ...['#ee8866', '#332288', '#44bb99', '#882255', '#999933', '#77aadd'],
];
const otherColor = '#9ca3af';

export function renderMapPlot({ xy, groups, title, caption }: MapPlot): string {
  const counts = new Map<string, number>();
  for (const group of groups) if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  const names = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
  const shown = names.slice(0, mostGroups);
  const colorOf = new Map(shown.map((name, index) => [name, palette[index]!]));
  const place = placer(xy);
  const paths = new Map<string, string[]>();
  for (const [row, group] of groups.entries()) {
    const color = (group !== null && colorOf.get(group)) || otherColor;
    const dot = `M${place(row)}h0`;
    if (!paths.get(color)?.push(dot)) paths.set(color, [dot]);
  }
  const dots = Array.from(paths, ([color, path]) => `<path stroke="${color}" d="${path.join('')}"/>`);
  const entries = shown.map((name) => ({
    name: shorten(name, longestName),
    count: counts.get(name)!,
    color: colorOf.get(name)!,
  }));
  const others = groups.length - entries.reduce((sum, { count }) => sum + count, 0);
  if (others > 0 && entries.length > 0) {
    entries.push({ name: names.length > mostGroups ? 'other' : 'no label', count: others, color: otherColor });
  }
  const below = map.top + map.side + 24;
  const height = below + Math.ceil(entries.length / legendColumns) * legendStep + 24;
  const parts = [
    text(map.left, 32, title, { size: 18, weight: 600 }),
    `<g fill="none" stroke-width="${dotSize(groups.length)}" stroke-linecap="round" stroke-opacity="0.7">`,
    ...dots,
    '</g>',
    ...entries.flatMap((entry, index) => drawEntry(entry, index, below)),
    text(map.left, height - 14, caption, { size: 12, color: quietInk }),
  ];
  const size = `width="${millimetres}mm" height="${(millimetres * height) / width}mm" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="${fontFamily}">\n<rect width="${width}" height="${height}" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** By the ending of its name: SVG, or PNG at 300 pixels to the inch. */
export async function writeMapPlot(path: string, plot: MapPlot): Promise<void> {
  const svg = renderMapPlot(plot);
  if (path.toLowerCase().endsWith('.svg')) return writeAtomic(path, svg);
  const { default: sharp } = await import('sharp');
  const pixels = Math.round((millimetres / 25.4) * pixelsPerInch);
  // A dense map is megabytes of paths, which an SVG reader refuses unless it is told that they are meant.
  const png = sharp(Buffer.from(svg), { density: pixelsPerInch, unlimited: true }).resize(pixels);
  await writeAtomic(path, await png.withMetadata({ density: pixelsPerInch }).png().toBuffer());
}

/** One scale for both axes, the map in the middle of its square. */
function placer(xy: Float32Array): (row: number) => string {
  const range = (axis: 0 | 1) => {
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < xy.length; at += 2) [low, high] = [Math.min(low, xy[at]!), Math.max(high, xy[at]!)];
    return { middle: (low + high) / 2, extent: high - low };
  };
  const [x, y] = [range(0), range(1)];
  const scale = (map.side - 16) / (Math.max(x.extent, y.extent) || 1);
  const centre = { x: map.left + map.side / 2, y: map.top + map.side / 2 };
  const round = (value: number) => Math.round(value * 100) / 100;
  return (row) =>
    `${round(centre.x + (xy[2 * row]! - x.middle) * scale)} ${round(centre.y - (xy[2 * row + 1]! - y.middle) * scale)}`;
}

/** Few images are to be seen, and many are not to hide each other. */
function dotSize(count: number): number {
  return Math.max(1.2, Math.min(7, 120 / Math.sqrt(Math.max(1, count))));
}

function drawEntry(entry: { name: string; count: number; color: string }, index: number, top: number): string[] {
  const x = map.left + (index % legendColumns) * (map.side / legendColumns);
  const y = top + Math.floor(index / legendColumns) * legendStep;
  return [
    `<circle cx="${x + 6}" cy="${y - 4}" r="5" fill="${entry.color}"/>`,
    text(x + 18, y, `${entry.name} · ${entry.count.toLocaleString('en')}`, { size: 13 }),
  ];
}
