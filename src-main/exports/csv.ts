// features.csv: one row an image with its codes, written in one pass and read back exactly; and the note beside it.
import type { ColumnInfo } from '../contract/columns.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context, Item, Preprocessing } from '../contract/records.ts';
import { type AtomicWriter, createAtomicWriter, writeAtomic } from '../files/atomic.ts';
import { damaged } from '../files/read.ts';
import { type CsvRecord, escapeFormula, quoteCell, readRecords, unescapeFormula } from './csv-text.ts';
import { codeColumns, type FeatureSource, type FeatureTable, itemColumns, openFeatures } from './feature-rows.ts';
import { longestFloat32, writeFloat32 } from './float32-text.ts';

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
}

/** What `readCsv` gives for a row. Columns that are not in the file, and empty cells, are null. */
export interface FeatureRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly imageId: number | null;
  readonly path: string | null;
  readonly label: string | null;
  readonly split: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly sha256: string | null;
  readonly mse: number | null;
  readonly codes: Float32Array;
}

const bufferBytes = 2 ** 20;
// Codes read at a time: at most 4 MiB, and no more rows than keep their items small.
const blockValues = 2 ** 20;
const largestBlock = 2 ** 14;

export const byteOrderMark = '\uFEFF';
const comma = 44;
const carriageReturn = 13;
const lineFeed = 10;

/**
 * Writes `image_id, path, label, split, width, height, sha256, mse, z000, …` (RFC 4180, UTF-8, CRLF), atomically.
 * Floats are the shortest text that reads back as the same float32. An unknown label is empty. In path and label a
 * start that a spreadsheet would run as a formula is escaped; see `escapeFormula`. Memory does not grow with rows.
 * `bom` puts a byte-order mark in front, without which Excel does not take the file for UTF-8; other programs may take
 * the mark for a part of the first column's name.
 */
export async function writeCsv(
  path: string,
  source: FeatureSource,
  context: Context = {},
  { bom = false }: { bom?: boolean } = {},
): Promise<WrittenFile> {
  const table = await openFeatures(source, context);
  try {
    const writer = await createAtomicWriter(path);
    try {
      await writer.write(
        `${bom ? byteOrderMark : ''}${[...itemColumns, ...codeColumns(table.codeSize)].join(',')}\r\n`,
      );
      await writeRows(writer, table);
      await writer.commit();
      return { rows: table.rows, bytes: writer.length };
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await table.close();
  }
}

/** Reads a feature table, edited or not: columns in any order, extra ones ignored, CRLF or LF, escapes undone. */
export async function* readCsv(path: string, options: { codeSize?: number } = {}): AsyncGenerator<FeatureRow> {
  let columns: Columns | undefined;
  for await (const record of readRecords(path)) {
    if (columns === undefined) columns = findColumns(record.cells, path, options.codeSize);
    else yield readRow(record, columns, path);
  }
  if (columns === undefined) throw damaged(path, 'a line of column names', 'an empty file');
}

async function writeRows(writer: AtomicWriter, { codeSize, blocks }: FeatureTable): Promise<void> {
  const buffer = createRowBuffer(writer);
  const blockRows = Math.max(1, Math.min(largestBlock, Math.floor(blockValues / codeSize)));
  for await (const { items, codes, errors } of blocks(blockRows)) {
    const codeBits = bitsOf(codes);
    const errorBits = bitsOf(errors);
    for (let row = 0; row < items.length; row++) {
      const item = items[row]!;
      const head = `${item.id},${textCell(item.path)},${textCell(item.label ?? '')},${itemTail(item)},`;
      // UTF-8 takes at most three bytes for each UTF-16 unit.
      const largest = 3 * head.length + (codeSize + 1) * (longestFloat32 + 1) + 2;
      if (!buffer.hasRoom(largest)) await buffer.drain(largest);
      const { bytes } = buffer;
      let end = buffer.end + bytes.write(head, buffer.end, 'utf8');
      end = writeFloat32(errors[row]!, errorBits[row]!, bytes, end);
      for (let place = row * codeSize; place < (row + 1) * codeSize; place++) {
        bytes[end] = comma;
        end = writeFloat32(codes[place]!, codeBits[place]!, bytes, end + 1);
      }
      bytes[end] = carriageReturn;
      bytes[end + 1] = lineFeed;
      buffer.end = end + 2;
    }
  }
  await buffer.finish();
}

/** Two buffers in turn: one is filled while the other is on its way to the disk. */
export function createRowBuffer(writer: AtomicWriter) {
  let spare = Buffer.allocUnsafe(bufferBytes);
  let inFlight: Promise<void> = Promise.resolve();
  const buffer = {
    bytes: Buffer.allocUnsafe(bufferBytes),
    end: 0,
    hasRoom: (length: number) => buffer.end + length <= buffer.bytes.length,
    /** Sends off what is there and makes room for at least `length` bytes. */
    async drain(length: number): Promise<void> {
      await inFlight;
      inFlight = writer.write(buffer.bytes.subarray(0, buffer.end));
      // A failure is thrown by the next drain or by finish; until then it must not count as unhandled.
      inFlight.catch(() => undefined);
      [buffer.bytes, spare] = [spare.length >= length ? spare : Buffer.allocUnsafe(2 * length), buffer.bytes];
      buffer.end = 0;
    },
    async finish(): Promise<void> {
      await buffer.drain(0);
      await inFlight;
    },
  };
  return buffer;
}

/** Quoted and escaped where a text needs it. */
export function textCell(text: string): string {
  // Most names need nothing; finding that out in one test saves a tenth of the whole export.
  if (/^\w(?:[\w ./-]*[\w./-])?$/.test(text)) return text;
  return quoteCell(escapeFormula(text));
}

function itemTail({ split, width, height, sha256 }: Item): string {
  return `${split},${width},${height},${sha256}`;
}

/** Where in a record each column stands; −1 where the file has none of that name. */
interface Columns {
  readonly count: number;
  readonly item: Readonly<Record<(typeof itemColumns)[number], number>>;
  readonly codes: readonly number[];
  /** As the file names them. */
  readonly names: readonly string[];
}

function findColumns(cells: readonly string[], path: string, codeSize: number | undefined): Columns {
  if (cells.length === 1 && /[;\t]/.test(cells[0]!)) throw notCommas(path, cells[0]!.includes(';'));
  const names = cells.map((cell) => cell.trim());
  const places = new Map(names.map((name, index) => [name, index]));
  const repeated = names.find((name, index) => name !== '' && places.get(name) !== index);
  if (repeated !== undefined) throw damaged(path, 'each column once', `${repeated} twice`);
  const numbered = names.flatMap((name, index) =>
    /^z\d+$/.test(name) ? [{ index, place: Number(name.slice(1)) }] : [],
  );
  numbered.sort((a, b) => a.place - b.place);
  const wanted = codeColumns(codeSize ?? Math.max(1, numbered.length));
  const missing = wanted.findIndex((_, place) => numbered[place]?.place !== place);
  if (missing >= 0 || numbered.length > wanted.length) {
    const received = missing < 0 ? names[numbered.at(-1)!.index]! : `none called ${wanted[missing]}`;
    throw damaged(path, `code columns ${wanted[0]} to ${wanted.at(-1)}`, received);
  }
  const item = Object.fromEntries(itemColumns.map((name) => [name, places.get(name) ?? -1])) as Columns['item'];
  return { count: names.length, item, codes: numbered.map(({ index }) => index), names };
}

/** What a spreadsheet writes where the comma is the decimal sign; its numbers have commas too, so nothing is guessed. */
function notCommas(path: string, semicolons: boolean): PinholeError {
  return new PinholeError(
    'file-damaged',
    `Expected columns separated by commas for ${path}, received ${semicolons ? 'semicolons' : 'tabs'}`,
    'Save it from the spreadsheet with commas between columns and a point in numbers (English regional settings).',
  );
}

function readRow({ line, cells }: CsvRecord, columns: Columns, path: string): FeatureRow {
  if (cells.length !== columns.count) {
    throw damaged(path, `${columns.count} cells in line ${line}`, String(cells.length));
  }
  const { item } = columns;
  const text = (index: number) => cells[index] || null;
  const plainText = (index: number) => (index < 0 || cells[index] === '' ? null : unescapeFormula(cells[index]!));
  const number = (index: number) => readNumber(cells[index]!, line, columns.names[index]!, path);
  const optionalNumber = (index: number) => (text(index) === null ? null : number(index));
  const mse = optionalNumber(item.mse);
  return {
    line,
    imageId: optionalNumber(item.image_id),
    path: plainText(item.path),
    label: plainText(item.label),
    split: text(item.split),
    width: optionalNumber(item.width),
    height: optionalNumber(item.height),
    sha256: text(item.sha256),
    mse: mse === null ? null : Math.fround(mse),
    codes: Float32Array.from(columns.codes, number),
  };
}

function readNumber(cell: string, line: number, column: string, path: string): number {
  const number = Number(cell);
  // Number() would also take an empty cell and 0x10.
  const isNumber = /^\s*[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|Infinity)\s*$/i.test(cell) || cell === 'NaN';
  if (!isNumber) throw damaged(path, `a number in line ${line}, column ${column}`, JSON.stringify(cell));
  return number;
}

export function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
}

/** What a person needs to know to use the table years later. */
export interface FeaturesNote {
  readonly pinholeVersion: string;
  readonly model: {
    readonly runId: string;
    readonly preset: string;
    readonly codeSize: number;
    /** SHA-256 of model.safetensors. */
    readonly sha256: string;
    readonly device: string;
  };
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  readonly dataset: { readonly name: string; readonly hash: string; readonly images: number };
  /** Of other programs that had a part in the numbers, e.g. onnxruntime-node. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Of a table that has not all rows, or other columns than usual. */
export interface ChosenPart {
  /** Images in the table. */
  readonly rows: number;
  readonly header: readonly string[];
  /** Settings of the map whose places are in the table. */
  readonly map: object | null;
  /** Columns in it that a person imported. */
  readonly imported: readonly ColumnInfo[];
}

/** Writes `features.json`: the note, the meaning of each column and how text cells are escaped. */
export async function writeFeaturesNote(path: string, note: FeaturesNote, chosen?: ChosenPart): Promise<void> {
  const meanings = Object.entries(columnMeanings(note.model.codeSize));
  const header = chosen?.header ?? [...itemColumns, ...codeColumns(note.model.codeSize)];
  const isThere = (name: string) => header.includes(name.split(' ')[0]!);
  const content = {
    format: 'pinhole-features-1',
    ...note,
    ...(chosen && { rows: chosen.rows, ...(chosen.map && { map: chosen.map }) }),
    table: tableMeaning,
    columns: Object.fromEntries([
      ...meanings.filter(([name]) => isThere(name)),
      ...(chosen?.imported ?? []).map(({ name, kind }) => [name, importedMeanings[kind]]),
    ]),
  };
  await writeAtomic(path, `${JSON.stringify(content, null, 2)}\n`);
}

const tableMeaning = {
  encoding: 'UTF-8, with or without a byte-order mark, comma-separated, CRLF, quoted by RFC 4180',
  numbers: 'float32, each as the shortest decimal that reads back as the same float32',
  escape:
    'In path and label, = + - @ (plain or full-width), a tab or a line break at the beginning, or behind ; tab or a line break, has an apostrophe in front so that no spreadsheet runs it. To undo, take one apostrophe away from every run of apostrophes that stands at such a place in front of such a character.',
};

const importedMeanings = {
  number: 'imported: a number (float64), empty where none is known',
  text: 'imported: a text, empty where none is known',
} as const;

function columnMeanings(codeSize: number): Record<string, string> {
  const codes = codeColumns(codeSize);
  return {
    image_id: 'number of the image in its data set; it never changes',
    path: 'path of the image relative to its source, /-separated',
    label: 'label, empty where none is known',
    split: 'train: learned from; validation: chose the checkpoint; test: only measured on',
    width: 'width of the original in pixels, after orientation',
    height: 'height of the original in pixels, after orientation',
    sha256: 'SHA-256 of the original file',
    mse: 'mean-squared reconstruction error of the image, pixel values from 0 to 1',
    map_x: 'place on the map, about -1 to 1; empty where the image is not on it',
    map_y: 'place on the map, in the same unit',
    cluster: 'number of the group of like images by PhenoGraph, 0 for the largest; empty where the image is in none',
    [codeSize === 1 ? codes[0]! : `${codes[0]} to ${codes.at(-1)}`]:
      'the code: learned features, scaled so that distances between codes mean something',
  };
}
