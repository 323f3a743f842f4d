// Images that are nearly the same: candidates by their codes, confirmed on their pixels, in groups with the one that is worth keeping.
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { ImageBatch } from '../numerics/image-grid.ts';
import type { Found } from './nearest-codes.ts';

export interface Duplicates {
  /** Rows, the one to keep first; from the largest group to the smallest. */
  groups: number[][];
  /** Pairs that were looked at, and those that are the same. */
  candidates: number;
  confirmed: number;
}

/** What tells which of some copies is worth keeping. */
export interface Copy {
  path: string;
  /** Of the original, in pixels. */
  width: number;
  height: number;
  /** Of its file. */
  bytes: number;
}

/** Pixels of rows at the model's size. */
export type ReadRows = (rows: ArrayLike<number>) => ImageBatch;

/** Side of the grey pictures that are compared: small enough that coding, noise and size are forgotten. */
const side = 24;
/** Parts of an image that a copy may have been cropped to: of these shares of its side, in the middle, or at its edges, too. */
const crops = { middle: [0.975, 0.92], everywhere: [0.95] } as const;
/** Correlation of two pictures that are the same: what re-encoding, resizing and cropping leave of it. */
export const sameAbove = 0.985;
const sameDistance = 2 - 2 * sameAbove;
/** Pictures that are whole not even so alike, of a correlation of 0.85, are not compared crop by crop. */
const promisingDistance = 0.3;
/** Deviation of the grey values below which a picture shows nothing; such are the same where their means are. */
const flat = 2;
const flatDifference = 2;

/**
 * Two images are the same where their grey pictures, one of them whole and the other whole or cropped, have a correlation of at least 0.985
 * and their colours differ by no more than coding does. `neighbours` are the candidates.
 */
export async function findDuplicates(
  read: ReadRows,
  neighbours: Found,
  copies: readonly Copy[],
  context: Context = {},
): Promise<Duplicates> {
  const pictures = new Pictures(read);
  const { starts, others } = partnersOf(neighbours, copies.length);
  const groups = new Groups(copies.length);
  const confirmed = new Set<number>();
  const started = performance.now();
  for (let row = 0; row < copies.length; row++) {
    // From both sides, so that the crops of an image are made once, for all that it is compared with.
    for (const other of pictures.sameAs(row, others.subarray(starts[row], starts[row + 1]))) {
      confirmed.add(Math.min(row, other) * copies.length + Math.max(row, other));
      groups.join(row, other);
    }
    if (row % 256 === 0) {
      throwIfCancelled(context.signal);
      const rate = (row * 1000) / (performance.now() - started);
      context.onProgress?.({ stage: 'duplicates', done: row, total: copies.length, rate });
      await setImmediate();
    }
  }
  const found = groups.all().map((rows) => rows.toSorted((a, b) => worth(copies[b]!, copies[a]!) || a - b));
  return {
    groups: found.sort((a, b) => b.length - a.length || a[0]! - b[0]!),
    candidates: others.length / 2,
    confirmed: confirmed.size,
  };
}

/** More pixels first, then more bytes, then the path that comes first: above 0 where the first is worth more. */
export function worth(one: Copy, other: Copy): number {
  const pixels = one.width * one.height - other.width * other.height;
  if (pixels !== 0) return pixels;
  return one.bytes - other.bytes || (one.path < other.path ? 1 : one.path > other.path ? -1 : 0);
}

/** Of every row those that have it among their neighbours or that it has among its own: `others[starts[row]…starts[row + 1]]`. */
function partnersOf({ k, indices }: Found, count: number): { starts: Uint32Array; others: Uint32Array } {
  const eachPair = (visit: (row: number, other: number) => void) => {
    for (let row = 0; row < count; row++) {
      for (const other of indices.subarray(row * k, (row + 1) * k)) {
        // Each pair once, from the side that comes first, or from the only side that has it.
        if (other > row || !indices.subarray(other * k, (other + 1) * k).includes(row)) visit(row, other);
      }
    }
  };
  const starts = new Uint32Array(count + 1);
  eachPair((row, other) => {
    starts[row + 1]!++;
    starts[other + 1]!++;
  });
  for (let row = 0; row < count; row++) starts[row + 1]! += starts[row]!;
  const next = starts.slice(0, -1);
  const others = new Uint32Array(starts[count]!);
  eachPair((row, other) => {
    others[next[row]!++] = other;
    others[next[other]!++] = row;
  });
  return { starts, others };
}

interface Picture {
  /** Whole, with mean 0 and length 1; null where it shows nothing. */
  whole: Float32Array | null;
  /** 0–255, of each channel. */
  means: number[];
}

/** So many are kept ready, a sixth of a gigabyte: rows are looked at in their order, and neighbours lie anywhere. */
const keptPictures = 65_536;

class Pictures {
  readonly #read: ReadRows;
  readonly #known = new Map<number, Picture>();
  #views: { whole: View; crops: View[] } | null = null;

  constructor(read: ReadRows) {
    this.#read = read;
  }

  /** Those of `others` that show what the row shows, or what a crop of it does. */
  sameAs(row: number, others: Uint32Array): number[] {
    const one = this.#picture(row);
    let crops: Float32Array[] | null = null;
    const found: number[] = [];
    for (const other of others) {
      const two = this.#picture(other);
      if (!haveSameColour(one, two)) continue;
      const { whole } = two;
      if (one.whole === null || whole === null) {
        if (one.whole === whole) found.push(other);
        continue;
      }
      const distance = distanceWithin(promisingDistance, one.whole, whole);
      if (distance > promisingDistance) continue;
      if (distance > sameDistance) crops ??= this.#crops(row);
      if (distance <= sameDistance || crops!.some((crop) => isSame(crop, whole))) found.push(other);
    }
    return found;
  }

  #picture(row: number): Picture {
    const known = this.#known.get(row) ?? this.#make(row);
    this.#known.delete(row);
    this.#known.set(row, known);
    // The first in the map was used longest ago.
    if (this.#known.size > keptPictures) this.#known.delete(this.#known.keys().next().value!);
    return known;
  }

  #make(row: number): Picture {
    const image = this.#read([row]);
    const { data, height, width, channels } = image;
    const means = Array.from({ length: channels }, (_, channel) => {
      let sum = 0;
      for (let at = channel; at < data.length; at += channels) sum += data[at]!;
      return sum / (height * width);
    });
    return { whole: describe(greyOf(image), this.#viewsOf(image).whole), means };
  }

  #crops(row: number): Float32Array[] {
    const image = this.#read([row]);
    const grey = greyOf(image);
    return this.#viewsOf(image).crops.flatMap((view) => describe(grey, view) ?? []);
  }

  /** All images have one size. */
  #viewsOf({ height, width }: ImageBatch) {
    this.#views ??= {
      whole: viewOf(height, width, wholeImage),
      crops: croppedParts.map((part) => viewOf(height, width, part)),
    };
    return this.#views;
  }
}

function greyOf({ data, height, width, channels }: ImageBatch): Float32Array {
  if (channels === 1) return new Float32Array(data);
  const grey = new Float32Array(height * width);
  for (let pixel = 0; pixel < grey.length; pixel++)
    grey[pixel] = 0.299 * data[3 * pixel]! + 0.587 * data[3 * pixel + 1]! + 0.114 * data[3 * pixel + 2]!;
  return grey;
}

interface Part {
  left: number;
  top: number;
  size: number;
}

const wholeImage: Part = { left: 0, top: 0, size: 1 };
const croppedParts: Part[] = [
  ...crops.middle.map((size) => ({ left: (1 - size) / 2, top: (1 - size) / 2, size })),
  ...crops.everywhere.flatMap((size) =>
    [0, 0.5, 1].flatMap((x) => [0, 0.5, 1].map((y) => ({ left: x * (1 - size), top: y * (1 - size), size }))),
  ),
];

/** Which pixels each of the cells is the mean of, and how much each counts: cell c has `starts[c]` to `starts[c + 1]`. */
interface View {
  starts: Uint32Array;
  pixels: Uint32Array;
  weights: Float32Array;
}

/** A tent around the middle of each cell, as wide as the cell, or as two pixels where it is smaller than one. */
function viewOf(height: number, width: number, { left, top, size }: Part): View {
  const [starts, pixels, weights] = [[0], [] as number[], [] as number[]];
  const columns = Array.from({ length: side }, (_, cell) => tent(left, size, cell, width));
  for (let cell = 0; cell < side; cell++) {
    for (const column of columns) {
      const first = weights.length;
      let total = 0;
      for (const [y, vertical] of tent(top, size, cell, height)) {
        for (const [x, horizontal] of column) {
          pixels.push(y * width + x);
          weights.push(vertical * horizontal);
          total += vertical * horizontal;
        }
      }
      for (let at = first; at < weights.length; at++) weights[at]! /= total;
      starts.push(weights.length);
    }
  }
  return { starts: Uint32Array.from(starts), pixels: Uint32Array.from(pixels), weights: Float32Array.from(weights) };
}

/** Pixels along one side with their weights; at least the nearest. */
function tent(start: number, size: number, cell: number, length: number): [pixel: number, weight: number][] {
  const middle = (start + (size * (cell + 0.5)) / side) * length - 0.5;
  const reach = Math.max(1, (size * length) / side);
  const found: [number, number][] = [];
  for (let at = Math.max(0, Math.ceil(middle - reach)); at <= Math.min(length - 1, Math.floor(middle + reach)); at++) {
    const weight = 1 - Math.abs(at - middle) / reach;
    if (weight > 0) found.push([at, weight]);
  }
  return found.length > 0 ? found : [[Math.max(0, Math.min(length - 1, Math.round(middle))), 1]];
}

/** Brought to the cells, with mean 0 and length 1; null where it is flat. */
function describe(grey: Float32Array, { starts, pixels, weights }: View): Float32Array | null {
  const cells = new Float32Array(side * side);
  let sum = 0;
  for (let cell = 0; cell < cells.length; cell++) {
    let value = 0;
    for (let at = starts[cell]!; at < starts[cell + 1]!; at++) value += weights[at]! * grey[pixels[at]!]!;
    cells[cell] = value;
    sum += value;
  }
  const mean = sum / cells.length;
  let squares = 0;
  for (let cell = 0; cell < cells.length; cell++) {
    cells[cell]! -= mean;
    squares += cells[cell]! ** 2;
  }
  if (Math.sqrt(squares / cells.length) < flat) return null;
  const length = Math.sqrt(squares);
  for (let cell = 0; cell < cells.length; cell++) cells[cell]! /= length;
  return cells;
}

/** Means that coding and a small crop leave of a colour. */
const colourDifference = 14;

function haveSameColour(one: Picture, other: Picture): boolean {
  const isFlat = one.whole === null && other.whole === null;
  const limit = isFlat ? flatDifference : colourDifference;
  return one.means.every((mean, channel) => Math.abs(mean - other.means[channel]!) <= limit);
}

/**
 * Squared distance of two descriptions, which for length 1 is 2 − 2 × correlation; given up, and infinite, where it is above `limit`: most
 * pairs are told apart by their first rows.
 */
function distanceWithin(limit: number, one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let row = 0; row < one.length; row += side) {
    for (let at = row; at < row + side; at++) sum += (one[at]! - other[at]!) ** 2;
    if (sum > limit) return Number.POSITIVE_INFINITY;
  }
  return sum;
}

const isSame = (one: Float32Array, other: Float32Array) => distanceWithin(sameDistance, one, other) <= sameDistance;

/** Rows that are joined, directly or by others. */
class Groups {
  readonly #parent: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, row) => row);
  }

  join(one: number, other: number): void {
    this.#parent[this.#root(one)] = this.#root(other);
  }

  /** Of two rows and more, rows ascending. */
  all(): number[][] {
    const groups = new Map<number, number[]>();
    for (let row = 0; row < this.#parent.length; row++) {
      const root = this.#root(row);
      const known = groups.get(root);
      if (known) known.push(row);
      else groups.set(root, [row]);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }

  #root(row: number): number {
    let root = row;
    while (this.#parent[root] !== root) root = this.#parent[root]!;
    this.#parent[row] = root;
    return root;
  }
}
