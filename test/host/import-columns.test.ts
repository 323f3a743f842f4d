// Columns from a CSV: which image a row is of, what a column holds, every refusal in its words; nothing is left of one that fails.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ColumnChoice } from '../../src-main/contract/columns.ts';
import { type Catalogue, openCatalogue } from '../../src-main/dataset/catalogue.ts';
import { importColumns, readNumber } from '../../src-main/host/import-columns.ts';
import { temporaryFolder } from '../support/temporary.ts';

const paths = ['cats/1.jpg', 'cats/2.jpg', 'dogs/1.jpg', 'dogs/deep/9.jpg', 'dogs/gone.jpg', '猫/=x.jpg'];
let folder: string;
let catalogue: Catalogue;

beforeEach(() => {
  folder = temporaryFolder();
  catalogue = openCatalogue(folder);
  const preprocessing = {
    width: 8,
    height: 8,
    channels: 1,
    fit: 'cover',
    background: '#000000',
    intensity: null,
  } as const;
  catalogue.insertDataset({ id: 'set', name: 'set', sources: ['/photos'], preprocessing });
  const number = catalogue.datasetNumber('set');
  for (const [index, path] of paths.entries()) {
    catalogue.insertItem(number, {
      ...{ id: 2 * index, path, label: path.split('/')[0]!, split: 'train', width: 8, height: 8, bytes: 1 },
      ...{ sha256: 'f'.repeat(64), modified: 0, gone: path.includes('gone') },
    });
  }
  return () => catalogue.close();
});

function bring(text: string, choice: ColumnChoice = {}) {
  const file = join(folder, 'about.csv');
  writeFileSync(file, text);
  return importColumns(catalogue, 'set', file, choice);
}
const valuesOf = (name: string) => Object.fromEntries(catalogue.column('set', name).values);

test('rows by path, columns of numbers and of texts; what is empty is missing', async () => {
  const report = await bring(
    '\uFEFFpath,age,place,nothing\r\ncats/1.jpg,3,"Paris, ""south"""\u002c\r\ndogs/1.jpg,,\'=1+1,\r\n\r\nno/such.jpg,1e-3,x,\r\ndogs/gone.jpg,-.5,y,\r\n',
  );
  expect(report).toEqual({
    ...{ datasetId: 'set', key: 'path', by: 'path', rows: 4, matched: 2, byEnding: 0, unmatched: 2, without: 3 },
    columns: [
      { name: 'age', kind: 'number' },
      { name: 'place', kind: 'text' },
      { name: 'nothing', kind: 'text' },
    ],
    passedOver: [],
    labels: null,
  });
  expect(valuesOf('age')).toEqual({ 0: 3 });
  expect(valuesOf('place')).toEqual({ 0: 'Paris, "south"', 4: '=1+1' });
  expect(valuesOf('nothing')).toEqual({});
  expect(catalogue.columns('set')).toEqual(report.columns);
});

test('a path is found by its end, and where it goes on in front; folders that say otherwise are another image', async () => {
  const report = await bring(
    [
      'path,n',
      '2.jpg,1',
      '/data/photos/cats/1.jpg,2',
      'C:\\photos\\dogs\\1.jpg,3',
      './dogs/deep/9.jpg,4',
      'birds/9.jpg,5',
    ].join('\n'),
  );
  expect(report).toMatchObject({ rows: 5, matched: 4, byEnding: 3, unmatched: 1 });
  expect(valuesOf('n')).toEqual({ 0: 2, 2: 1, 4: 3, 6: 4 });
});

test('ids are found by themselves, names of files in such a column too; a key can be named', async () => {
  expect(await bring('image_id,n\n4,1\n99,2\n')).toMatchObject({ by: 'id', matched: 1, unmatched: 1 });
  expect(valuesOf('n')).toEqual({ 4: 1 });
  expect(await bring('id,n\n9.jpg,1\n')).toMatchObject({ by: 'path', key: 'id', matched: 1 });
  expect(await bring('file,path,n\ncats/2.jpg,x,1\n', { key: 'file' })).toMatchObject({
    ...{ by: 'path', key: 'file', matched: 1, passedOver: ['path'] },
  });
  expect(await bring(',Image_ID,Path,n\n0,8,cats/2.jpg,1\n')).toMatchObject({
    ...{ key: 'Path', matched: 1, passedOver: ['', 'Image_ID'], columns: [{ name: 'n' }] },
  });
  expect(await bring('id,n\n2,7\n', { by: 'id' })).toMatchObject({ matched: 1 });
});

test('semicolons with decimal commas, and tabs', async () => {
  expect(await bring('path;n;m\r\ncats/1.jpg;3,25;"a;b"\r\n')).toMatchObject({
    columns: [{ kind: 'number' }, { kind: 'text' }],
  });
  expect([valuesOf('n'), valuesOf('m')]).toEqual([{ 0: 3.25 }, { 0: 'a;b' }]);
  await bring('path\tn\ncats/1.jpg\t1\n');
  expect(valuesOf('n')).toEqual({ 0: 1 });
});

test.each([
  ['3', 3],
  [' -2.5e3 ', -2500],
  ['+.5', 0.5],
  ['', null],
  ['1e999', null],
  ['NaN', null],
  ['0x10', null],
  ['1,5', null],
  ['9007199254740993', null],
])('%j is the number %j', (cell, number) => expect(readNumber(cell)).toBe(number));

test('one cell that is no number makes a column of texts, also in a row that names no image', async () => {
  await bring('path,n\ncats/1.jpg,1\nnowhere.jpg,n/a\n');
  expect(catalogue.column('set', 'n')).toMatchObject({ kind: 'text', values: new Map([[0, '1']]) });
});

test('a column called label gives labels; empty cells leave them; what they were undoes it', async () => {
  const { labels, columns } = await bring('path,label,n\ncats/1.jpg,lion,1\ncats/2.jpg,,2\ndogs/1.jpg,dogs,3\n');
  expect(columns).toEqual([{ name: 'n', kind: 'number' }]);
  expect(labels).toEqual({ given: 2, former: [{ label: 'cats', ids: Int32Array.of(0) }] });
  expect(catalogue.items('set').map(({ label }) => label)).toEqual(['lion', 'cats', 'dogs', 'dogs', '猫']);
  catalogue.labelItems('set', labels!.former);
  expect(catalogue.items('set')[0]!.label).toBe('cats');
});

test('a column of the same name takes the place of the first; one that was removed comes back until the catalogue is opened again', async () => {
  await bring('path,n,m\ncats/1.jpg,1,1\ncats/2.jpg,2,2\n');
  await bring('path,n\ncats/1.jpg,x\n');
  expect(valuesOf('n')).toEqual({ 0: 'x' });
  expect(catalogue.columns('set').map(({ name }) => name)).toEqual(['m', 'n']);
  catalogue.setColumnAside('set', 'm', true);
  expect(catalogue.columns('set').map(({ name }) => name)).toEqual(['n']);
  expect(() => catalogue.column('set', 'm')).toThrow('There is no column “m” in this data set.');
  catalogue.setColumnAside('set', 'm', false);
  expect(valuesOf('m')).toEqual({ 0: 1, 2: 2 });
  catalogue.setColumnAside('set', 'm', true);
  catalogue.deleteColumnsAside();
  expect(() => catalogue.setColumnAside('set', 'm', false)).toThrow('There is no column “m” in this data set.');
  await bring('path,m\ncats/1.jpg,5\n');
  catalogue.deleteDataset('set');
});

describe('refused in these words, with nothing changed', () => {
  test.each<[string, string, ColumnChoice, string]>([
    [
      'ambiguous names',
      'path,n\n1.jpg,1\ncats/2.jpg,2\n',
      {},
      'Expected names that one image alone has for FILE, received 1 that several have: “1.jpg” (cats/1.jpg, dogs/1.jpg)',
    ],
    [
      'two rows for an image',
      'path,n\ncats/2.jpg,1\n2.jpg,2\n',
      {},
      'Expected one row for each image for FILE, received two for “2.jpg” (lines 2 and 3)',
    ],
    [
      'no image',
      'path,n\nx/7.jpg,1\n',
      {},
      'No row of FILE names an image of this data set: its first says “x/7.jpg”, and the first image is cats/1.jpg, 0 by its number.',
    ],
    [
      'no row',
      'path,n\n',
      {},
      'No row of FILE names an image of this data set: its first says “”, and the first image is cats/1.jpg, 0 by its number.',
    ],
    [
      'no key',
      'name,a,b,c\n1,2,3,4\n',
      {},
      'Expected a column called path, image_id or id for FILE, received name, a, b, …',
    ],
    [
      'another key',
      'path,n\ncats/1.jpg,1\n',
      { key: 'file' },
      'Expected a column called “file” for FILE, received path, n',
    ],
    [
      'own names',
      'path,Split,z003,mse,sha256,n\ncats/1.jpg,1,2,3,4,5\n',
      {},
      'Expected columns that have other names than Pinhole’s own for FILE, received Split, z003, mse, …',
    ],
    ['a name twice', 'path,n,N\ncats/1.jpg,1,2\n', {}, 'Expected each column once for FILE, received “N” twice'],
    ['only a key', 'path,image_id\ncats/1.jpg,1\n', {}, 'FILE has no column beside the one that names the images.'],
    ['a short row', 'path,n\ncats/1.jpg\n', {}, 'Expected 2 cells in line 2 for FILE, received 1'],
    [
      'a stray letter',
      'path;n\n"cats/1.jpg"x;1\n',
      {},
      'Expected a semicolon or the end of the line behind the closing quote in line 2 for FILE, received "x;1\\n"',
    ],
    ['an empty file', '', {}, 'Expected a line of column names for FILE, received an empty file'],
    [
      'a long label',
      `path,label,n\ncats/1.jpg,${'x'.repeat(256)},1\n`,
      {},
      'Expected labels of at most 255 letters for FILE, received one of 256',
    ],
  ])('%s', async (_, text, choice, message) => {
    const file = join(folder, 'about.csv');
    await expect(bring(text, choice)).rejects.toMatchObject({ message: message.replace('FILE', file) });
    expect(catalogue.columns('set')).toEqual([]);
  });

  test('a file that is not there, and one that is no text', async () => {
    await expect(importColumns(catalogue, 'set', join(folder, 'none.csv'), {})).rejects.toMatchObject({
      code: 'source-missing',
    });
    writeFileSync(join(folder, 'about.csv'), Uint8Array.of(0xff, 0xfe, 0x41));
    await expect(importColumns(catalogue, 'set', join(folder, 'about.csv'), {})).rejects.toMatchObject({
      code: 'file-damaged',
    });
  });
});
