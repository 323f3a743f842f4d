// The catalogue: runs, versions, damage; and pixels read back from memory and from the file.
import { copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openCatalogue, openDataset, openPixels, type RunRecord } from '../../src-main/dataset/index.ts';
import { pixelFile } from '../../src-main/dataset/open.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { flatPng } from './support/images.ts';
import { folderWith, openWorkspace } from './support/workspace.ts';

const run: RunRecord = {
  id: 'run-1',
  datasetId: 'shapes',
  preset: 'recommended',
  state: 'running',
  codeSize: 32,
  epochs: 0,
  device: 'cpu',
  folder: 'runs/run-1',
  created: '2026-01-01T00:00:00.000Z',
  settings: { preset: 'recommended', seed: 1 },
  report: null,
};

describe('runs', () => {
  test('are written, changed and read back', () => {
    const folder = temporaryFolder();
    const catalogue = openCatalogue(folder);
    catalogue.insertRun(run);
    catalogue.insertRun({ ...run, id: 'run-0', created: '2025-01-01T00:00:00.000Z' });
    catalogue.updateRun('run-1', { state: 'finished', epochs: 10 });
    catalogue.close();
    const again = openCatalogue(folder);
    const place = join(folder, 'runs', 'run-1');
    expect(again.getRun('run-1')).toEqual({ ...run, state: 'finished', epochs: 10, folder: place });
    expect(again.listRuns().map(({ id }) => id)).toEqual(['run-0', 'run-1']);
    again.close();
  });

  test('lie in the workspace, wherever that was moved to', () => {
    const [before, after] = [join(temporaryFolder(), 'before'), join(temporaryFolder(), 'after')];
    const catalogue = openCatalogue(before);
    catalogue.insertRun({ ...run, folder: join(before, 'runs', 'run-1') });
    catalogue.close();
    renameSync(before, after);
    const moved = openCatalogue(after);
    expect(moved.getRun('run-1').folder).toBe(join(after, 'runs', 'run-1'));
    moved.close();
  });

  test('that are not there are said', () => {
    const { catalogue } = openWorkspace();
    expect(() => catalogue.getRun('nope')).toThrow('Expected a run of this workspace, received “nope”.');
    expect(() => catalogue.getDataset('nope')).toThrow('Expected a data set of this workspace, received “nope”.');
    expect(catalogue.findRun('nope')).toBeUndefined();
  });
});

describe('the database', () => {
  test('of a newer version is refused', () => {
    const folder = temporaryFolder();
    openCatalogue(folder).close();
    const database = new DatabaseSync(join(folder, 'catalogue.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openCatalogue(folder)).toThrow(
      /^Expected a catalogue of version \d+ or older for .+, received version 99\.$/,
    );
  });

  test('that is none is said', () => {
    const folder = folderWith({ 'catalogue.sqlite': 'This is not a database, whatever its name says.'.repeat(30) });
    expect(() => openCatalogue(folder)).toThrow(/^Expected a SQLite database for .+, received a damaged file\.$/);
  });

  test('takes back a transaction that fails', () => {
    const { catalogue } = openWorkspace();
    const failing = () =>
      catalogue.transaction(() => {
        catalogue.insertRun(run);
        throw new Error('in the middle');
      });
    expect(failing).toThrow('in the middle');
    expect(catalogue.listRuns()).toEqual([]);
  });
});

describe('pixels', () => {
  async function dataset() {
    const workspace = openWorkspace();
    const files = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`${index}.png`, flatPng(index * 10)]));
    const { dataset } = await workspace.import({ sources: [folderWith(files)] });
    return { ...workspace, dataset };
  }

  test('are the same from memory and from the file, in the order asked for', async () => {
    const { catalogue, folder, dataset: info } = await dataset();
    const opened = (memoryLimit: number) => openDataset(catalogue, folder, info.id, { memoryLimit });
    const [memory, file] = [opened(1e9), opened(0)];
    expect(memory.pixels.shape).toEqual([9, 8, 8, 1]);
    expect(file.pixels.shape).toEqual([9, 8, 8, 1]);
    for (const ids of [[0, 1, 2, 3], [8, 3, 4, 5, 0, 0], [7], [], [8, 7, 6]]) {
      const [first, second] = [new Uint8Array(ids.length * 64), new Uint8Array(ids.length * 64)];
      memory.pixels.read(ids, first);
      file.pixels.read(ids, second);
      expect(second).toEqual(first);
      expect(ids.map((_, index) => first[index * 64])).toEqual(ids.map((id) => id * 10));
    }
    expect(() => memory.pixels.read([9], new Uint8Array(64))).toThrow('expected ids below 9, received 9');
    expect(() => file.pixels.read([1, 2], new Uint8Array(64))).toThrow('expected room for 2 rows of 64 bytes');
    memory.close();
    file.close();
  });

  test('splits are ids in order, and cover the items', async () => {
    const { catalogue, folder, dataset: info } = await dataset();
    const opened = openDataset(catalogue, folder, info.id);
    const [train, validation] = [opened.split('train'), opened.split('validation')];
    expect([...train, ...validation].sort()).toEqual(opened.items().map(({ id }) => id));
    expect([...train]).toEqual([...train].sort((a, b) => a - b));
    expect(opened.split('test')).toHaveLength(0);
    opened.close();
  });

  test('that are cut off or something else are said', async () => {
    const { folder, dataset: info } = await dataset();
    const cut = join(folder, 'cut.npy');
    copyFileSync(pixelFile(folder, info.id), cut);
    truncateSync(cut, 300);
    expect(() => openPixels(cut)).toThrow(/^Expected 704 bytes for .+, received 300$/);
    writeFileSync(cut, 'something else');
    expect(() => openPixels(cut)).toThrow(/^Expected a NumPy array/);
    expect(() => openPixels(join(folder, 'nowhere.npy'))).toThrow(/received ENOENT/);
  });
});
