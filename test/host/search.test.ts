// Searching for real on drawn samples: a tiny sweep, its runs compared with their pictures, and advice on the code size.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Core } from '../../src-main/contract/api.ts';
import type { Dataset } from '../../src-main/contract/records.ts';
import type { Sweep, SweepRequest } from '../../src-main/contract/search.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { createService } from '../../src-main/host/service.ts';
import { temporaryFolder } from '../support/temporary.ts';

const side = 12;
const grid: SweepRequest = {
  ...{ presets: ['recommended'], codeSizes: [6, 2], seeds: [1] },
  settings: { hidden: [8], epochs: 2, batchSize: 16, device: 'cpu', threads: 1 },
};

let service: Core;
let dataset: Dataset;
let sweep: Sweep;
let ids: string[];

async function importSamples(seed: number): Promise<Dataset> {
  const images = join(temporaryFolder(), 'images');
  await drawSamples({ count: 60, size: side, seed }, images);
  return (await service.import({ sources: [images] })).dataset;
}

beforeAll(async () => {
  service = await createService({ workspace: temporaryFolder(), command: 'test' });
  dataset = await importSamples(5);
  sweep = await service.sweep(dataset.id, grid);
  ids = sweep.trials.map(({ run }) => run!);
}, 300_000);
afterAll(() => service.close());

test('every run of a sweep is trained, encoded, and no worse than PCA, where it began', async () => {
  const runs = await service.runs();
  expect(sweep.trials.map(({ codeSize, state }) => [codeSize, state])).toEqual([
    [6, 'finished'],
    [2, 'finished'],
  ]);
  for (const { run: id, codeSize } of sweep.trials) {
    const run = runs.find((candidate) => candidate.id === id)!;
    expect(run).toMatchObject({ state: 'finished', codeSize });
    expect(run.report!.model.mse).toBeLessThanOrEqual(run.report!.pca.mse * 1.0001);
  }
  expect(await service.sweeps()).toMatchObject([{ datasetId: dataset.id, trials: sweep.trials }]);
});

test('runs are compared in a table, a plot, and a sheet of the same images', { timeout: 120_000 }, async () => {
  const out = temporaryFolder();
  const comparison = await service.compare([...ids, ids[0]!], out);
  expect(comparison).toMatchObject({ datasetId: dataset.id, heldOut: 'validation', heldOutCount: 6 });
  expect(comparison.runs.map(({ run, codeSize, ended }) => [run, codeSize, ended])).toEqual([
    [ids[1], 2, 'epochs'],
    [ids[0], 6, 'epochs'],
  ]);
  for (const { error, pcaError, seconds, settings } of comparison.runs) {
    expect(error).toBeLessThanOrEqual(pcaError * 1.0001);
    expect(pcaError).toBeLessThan(comparison.meanImageError);
    expect(seconds).toBeGreaterThan(0);
    expect(settings).toEqual({});
  }
  const [plot, sheet] = comparison.files;
  expect(readFileSync(plot!, 'utf8')).toContain('>numbers in a code<');
  // Six held-out images in a row; the originals, and a row for each of the two runs.
  const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
  const scale = Math.round(80 / side);
  const cell = (row: number, column: number) => {
    const [left, top] = [28 + 132 + column * (side * scale + 6), 28 + row * (side * scale + 6)];
    return Array.from({ length: side * scale }, (_, line) =>
      data.subarray(((top + line) * info.width + left) * 3, ((top + line) * info.width + left + side * scale) * 3),
    );
  };
  expect(info.width).toBe(2 * 28 + 132 + 6 * (side * scale + 6) - 6);
  expect(info.height).toBe(2 * 28 + 3 * (side * scale + 6) - 6);
  const distance = (row: number) =>
    [0, 1, 2, 3, 4, 5].reduce((sum, column) => {
      const [one, other] = [Buffer.concat(cell(0, column)), Buffer.concat(cell(row, column))];
      return sum + one.reduce((total, value, index) => total + (value - other[index]!) ** 2, 0);
    }, 0);
  expect(distance(2)).toBeGreaterThan(0);
  expect(distance(2)).toBeLessThan(distance(1));
});

test('runs of different data sets are refused', { timeout: 120_000 }, async () => {
  const other = await importSamples(6);
  const { run } = await service.train(other.id, { ...grid.settings, codeSize: 2, epochs: 0 });
  await expect(service.compare([ids[0]!, run.id], null)).rejects.toMatchObject({
    code: 'usage',
    message: `The runs ${ids[0]} and ${run.id} are of different data sets: their errors are of different images.`,
  });
});

test('advice rests on the errors of PCA and two runs, which are kept', { timeout: 300_000 }, async () => {
  const request = { ...grid.settings, epochs: 1 };
  const advice = await service.advise(dataset.id, request);
  // 53 images span 53 dimensions around their mean; the first is no number at all.
  const sizes = advice.pca.map(({ codeSize }) => codeSize);
  expect([sizes[0], sizes[1], sizes.at(-1)]).toEqual([0, 1, 53]);
  expect(advice.pca[0]!.error).toBe(advice.meanImageError);
  expect(advice.pca.at(-1)!.error).toBe(advice.pcaFloor);
  expect(advice.pcaFloor).toBeLessThan(advice.meanImageError);
  const kept = (await service.runs()).map(({ id }) => id);
  for (const { run, codeSize, error, pcaError, steps } of advice.runs) {
    expect(kept).toContain(run);
    expect(steps).toBe(3);
    expect(error).toBeLessThanOrEqual(pcaError * 1.0001);
    // PCA of a run and that of the spectrum are of the same images.
    const measured = advice.pca.find((one) => one.codeSize === codeSize);
    if (measured) expect(pcaError).toBeCloseTo(measured.error, 4);
  }
  for (const { low, size, high } of advice.costs.filter(({ high }) => high !== null)) {
    expect(low!).toBeLessThanOrEqual(size!);
    expect(high!).toBeGreaterThanOrEqual(size!);
  }
  expect(advice.costs.map(({ share }) => share)).toEqual([0.95, 0.99]);
  expect((await service.advise(dataset.id, request)).costs).toEqual(advice.costs);
});
