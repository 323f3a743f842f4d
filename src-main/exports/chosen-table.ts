// Feature tables with chosen columns and images: what a person picked on the export screen, for CSV and Parquet alike.

import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Context, Item } from '../contract/records.ts';
import { writeAtomic } from '../files/atomic.ts';
import { createNpyWriter, writeNpy } from '../files/npy.ts';
import { escapeFormula, quoteCell } from './csv-text.ts';
import { type FeatureSource, openFeatures } from './feature-rows.ts';
import { formatFloat32 } from './float32-text.ts';

export interface Choice {
  /** Names of columns beside `image_id`; `z` stands for all codes, `map` for `map_x` and `map_y`. */
  readonly columns: ReadonlySet<string>;
  /** Null for all. */
  readonly ids: ReadonlySet<number> | null;
  /** Position of each image on the map by its id. */
  readonly map: ReadonlyMap<number, readonly [x: number, y: number]> | null;
}

export interface ChosenRow {
  readonly item: Item;
  readonly error: number;
  readonly codes: Float32Array;
}

const blockRows = 4096;

/** The rows of the chosen images, in the order of the codes. */
export async function* chosenRows(
  source: FeatureSource,
  { ids }: Choice,
  context: Context = {},
): AsyncGenerator<ChosenRow> {
  const table = await openFeatures(source, context);
  try {
    for await (const { items, codes, errors } of table.blocks(blockRows)) {
      for (const [row, item] of items.entries()) {
        if (ids !== null && !ids.has(item.id)) continue;
        yield { item, error: errors[row]!, codes: codes.subarray(row * table.codeSize, (row + 1) * table.codeSize) };
      }
    }
  } finally {
    await table.close();
  }
}

type Cell = string | number | null;
interface Column {
  readonly name: string;
  /** As in Parquet. */
  readonly type: 'INT32' | 'STRING' | 'FLOAT';
  cell(row: ChosenRow): Cell;
}

/** In the order in which they stand in the full table. */
export function chosenColumns({ columns, map }: Choice, codeNames: readonly string[]): Column[] {
  const place = (axis: 0 | 1) => (row: ChosenRow) => map?.get(row.item.id)?.[axis] ?? Number.NaN;
  const all: [group: string, column: Column][] = [
    ['path', { name: 'path', type: 'STRING', cell: ({ item }) => item.path }],
    ['label', { name: 'label', type: 'STRING', cell: ({ item }) => item.label }],
    ['split', { name: 'split', type: 'STRING', cell: ({ item }) => item.split }],
    ['size', { name: 'width', type: 'INT32', cell: ({ item }) => item.width }],
    ['size', { name: 'height', type: 'INT32', cell: ({ item }) => item.height }],
    ['sha256', { name: 'sha256', type: 'STRING', cell: ({ item }) => item.sha256 }],
    ['mse', { name: 'mse', type: 'FLOAT', cell: ({ error }) => error }],
    ['map', { name: 'map_x', type: 'FLOAT', cell: place(0) }],
    ['map', { name: 'map_y', type: 'FLOAT', cell: place(1) }],
    ...codeNames.map((name, index): [string, Column] => [
      'codes',
      { name, type: 'FLOAT', cell: ({ codes }) => codes[index]! },
    ]),
  ];
  const id: Column = { name: 'image_id', type: 'INT32', cell: ({ item }) => item.id };
  return [id, ...all.filter(([group]) => columns.has(group)).map(([, column]) => column)];
}

/** Cells of a row as they stand in a CSV file. */
export function csvCells(columns: readonly Column[], row: ChosenRow): string[] {
  return columns.map(({ type, cell }) => {
    const value = cell(row);
    if (value === null) return '';
    if (type === 'FLOAT') return Number.isFinite(value) ? formatFloat32(value as number) : '';
    return type === 'STRING' ? quoteCell(escapeFormula(value as string)) : String(value);
  });
}

// Rows that are put together before they are written: large enough for the disk, small enough for memory.
const textRows = 2000;

/** The same dialect as `writeCsv`. Gives the number of rows. */
export async function writeChosenCsv(
  path: string,
  source: FeatureSource,
  choice: Choice,
  codeNames: readonly string[],
  context: Context = {},
): Promise<number> {
  const columns = chosenColumns(choice, codeNames);
  let rows = 0;
  async function* lines(): AsyncGenerator<string> {
    let text = `${columns.map(({ name }) => name).join(',')}\r\n`;
    for await (const row of chosenRows(source, choice, context)) {
      text += `${csvCells(columns, row).join(',')}\r\n`;
      if (++rows % textRows !== 0) continue;
      yield text;
      text = '';
    }
    yield text;
  }
  await writeAtomic(path, lines());
  return rows;
}

/** All rows are held in memory until they are written. */
export async function writeChosenParquet(
  path: string,
  source: FeatureSource,
  choice: Choice,
  codeNames: readonly string[],
  context: Context = {},
): Promise<number> {
  const columns = chosenColumns(choice, codeNames);
  const data: Cell[][] = columns.map(() => []);
  for await (const row of chosenRows(source, choice, context)) {
    for (const [index, { cell }] of columns.entries()) data[index]!.push(cell(row));
  }
  const columnData = columns.map(({ name, type }, index) => ({
    name,
    type,
    nullable: type === 'STRING',
    data: data[index]!,
  }));
  await writeAtomic(path, new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'pinhole' } as never)));
  return data[0]!.length;
}

/** float32 rows × codes. */
export async function writeChosenNpy(
  path: string,
  source: FeatureSource,
  choice: Choice,
  codeSize: number,
  context: Context = {},
): Promise<number> {
  const writer = await createNpyWriter(path, '<f4', [codeSize]);
  let rows = 0;
  try {
    for await (const { codes } of chosenRows(source, choice, context)) {
      await writer.write(codes);
      rows++;
    }
    await writer.commit();
    return rows;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** int32 rows: whose codes the rows of `writeChosenNpy` are. */
export async function writeChosenIds(path: string, { items }: FeatureSource, { ids }: Choice): Promise<void> {
  const chosen: number[] = [];
  for await (const { id } of items) if (ids === null || ids.has(id)) chosen.push(id);
  await writeNpy(path, Int32Array.from(chosen), [chosen.length]);
}
