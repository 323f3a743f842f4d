import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import { type LossPlot, renderLossPlot, writeLossPlot } from '../../src-main/exports/loss-plot.ts';

const epoch = (epoch: number, trainLoss: number | null, validationMse: number): EpochMetrics => ({
  epoch,
  step: 100 * epoch,
  trainLoss,
  validationMse,
  learningRate: 0.001,
  imagesPerSecond: 1,
  seconds: 1,
});
const quality = (mse: number) => ({ mse, psnr: 0, ssim: 0 });
const report = (pca: number, meanImage: number) => ({ pca: quality(pca), meanImage: quality(meanImage) });

const texts = (svg: string): string[] => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
const marks = (svg: string): [number, number][] =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((match) => [Number(match[1]), Number(match[2])]);

/** Vertical places of the labels to the right of the plot. */
const labelPlaces = (svg: string): number[] =>
  [...svg.matchAll(/<text x="806" y="([\d.]+)"[^>]*font-weight="600"/g)].map((match) => Number(match[1]));

test('a run: curves, reference lines, labels with their last values', () => {
  const metrics = [epoch(0, null, 0.01), epoch(1, 0.02, 0.005), epoch(2, 0.004, 0.0025)];
  const svg = renderLossPlot({ title: 'recommended, 64 codes', metrics, report: report(0.01, 0.1) });
  expect(texts(svg)).toEqual(
    expect.arrayContaining(['recommended, 64 codes', 'epoch', '0', '1', '2', 'mean image', '0.1', 'PCA']),
  );
  expect(texts(svg)).toEqual(expect.arrayContaining(['training', '0.004', 'validation', '0.0025']));
  const [, , , middle, last] = marks(svg);
  const [first] = marks(svg).slice(2);
  // Equal factors are equal distances, and epochs are evenly spaced.
  expect(middle![1] - first![1]).toBeCloseTo(last![1] - middle![1], 0);
  expect(first![0]).toBe(84);
  expect(middle![0]).toBeCloseTo((first![0] + last![0]) / 2, 0);
});

const cases: [string, LossPlot][] = [
  ['step 0 only, everything equal', { title: 'x', metrics: [epoch(0, null, 0.01)], report: report(0.01, 0.01) }],
  ['one epoch', { title: 'x', metrics: [epoch(0, null, 0.02), epoch(1, 0.01, 0.01)], report: null }],
  ['no step 0', { title: 'x', metrics: [epoch(1, 0.01, 0.01)], report: report(0.02, 0.03) }],
  ['nothing yet', { title: 'x', metrics: [], report: null }],
  ['zero and not a number', { title: 'x', metrics: [epoch(0, 0, 0), epoch(1, Number.NaN, 0.5)], report: report(0, 1) }],
  [
    'an enormous range',
    { title: 'x', metrics: [epoch(0, 1e30, 1e30), epoch(500, 1e-9, 1e-9)], report: report(1e-3, 0.1) },
  ],
  ['flat', { title: 'x', metrics: [epoch(0, 0.0671, 0.067), epoch(7, 0.0669, 0.067)], report: report(0.067, 0.0671) }],
  ['another loss', { title: 'x', metrics: [epoch(1, 0.3, 0.01)], report: null, loss: 'bce' }],
];

test.each(cases)('%s: finite places, labels apart and inside', async (_, plot) => {
  const svg = renderLossPlot(plot);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const places = labelPlaces(svg);
  for (const [index, place] of places.entries()) {
    expect(place).toBeGreaterThan(60);
    expect(place).toBeLessThan(475);
    if (index > 0) expect(place - places[index - 1]!).toBeGreaterThanOrEqual(34);
  }
  const ticks = [...svg.matchAll(/<text x="74" y="([\d.]+)"/g)].map((match) => Number(match[1]));
  expect(ticks.length).toBeGreaterThanOrEqual(3);
  expect(ticks.length).toBeLessThanOrEqual(11);
  expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ format: 'svg', width: 960, height: 540 });
});

test('the training curve says what it shows if that is not the mean-squared error', () => {
  expect(texts(renderLossPlot(cases.at(-1)![1]))).toEqual(expect.arrayContaining(['0.3 (bce)', '0.01']));
});

test('many epochs have no marks', () => {
  const metrics = Array.from({ length: 100 }, (_, index) => epoch(index, 0.1, 0.1));
  expect(marks(renderLossPlot({ title: 'x', metrics, report: null }))).toEqual([]);
});

test('a title is text, whatever is in it, and the file is whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-plot-'));
  const path = join(folder, 'loss.svg');
  await writeLossPlot(path, { title: '<b>"猫" & 😀\u0000', metrics: [epoch(0, null, 1)], report: null });
  const svg = readFileSync(path, 'utf8');
  expect(texts(svg)[0]).toBe('&lt;b&gt;&quot;猫&quot; &amp; 😀�');
  expect(svg).toMatch(/<\/svg>\n$/);
  expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(960);
  rmSync(folder, { recursive: true });
});
