// Sample images that Pinhole draws itself: soft-lit coloured shapes, the same bytes for the same seed on every machine.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { writeError } from '../files/atomic.ts';
import { encodePng } from '../files/png.ts';
import { createRandom, type Random } from '../numerics/random.ts';
import { createProgress } from './progress.ts';

export interface SampleSettings {
  /** Number of images; the shapes take turns. */
  count?: number;
  /** Side of an image in pixels. */
  size?: number;
  seed?: number;
}

export const sampleDefaults = { count: 3000, size: 32, seed: 1 } as const satisfies Required<SampleSettings>;

/** Images written at the same time: enough to hide the latency of a disk. */
const parallelWrites = 32;

/** Draws into one folder per shape: `circle/00000.png`, … Files of the same name are replaced. */
export async function drawSamples(
  settings: SampleSettings,
  folder: string,
  context: Context = {},
): Promise<{ count: number }> {
  const { count, size, seed } = { ...sampleDefaults, ...settings };
  for (const shape of shapeNames) await mkdir(join(folder, shape), { recursive: true });
  const progress = createProgress(context, 'draw', count);
  for (let first = 0; first < count; first += parallelWrites) {
    throwIfCancelled(context.signal);
    const batch = Array.from({ length: Math.min(parallelWrites, count - first) }, (_, offset) => first + offset);
    await Promise.all(batch.map((index) => writeSample(folder, index, size, seed)));
    progress.update(first + batch.length);
  }
  progress.finish(count);
  return { count };
}

async function writeSample(folder: string, index: number, size: number, seed: number): Promise<void> {
  const { shape, data } = drawSample(index, size, seed);
  const file = join(folder, shape, `${String(index).padStart(5, '0')}.png`);
  await writeFile(file, encodePng({ data, width: size, height: size, channels: 3 })).catch((error) => {
    throw writeError(file, error);
  });
}

/** One image: RGB bytes, size × size × 3, and the name of its shape. */
export function drawSample(index: number, size: number, seed: number): { shape: ShapeName; data: Uint8Array } {
  const random = createRandom(seed, index);
  const shape = shapeNames[index % shapeNames.length]!;
  const paint = arrangeScene(shape, random, size);
  const data = new Uint8Array(size * size * 3);
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      // The picture spans −1 to 1 in both directions; a pixel is sampled at its centre.
      const color = paint((2 * column + 1) / size - 1, (2 * row + 1) / size - 1);
      for (let channel = 0; channel < 3; channel++) data[at++] = toByte(color[channel]!);
    }
  }
  return { shape, data };
}

/** Linear light, red, green and blue, 0 to 1. */
type Color = readonly [number, number, number];
type Point = readonly [number, number];
/** Signed distance to an outline of about unit radius: negative inside. */
type Shape = (x: number, y: number) => number;

/** Chooses everything that varies, and gives back the colour at any point of the picture. */
function arrangeScene(shape: ShapeName, random: Random, size: number): (x: number, y: number) => Color {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const distance = shapes[shape](between);
  const scale = between(0.3, 0.62);
  // Far enough from the edge that most of the shape is seen.
  const reach = 0.95 - scale;
  const center: Point = [between(-reach, reach), between(-reach, reach)];
  const angle = between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const hue = between(0, 2 * Math.PI);
  const bright = random.next() < 0.75;
  const lit = oklch(bright ? between(0.72, 0.86) : between(0.5, 0.6), between(0.12, 0.19), hue);
  const shaded = oklch(
    bright ? between(0.55, 0.66) : between(0.33, 0.42),
    between(0.1, 0.17),
    hue + between(-0.5, 0.5),
  );
  const background = arrangeBackground(random, hue, bright);
  const edge = 2 / size;

  const distanceAt = (x: number, y: number) => {
    const [dx, dy] = [(x - center[0]) / scale, (y - center[1]) / scale];
    return distance(cos * dx + sin * dy, cos * dy - sin * dx) * scale;
  };
  return (x, y) => {
    const shadow = 0.35 * smooth(0.22, -0.16, distanceAt(x - 0.07, y - 0.12));
    const ground = scaleColor(background(x, y), 1 - shadow);
    const inside = clamp(0.5 - distanceAt(x, y) / edge);
    // Light comes from the upper left.
    const light = smooth(1.1, -1.1, (x - center[0] + 1.4 * (y - center[1])) / scale);
    return mix(ground, mix(shaded, lit, light), inside);
  };
}

/** Two soft colours that flow into each other, and one large glow; darker where the shape is bright. */
function arrangeBackground(random: Random, hue: number, shapeIsBright: boolean): (x: number, y: number) => Color {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const level = shapeIsBright ? between(0.26, 0.44) : between(0.82, 0.92);
  const other = hue + between(1.6, 4.7);
  const first = oklch(level, between(0.02, 0.07), other);
  const second = oklch(level + between(-0.08, 0.08), between(0.02, 0.08), other + between(-1, 1));
  const glow = oklch(level + 0.1, between(0.03, 0.08), other + between(-1.2, 1.2));
  const direction = between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(direction), Math.sin(direction)];
  const [glowX, glowY] = [between(-1, 1), between(-1, 1)];
  return (x, y) => {
    const flow = mix(first, second, smooth(-1, 1, cos * x + sin * y));
    return mix(flow, glow, smooth(1.3, 0, Math.sqrt((x - glowX) ** 2 + (y - glowY) ** 2)));
  };
}

type Between = (low: number, high: number) => number;

/** Each takes what varies in its form and gives the outline. Distances after Inigo Quilez, "2D distance functions". */
const shapes = {
  circle: (between) => {
    const stretch = between(0.75, 1);
    return (x, y) => (length(x, y / stretch) - 0.95) * stretch;
  },
  ring: (between) => {
    const thickness = between(0.14, 0.26);
    return (x, y) => Math.abs(length(x, y) - 0.75) - thickness;
  },
  square: (between) => {
    const [width, height, corner] = [between(0.6, 0.85), between(0.6, 0.85), between(0, 0.3)];
    return (x, y) => box(x, y, width - corner, height - corner) - corner;
  },
  triangle: (between) => polygonStar(3, between(0.5, 0.58)),
  star: (between) => polygonStar(5, between(0.38, 0.55)),
  cross: (between) => {
    const arm = between(0.18, 0.34);
    return (x, y) => Math.min(box(x, y, 0.95, arm), box(x, y, arm, 0.95));
  },
  heart: (between) => {
    const lean = between(0.9, 1.1);
    return (x, y) => heart(Math.abs(x) * lean * 0.62, 0.55 - y * 0.62) / 0.62;
  },
  moon: (between) => {
    const [offset, bite] = [between(0.4, 0.65), between(0.72, 0.85)];
    return (x, y) => Math.max(length(x + 0.15, y) - 0.95, bite - length(x - offset, y));
  },
} satisfies Record<string, (between: Between) => Shape>;

export type ShapeName = keyof typeof shapes;
export const shapeNames = Object.keys(shapes) as ShapeName[];

/** A star with so many points, and the radius of its inner corners; a regular triangle has its inner "corners" at 0.5. */
function polygonStar(points: number, inner: number): Shape {
  const half = Math.PI / points;
  const [innerX, innerY] = [inner * Math.cos(half), inner * Math.sin(half)];
  return (x, y) => {
    // Folded into the half sector between one point, at (1, 0), and the inner corner beside it.
    const turn = Math.atan2(y, x);
    const angle = Math.abs(turn - 2 * half * Math.round(turn / (2 * half)));
    const radius = length(x, y);
    return distanceToEdge(radius * Math.cos(angle), radius * Math.sin(angle), [1, 0], [innerX, innerY]);
  };
}

/** Distance to the segment from a to b; negative on the side of the origin. */
function distanceToEdge(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const [ex, ey, px, py] = [bx - ax, by - ay, x - ax, y - ay];
  const along = clamp((px * ex + py * ey) / (ex * ex + ey * ey));
  return length(px - ex * along, py - ey * along) * (ex * py - ey * px < 0 ? 1 : -1);
}

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  const [dx, dy] = [Math.abs(x) - halfWidth, Math.abs(y) - halfHeight];
  return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
}

/** Right half of a heart whose tip is at the origin. */
function heart(x: number, y: number): number {
  if (x + y > 1) return length(x - 0.25, y - 0.75) - Math.sqrt(2) / 4;
  const half = 0.5 * Math.max(x + y, 0);
  return Math.min(length(x, y - 1), length(x - half, y - half)) * Math.sign(x - y);
}

/** OKLCH (Ottosson 2020) to linear sRGB: equal steps of lightness look equal for every hue. Hue in radians. */
function oklch(lightness: number, chroma: number, hue: number): Color {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light, 0 to 1, to an sRGB byte. */
function toByte(value: number): number {
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}

function mix([r1, g1, b1]: Color, [r2, g2, b2]: Color, share: number): Color {
  return [r1 + (r2 - r1) * share, g1 + (g2 - g1) * share, b1 + (b2 - b1) * share];
}

function scaleColor([red, green, blue]: Color, factor: number): Color {
  return [red * factor, green * factor, blue * factor];
}

/** 0 at `from`, 1 at `to`, and a smooth step between. */
function smooth(from: number, to: number, value: number): number {
  const share = clamp((value - from) / (to - from));
  return share * share * (3 - 2 * share);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function length(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}
