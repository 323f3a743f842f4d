// A CSV about the images of a data set: read, its rows brought to images, its columns told apart, all of it kept in the catalogue.
import {
  type ColumnChoice,
  type ColumnInfo,
  type ColumnKey,
  type ColumnReport,
  type ImportedColumn,
  isOwnName,
} from '../contract/columns.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, Item, LabelledImages } from '../contract/records.ts';
import type { Catalogue } from '../dataset/catalogue.ts';
import { findImages, isId, listed } from '../dataset/find-images.ts';
import { findSeparator, readRecords, type Separator, unescapeFormula } from '../exports/csv-text.ts';
import { damaged } from '../files/read.ts';

/** In the order in which one is looked for. */
const keyNames = ['path', 'image_id', 'id'];
/** As long as labels may be. */
const longestName = 255;
const rowsBetweenLooks = 10_000;

/** All or nothing. Errors: `usage`, `file-damaged`, `source-missing`. */
export async function importColumns(
  catalogue: Catalogue,
  datasetId: string,
  file: string,
  choice: ColumnChoice,
  context: Context = {},
): Promise<ColumnReport> {
  const items = catalogue.items(datasetId);
  const table = await readTable(file, context);
  const { key, passedOver, wanted } = chooseColumns(table, choice.key, file);
  const names = table.cells[key]!.map(unescapeFormula);
  const by = choice.by ?? usualKey(table.header[key]!, names);
  const { ids, byEnding } = findImages(items, names, by, file);
  const rows = expectOnceEach(ids, names, table.lines, file);
  if (rows.length === 0) throw nothingFound(names, items, file);
  const labelAt = wanted.find((at) => isLabel(table.header[at]!));
  const columns = wanted
    .filter((at) => at !== labelAt)
    .map((at) => toColumn(table.header[at]!, table.cells[at]!, ids, rows, table.separator));
  const groups = labelAt === undefined ? null : toLabels(table.cells[labelAt]!, ids, rows, file);
  const former = catalogue.transaction(() => {
    for (const column of columns) catalogue.putColumn(datasetId, column);
    return groups && catalogue.labelItems(datasetId, groups);
  });
  return {
    ...{ datasetId, key: table.header[key]!, by, rows: names.length, matched: rows.length, byEnding },
    ...{ unmatched: names.length - rows.length, without: items.length - rows.length },
    ...{ columns: columns.map(({ name, kind }): ColumnInfo => ({ name, kind })), passedOver },
    labels: groups && former && { given: groups.reduce((sum, group) => sum + group.ids.length, 0), former },
  };
}

interface Table {
  header: string[];
  separator: Separator;
  /** Of every column its cells, row by row. */
  cells: string[][];
  /** Of every row the line on which it begins. */
  lines: number[];
}

async function readTable(file: string, { signal }: Context): Promise<Table> {
  const separator = await findSeparator(file);
  let header: string[] | undefined;
  let cells: string[][] = [];
  const lines: number[] = [];
  for await (const record of readRecords(file, separator)) {
    if (header === undefined) {
      header = record.cells.map((name) => unescapeFormula(name.trim()));
      cells = header.map(() => []);
      continue;
    }
    if (record.cells.length !== header.length)
      throw damaged(file, `${header.length} cells in line ${record.line}`, String(record.cells.length));
    lines.push(record.line);
    for (const [at, cell] of record.cells.entries()) cells[at]!.push(cell);
    if (lines.length % rowsBetweenLooks === 0) throwIfCancelled(signal);
  }
  if (header === undefined) throw damaged(file, 'a line of column names', 'an empty file');
  return { header, separator, cells, lines };
}

const isLabel = (name: string) => name.toLowerCase() === 'label';

/** Places of the column that names images and of those that are taken; names of the others. */
function chooseColumns({ header }: Table, wantedKey: string | undefined, file: string) {
  const small = header.map((name) => name.toLowerCase());
  const repeated = header.find((name, at) => name !== '' && small.indexOf(name.toLowerCase()) !== at);
  if (repeated !== undefined) throw damaged(file, 'each column once', `“${repeated}” twice`);
  const key =
    wantedKey === undefined
      ? keyNames.map((name) => small.indexOf(name)).find((at) => at >= 0)
      : header.indexOf(wantedKey);
  if (key === undefined || key < 0) throw noKey(header, wantedKey, file);
  const isPassedOver = (name: string, at: number) =>
    at !== key && (name === '' || small[at] === 'path' || small[at] === 'image_id');
  const passedOver = header.filter(isPassedOver);
  const wanted = [...header.keys()].filter((at) => at !== key && !isPassedOver(header[at]!, at));
  const own = wanted.map((at) => header[at]!).filter((name) => isOwnName(name) && !isLabel(name));
  if (own.length > 0)
    throw new PinholeError(
      'usage',
      `Expected columns that have other names than Pinhole’s own for ${file}, received ${listed(own, own.length)}`,
      'Rename these columns in the file, or take them out.',
    );
  const long = wanted.find((at) => header[at]!.length > longestName);
  if (long !== undefined)
    throw damaged(file, `names of columns of at most ${longestName} letters`, `one of ${header[long]!.length}`);
  if (wanted.length === 0)
    throw new PinholeError(
      'usage',
      `${file} has no column beside the one that names the images.`,
      'Choose a file that says something about them.',
    );
  return { key, passedOver, wanted };
}

function noKey(header: readonly string[], wanted: string | undefined, file: string): PinholeError {
  const names = listed(header, header.length);
  if (wanted !== undefined)
    return new PinholeError(
      'usage',
      `Expected a column called “${wanted}” for ${file}, received ${names}`,
      'Name the column that says which image each row is of.',
    );
  return new PinholeError(
    'usage',
    `Expected a column called path, image_id or id for ${file}, received ${names}`,
    'Give one of these names to the column that says which image each row is of.',
  );
}

/** Whole numbers in a column of ids are ids; other programs call the names of files so, too. */
function usualKey(name: string, cells: readonly string[]): ColumnKey {
  return name.toLowerCase() !== 'path' && cells.every((cell) => cell.trim() === '' || isId(cell)) ? 'id' : 'path';
}

/** The rows that have an image. */
function expectOnceEach(ids: Int32Array, names: readonly string[], lines: readonly number[], file: string): number[] {
  const first = new Map<number, number>();
  const twice: string[] = [];
  for (const [row, id] of ids.entries()) {
    if (id < 0) continue;
    const before = first.get(id);
    if (before === undefined) first.set(id, row);
    else twice.push(`“${names[row]}” (lines ${lines[before]} and ${lines[row]})`);
  }
  if (twice.length === 0) return [...first.values()];
  throw new PinholeError(
    'usage',
    `Expected one row for each image for ${file}, received two for ${listed(twice, twice.length)}`,
    'Leave one row for each image in the file.',
  );
}

function nothingFound(names: readonly string[], items: readonly Item[], file: string): PinholeError {
  const [image] = items;
  return new PinholeError(
    'usage',
    `No row of ${file} names an image of this data set: its first says “${names[0] ?? ''}”, and the first image is ${image?.path ?? ''}, ${image?.id ?? ''} by its number.`,
    'Name images by path or image_id as features.csv has them.',
  );
}

function toColumn(
  name: string,
  cells: readonly string[],
  ids: Int32Array,
  rows: readonly number[],
  separator: Separator,
): ImportedColumn {
  const there = rows.filter((row) => cells[row]!.trim() !== '');
  const number = (cell: string) => readNumber(cell, separator);
  const isNumber = there.length > 0 && cells.every((cell) => cell.trim() === '' || number(cell) !== null);
  if (isNumber) return { name, kind: 'number', values: new Map(there.map((row) => [ids[row]!, number(cells[row]!)!])) };
  return { name, kind: 'text', values: new Map(there.map((row) => [ids[row]!, unescapeFormula(cells[row]!)])) };
}

/** Null where it is none, or one that would lose digits. Between semicolons a comma is the decimal sign, as spreadsheets write it. */
export function readNumber(cell: string, separator: Separator = ','): number | null {
  const text = cell.trim();
  const plain = separator === ';' && /^[^.]*,[^,.]*$/.test(text) ? text.replace(',', '.') : text;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  const losesDigits = /^[+-]?\d+$/.test(plain) && !Number.isSafeInteger(value);
  return Number.isFinite(value) && !losesDigits ? value : null;
}

/** An empty cell leaves the label as it is. */
function toLabels(cells: readonly string[], ids: Int32Array, rows: readonly number[], file: string): LabelledImages[] {
  const byLabel = new Map<string, number[]>();
  for (const row of rows) {
    const label = unescapeFormula(cells[row]!);
    if (label.trim() === '') continue;
    if (label.length > longestName)
      throw damaged(file, `labels of at most ${longestName} letters`, `one of ${label.length}`);
    if (!byLabel.get(label)?.push(ids[row]!)) byLabel.set(label, [ids[row]!]);
  }
  return Array.from(byLabel, ([label, some]) => ({ label, ids: Int32Array.from(some) }));
}
