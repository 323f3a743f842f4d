// The table of all items that screens look at, out of the texts that the catalogue gives: no object, and no text, for each of a million.
import type { ColumnInfo } from '../../contract/columns.ts';
import type { ItemTable } from '../../contract/views.ts';
import type { ItemColumns } from '../../dataset/catalogue.ts';

const none = new Uint8Array();
const [zero, comma] = [0, 0x2c];
const digit = 0x30;

/** The order of labels, and of other texts, wherever they are numbered: numbers in them go by their size. */
export const compareTexts = new Intl.Collator('en', { numeric: true }).compare;

export function itemTable(columns: ItemColumns, imported: ColumnInfo[]): ItemTable {
  const ids = numbersOf(columns.ids ?? none);
  const count = ids.length;
  return {
    ids,
    ...packed(columns.paths ?? none, count),
    ...labelsOf(columns.labels ?? none, count),
    split: (columns.splits ?? none).map((byte) => byte - digit),
    width: numbersOf(columns.widths ?? none),
    height: numbersOf(columns.heights ?? none),
    columns: imported,
  };
}

/** Whole numbers from 0 on, separated by commas. */
function numbersOf(text: Uint8Array): Int32Array {
  if (text.length === 0) return new Int32Array();
  const numbers = new Int32Array(countOf(text, comma) + 1);
  let [row, number] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === comma) {
      numbers[row++] = number;
      number = 0;
    } else number = 10 * number + byte - digit;
  }
  numbers[row] = number;
  return numbers;
}

function countOf(text: Uint8Array, wanted: number): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) if (text[at] === wanted) count++;
  return count;
}

/** The same texts without what separates them, and where each begins. */
function packed(text: Uint8Array, count: number): Pick<ItemTable, 'paths' | 'offsets'> {
  const paths = new Uint8Array(text.length - Math.max(0, count - 1));
  const offsets = new Uint32Array(count + 1);
  let [row, length] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === zero) offsets[++row] = length;
    else paths[length++] = byte;
  }
  offsets[count] = length;
  return { paths, offsets };
}

/** In their order. */
function labelsOf(text: Uint8Array, count: number): Pick<ItemTable, 'labels' | 'label'> {
  const { names, found } = namesOf(text, count);
  const labels = names.toSorted(compareTexts);
  const places = new Map(labels.map((name, place) => [name, place]));
  const placeOf = names.map((name) => places.get(name)!);
  return { labels, label: found.map((name) => (name < 0 ? name : placeOf[name]!)) };
}

/** Of every row which of the names it has, −1 for the empty one; names as they come. Rows of one label mostly follow each other. */
function namesOf(text: Uint8Array, count: number): { names: string[]; found: Int32Array } {
  const known = new Map<string, number>();
  const found = new Int32Array(count).fill(-1);
  let [start, before] = [0, -1];
  for (let row = 0; row < count; row++) {
    let end = text.indexOf(zero, start);
    if (end < 0) end = text.length;
    if (end > start) {
      const isAsBefore = before >= 0 && sameBytes(text, start, end, before);
      const name = isAsBefore ? found[row - 1]! : numberOf(known, utf8.decode(text.subarray(start, end)));
      found[row] = name;
      before = start;
    } else before = -1;
    start = end + 1;
  }
  return { names: [...known.keys()], found };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Whether what lies from `start` to `end` lies at `other` as well, up to the zero after it. */
function sameBytes(text: Uint8Array, start: number, end: number, other: number): boolean {
  if (other + end - start !== start - 1) return false;
  for (let at = start; at < end; at++) if (text[at] !== text[other + at - start]) return false;
  return true;
}

function numberOf(known: Map<string, number>, name: string): number {
  const number = known.get(name) ?? known.size;
  known.set(name, number);
  return number;
}
