// Columns that a person brings to the images of a data set from a CSV. Labels are apart: a column of that name becomes them.
import { PinholeError } from './errors.ts';
import type { LabelledImages } from './records.ts';

export interface ColumnInfo {
  /** As the CSV has it. */
  name: string;
  /** `number`: each value that is there is a finite number. */
  kind: 'number' | 'text';
}

/** The name of the imported column that `column:NAME` stands for, as colours and orders call it; null of others. */
export function importedName(text: string): string | null {
  return text.startsWith('column:') ? text.slice('column:'.length) : null;
}

export function noSuchColumn(name: string): PinholeError {
  return new PinholeError(
    'not-found',
    `There is no column “${name}” in this data set.`,
    'Look at the list of its columns again.',
  );
}

/** By the ids of images; those without a value are left out. */
export type ImportedColumn = { name: string } & (
  | { kind: 'number'; values: ReadonlyMap<number, number> }
  | { kind: 'text'; values: ReadonlyMap<number, string> }
);

/** One column as a window fetches it: row n of both arrays is one image, ids ascending. */
export type ColumnView =
  | { kind: 'number'; ids: Int32Array; values: Float64Array }
  /** `value` is an index into `texts`, which are sorted as people sort them. */
  | { kind: 'text'; ids: Int32Array; texts: string[]; value: Int32Array };

/** What a column says of one image. */
export interface ImageCell {
  name: string;
  value: number | string | null;
}

export const columnKeys = ['path', 'id'] as const;
export type ColumnKey = (typeof columnKeys)[number];

export interface ColumnChoice {
  /** How rows name their images; found out where it is left out. */
  by?: ColumnKey | undefined;
  /** Name of the column that does so; `path`, `image_id` or `id` where it is left out. */
  key?: string | undefined;
}

/** What came of a CSV. */
export interface ColumnReport {
  datasetId: string;
  key: string;
  by: ColumnKey;
  rows: number;
  /** Images that a row was found for. */
  matched: number;
  /** Of those, found by the end of their path alone. */
  byEnding: number;
  /** Rows that name no image of the data set. */
  unmatched: number;
  /** Images of the data set that no row names. */
  without: number;
  /** In the order of the file; those of the same name that were there before are gone. */
  columns: ColumnInfo[];
  /** Columns of the file that were passed over: further keys, and those without a name. */
  passedOver: string[];
  /** Where the file has a column `label`: how many images got one, and what they had before, which undoes it. */
  labels: { given: number; former: LabelledImages[] } | null;
}

const ownNames = new Set([
  ...['image_id', 'path', 'label', 'split', 'width', 'height', 'sha256', 'mse', 'map_x', 'map_y', 'cluster'],
]);

/** Names that tables have already, in whatever case: many programs tell columns apart without looking at that. */
export function isOwnName(name: string): boolean {
  return ownNames.has(name.toLowerCase()) || /^z\d+$/i.test(name);
}
