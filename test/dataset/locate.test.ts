// Originals found again: plain files, several sources, pages of a TIFF, inside ZIP, TAR and arrays; and when they are gone.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { plainFile, readOriginal } from '../../src-main/dataset/locate.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { handmadeZip, tarWith } from './support/archives.ts';
import { flatPng } from './support/images.ts';
import { folderWith, openWorkspace, type Workspace } from './support/workspace.ts';

/** Grey value of the middle of an item's original. */
async function greyOf(workspace: Workspace, datasetId: string, path: string, largest = 1024) {
  const { catalogue } = workspace;
  const item = catalogue.items(datasetId).find((one) => one.path === path)!;
  expect(item, `${path} of ${catalogue.items(datasetId).map((one) => one.path)}`).toBeDefined();
  const spool = join(temporaryFolder(), 'spool');
  const png = await readOriginal(catalogue.getDataset(datasetId), item, spool, largest);
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const middle = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
  return { value: data[middle]!, width: info.width, height: info.height };
}

/** uint8 2×4×4, the images filled with 60 and 70. */
function npy(): Buffer {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4), }".padEnd(117).concat('\n');
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}`, 'latin1');
  return Buffer.concat([head, Buffer.alloc(16, 60), Buffer.alloc(16, 70)]);
}

test('each image is found by its own path: as a file, in a ZIP, in a TAR, in an array', async () => {
  const zip = handmadeZip(
    { name: 'in/a.png', data: flatPng(20) },
    { name: 'in/b.png', data: flatPng(30), deflate: true },
  );
  const folder = folderWith({
    'plain/a.png': flatPng(10, 12, 6),
    'some.zip': zip,
    'some.tar': await tarWith({ 'c.png': flatPng(40), 'deep/d.png': flatPng(50) }),
    'some.npy': npy(),
  });
  const workspace = openWorkspace();
  const { dataset, failures } = await workspace.import({ sources: [folder], size: 8 });
  expect(failures).toEqual([]);
  const paths = workspace.catalogue.items(dataset.id).map(({ path }) => path);
  expect(paths).toHaveLength(7);
  const values = new Map<string, number>();
  for (const path of paths) values.set(path, (await greyOf(workspace, dataset.id, path)).value);
  expect([...values.values()].sort()).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(values.get('some.zip/in/b.png')).toBe(30);
  expect(values.get('some.tar/deep/d.png')).toBe(50);
  // The original keeps its own shape, and is made smaller where it is larger than asked for.
  expect(await greyOf(workspace, dataset.id, 'plain/a.png')).toEqual({ value: 10, width: 12, height: 6 });
  expect(await greyOf(workspace, dataset.id, 'plain/a.png', 6)).toEqual({ value: 10, width: 6, height: 3 });
});

test('an archive that is the source itself, and sources of one name, are told apart', async () => {
  const archive = join(folderWith({ 'x.zip': handmadeZip({ name: 'a.png', data: flatPng(25) }) }), 'x.zip');
  const workspace = openWorkspace();
  const alone = await workspace.import({ sources: [archive], size: 8 });
  expect((await greyOf(workspace, alone.dataset.id, 'a.png')).value).toBe(25);
  const twins = [folderWith({ 'set/a.png': flatPng(1) }), folderWith({ 'set/a.png': flatPng(200) })];
  const { dataset } = await workspace.import({ sources: twins.map((folder) => join(folder, 'set')), size: 8 });
  expect((await greyOf(workspace, dataset.id, 'set/a.png')).value).toBe(1);
  expect((await greyOf(workspace, dataset.id, 'set (2)/a.png')).value).toBe(200);
});

test('what is gone is said, also inside an archive that has changed', async () => {
  const folder = folderWith({ 'a.png': flatPng(1), 'some.zip': handmadeZip({ name: 'b.png', data: flatPng(2) }) });
  const workspace = openWorkspace();
  const { dataset } = await workspace.import({ sources: [folder], size: 8 });
  rmSync(join(folder, 'a.png'));
  writeFileSync(join(folder, 'some.zip'), handmadeZip({ name: 'other.png', data: flatPng(3) }));
  for (const path of ['a.png', 'some.zip/b.png'])
    await expect(greyOf(workspace, dataset.id, path)).rejects.toMatchObject({
      code: 'source-missing',
      message: `The original of “${path}” is not where it was. `,
    });
  renameSync(folder, `${folder}-moved`);
  await expect(greyOf(workspace, dataset.id, 'a.png')).rejects.toMatchObject({ code: 'source-missing' });
  renameSync(`${folder}-moved`, folder);
});

test('a path is a plain one by its only source, or by the one source that it names', () => {
  const folder = temporaryFolder();
  expect(plainFile({ sources: [folder] }, 'a/b.png')).toBe(join(folder, 'a/b.png'));
  expect(plainFile({ sources: ['/x/one.png'] }, 'one.png')).toBe('/x/one.png');
  expect(plainFile({ sources: ['/x/one', '/x/two'] }, 'two/b.png')).toBe(join('/x/two', 'b.png'));
  expect(plainFile({ sources: ['/x/one', '/y/one'] }, 'one/b.png')).toBeUndefined();
  expect(plainFile({ sources: ['/x/one', '/x/two'] }, 'three/b.png')).toBeUndefined();
});
