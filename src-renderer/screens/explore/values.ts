// Columns by which the map is coloured and the table sorted beside labels, splits and errors. Where their values come from is elsewhere.
import type { ColumnView } from '../../../src-main/contract/columns.ts';
import type { Numbers } from '../../drawing/colors.ts';
import type { Groups, Images } from './images.ts';

/**
 * What was looked for among the codes: how much an image stands out, its group of copies, its cluster, and how far it is from the image
 * whose nearest were selected.
 */
export const foundColumns = ['score', 'copies', 'cluster', 'distance'] as const;
export type FoundColumn = (typeof foundColumns)[number];
export const isFound = (column: unknown): column is FoundColumn => foundColumns.some((one) => one === column);

/** Facts of every data set, what was found, a value of the code, and a column that was imported, by its name. */
export type ValueColumn = 'folder' | 'width' | 'height' | FoundColumn | `code:${number}` | `column:${string}`;

/** Of every row: NaN or −1 where there is none. */
export type Values = { readonly kind: 'number'; readonly numbers: Numbers } | ({ readonly kind: 'text' } & Groups);

/** Which value of the code a column is; null of others. */
export function codeOf(column: string): number | null {
  return column.startsWith('code:') ? Number(column.slice('code:'.length)) : null;
}

/** What the table of items tells by itself. */
export function factValues(images: Images, fact: 'folder' | 'width' | 'height'): Values {
  if (fact === 'folder') return { kind: 'text', ...folders(images) };
  const numbers = new Float32Array(images.count);
  for (let row = 0; row < images.count; row++) numbers[row] = images.size(row)?.[fact] ?? Number.NaN;
  return { kind: 'number', numbers };
}

/** The first part of each path; images that lie in no folder have none. */
function folders(images: Images): Groups {
  const slash = 47;
  const known = new Map<string, number>();
  const of = new Int32Array(images.count);
  for (let row = 0; row < images.count; row++) {
    const bytes = images.pathBytes(row);
    const end = bytes.indexOf(slash);
    if (end < 0) {
      of[row] = -1;
      continue;
    }
    const name = decoder.decode(bytes.subarray(0, end));
    if (!known.has(name)) known.set(name, known.size);
    of[row] = known.get(name)!;
  }
  const names = [...known.keys()].sort(new Intl.Collator('en', { numeric: true }).compare);
  const places = new Map(names.map((name, place) => [known.get(name)!, place]));
  return { names, of: of.map((number) => places.get(number) ?? -1) };
}

const decoder = new TextDecoder();

/** Brought to the rows of a run, which may lack some images of the data set, and have some that it lacks. */
export function importedValues(images: Images, column: ColumnView): Values {
  const rows = column.ids.map((id) => images.rowOf(id));
  if (column.kind === 'number') {
    const numbers = new Float64Array(images.count).fill(Number.NaN);
    for (const [at, row] of rows.entries()) if (row >= 0) numbers[row] = column.values[at]!;
    return { kind: 'number', numbers };
  }
  const of = new Int32Array(images.count).fill(-1);
  for (const [at, row] of rows.entries()) if (row >= 0) of[row] = column.value[at]!;
  return { kind: 'text', names: column.texts, of };
}

/** Numbers of some images; others have none. */
export function valuesOf(images: Images, ids: ArrayLike<number>, numbers: ArrayLike<number>): Values {
  const all = new Float32Array(images.count).fill(Number.NaN);
  for (let at = 0; at < ids.length; at++) {
    const row = images.rowOf(ids[at]!);
    if (row >= 0) all[row] = numbers[at]!;
  }
  return { kind: 'number', numbers: all };
}

/** What the table sorts by: numbers in the same order, exact also where float32 is not; NaN where there is none. */
export function sortKeys(values: Values): Float32Array {
  if (values.kind === 'text') return Float32Array.from(values.of, (text) => (text < 0 ? Number.NaN : text));
  if (values.numbers instanceof Float32Array) return values.numbers;
  const { numbers } = values;
  const rows = Uint32Array.from(numbers, (_, row) => row).filter((row) => !Number.isNaN(numbers[row]!));
  rows.sort((a, b) => numbers[a]! - numbers[b]! || a - b);
  const keys = new Float32Array(numbers.length).fill(Number.NaN);
  let rank = -1;
  for (const [place, row] of rows.entries()) {
    if (place === 0 || numbers[row] !== numbers[rows[place - 1]!]) rank++;
    keys[row] = rank;
  }
  return keys;
}
