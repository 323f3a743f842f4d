// Which rows the table shows, and in which order: filtered by text, labels and selection, sorted by a column. Rows stay themselves.
import { type Images, sortedRows } from './images.ts';
import { type FoundColumn, isFound } from './values.ts';

export type FactColumn = 'id' | 'path' | 'label' | 'split' | 'error';
/** A number is a value of the code, a name behind `column:` an imported column. */
export type SortColumn = FactColumn | FoundColumn | number | `column:${string}`;
/** Whose values come from elsewhere. */
export type FetchedColumn = Exclude<SortColumn, FactColumn>;
export interface Sorting {
  readonly column: SortColumn;
  readonly descending: boolean;
}

/** How a column is sorted first: the largest errors and scores come first, for the odd images are looked for by them. */
export function startOf(column: SortColumn): Sorting {
  return { column, descending: column === 'error' || column === 'score' };
}

export const isFetched = (column: SortColumn): column is FetchedColumn =>
  typeof column === 'number' || isFound(column) || column.startsWith('column:');

/** All rows in the order of a column. `keys` are those of a column that is fetched, of every row; others need none. */
export function orderBy(images: Images, { column, descending }: Sorting, keys: Float32Array | null): Uint32Array {
  const values = {
    id: () => images.ids,
    path: () => pathPlaces(images),
    label: () => images.label.map((label) => (label < 0 ? images.labels.length : label)),
    split: () => images.split,
    error: () => images.errors,
  };
  if (isFetched(column)) return sortedRows(keys ?? new Float32Array(images.count), descending);
  return sortedRows(values[column as FactColumn](), descending);
}

const places = new WeakMap<Images, Int32Array>();

/** Of every row, its place among all paths by their bytes, as the import sorts them. */
function pathPlaces(images: Images): Int32Array {
  const known = places.get(images);
  if (known) return known;
  const bytes = Array.from(images.ids, (_, row) => images.pathBytes(row));
  // An import sorts by path: an array that is nearly in order is sorted in one pass.
  const rows = Array.from(images.ids, (_, row) => row).sort((a, b) => compareBytes(bytes[a]!, bytes[b]!));
  const found = new Int32Array(images.count);
  for (const [place, row] of rows.entries()) found[row] = place;
  places.set(images, found);
  return found;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}

/**
 * One byte per row: 1 where path or label contain the text, or where it is `#` and the id. Letters count alike in both
 * cases. Null for an empty text: all rows.
 */
export function rowsWithText(images: Images, text: string): Uint8Array | null {
  const wanted = text.trim();
  if (wanted === '') return null;
  const id = /^#(\d+)$/.exec(wanted);
  if (id) return Uint8Array.from(images.ids, (one) => (one === Number(id[1]) ? 1 : 0));
  const lower = wanted.toLowerCase();
  const inLabel = images.labels.map((label) => label.toLowerCase().includes(lower));
  const needles = [...new Set([wanted, lower, wanted.toUpperCase()].map(withSmallLetters))].map((one) =>
    encoder.encode(one),
  );
  const isFound = (row: number) => inLabel[images.label[row]!] === true || containsAny(images.pathBytes(row), needles);
  return Uint8Array.from(images.ids, (_, row) => (isFound(row) ? 1 : 0));
}

const encoder = new TextEncoder();
/** Only of A–Z: paths are compared byte by byte, without being decoded. */
const withSmallLetters = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const small = (byte: number) => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

function containsAny(bytes: Uint8Array, needles: readonly Uint8Array[]): boolean {
  return needles.some((needle) => {
    for (let start = 0; start + needle.length <= bytes.length; start++) {
      let at = 0;
      while (at < needle.length && small(bytes[start + at]!) === needle[at]) at++;
      if (at === needle.length) return true;
    }
    return false;
  });
}

/** Rows of these labels; −1 stands for images without one. Null for no label at all: all rows. */
export function rowsWithLabels(images: Images, labels: ReadonlySet<number>): Uint8Array | null {
  if (labels.size === 0) return null;
  return Uint8Array.from(images.label, (label) => (labels.has(label) ? 1 : 0));
}

/** Rows that are in both; null is all. */
export function both(one: Uint8Array | null, other: Uint8Array | null): Uint8Array | null {
  if (one === null || other === null) return one ?? other;
  return one.map((value, row) => value & other[row]!);
}

/** The rows of an order that the mask has, in that order. */
export function keepRows(order: Uint32Array, mask: Uint8Array | null): Uint32Array {
  return mask === null ? order : order.filter((row) => mask[row] === 1);
}

export function countOf(mask: Uint8Array): number {
  let count = 0;
  for (const one of mask) count += one;
  return count;
}
