// Importing again, stopping, dying and running out of disk: what was decoded stays, and nothing is decoded twice.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src-main/contract/records.ts';
import { openCatalogue, openDataset } from '../../src-main/dataset/index.ts';
import { readNpyHeader } from '../../src-main/files/npy.ts';
import { start, waitUntil } from '../support/processes.ts';
import { need, repository } from '../support/resources.ts';
import { smallDisk, temporaryFolder } from '../support/temporary.ts';
import { drawScene, flatPng, handmadePng, noise } from './support/images.ts';
import { folderWith, openWorkspace } from './support/workspace.ts';

/** `count` images that differ, in two folders. */
function manyImages(count: number, side = 8): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) {
    const rows = Buffer.from(drawScene(side, side, 1));
    rows.writeUInt32LE(index, 0);
    files[`${index % 2}/${index}.png`] = handmadePng({ width: side, height: side, depth: 8, colorType: 0, rows });
  }
  return files;
}

describe('importing again', () => {
  test('decodes only what changed; ids stay', async () => {
    const folder = folderWith({ 'a.png': flatPng(1), 'b.png': flatPng(2), 'c.png': flatPng(3) });
    const workspace = openWorkspace();
    const request = { sources: [folder] };
    const first = await workspace.import(request);
    expect([first.decoded, first.reused]).toEqual([3, 0]);
    expect(first.dataset.hash).toMatch(/^[0-9a-f]{64}$/);

    const same = await workspace.import(request);
    expect([same.decoded, same.reused, same.dataset]).toEqual([0, 3, first.dataset]);

    writeFileSync(join(folder, 'b.png'), flatPng(20));
    writeFileSync(join(folder, 'd.png'), flatPng(4));
    rmSync(join(folder, 'a.png'));
    const changed = await workspace.import(request);
    expect([changed.decoded, changed.reused, changed.dataset.count]).toEqual([2, 1, 3]);
    expect(changed.dataset.id).toBe(first.dataset.id);
    expect(changed.dataset.hash).not.toBe(first.dataset.hash);
    const images = [...workspace.images(changed).values()].map(({ id, path, pixels }) => [id, path, pixels[0]]);
    expect(images).toEqual([
      [2, 'c.png', 3],
      [3, 'b.png', 20],
      [4, 'd.png', 4],
    ]);

    // What comes back as it was gets its id back.
    writeFileSync(join(folder, 'a.png'), flatPng(1));
    const back = await workspace.import(request);
    expect([back.decoded, back.reused]).toEqual([0, 4]);
    expect(workspace.images(back).get('a.png')).toMatchObject({ id: 0 });
  });

  test('from the place where its folder is now goes on with the same data set; the old place holds another one', async () => {
    const home = folderWith({ 'old/a.png': flatPng(1), 'old/b.png': flatPng(2) });
    const [old, moved] = [join(home, 'old'), join(home, 'moved')];
    const workspace = openWorkspace();
    const { dataset } = await workspace.import({ sources: [old] });
    renameSync(old, moved);
    workspace.catalogue.updateSources(dataset.id, [moved]);
    writeFileSync(join(moved, 'c.png'), flatPng(3));
    const again = await workspace.import({ sources: [moved] });
    expect([again.dataset.id, again.decoded, again.reused]).toEqual([dataset.id, 1, 2]);
    // Other settings are another data set, as ever.
    const other = await workspace.import({ sources: [moved], size: 4 });
    expect(other.dataset.id).not.toBe(dataset.id);

    folderWith({ 'x.png': flatPng(9) }, old);
    const stranger = await workspace.import({ sources: [old] });
    expect([stranger.dataset.id, stranger.decoded, stranger.reused]).toEqual([`${dataset.id}-2`, 1, 0]);
    expect(workspace.catalogue.getDataset(dataset.id)).toMatchObject({ count: 3, sources: [moved] });
    const twice = await workspace.import({ sources: [old] });
    expect([twice.dataset.id, twice.reused]).toEqual([`${dataset.id}-2`, 1]);

    // Back where it was, by way of a third place.
    rmSync(old, { recursive: true });
    workspace.catalogue.updateSources(dataset.id, [join(home, 'third')]);
    renameSync(moved, old);
    workspace.catalogue.updateSources(dataset.id, [old]);
    expect((await workspace.import({ sources: [old] })).dataset.id).toBe(dataset.id);
  });

  test('a file that was only touched is not decoded', async () => {
    const folder = folderWith({ 'a.png': flatPng(1) });
    const workspace = openWorkspace();
    await workspace.import({ sources: [folder] });
    utimesSync(join(folder, 'a.png'), 1e9, 1e9);
    const again = await workspace.import({ sources: [folder] });
    expect([again.decoded, again.reused]).toEqual([0, 1]);
    expect(workspace.catalogue.storedItems(again.dataset.id)[0]!.modified).toBe(1e12);
  });

  test('other pixels are another data set, another split is not', async () => {
    const folder = folderWith(manyImages(40));
    const workspace = openWorkspace();
    const first = await workspace.import({ sources: [folder] });
    const other = await workspace.import({ sources: [folder], size: 4 });
    expect(other.dataset.id).not.toBe(first.dataset.id);
    const fold = await workspace.import({ sources: [folder], fold: [1, 4] });
    expect([fold.dataset.id, fold.decoded]).toEqual([first.dataset.id, 0]);
    expect(fold.dataset.hash).not.toBe(first.dataset.hash);
    const items = workspace.catalogue.items(fold.dataset.id);
    expect(items.filter(({ split }) => split === 'test')).toHaveLength(10);
    await workspace.import({ sources: [folder], fold: [2, 4] });
    const others = workspace.catalogue.items(fold.dataset.id).filter(({ split }) => split === 'test');
    expect(others).toHaveLength(10);
    expect(others.map(({ id }) => id)).not.toEqual(items.filter(({ split }) => split === 'test').map(({ id }) => id));
    await workspace.import({ sources: [folder] });
    expect(workspace.catalogue.items(fold.dataset.id).some(({ split }) => split === 'test')).toBe(false);
  });

  test('the same images elsewhere have the same hash', async () => {
    const files = manyImages(20);
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    const first = await openWorkspace().import({ sources: [folderWith(files)] });
    const second = await openWorkspace().import({ sources: [folderWith(reversed)] });
    expect(second.dataset.hash).toBe(first.dataset.hash);
  });

  test('colour that comes to a grey data set is said', async () => {
    const folder = folderWith({ 'a.png': flatPng(1) });
    const workspace = openWorkspace();
    await workspace.import({ sources: [folder] });
    writeFileSync(
      join(folder, 'b.png'),
      handmadePng({ width: 8, height: 8, depth: 8, colorType: 2, rows: noise(192) }),
    );
    const notices: string[] = [];
    const result = await workspace.import({ sources: [folder] }, { onNotice: ({ message }) => notices.push(message) });
    expect(result.dataset.channels).toBe(1);
    expect(notices).toEqual(['1 of the new images may be in colour; this data set is grey and stays grey.']);
  });
});

describe('stopping', () => {
  test('keeps what was decoded, and goes on from there', async () => {
    const folder = folderWith(manyImages(1500, 40));
    const workspace = openWorkspace();
    const controller = new AbortController();
    let stopped = 0;
    const onProgress = ({ stage, done }: Progress) => {
      if (stage !== 'import' || done < 100 || stopped > 0) return;
      stopped = performance.now();
      controller.abort();
    };
    const importing = workspace.import({ sources: [folder] }, { signal: controller.signal, onProgress });
    await expect(importing).rejects.toMatchObject({ code: 'cancelled' });
    const [partial] = workspace.catalogue.listDatasets();
    expect(partial!.state).toBe('importing');
    expect(partial!.count).toBeGreaterThanOrEqual(100);
    expect(partial!.count).toBeLessThan(1500);
    const before = workspace.catalogue.items(partial!.id);
    const opened = openDataset(workspace.catalogue, workspace.folder, partial!.id);
    expect(opened.info.hash).toMatch(/^[0-9a-f]{64}$/);
    opened.close();

    const result = await workspace.import({ sources: [folder] });
    expect([result.decoded, result.reused]).toEqual([1500 - before.length, before.length]);
    expect(result.dataset).toMatchObject({ state: 'ready', count: 1500 });
    const uninterrupted = await openWorkspace().import({ sources: [folder] });
    expect(result.dataset.hash).toBe(uninterrupted.dataset.hash);
  });

  test('before anything was decoded leaves nothing behind', async () => {
    const workspace = openWorkspace();
    const sources = [folderWith(manyImages(4))];
    await expect(workspace.import({ sources }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(workspace.catalogue.listDatasets()).toEqual([]);
    expect(existsSync(join(workspace.folder, 'datasets'))).toBe(false);
    expect((await workspace.import({ sources })).decoded).toBe(4);
  });

  test('progress comes at most ten times a second and ends complete', async () => {
    const times: number[] = [];
    const seen: Progress[] = [];
    const sources = [folderWith(manyImages(600))];
    await openWorkspace().import(
      { sources },
      {
        onProgress: (progress) => {
          times.push(performance.now());
          seen.push(progress);
        },
      },
    );
    const imports = seen.filter(({ stage }) => stage === 'import');
    expect(imports.at(-1)).toMatchObject({ done: 600, total: 600 });
    expect(seen.some(({ stage }) => stage === 'scan')).toBe(true);
    const seconds = (times.at(-1)! - times[0]!) / 1000;
    // Three stages, each of which says its end whenever that is.
    expect(seen.length).toBeLessThanOrEqual(10 * seconds + 6);
  });
});

describe('dying', () => {
  const program = join(repository, 'test/dataset/support/import-process.ts');

  test('a kill at any moment leaves a workspace that opens and goes on', async (context) => {
    need(context, 'signals');
    const source = folderWith(manyImages(9000, 24));
    const folder = temporaryFolder();
    let before: string[] = [];
    let interrupted = 0;
    for (const moment of ['scan', 'import 0', 'import 400', 'import 800', 'import 1500', 'complete']) {
      await killAt(moment, folder, source);
      const catalogue = openCatalogue(folder);
      const [dataset] = catalogue.listDatasets();
      catalogue.close();
      if (dataset === undefined) continue;
      if (dataset.state === 'importing') interrupted++;
      const items = itemsOf(folder, dataset.id);
      // Everything that was there before is there still, under the same id and with its pixels.
      expect(items.slice(0, before.length)).toEqual(before);
      before = items;
    }
    expect(interrupted).toBeGreaterThan(0);
    const workspace = openWorkspace(folder);
    const result = await workspace.import({ sources: [source] });
    expect(result.dataset).toMatchObject({ state: 'ready', count: 9000 });
    expect(result.decoded).toBe(9000 - before.length);
    const fresh = openWorkspace();
    const uninterrupted = await fresh.import({ sources: [source] });
    expect(result.dataset.hash).toBe(uninterrupted.dataset.hash);
    const file = (root: string) => readFileSync(join(root, 'datasets', result.dataset.id, 'pixels.npy'));
    expect(file(folder).equals(file(fresh.folder))).toBe(true);
  }, 600_000);

  /** Starts an import in a process of its own and kills it when it says that it has come so far. */
  async function killAt(moment: string, folder: string, source: string): Promise<void> {
    const { child, said, ended } = start(process.execPath, [program, folder, source]);
    const [stage, done] = moment.split(' ');
    const reached = () =>
      said.stdout.split('\n').some((line) => {
        const [saidStage, saidDone] = line.split(' ');
        return saidStage === 'complete' || (saidStage === stage && Number(saidDone ?? 0) >= Number(done ?? 0));
      });
    await waitUntil(() => reached() || child.exitCode !== null, `${moment}: ${said.stderr}`);
    child.kill('SIGKILL');
    const { signal, stderr, code } = await ended;
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(stderr);
  }

  /** Id, path, and first bytes of the pixels of every item; the file must be well-formed whenever it is looked at. */
  function itemsOf(folder: string, id: string): string[] {
    const catalogue = openCatalogue(folder);
    try {
      const bytes = readFileSync(join(folder, 'datasets', id, 'pixels.npy'));
      const header = readNpyHeader(bytes);
      const [rows, height, width, channels] = header.shape;
      const items = catalogue.items(id);
      expect(bytes.length).toBeGreaterThanOrEqual(header.dataOffset + header.byteLength);
      expect(rows).toBeGreaterThanOrEqual(items.length);
      return items.map(({ id, path }) => {
        const start = header.dataOffset + id * height! * width! * channels!;
        return `${id} ${path} ${bytes.readUInt32LE(start)}`;
      });
    } finally {
      catalogue.close();
    }
  }
});

test('a full disk is said, and the import goes on when there is room', async (context) => {
  need(context, 'tmpfs');
  const disk = smallDisk(1);
  const folder = join(disk, 'workspace');
  mkdirSync(folder);
  const source = folderWith(manyImages(400, 64));
  const workspace = openWorkspace(folder);
  await expect(workspace.import({ sources: [source] })).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/^The disk is full: could not write .+/),
    advice: expect.stringMatching(/^Free some space and run the same again/),
  });
  execFileSync('mount', ['-o', 'remount,size=8m', disk]);
  const result = await workspace.import({ sources: [source] });
  expect(result.dataset).toMatchObject({ state: 'ready', count: 400 });
  const pixels = [...workspace.images(result).values()].map(
    ({ path, pixels }) => `${path} ${Buffer.from(pixels).readUInt32LE(0)}`,
  );
  expect(pixels.every((line) => /\/(\d+)\.png \1$/.test(line))).toBe(true);
});
