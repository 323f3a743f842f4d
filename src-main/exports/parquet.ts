// features.parquet: the same columns as features.csv, typed, in row groups, for pandas, DuckDB, Spark and their like.
import type { ByteWriter, ColumnSource } from 'hyparquet-writer';
import type { Context } from '../contract/records.ts';
import { type AtomicWriter, createAtomicWriter } from '../files/atomic.ts';
import type { WrittenFile } from './csv.ts';
import { codeColumns, type FeatureBlock, type FeatureSource, type FeatureTable, openFeatures } from './feature-rows.ts';

// 16 MiB of codes: readers take a row group as a whole, so it should neither be tiny nor fill their memory.
const groupValues = 2 ** 22;
const largestGroup = 2 ** 16;

/**
 * Writes features.parquet atomically. Codes and errors are FLOAT, ids, sizes and codes that are whole numbers INT32, the rest UTF-8 strings; only
 * `label` may be null. Texts are not escaped as in CSV: no spreadsheet runs them here.
 */
export async function writeParquet(path: string, source: FeatureSource, context: Context = {}): Promise<WrittenFile> {
  const table = await openFeatures(source, context);
  try {
    return await writeGroups(path, columnMaker(table), table.blocks(groupRowsOf(table.codeSize)));
  } finally {
    await table.close();
  }
}

export type ColumnMaker = (block: FeatureBlock) => ColumnSource[];

/** Rows of a row group. */
export function groupRowsOf(codeSize: number): number {
  return Math.max(1, Math.min(largestGroup, Math.floor(groupValues / codeSize)));
}

/** Writes each block as a row group, atomically; no more than one is in memory. */
export async function writeGroups(
  path: string,
  columnsOf: ColumnMaker,
  blocks: AsyncIterable<FeatureBlock>,
): Promise<WrittenFile> {
  // Loaded when first needed: the service starts sooner without.
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const file = await createAtomicWriter(path);
  try {
    const schema = schemaFromColumnData({ columnData: columnsOf({ items: [], codes: noNumbers, errors: noNumbers }) });
    const bytes = new ByteWriter();
    const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'pinhole' });
    let rows = 0;
    for await (const block of blocks) {
      if (block.items.length === 0) continue;
      rows += block.items.length;
      parquet.write({ columnData: columnsOf(block).map(withoutType), rowGroupSize: block.items.length });
      await drain(bytes, file);
    }
    parquet.finish();
    await drain(bytes, file);
    await file.commit();
    return { rows, bytes: file.length };
  } catch (error) {
    await file.abort();
    throw error;
  }
}

const noNumbers = new Float32Array(0);

/** All columns, in order; a choice leaves some out. */
export function columnMaker({ codeSize, isWhole }: Pick<FeatureTable, 'codeSize' | 'isWhole'>): ColumnMaker {
  const number = isWhole ? integer : float;
  const names = codeColumns(codeSize);
  return ({ items, codes, errors }) => [
    { name: 'image_id', type: 'INT32', nullable: false, data: items.map(({ id }) => id), encoding: 'PLAIN' },
    { name: 'path', type: 'STRING', nullable: false, data: items.map(({ path }) => path), encoding: 'PLAIN' },
    { name: 'label', type: 'STRING', data: items.map(({ label }) => label) },
    { name: 'split', type: 'STRING', nullable: false, data: items.map(({ split }) => split) },
    { name: 'width', type: 'INT32', nullable: false, data: items.map(({ width }) => width) },
    { name: 'height', type: 'INT32', nullable: false, data: items.map(({ height }) => height) },
    { name: 'sha256', type: 'STRING', nullable: false, data: items.map(({ sha256 }) => sha256), encoding: 'PLAIN' },
    float('mse', errors),
    ...names.map((name, place) => number(name, takeColumn(codes, place, codeSize))),
  ];
}

/** Learned codes hardly repeat and hardly compress: looking for repetitions would only cost time. */
export function float(name: string, data: Float32Array): ColumnSource {
  return { name, type: 'FLOAT', nullable: false, data, encoding: 'PLAIN', codec: 'UNCOMPRESSED' };
}

/** Few levels repeat a lot: the writer finds the dictionary that is smallest. */
function integer(name: string, data: Float32Array): ColumnSource {
  return { name, type: 'INT32', nullable: false, data: Int32Array.from(data) };
}

function takeColumn(codes: Float32Array, place: number, codeSize: number): Float32Array {
  const column = new Float32Array(codes.length / codeSize);
  for (let row = 0; row < column.length; row++) column[row] = codes[row * codeSize + place]!;
  return column;
}

/** The schema holds the types already, and the writer wants them only once. */
function withoutType({ type: _type, nullable: _nullable, ...column }: ColumnSource): ColumnSource {
  return column;
}

async function drain(bytes: ByteWriter, file: AtomicWriter): Promise<void> {
  await file.write(bytes.getBytes());
  bytes.index = 0;
}
