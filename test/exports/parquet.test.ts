import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Item } from '../../src-main/contract/records.ts';
import { writeParquet } from '../../src-main/exports/parquet.ts';
import { writeNpy } from '../../src-main/files/npy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-parquet-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = 'f'.repeat(64);
const item = (id: number): Item => ({
  id,
  path: `=图片,"${id}".png`,
  label: id % 2 ? `label ${id % 3}` : null,
  split: id % 5 ? 'train' : 'validation',
  width: 28,
  height: id,
  bytes: 1,
  sha256,
});

async function write(rows: number, codeSize: number): Promise<{ path: string; codes: Float32Array }> {
  const codes = Float32Array.from({ length: rows * codeSize }, (_, index) => Math.sin(index) * 10 ** (index % 7));
  const source = {
    items: Array.from({ length: rows }, (_, id) => item(id)),
    codesFile: join(folder, 'c.npy'),
    errorsFile: join(folder, 'e.npy'),
  };
  await writeNpy(source.codesFile, codes, [rows, codeSize]);
  await writeNpy(
    source.errorsFile,
    Float32Array.from({ length: rows }, (_, row) => row / 3),
    [rows],
  );
  const path = join(folder, 'features.parquet');
  expect((await writeParquet(path, source)).rows).toBe(rows);
  return { path, codes };
}

const asBuffer = (path: string): ArrayBuffer => new Uint8Array(readFileSync(path)).buffer;

test('another reader gives every value back, over several row groups', async () => {
  const [rows, codeSize] = [70_000, 2];
  const { path, codes } = await write(rows, codeSize);
  const file = asBuffer(path);
  const metadata = parquetMetadata(file);
  expect(metadata.row_groups.length).toBe(2);
  expect(metadata.schema.slice(1, 10).map(({ name, type }) => `${name} ${type}`)).toEqual([
    'image_id INT32',
    'path BYTE_ARRAY',
    'label BYTE_ARRAY',
    'split BYTE_ARRAY',
    'width INT32',
    'height INT32',
    'sha256 BYTE_ARRAY',
    'mse FLOAT',
    'z000 FLOAT',
  ]);
  const columns = ['image_id', 'path', 'label', 'split', 'width', 'height', 'sha256', 'mse', 'z000', 'z001'];
  const read = await parquetReadObjects({ file, columns });
  expect(read.length).toBe(rows);
  for (const id of [0, 1, 65_535, 65_536, 69_999]) {
    const { bytes: _bytes, id: image_id, ...expected } = item(id);
    const numbers = { mse: Math.fround(id / 3), z000: codes[id * codeSize], z001: codes[id * codeSize + 1] };
    expect(read[id]).toEqual({ image_id, ...expected, ...numbers });
  }
});

test('no rows', async () => {
  const { path } = await write(0, 2);
  const metadata = parquetMetadata(asBuffer(path));
  expect([metadata.num_rows, metadata.schema.length]).toEqual([0n, 11]);
});

test('a failure leaves no file', async () => {
  const source = { items: [], codesFile: join(folder, 'c.npy'), errorsFile: join(folder, 'e.npy') };
  await writeNpy(source.codesFile, new Float32Array(2), [1, 2]);
  await writeNpy(source.errorsFile, new Float32Array(1), [1]);
  await expect(writeParquet(join(folder, 'features.parquet'), source)).rejects.toThrow('Expected 1 images');
  expect(readdirSync(folder).sort()).toEqual(['c.npy', 'e.npy']);
});

test('codes that are whole numbers are INT32', async () => {
  const source = {
    items: [item(0), item(1)],
    codesFile: join(folder, 'c.npy'),
    errorsFile: join(folder, 'e.npy'),
  };
  await writeNpy(source.codesFile, Int32Array.of(3, 255, 0, 65535), [2, 2]);
  await writeNpy(source.errorsFile, Float32Array.of(0.5, 0.25), [2]);
  const path = join(folder, 'whole.parquet');
  await writeParquet(path, source);
  const types = parquetMetadata(asBuffer(path)).schema.slice(-2);
  expect(types.map(({ name, type }) => `${name} ${type}`)).toEqual(['z000 INT32', 'z001 INT32']);
  const rows = await parquetReadObjects({ file: asBuffer(path) });
  expect(rows.map(({ z000, z001 }) => [z000, z001])).toEqual([
    [3, 255],
    [0, 65535],
  ]);
});

test('DuckDB, which shares no code with the writer, gives every value back', async () => {
  const [rows, codeSize] = [70_000, 2];
  const { path, codes } = await write(rows, codeSize);
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    const types = await connection.runAndReadAll(`DESCRIBE SELECT * FROM '${path}'`);
    expect(types.getRows().map(([name, type]) => `${name} ${type}`)).toEqual([
      'image_id INTEGER',
      'path VARCHAR',
      'label VARCHAR',
      'split VARCHAR',
      'width INTEGER',
      'height INTEGER',
      'sha256 VARCHAR',
      'mse FLOAT',
      'z000 FLOAT',
      'z001 FLOAT',
    ]);
    const read = await connection.runAndReadAll(`SELECT * FROM '${path}' ORDER BY image_id`);
    const wrong = read.getRows().findIndex((cells, row) => {
      const { path: name, label, split, width, height } = item(row);
      const expected = [
        row,
        name,
        label,
        split,
        width,
        height,
        sha256,
        Math.fround(row / 3),
        ...codes.subarray(row * codeSize, (row + 1) * codeSize),
      ];
      return expected.some((value, column) => cells[column] !== value);
    });
    expect([read.currentRowCount, wrong]).toEqual([rows, -1]);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
});
