// Originals copied into folders: byte by byte, under safe names that never meet; what is there, and above all the originals, stays.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { ImageFolder } from '../../src-main/contract/explore.ts';
import type { Context, Progress } from '../../src-main/contract/records.ts';
import { openOriginals } from '../../src-main/dataset/originals.ts';
import { copyIntoFolders } from '../../src-main/exports/image-folders.ts';
import { handmadeZip, tarWith } from '../dataset/support/archives.ts';
import { flatPng, handmadeIdx, handmadeTiff } from '../dataset/support/images.ts';
import { folderWith, openWorkspace } from '../dataset/support/workspace.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A data set of these sources, and a way to copy its images, which are named by their paths. */
async function imported(...sources: string[]) {
  const workspace = openWorkspace();
  const { dataset, failures } = await workspace.import({ sources, size: 8 });
  expect(failures).toEqual([]);
  const items = workspace.catalogue.items(dataset.id);
  const idOf = (path: string) => items.find((item) => item.path === path)!.id;
  const copy = (folder: string, groups: Record<string, string[]>, context: Context = {}) => {
    const folders: ImageFolder[] = Object.entries(groups).map(([name, paths]) => ({ name, ids: paths.map(idOf) }));
    const read = openOriginals(dataset, join(temporaryFolder(), 'spool'), context);
    return copyIntoFolders({ folder, folders, items, datasets: [dataset], read }, context);
  };
  return { items, copy };
}

/** Every file and link below a folder, with what is in it and when it was changed. */
function contents(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  const describe = (file: string) => `${statSync(file).mtimeMs} ${readFileSync(file).toString('base64')}`;
  return Object.fromEntries(files.toSorted().map((file) => [file.slice(folder.length + 1), describe(file)]));
}
async function greyOf(png: Uint8Array) {
  const { width, height, channels } = await sharp(png).metadata();
  return { width, height, channels, value: (await sharp(png).raw().toBuffer())[0] };
}
const names = (folder: string) => Object.keys(contents(folder));

test('copies are the same byte by byte, originals are as they were, and once more nothing is written', async () => {
  const source = folderWith({ 'a/1.png': flatPng(10), 'b/2.png': flatPng(20), 'b/3.png': flatPng(30) });
  utimesSync(join(source, 'a/1.png'), 1_000_000, 1_000_000);
  const before = contents(source);
  const { copy } = await imported(source);
  const out = join(temporaryFolder(), 'deep/out');
  const said: Progress[] = [];
  const groups = { 'cluster-01': ['a/1.png', 'b/3.png'], 'cluster-02': ['b/2.png'] };
  expect(await copy(out, groups, { onProgress: (progress) => said.push(progress) })).toMatchObject({
    ...{ folder: out, copied: 3, present: 0, missed: [] },
    folders: [
      { name: 'cluster-01', images: 2 },
      { name: 'cluster-02', images: 1 },
    ],
  });
  expect(said.at(-1)).toMatchObject({ stage: 'copy', done: 3, total: 3 });
  const copies = contents(out);
  expect(copies).toEqual({
    'cluster-01/1.png': before['a/1.png'],
    'cluster-01/3.png': before['b/3.png'],
    'cluster-02/2.png': before['b/2.png'],
  });
  const inode = (file: string) => statSync(file).ino;
  expect(inode(join(out, 'cluster-01/1.png'))).not.toBe(inode(join(source, 'a/1.png')));
  const first = inode(join(out, 'cluster-01/1.png'));
  expect(await copy(out, groups)).toMatchObject({ copied: 0, present: 3 });
  expect(contents(out)).toEqual(copies);
  expect(inode(join(out, 'cluster-01/1.png'))).toBe(first);
  expect(contents(source)).toEqual(before);
});

test('files of one name are numbered, also beside files that were there, which stay', async () => {
  const source = folderWith({ 'a/x.png': flatPng(1), 'b/x.png': flatPng(2), 'c/X.png': flatPng(3) });
  const { copy, items } = await imported(source);
  const out = folderWith({ 'all/x.png': 'of a person', 'all/x (3).png': 'too' });
  const groups = { all: items.map(({ path }) => path) };
  expect(await copy(out, groups)).toMatchObject({ copied: 3, present: 0 });
  expect(names(out)).toEqual(['all/X (5).png', 'all/x (2).png', 'all/x (3).png', 'all/x (4).png', 'all/x.png']);
  expect(readFileSync(join(out, 'all/x.png'), 'utf8')).toBe('of a person');
  expect(readFileSync(join(out, 'all/x (4).png'))).toEqual(readFileSync(join(source, 'b/x.png')));
  const copies = contents(out);
  expect(await copy(out, groups)).toMatchObject({ copied: 0, present: 3 });
  expect(contents(out)).toEqual(copies);
});

test('labels become folders whatever they are called', async () => {
  const labels = ['', '..', '../up', 'CON', 'a/b', 'a:b', 'dots..', 'Cats', 'cats', 'unlabelled'];
  const source = folderWith(Object.fromEntries(labels.map((_, place) => [`${place}.png`, flatPng(place)])));
  const { copy } = await imported(source);
  const parent = temporaryFolder();
  const groups = Object.fromEntries(labels.map((label, place) => [label, [`${place}.png`]]));
  const { folders } = await copy(join(parent, 'out'), groups);
  const safe = ['unlabelled', '_', '.._up', '_CON', 'a_b', 'a_b (2)', 'dots', 'Cats', 'cats (2)', 'unlabelled (2)'];
  expect(folders.map(({ name }) => name)).toEqual(safe);
  expect(readdirSync(parent)).toEqual(['out']);
  expect(names(join(parent, 'out'))).toEqual(safe.map((name, place) => `${name}/${place}.png`).toSorted());
});

test('a name as long as the disk takes is shortened where it is numbered', async () => {
  const long = `${'n'.repeat(251)}.png`;
  const { copy, items } = await imported(folderWith({ [`a/${long}`]: flatPng(1), [`b/${long}`]: flatPng(2) }));
  const out = temporaryFolder();
  await copy(out, { all: items.map(({ path }) => path) });
  expect(names(out)).toEqual([`all/${'n'.repeat(247)} (2).png`, `all/${long}`]);
});

test('members of archives are copied as they are, slices of arrays as PNG, a file of several pages once', async () => {
  const [zipped, deflated, tarred] = [flatPng(20), flatPng(30), flatPng(40)];
  const pages = handmadeTiff(
    ...[50, 60].map((value) => ({ width: 4, height: 4, data: new Uint8Array(16).fill(value) })),
  );
  const source = folderWith({
    'some.zip': handmadeZip({ name: 'in/a.png', data: zipped }, { name: 'in/b.png', data: deflated, deflate: true }),
    'some.tar': await tarWith({ 'deep/c:d.png': tarred }),
    'some.idx': handmadeIdx(8, [2, 4, 4], new Uint8Array(32).fill(70, 16)),
    'scan.tif': pages,
  });
  const before = contents(source);
  const { copy, items } = await imported(source);
  expect(items).toHaveLength(7);
  const out = temporaryFolder();
  const groups = { all: items.map(({ path }) => path) };
  expect(await copy(out, groups)).toMatchObject({ copied: 6, present: 1, missed: [] });
  expect(names(join(out, 'all'))).toEqual(['00000.png', '00001.png', 'a.png', 'b.png', 'c_d.png', 'scan.tif']);
  const read = (name: string) => readFileSync(join(out, 'all', name));
  for (const [name, bytes] of [
    ['a.png', zipped],
    ['b.png', deflated],
    ['c_d.png', tarred],
    ['scan.tif', pages],
  ] as const)
    expect(read(name).equals(bytes), name).toBe(true);
  expect(await greyOf(read('00001.png'))).toEqual({ width: 4, height: 4, channels: 1, value: 70 });
  expect(await copy(out, groups)).toMatchObject({ copied: 0, present: 7 });
  expect(contents(source)).toEqual(before);
});

test('slices of more than eight bits are shown as the model saw them', async () => {
  const samples = Buffer.alloc(64);
  for (let at = 32; at < 64; at += 2) samples.writeInt16BE(1000, at);
  const { copy, items } = await imported(folderWith({ 'some.idx': handmadeIdx(0x0b, [2, 4, 4], samples) }));
  const out = temporaryFolder();
  await copy(out, { all: items.map(({ path }) => path) });
  const values = ['00000.png', '00001.png'].map((name) => greyOf(readFileSync(join(out, 'all', name))));
  expect((await Promise.all(values)).map(({ value }) => value)).toEqual([0, 255]);
});

test('what is gone, has changed or whose source is away is listed; the others are copied', async () => {
  const [one, two] = [
    folderWith({ 'a.png': flatPng(1), 'b.png': flatPng(2), 'c.png': flatPng(3) }),
    folderWith({ 'some.zip': handmadeZip({ name: 'd.png', data: flatPng(4) }) }),
  ];
  const three = folderWith({ 'e.png': flatPng(5) });
  const four = join(folderWith({ 'f.png': flatPng(6) }), 'f.png');
  const { copy, items } = await imported(one, two, three, four);
  rmSync(join(one, 'a.png'));
  writeFileSync(join(one, 'b.png'), flatPng(9));
  for (const source of [three, four]) rmSync(source, { recursive: true });
  const out = temporaryFolder();
  const { copied, missed } = await copy(out, { all: items.map(({ path }) => path) });
  expect(copied).toBe(2);
  expect(missed.map(({ path, why }) => [path.split('/').at(-1), why]).toSorted()).toEqual([
    ['a.png', 'gone'],
    ['b.png', 'changed'],
    ['e.png', 'gone'],
    ['f.png', 'gone'],
  ]);
  expect(names(out)).toEqual(['all/c.png', 'all/d.png']);
});

test('nothing is written into a source: neither by its own path, nor by a folder below, nor through a link', async () => {
  const parent = folderWith({ 'cats/a.png': flatPng(1), 'cats/deep/b.png': flatPng(2) });
  const source = join(parent, 'cats');
  const { copy, items } = await imported(source);
  const before = contents(parent);
  const linked = join(temporaryFolder(), 'linked');
  symlinkSync(source, linked);
  const out = temporaryFolder();
  symlinkSync(source, join(out, 'cats'));
  const groups = { aside: [items[0]!.path], cats: [items[1]!.path] };
  for (const folder of [source, join(source, 'deep'), join(source, 'new'), linked, parent, out]) {
    await expect(copy(folder, groups), folder).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('Expected a folder apart from the originals'),
    });
  }
  expect(contents(parent)).toEqual(before);
  expect(existsSync(join(parent, 'aside'))).toBe(false);
});

test('links in the folder are not followed: one that leads elsewhere is refused, one in place of a file stays', async () => {
  const { copy, items } = await imported(folderWith({ 'a.png': flatPng(1) }));
  const [out, elsewhere] = [temporaryFolder(), folderWith({ 'mine.png': flatPng(1) })];
  const before = contents(elsewhere);
  symlinkSync(elsewhere, join(out, 'led'));
  const all = items.map(({ path }) => path);
  await expect(copy(out, { led: all })).rejects.toMatchObject({ code: 'refused' });
  mkdirSync(join(out, 'all'));
  symlinkSync(join(elsewhere, 'mine.png'), join(out, 'all/a.png'));
  expect(await copy(out, { all })).toMatchObject({ copied: 1 });
  expect(readlinkSync(join(out, 'all/a.png'))).toBe(join(elsewhere, 'mine.png'));
  expect(names(join(out, 'all'))).toEqual(['a (2).png', 'a.png']);
  expect(contents(elsewhere)).toEqual(before);
});

test('stopped in the middle, whole files are left, and the same again goes on', async () => {
  const count = 6;
  const files = Object.fromEntries(Array.from({ length: count }, (_, place) => [`${place}.png`, flatPng(place)]));
  const { copy, items } = await imported(folderWith(files));
  const out = temporaryFolder();
  const groups = { one: items.slice(0, 2).map(({ path }) => path), two: items.slice(2).map(({ path }) => path) };
  const stop = new AbortController();
  const { signal } = stop;
  const first = copy(out, groups, { signal });
  while (!existsSync(join(out, 'one/0.png'))) await new Promise(setImmediate);
  stop.abort();
  await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  const there = names(out).length;
  expect(there).toBeLessThan(count);
  expect(await copy(out, groups)).toMatchObject({ copied: count - there, present: there });
  expect(names(out)).toHaveLength(count);
});
