// Tables with chosen columns and images say the same, cell by cell, as the full tables of the same run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, expect, test } from 'vitest';
import type { ImportedColumn } from '../../src-main/contract/columns.ts';
import type { Item } from '../../src-main/contract/records.ts';
import {
  type Choice,
  previewChosen,
  writeChosenCsv,
  writeChosenIds,
  writeChosenNpy,
  writeChosenParquet,
} from '../../src-main/exports/chosen-table.ts';
import { writeCsv } from '../../src-main/exports/csv.ts';
import type { FeatureSource } from '../../src-main/exports/feature-rows.ts';
import { writeParquet } from '../../src-main/exports/parquet.ts';
import { parseNpy, writeNpy } from '../../src-main/files/npy.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
// More than one block of either format's reading.
const [rows, codeSize] = [9000, 3];
const codes = Float32Array.from({ length: rows * codeSize }, (_, index) => Math.sin(index) * 10 ** ((index % 30) - 15));
const items = Array.from(
  { length: rows },
  (_, row): Item => ({
    id: 2 * row,
    path: row % 7 ? `猫/${row}.png` : `=a,"${row}"\n.png`,
    label: row % 3 ? null : `label "${row % 5}"`,
    split: row % 5 ? 'train' : 'validation',
    ...{ width: 28, height: row, bytes: 1, sha256: 'f'.repeat(64) },
  }),
);
const source: FeatureSource = { items, codesFile: join(folder, 'c.npy'), errorsFile: join(folder, 'e.npy') };
const everything = ['path', 'label', 'split', 'size', 'sha256', 'mse', 'codes'];
const choice = (columns: string[], ids: number[] | null = null, more: Partial<Choice> = {}): Choice => ({
  ...{ columns: new Set(columns), ids: ids && new Set(ids), map: null, cluster: null, imported: [], ...more },
});
const read = (name: string) => readFileSync(join(folder, name));
const readParquet = (name: string) => {
  const bytes = read(name);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return parquetReadObjects({ file });
};

beforeAll(async () => {
  await writeNpy(source.codesFile, codes, [rows, codeSize]);
  await writeNpy(
    source.errorsFile,
    Float32Array.from({ length: rows }, (_, row) => row / 7),
    [rows],
  );
});

test('all columns of all images are the full CSV, byte for byte', async () => {
  await writeCsv(join(folder, 'full.csv'), source);
  expect(await writeChosenCsv(join(folder, 'chosen.csv'), source, choice(everything))).toBe(rows);
  expect(Buffer.compare(read('chosen.csv'), read('full.csv'))).toBe(0);
});

test('all columns of all images are the full Parquet, value for value', async () => {
  await writeParquet(join(folder, 'full.parquet'), source);
  expect(await writeChosenParquet(join(folder, 'chosen.parquet'), source, choice(everything))).toBe(rows);
  expect(await readParquet('chosen.parquet')).toEqual(await readParquet('full.parquet'));
});

test('chosen rows and columns, in the order of the codes, with their places on the map and their clusters; what is not known is empty', async () => {
  const map = new Map([[8, [0.5, -0.25] as const]]);
  const cluster = new Map([
    [17_000, 0],
    [8, 12],
  ]);
  const some = choice(['mse', 'map', 'cluster', 'codes'], [17_000, 8, 2, 5], { map, cluster });
  expect(await writeChosenCsv(join(folder, 'some.csv'), source, some)).toBe(3);
  const [header, ...lines] = read('some.csv').toString().trimEnd().split('\r\n');
  expect(header).toBe('image_id,mse,map_x,map_y,cluster,z000,z001,z002');
  const cells = lines.map((line) => line.split(','));
  expect(cells.map(([id]) => id)).toEqual(['2', '8', '17000']);
  expect(cells.map(([, , x, y, group]) => [x, y, group])).toEqual([
    ['', '', ''],
    ['0.5', '-0.25', '12'],
    ['', '', '0'],
  ]);
  const rowOf = (id: number) => Array.from(codes.subarray((id / 2) * codeSize, (id / 2 + 1) * codeSize));
  for (const [id, , , , , ...code] of cells)
    expect(code.map((cell) => Math.fround(Number(cell)))).toEqual(rowOf(Number(id)));
  expect(await previewChosen(source, some, 8)).toEqual(cells);
  expect(await previewChosen(source, some, 2)).toEqual(cells.slice(0, 2));

  await writeChosenParquet(join(folder, 'some.parquet'), source, some);
  const records = await readParquet('some.parquet');
  expect(records.map((record) => Object.keys(record).join())).toEqual(Array(3).fill(header));
  expect(records[1]).toMatchObject({ image_id: 8, map_x: 0.5, map_y: -0.25, cluster: 12, z000: rowOf(8)[0] });
  expect(records[0]!.map_x).toBeNaN();
  expect(records.map((record) => record.cluster ?? null)).toEqual([null, 12, 0]);

  await writeChosenNpy(join(folder, 'some.npy'), source, some);
  await writeChosenIds(join(folder, 'ids.npy'), source, some);
  expect(parseNpy(read('some.npy'))).toMatchObject({
    shape: [3, codeSize],
    data: Float32Array.from([2, 8, 17_000].flatMap(rowOf)),
  });
  expect(parseNpy(read('ids.npy')).data).toEqual(Int32Array.of(2, 8, 17_000));
});

test('imported columns stand in front of the codes: numbers to their last digit, texts escaped in CSV alone, gaps empty', async () => {
  const imported: ImportedColumn[] = [
    {
      ...{ name: 'age', kind: 'number' },
      values: new Map([
        [2, 0.1],
        [4, -1e21],
      ]),
    },
    { name: 'constructor', kind: 'text', values: new Map([[4, '=1+1, "猫"']]) },
    { name: '-place, "x"', kind: 'text', values: new Map([[2, 'here']]) },
  ];
  const some = choice(['split', 'codes'], [2, 4, 6], { imported });
  await writeChosenCsv(join(folder, 'imported.csv'), source, some);
  const [header, ...lines] = read('imported.csv').toString().trimEnd().split('\r\n');
  expect(header).toBe(`image_id,split,age,constructor,"'-place, ""x""",z000,z001,z002`);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^2,train,0\.1,,here,[-\d]/);
  expect(lines[1]).toMatch(/^4,train,-1e\+21,"'=1\+1, ""猫""",,[-\d]/);
  expect(lines[2]).toMatch(/^6,train,,,,[-\d]/);
  const preview = await previewChosen(source, some, 1);
  expect(preview[0]!.slice(0, 5)).toEqual(['2', 'train', '0.1', '', 'here']);
  await writeChosenParquet(join(folder, 'imported.parquet'), source, some);
  const records = await readParquet('imported.parquet');
  const names = ['age', 'constructor', '-place, "x"'];
  expect(records.map((record) => names.map((name) => record[name] ?? null))).toEqual([
    [0.1, null, 'here'],
    [-1e21, '=1+1, "猫"', null],
    [null, null, null],
  ]);
  await writeChosenCsv(join(folder, 'no-codes.csv'), source, choice(['split'], [6], { imported }));
  expect(read('no-codes.csv').toString()).toBe(`image_id,split,age,constructor,"'-place, ""x"""\r\n6,train,,,\r\n`);
});

test('no images make files with a header alone', async () => {
  const none = choice(['path'], []);
  expect(await writeChosenCsv(join(folder, 'none.csv'), source, none)).toBe(0);
  expect(read('none.csv').toString()).toBe('image_id,path\r\n');
  expect(await writeChosenParquet(join(folder, 'none.parquet'), source, none)).toBe(0);
  expect(await readParquet('none.parquet')).toEqual([]);
});

test('a cancelled table leaves no file', async () => {
  const controller = new AbortController();
  controller.abort();
  for (const write of [writeChosenCsv, writeChosenParquet, writeChosenNpy]) {
    const path = join(folder, `${write.name}.cancelled`);
    const context = { signal: controller.signal };
    await expect(write(path, source, choice(everything), context)).rejects.toMatchObject({ code: 'cancelled' });
    expect(() => readFileSync(path)).toThrow('ENOENT');
  }
});
