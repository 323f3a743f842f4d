// What was deleted goes for good when its undo is over, with its folder; what was taken back stays.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Preprocessing } from '../../src-main/contract/records.ts';
import { openCatalogue, type RunRecord } from '../../src-main/dataset/catalogue.ts';
import { datasetFolder } from '../../src-main/dataset/open.ts';
import { Aside } from '../../src-main/host/window/aside.ts';
import { temporaryFolder } from '../support/temporary.ts';

const preprocessing = {
  ...{ width: 2, height: 2, channels: 1, fit: 'cover', background: '#000000', intensity: null },
} as const satisfies Preprocessing;

/** A workspace with one data set and two runs, each with a file in its folder. */
function open(undoMilliseconds: number) {
  const workspace = temporaryFolder();
  const catalogue = openCatalogue(workspace);
  catalogue.insertDataset({ id: 'digits', name: 'digits', sources: [], preprocessing });
  const folders = { digits: datasetFolder(workspace, 'digits') } as Record<string, string>;
  for (const id of ['one', 'two']) {
    folders[id] = join(workspace, 'runs', id);
    const run = { id, datasetId: 'digits', preset: 'recommended', state: 'finished', folder: folders[id] };
    const rest = { codeSize: 2, epochs: 1, device: 'cpu', created: id, report: null, settings: {} };
    catalogue.insertRun({ ...run, ...rest } as RunRecord);
  }
  for (const folder of Object.values(folders)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'file'), 'content');
  }
  const aside = new Aside({ workspace, catalogue }, () => {}, undoMilliseconds);
  onTestFinished(() => {
    aside.close();
    catalogue.close();
  });
  const left = () => Object.keys(folders).filter((id) => existsSync(folders[id]!));
  return { aside, catalogue, left };
}

test('a run', async () => {
  const { aside, catalogue, left } = open(20);
  aside.putRun('one');
  expect(left()).toEqual(['digits', 'one', 'two']);
  await expect.poll(left).toEqual(['digits', 'two']);
  expect(catalogue.hasRun('one')).toBe(false);
});

test('a data set with its runs', async () => {
  const { aside, catalogue, left } = open(20);
  aside.putDataset('digits');
  await expect.poll(left).toEqual([]);
  expect(catalogue.findDataset('digits')).toBeUndefined();
});

test('what was taken back stays, whoever took it back', async () => {
  const { aside, catalogue, left } = open(20);
  aside.putRun('one');
  aside.takeRunBack('one');
  aside.putDataset('digits');
  // As an import of the same sources does.
  catalogue.setDatasetAside('digits', false);
  aside.putRun('two');
  await expect.poll(left).toEqual(['digits', 'one']);
  expect(catalogue.listRuns().map(({ id }) => id)).toEqual(['one']);
});

test('at the end of the program everything, at once', () => {
  const { aside, left } = open(60_000);
  aside.putRun('one');
  aside.close();
  expect(left()).toEqual(['digits', 'two']);
});
