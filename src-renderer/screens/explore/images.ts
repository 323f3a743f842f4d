// The images of a run, row by row: what map, table and card show. A row stands for one id and never for another.
import type { ColumnInfo } from '../../../src-main/contract/columns.ts';
import type { ItemTable, MapView } from '../../../src-main/contract/views.ts';

export const splitNames = ['train', 'validation', 'test'] as const;
/** Of an image that the data set does not have any more. */
const noSplit = 255;

/** Of every row its group, −1 for none. */
export interface Groups {
  names: readonly string[];
  of: Int32Array;
}

export class Images {
  readonly runId: string;
  readonly datasetId: string;
  readonly count: number;
  /** Of every row, ascending, as codes are kept. */
  readonly ids: Int32Array;
  readonly errors: Float32Array;
  /** Names, in their order. */
  readonly labels: readonly string[];
  /** Of every row: index into `labels`, −1 without one. */
  readonly label: Int32Array;
  /** Of every label; at the end that of images without one. */
  readonly labelCounts: Uint32Array;
  /** Of every row: index into `splitNames`. */
  readonly split: Uint8Array;
  readonly #table: ItemTable;
  /** Of every row: its row in the table of the data set, −1 where that does not have it any more. */
  readonly #items: Int32Array;
  #ranks: Uint32Array | null = null;

  /** `groups` take the place of the data set's labels. */
  constructor(
    runId: string,
    datasetId: string,
    table: ItemTable,
    { ids, errors }: Pick<MapView, 'ids' | 'errors'>,
    groups?: Groups,
  ) {
    this.runId = runId;
    this.datasetId = datasetId;
    this.#table = table;
    this.ids = ids;
    this.errors = errors;
    this.count = ids.length;
    this.#items = rowsOf(ids, table.ids);
    this.labels = groups?.names ?? table.labels;
    this.label = groups?.of ?? pick(table.label, this.#items, new Int32Array(this.count), -1);
    this.split = pick(table.split, this.#items, new Uint8Array(this.count), noSplit);
    this.labelCounts = new Uint32Array(this.labels.length + 1);
    for (const label of this.label) this.labelCounts[label < 0 ? this.labels.length : label]!++;
  }

  /** The same images as the data set tells of them now. */
  withTable(table: ItemTable): Images {
    return new Images(this.runId, this.datasetId, table, this);
  }

  /** The same images, in other groups than those of their labels. */
  grouped(groups: Groups): Images {
    return new Images(this.runId, this.datasetId, this.#table, this, groups);
  }

  /** −1 where this run has no such image. */
  rowOf(id: number): number {
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.ids[middle]!;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** Empty for an image that the data set does not have any more. */
  path(row: number): string {
    return new TextDecoder().decode(this.pathBytes(row));
  }

  /** UTF-8. */
  pathBytes(row: number): Uint8Array {
    const item = this.#items[row]!;
    if (item < 0) return new Uint8Array();
    return this.#table.paths.subarray(this.#table.offsets[item], this.#table.offsets[item + 1]);
  }

  labelName(row: number): string | null {
    return this.labels[this.label[row]!] ?? null;
  }

  splitName(row: number): (typeof splitNames)[number] | null {
    return splitNames[this.split[row]!] ?? null;
  }

  /** Of the original in pixels, before it became what the model sees. */
  size(row: number): { width: number; height: number } | null {
    const item = this.#items[row]!;
    return item < 0 ? null : { width: this.#table.width[item]!, height: this.#table.height[item]! };
  }

  /** Of the data set, those that were imported. */
  get columns(): readonly ColumnInfo[] {
    return this.#table.columns;
  }

  /** By error, from 1: the best reconstruction. Equal errors have ranks in the order of their rows. */
  rank(row: number): number {
    this.#ranks ??= ranksOf(this.errors);
    return this.#ranks[row]!;
  }
}

/** The values of these items, `missing` for −1. */
function pick<T extends Int32Array | Uint8Array>(values: T, items: Int32Array, out: T, missing: number): T {
  for (let row = 0; row < items.length; row++) out[row] = items[row]! < 0 ? missing : values[items[row]!]!;
  return out;
}

/** For every id its row among `all`, or −1. Both are nearly always the same list, so that is tried first. */
export function rowsOf(ids: Int32Array, all: Int32Array): Int32Array {
  if (isStartOf(ids, all)) return firstRows(ids.length, Int32Array);
  const rows = new Map(Array.from(all, (id, row) => [id, row]));
  return ids.map((id) => rows.get(id) ?? -1);
}

function isStartOf(ids: Int32Array, all: Int32Array): boolean {
  for (let row = 0; row < ids.length; row++) if (ids[row] !== all[row]) return false;
  return true;
}

function firstRows<T extends Int32Array | Uint32Array>(count: number, type: new (count: number) => T): T {
  const rows = new type(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

function ranksOf(errors: Float32Array): Uint32Array {
  const ranks = new Uint32Array(errors.length);
  for (const [place, row] of sortedRows(errors).entries()) ranks[row] = place + 1;
  return ranks;
}

const digitBits = 11;
const digits = 1 << digitBits;

/**
 * Rows in the order of their numbers: equal ones in the order of rows, NaN last in both directions. A radix sort of three
 * passes: a million rows take some 30 ms, where a comparison sort takes 700.
 */
export function sortedRows(values: Float32Array | Int32Array | Uint8Array, descending = false): Uint32Array {
  const keys = sortableKeys(values, descending);
  let rows = firstRows(keys.length, Uint32Array);
  // Ids are in order to begin with.
  if (isAscending(keys)) return rows;
  let next = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += digitBits) {
    const starts = new Uint32Array(digits + 1);
    for (const key of keys) starts[((key >>> shift) & (digits - 1)) + 1]!++;
    for (let digit = 1; digit <= digits; digit++) starts[digit]! += starts[digit - 1]!;
    for (const row of rows) next[starts[(keys[row]! >>> shift) & (digits - 1)]!++] = row;
    [rows, next] = [next, rows];
  }
  return rows;
}

function isAscending(keys: Uint32Array): boolean {
  for (let at = 1; at < keys.length; at++) if (keys[at]! < keys[at - 1]!) return false;
  return true;
}

/** Unsigned numbers in the same order: the bits of floats compare as integers once negative ones are turned around. */
function sortableKeys(values: Float32Array | Int32Array | Uint8Array, descending: boolean): Uint32Array {
  const keys = new Uint32Array(values.length);
  const bits = values instanceof Float32Array ? new Uint32Array(values.buffer, values.byteOffset, values.length) : null;
  for (let row = 0; row < keys.length; row++) {
    if (bits !== null && Number.isNaN(values[row]!)) {
      keys[row] = 0xffffffff;
      continue;
    }
    const key = bits === null ? values[row]! ^ 0x80000000 : bits[row]! ^ (bits[row]! >>> 31 ? 0xffffffff : 0x80000000);
    keys[row] = descending ? ~key : key;
  }
  return keys;
}
