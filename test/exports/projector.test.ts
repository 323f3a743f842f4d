// The files of the Embedding Projector, read by the rules of its documentation: rows that belong together, a sprite within its limit.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ImportedColumn } from '../../src-main/contract/columns.ts';
import type { Notice } from '../../src-main/contract/records.ts';
import { largestSprite, tileFor, writeProjector } from '../../src-main/exports/projector.ts';
import { writeNpy } from '../../src-main/files/npy.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { temporaryFolder } from '../support/temporary.ts';

const side = { height: 6, width: 4 };

async function write(count: number, paths = (row: number) => `a/${row}.png`) {
  const folder = temporaryFolder();
  const out = join(folder, 'projector');
  mkdirSync(out);
  const random = createRandom(count);
  const codes = Float32Array.from({ length: count * 3 }, () => random.normal());
  const errors = Float32Array.from({ length: count }, () => random.next());
  const [codesFile, errorsFile] = [join(folder, 'codes.npy'), join(folder, 'errors.npy')];
  await writeNpy(codesFile, codes, [count, 3]);
  await writeNpy(errorsFile, errors, [count]);
  const items = Array.from({ length: count }, (_, row) => ({
    ...{ id: 2 * row, path: paths(row), label: row % 2 ? 'odd' : null, split: 'train' as const },
    ...{ width: 9, height: 9, bytes: 1, sha256: '' },
  }));
  /** Each image has the grey value of its id. */
  const read = (ids: readonly number[]) => ({
    ...{ ...side, count: ids.length, channels: 1 as const },
    data: Uint8Array.from({ length: ids.length * 24 }, (_, at) => ids[Math.floor(at / 24)]! % 251),
  });
  const notices: Notice[] = [];
  const imported: ImportedColumn[] = [
    { name: 'age', kind: 'number', values: new Map([[2, 0.1]]) },
    { name: 'place\there', kind: 'text', values: new Map([[4, '=a\nb']]) },
  ];
  const files = await writeProjector(out, { items, codesFile, errorsFile, imported }, read, {
    onNotice: (notice) => notices.push(notice),
  });
  return { out, files, codes, errors, items, notices };
}

/** As the projector does it: text by lines and tabs; a header where there is more than one column; fields of the config by name. */
function load(out: string) {
  const lines = (name: string) =>
    readFileSync(join(out, name), 'utf8')
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
  const config = readFileSync(join(out, 'projector_config.pbtxt'), 'utf8');
  const field = (name: string) =>
    [...config.matchAll(new RegExp(`\\b${name}: "?([^"\\n]+)"?`, 'g'))].map(([, value]) => value!);
  const vectors = lines(field('tensor_path')[0]!).map((row) => row.map(Number));
  const [header, ...metadata] = lines(field('metadata_path')[0]!);
  return { vectors, header, metadata, sprite: field('image_path')[0], dims: field('single_image_dim').map(Number) };
}

test('vectors, metadata and thumbnails of each image stand at the same place', async () => {
  const { out, files, codes, errors, items } = await write(23);
  expect(files.map((file) => file.slice(out.length + 1)).sort()).toEqual(readdirSync(out).sort());
  const { vectors, header, metadata, sprite, dims } = load(out);
  expect(vectors).toHaveLength(23);
  expect(Float32Array.from(vectors.flat())).toEqual(codes);
  expect(header).toEqual(['image_id', 'path', 'label', 'split', 'mse', 'age', 'place here']);
  expect(metadata.slice(0, 4).map((row) => row.slice(5))).toEqual([
    ['', ''],
    ['0.1', ''],
    ['', "'=a b"],
    ['', ''],
  ]);
  expect(metadata).toHaveLength(23);
  expect(metadata.map(([id]) => Number(id))).toEqual(items.map(({ id }) => id));
  expect(Float32Array.from(metadata, (row) => Number(row[4]))).toEqual(errors);
  expect(dims).toEqual([side.width, side.height]);
  const { data, info } = await sharp(join(out, sprite!)).raw().toBuffer({ resolveWithObject: true });
  // The same number of rows and columns, row by row.
  const across = info.width / dims[0]!;
  expect([across, info.height / dims[1]!]).toEqual([5, 5]);
  for (const [place, { id }] of items.entries()) {
    const [x, y] = [(place % across) * dims[0]!, Math.floor(place / across) * dims[1]!];
    expect(data[((y + 2) * info.width + x + 1) * info.channels]).toBe(id % 251);
  }
});

test('names with tabs, line ends or formulas stay one cell that nothing runs', async () => {
  const { out } = await write(3, (row) => ['=1+1', 'a\tb\nc', 'ä/中.png'][row]!);
  expect(load(out).metadata.map((row) => row[1])).toEqual(["'=1+1", 'a b c', 'ä/中.png']);
});

describe('thumbnails', () => {
  test.each([1, 2, 1000, 70_000, 250_000, 1_000_000])('of %i images fit into what the projector shows', (count) => {
    for (const size of [28, 64, 333]) {
      const tile = tileFor(count, { height: size, width: size });
      if (tile === null) continue;
      expect(tile.across ** 2).toBeGreaterThanOrEqual(count);
      expect(tile.across * tile.width).toBeLessThanOrEqual(largestSprite);
      expect(tile.width * tile.reduction).toBeLessThanOrEqual(size);
    }
  });

  test('of MNIST are whole; of too many images there are none', () => {
    expect(tileFor(70_000, { height: 28, width: 28 })).toEqual({ height: 28, width: 28, reduction: 1, across: 265 });
    expect(tileFor(2_000_000, { height: 28, width: 28 })).toBeNull();
    expect(tileFor(1_000_000, { height: 64, width: 64 })).toMatchObject({ height: 8, width: 8 });
  });
});
