import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Core } from '../../src-main/contract/api.ts';
import type { Progress } from '../../src-main/contract/records.ts';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { readCsv } from '../../src-main/exports/csv.ts';
import { readNpy } from '../../src-main/files/npy.ts';
import { createService } from '../../src-main/host/service.ts';
import { start } from '../support/processes.ts';
import { need, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const settings: TrainingRequest = { codeSize: 5, hidden: [16], epochs: 3, batchSize: 16, device: 'cpu', threads: 1 };

let images: string;
beforeAll(async () => {
  images = join(temporaryFolder(), 'images');
  await drawSamples({ count: 90, size: 16, seed: 5 }, images);
});

describe('from images to features', () => {
  let service: Core;
  let workspace: string;
  beforeAll(async () => {
    workspace = temporaryFolder();
    service = await createService({ workspace, command: 'test' });
  });
  afterAll(() => service.close());

  async function finishedRun() {
    const { dataset } = await service.import({ sources: [images] });
    const { run } = await service.train(dataset.id, settings);
    return { dataset, run: (await service.encode(run.id)).run };
  }

  test('every stage reads what the one before wrote, and all tables agree', async () => {
    const { dataset, run } = await finishedRun();
    const out = temporaryFolder();
    const { files, rows } = await service.export(run.id, out, [
      'csv',
      'npy',
      'parquet',
      'model',
      'contact-sheet',
      'loss-plot',
      'tensorboard',
    ]);
    expect(rows).toBe(dataset.count);
    for (const file of files) expect(existsSync(file), file).toBe(true);
    const table = await Array.fromAsync(readCsv(join(out, 'features.csv')));
    const items = await service.items(dataset.id);
    const codes = await readNpy(join(out, 'codes.npy'));
    expect(codes.shape).toEqual([90, 5]);
    table.forEach((row, index) => {
      expect(row).toMatchObject({
        imageId: items[index]!.id,
        path: items[index]!.path,
        label: items[index]!.label,
        sha256: items[index]!.sha256,
      });
      expect([...row.codes]).toEqual([...codes.data.subarray(index * 5, index * 5 + 5)]);
    });
  });

  test('the report holds the run against its baselines', async () => {
    const { run } = await finishedRun();
    const report = run.report!;
    expect(report.heldOut).toBe('validation');
    // It starts at PCA, and rounding may take a little.
    expect(report.model.mse).toBeLessThanOrEqual(report.pca.mse * 1.0001);
    expect(report.pca.mse).toBeLessThan(report.meanImage.mse);
    expect(report.model.psnr).toBeCloseTo(-10 * Math.log10(report.model.mse), 6);
    for (const accuracy of [report.knn, report.pcaKnn, report.rawKnn])
      expect(accuracy).toSatisfy((value: number) => value >= 0 && value <= 1);
  });

  test('running the same again finds what is there; fresh trains anew', async () => {
    const { dataset, run } = await finishedRun();
    const again = await service.import({ sources: [images] });
    expect(again).toMatchObject({ decoded: 0, reused: 90 });
    expect(again.dataset.id).toBe(dataset.id);
    expect(await service.train(dataset.id, settings)).toMatchObject({ trained: false, run: { id: run.id } });
    const fresh = await service.train(dataset.id, settings, { fresh: true });
    expect(fresh).toMatchObject({ trained: true });
    expect(fresh.run.id).not.toBe(run.id);
  });

  test('images that the model has never seen are encoded with its own preprocessing', async () => {
    const { dataset, run } = await finishedRun();
    const others = join(temporaryFolder(), 'others');
    await drawSamples({ count: 7, size: 40, seed: 6 }, others);
    const imported = await service.import({ sources: [others], preprocessing: dataset.preprocessing, validation: 0 });
    const encoded = await service.encode(run.id, { datasetId: imported.dataset.id });
    expect((await readNpy(encoded.codesFile)).shape).toEqual([7, 5]);
    const out = temporaryFolder();
    await service.export(run.id, out, ['csv'], {}, { datasetId: imported.dataset.id });
    const rows = await Array.fromAsync(readCsv(join(out, 'features.csv')));
    expect(rows.map((row) => row.split)).toEqual(Array(7).fill('test'));
  });

  test('a run never speaks for images that have changed since it was trained', async () => {
    const folder = join(temporaryFolder(), 'changing');
    await drawSamples({ count: 40, size: 16, seed: 7 }, folder);
    const { dataset } = await service.import({ sources: [folder] });
    const { run } = await service.train(dataset.id, settings);
    const changed = { code: 'usage', message: expect.stringContaining('its images or their splits have changed') };

    await service.import({ sources: [folder], validation: 0.5 });
    await expect(service.encode(run.id)).rejects.toMatchObject(changed);
    await service.import({ sources: [folder] });
    await service.encode(run.id);

    await rm(join(folder, (await service.items(dataset.id))[3]!.path));
    await service.import({ sources: [folder] });
    await expect(service.encode(run.id)).rejects.toMatchObject(changed);
    await expect(service.export(run.id, temporaryFolder(), ['csv'])).rejects.toMatchObject(changed);
  });

  test('codes go back to images, edited or not, in the tree of their paths', async () => {
    const { dataset, run } = await finishedRun();
    const out = temporaryFolder();
    await service.export(run.id, out, ['csv', 'npy'], {});
    const decoded = temporaryFolder();
    expect((await service.decode(run.id, join(out, 'features.csv'), decoded)).rows).toBe(dataset.count);
    const [first] = await service.items(dataset.id);
    expect(existsSync(join(decoded, first!.path))).toBe(true);
    const numbered = temporaryFolder();
    await service.decode(run.id, join(out, 'codes.npy'), numbered);
    expect(readdirSync(numbered)).toContain('row-000000.png');
  });

  test('a separate test source is held out from everything and measured on alone', async () => {
    const tests = join(temporaryFolder(), 'tests');
    await drawSamples({ count: 20, size: 16, seed: 8 }, tests);
    const { dataset } = await service.import({ sources: [images], testSources: [tests] });
    const { run } = await service.train(dataset.id, settings);
    const { report } = (await service.encode(run.id)).run;
    expect(report).toMatchObject({ heldOut: 'test', heldOutCount: 20 });
  });

  test('a time budget that ends in the middle of an epoch is a finished run', async () => {
    const { dataset } = await service.import({ sources: [images] });
    const { epochs: _, ...others } = settings;
    const { run } = await service.train(dataset.id, { ...others, batchSize: 1, seconds: 1.5 });
    expect(run.state).toBe('finished');
    expect(Number.isInteger(run.epochs)).toBe(true);
  });

  test('settings out of range are refused by name', async () => {
    const { dataset } = await finishedRun();
    await expect(service.train(dataset.id, { epochs: -1 })).rejects.toMatchObject({
      code: 'usage',
      message: 'Expected >=0 for epochs, received -1.',
    });
    await expect(service.train('nothing', {})).rejects.toMatchObject({ code: 'not-found' });
    await expect(service.export('nothing', temporaryFolder(), [])).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a cancelled training can be resumed, and says where it stands', async () => {
    const { dataset } = await service.import({ sources: [images] });
    const controller = new AbortController();
    const onProgress = ({ stage, done }: Progress) => stage === 'train' && done > 3 && controller.abort();
    const request = { ...settings, epochs: 100_000 };
    await expect(
      service.train(dataset.id, request, {}, { signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    const stopped = (await service.runs()).find((run) => run.state === 'interrupted')!;
    expect(stopped.datasetId).toBe(dataset.id);
    await expect(service.encode(stopped.id)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('SIGKILL', () => {
  const request: TrainingRequest = { ...settings, epochs: 30, checkpointSeconds: 0 };
  const fixture = join(repository, 'test/host/fixture-service.ts');

  /** A second process works in the workspace until it says that the stage is under way, and is then killed. */
  async function workUntilKilled(workspace: string, stage: Progress['stage'], from: number): Promise<void> {
    const env = { TRAINING_SETTINGS: JSON.stringify(request) };
    const { child, ended } = start(process.execPath, [fixture, workspace, images, stage, String(from)], { env });
    child.stdout.once('data', () => child.kill('SIGKILL'));
    expect((await ended).signal).toBe('SIGKILL');
  }

  test.each([
    ['import', 1],
    ['train', 1],
    ['train', 60],
    ['encode', 1],
    ['export', 1],
  ] as const)(
    'in the middle of %s (from %i): the workspace opens and the work is finished from there',
    async (stage, from) => {
      need({ skip: (note) => test.skip(note) as never }, 'signals');
      const workspace = temporaryFolder();
      await workUntilKilled(workspace, stage, from);

      const service = await createService({ workspace, command: 'test' });
      try {
        const imported = await service.import({ sources: [images] });
        expect(imported.dataset).toMatchObject({ state: 'ready', count: 90 });
        if (stage !== 'import') expect(imported.decoded).toBe(0);
        const before = (await service.runs())[0];
        if (stage === 'train') expect(before!.state).toBe('interrupted');
        const steps: number[] = [];
        const { run } = await service.train(
          imported.dataset.id,
          request,
          {},
          { onProgress: (progress) => progress.stage === 'train' && steps.push(progress.done) },
        );
        if (before) expect(run.id).toBe(before.id);
        // A checkpoint was written at every step, so that at most the step under way was lost.
        if (from > 1) expect(steps[0]).toBeGreaterThanOrEqual(from - 1);
        await service.encode(run.id);
        const out = join(workspace, 'out');
        await service.export(run.id, out, ['csv', 'npy', 'parquet', 'model']);
        expect(await Array.fromAsync(readCsv(join(out, 'features.csv')))).toHaveLength(90);
        expect(readdirSync(out).filter((name) => name.includes('.tmp'))).toEqual([]);
        expect(JSON.parse(await readFile(join(out, 'model', 'model.json'), 'utf8')).preset).toBe('recommended');
      } finally {
        await service.close();
      }
    },
    120_000,
  );
});

test('a second process on the same workspace is told who holds it', async () => {
  const workspace = temporaryFolder();
  const first = await createService({ workspace, command: 'pinhole train' });
  await expect(createService({ workspace, command: 'pinhole reduce' })).rejects.toMatchObject({
    code: 'workspace-locked',
    message: expect.stringContaining('pinhole train'),
  });
  await first.close();
  await (await createService({ workspace, command: 'pinhole reduce' })).close();
});
