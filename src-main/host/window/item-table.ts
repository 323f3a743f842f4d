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
  let count = 1;
  for (const byte of text) if (byte === comma) count++;
  const numbers = new Int32Array(count);
  let at = 0;
  for (const byte of text) {
    if (byte === comma) at++;
    else numbers[at] = 10 * numbers[at]! + byte - digit;
  }
  return numbers;
}

/** The same texts without what separates them, and where each begins. */
function packed(text: Uint8Array, count: number): Pick<ItemTable, 'paths' | 'offsets'> {
  const paths = new Uint8Array(text.length - Math.max(0, count - 1));
  const offsets = new Uint32Array(count + 1);
  let [row, length] = [0, 0];
  for (const byte of text) {
    if (byte === zero) offsets[++row] = length;
    else paths[length++] = byte;
  }
  offsets[count] = length;
  return { paths, offsets };
}

/** In their order. */
function labelsOf(text: Uint8Array, count: number): Pick<ItemTable, 'labels' | 'label'> {
  const names = count === 0 ? [] : new TextDecoder().decode(text).split('\0');
  const labels = [...new Set(names)].filter((name) => name !== '').sort(compareTexts);
  const numbers = new Map(labels.map((label, index) => [label, index]));
  return { labels, label: Int32Array.from(names, (name) => numbers.get(name) ?? -1) };
}
