// Feature tables with chosen columns and images: what a person picked on the export screen, for CSV, Parquet and NPY alike.

import type { ColumnSource } from 'hyparquet-writer';
import type { ImportedColumn } from '../contract/columns.ts';
import type { Context, Item } from '../contract/records.ts';
import { createAtomicWriter } from '../files/atomic.ts';
import { createNpyWriter, writeNpy } from '../files/npy.ts';
import { byteOrderMark, createRowBuffer, textCell } from './csv.ts';
import { codeColumns, type FeatureBlock, type FeatureSource, type FeatureTable, openFeatures } from './feature-rows.ts';
import { formatFloat32, longestFloat32, writeFloat32 } from './float32-text.ts';
import { type ColumnMaker, columnMaker, float, groupRowsOf, writeGroups } from './parquet.ts';

export interface Choice {
  /** Groups of columns beside `image_id`; `codes` stands for all codes, `size` for width and height, `map` for x and y. */
  readonly columns: ReadonlySet<string>;
  /** Null for all. */
  readonly ids: ReadonlySet<number> | null;
  /** Position of each image on the map by its id. */
  readonly map: ReadonlyMap<number, readonly [x: number, y: number]> | null;
  /** The cluster of each image by its id. */
  readonly cluster: ReadonlyMap<number, number> | null;
  /** Those that a person imported, all of which are written. */
  readonly imported: readonly ImportedColumn[];
}

interface Row {
  readonly item: Item;
  readonly error: number;
  readonly codes: Float32Array;
}

/** A column of texts as they stand in CSV, or of numbers that are written as the shortest text of a float32. */
type Column = { readonly name: string } & (
  | { readonly text: (row: Row) => string }
  | { readonly number: (row: Row) => number }
);

/** In the order in which they stand in the full table. */
export function chosenColumns({ columns, map, cluster, imported }: Choice, codeSize: number): Column[] {
  const place = (axis: 0 | 1) => (row: Row) => map?.get(row.item.id)?.[axis] ?? Number.NaN;
  const all: [group: string, column: Column][] = [
    ['path', { name: 'path', text: ({ item }) => textCell(item.path) }],
    ['label', { name: 'label', text: ({ item }) => textCell(item.label ?? '') }],
    ['split', { name: 'split', text: ({ item }) => item.split }],
    ['size', { name: 'width', text: ({ item }) => String(item.width) }],
    ['size', { name: 'height', text: ({ item }) => String(item.height) }],
    ['sha256', { name: 'sha256', text: ({ item }) => item.sha256 }],
    ['mse', { name: 'mse', number: ({ error }) => error }],
    ['map', { name: 'map_x', number: place(0) }],
    ['map', { name: 'map_y', number: place(1) }],
    ['cluster', { name: 'cluster', text: ({ item }) => String(cluster?.get(item.id) ?? '') }],
    ...codeColumns(codeSize).map((name, index): [string, Column] => [
      'codes',
      { name, number: ({ codes }) => codes[index]! },
    ]),
  ];
  const id: Column = { name: 'image_id', text: ({ item }) => String(item.id) };
  const chosen = all.filter(([group]) => columns.has(group));
  const codes = chosen.findIndex(([group]) => group === 'codes');
  return [
    id,
    ...chosen.map(([, column]) => column).toSpliced(codes < 0 ? chosen.length : codes, 0, ...imported.map(csvColumn)),
  ];
}

/** The shortest text that reads back as the same number; other columns of numbers are float32. */
function csvColumn({ name, kind, values }: ImportedColumn): Column {
  if (kind === 'text') return { name, text: ({ item }) => textCell(values.get(item.id) ?? '') };
  return { name, text: ({ item }) => String(values.get(item.id) ?? '') };
}

/** The first rows as they will stand in CSV. */
export async function previewChosen(source: FeatureSource, choice: Choice, rows: number): Promise<string[][]> {
  const table = await openFeatures(source);
  try {
    const columns = chosenColumns(choice, table.codeSize);
    const cells: string[][] = [];
    for await (const block of chosenBlocks(table, choice, previewBlock)) {
      for (const row of rowsOf(block, table.codeSize)) {
        cells.push(columns.map((column) => cellText(column, row)));
        if (cells.length === rows) return cells;
      }
    }
    return cells;
  } finally {
    await table.close();
  }
}

const previewBlock = 1024;

/** A number that is none, such as the place of an image that is not on the map, is an empty cell. */
function cellText(column: Column, row: Row): string {
  if ('text' in column) return column.text(row);
  const value = column.number(row);
  return Number.isFinite(value) ? formatFloat32(value) : '';
}

/** Blocks with the chosen images alone, in the order of the codes. */
async function* chosenBlocks(table: FeatureTable, { ids }: Choice, blockRows: number): AsyncGenerator<FeatureBlock> {
  for await (const block of table.blocks(blockRows)) {
    if (ids === null) {
      yield block;
      continue;
    }
    const rows = block.items.flatMap(({ id }, row) => (ids.has(id) ? [row] : []));
    const codes = new Float32Array(rows.length * table.codeSize);
    for (const [to, row] of rows.entries()) {
      codes.set(block.codes.subarray(row * table.codeSize, (row + 1) * table.codeSize), to * table.codeSize);
    }
    const errors = Float32Array.from(rows, (row) => block.errors[row]!);
    yield { items: rows.map((row) => block.items[row]!), codes, errors };
  }
}

function* rowsOf({ items, codes, errors }: FeatureBlock, codeSize: number): Generator<Row> {
  for (const [row, item] of items.entries()) {
    yield { item, error: errors[row]!, codes: codes.subarray(row * codeSize, (row + 1) * codeSize) };
  }
}

// Large enough for the disk, small enough for memory whatever the code size.
const blockRows = 4096;
const comma = 44;
const carriageReturn = 13;
const lineFeed = 10;

/** The same dialect as `writeCsv`, with or without a byte-order mark. Gives the number of rows. */
export async function writeChosenCsv(
  path: string,
  source: FeatureSource,
  choice: Choice,
  context: Context = {},
  { bom = false }: { bom?: boolean } = {},
): Promise<number> {
  const table = await openFeatures(source, context);
  try {
    const columns = chosenColumns(choice, table.codeSize);
    const writer = await createAtomicWriter(path);
    try {
      const buffer = createRowBuffer(writer);
      await writer.write(`${bom ? byteOrderMark : ''}${columns.map(({ name }) => textCell(name)).join(',')}\r\n`);
      let rows = 0;
      for await (const block of chosenBlocks(table, choice, blockRows)) {
        for (const row of rowsOf(block, table.codeSize)) {
          await writeRow(buffer, columns, row);
          rows++;
        }
      }
      await buffer.finish();
      await writer.commit();
      return rows;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await table.close();
  }
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

async function writeRow(
  buffer: ReturnType<typeof createRowBuffer>,
  columns: readonly Column[],
  row: Row,
): Promise<void> {
  const texts = columns.map((column) => ('text' in column ? column.text(row) : ''));
  // UTF-8 takes at most three bytes for each UTF-16 unit.
  const largest = texts.reduce((sum, text) => sum + 3 * text.length + longestFloat32 + 1, 2);
  if (!buffer.hasRoom(largest)) await buffer.drain(largest);
  const { bytes } = buffer;
  let { end } = buffer;
  for (const [index, column] of columns.entries()) {
    if (index > 0) bytes[end++] = comma;
    if ('text' in column) {
      end += bytes.write(texts[index]!, end, 'utf8');
      continue;
    }
    scratch[0] = column.number(row);
    if (Number.isFinite(scratch[0])) end = writeFloat32(scratch[0], scratchBits[0]!, bytes, end);
  }
  bytes[end] = carriageReturn;
  bytes[end + 1] = lineFeed;
  buffer.end = end + 2;
}

/**
 * The columns of `writeParquet` that were chosen, map, cluster and what was imported (DOUBLE or strings); a place that is not
 * known is NaN, everything else null.
 */
export async function writeChosenParquet(
  path: string,
  source: FeatureSource,
  choice: Choice,
  context: Context = {},
): Promise<number> {
  const table = await openFeatures(source, context);
  try {
    const columnsOf = chosenMaker(choice, table);
    const blocks = chosenBlocks(table, choice, groupRowsOf(table.codeSize));
    return (await writeGroups(path, columnsOf, blocks)).rows;
  } finally {
    await table.close();
  }
}

function chosenMaker(choice: Choice, table: FeatureTable): ColumnMaker {
  const names = chosenColumns(choice, table.codeSize).map(({ name }) => name);
  const all = columnMaker(table);
  const axis = (name: string, place: 0 | 1, { items }: FeatureBlock) =>
    float(
      name,
      Float32Array.from(items, ({ id }) => choice.map?.get(id)?.[place] ?? Number.NaN),
    );
  const made = new Map<string, (block: FeatureBlock) => ColumnSource>([
    ['map_x', (block) => axis('map_x', 0, block)],
    ['map_y', (block) => axis('map_y', 1, block)],
    [
      'cluster',
      ({ items }) => ({ name: 'cluster', type: 'INT32', data: items.map(({ id }) => choice.cluster?.get(id)) }),
    ],
  ]);
  for (const { name, kind, values } of choice.imported) {
    const type = kind === 'number' ? 'DOUBLE' : 'STRING';
    made.set(name, ({ items }) => ({ name, type, data: items.map(({ id }) => values.get(id)) }));
  }
  return (block) => {
    const own = all(block);
    return names.map((name) => made.get(name)?.(block) ?? own.find((column) => column.name === name)!);
  };
}

/** float32 rows × codes, or int32 where codes are whole numbers. */
export async function writeChosenNpy(
  path: string,
  source: FeatureSource,
  choice: Choice,
  context: Context = {},
): Promise<number> {
  const table = await openFeatures(source, context);
  try {
    const writer = await createNpyWriter(path, table.isWhole ? '<i4' : '<f4', [table.codeSize]);
    try {
      let rows = 0;
      for await (const { items, codes } of chosenBlocks(table, choice, blockRows)) {
        await writer.write(table.isWhole ? Int32Array.from(codes) : codes);
        rows += items.length;
      }
      await writer.commit();
      return rows;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await table.close();
  }
}

/** int32 rows: whose codes the rows of `writeChosenNpy` are. */
export async function writeChosenIds(path: string, { items }: FeatureSource, { ids }: Choice): Promise<void> {
  const chosen: number[] = [];
  for await (const { id } of items) if (ids === null || ids.has(id)) chosen.push(id);
  await writeNpy(path, Int32Array.from(chosen), [chosen.length]);
}
