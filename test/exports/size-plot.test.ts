// Error against code size: a line through the mean of the seeds, a mark for each run, PCA beside them.
import { expect, test } from 'vitest';
import type { ComparedRun } from '../../src-main/contract/search.ts';
import { renderSizePlot } from '../../src-main/exports/size-plot.ts';

const run = (preset: string, codeSize: number, error: number, settings = {}): ComparedRun => ({
  ...{ run: 'r', preset, codeSize, seed: 1, error, pcaError: 0.08 / codeSize, knn: null, epochs: 1, seconds: 1 },
  ...{ device: 'CPU', ended: 'epochs', settings },
});
const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
const marks = (svg: string, color: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3" fill="(#\w+)"/g)]
    .filter(([, , , fill]) => fill === color)
    .map(([, x, y]) => [Number(x), Number(y)]);

test('sizes and errors are logarithmic, seeds are averaged, PCA is there once', () => {
  const runs = [run('conv', 8, 0.008), run('conv', 8, 0.002), run('conv', 16, 0.001), run('conv', 32, 0.0005)];
  const svg = renderSizePlot({ title: 'photos', runs });
  expect(texts(svg)).toEqual(expect.arrayContaining(['photos', '8', '16', '32', 'conv', 'PCA', 'numbers in a code']));
  const [first, second, third, fourth] = marks(svg, '#1d4ed8');
  expect(first![0]).toBe(second![0]);
  expect(fourth![0]! - third![0]!).toBeCloseTo(third![0]! - first![0]!, 0);
  expect(fourth![1]! - third![1]!).toBeCloseTo(third![1]! - second![1]!, 0);
  expect(marks(svg, '#047857')).toHaveLength(3);
  // Through the mean of 0.008 and 0.002, which is below their middle on a logarithmic axis.
  const start = Number(/<path d="M[\d.]+ ([\d.]+)L[^"]*" fill="none" stroke="#1d4ed8" stroke-width="2"/.exec(svg)![1]);
  expect(start).toBeGreaterThan(first![1]!);
  expect(start).toBeLessThan((first![1]! + second![1]!) / 2);
});

test('models with other settings are lines of their own, with names that fit; one size alone can be drawn', () => {
  const runs = [run('deep', 8, 0.01, { epochs: 3 }), run('deep', 8, 0.02, { 'optimizer.type': 'sgd' })];
  const svg = renderSizePlot({ title: 'x', runs });
  expect(texts(svg)).toEqual(expect.arrayContaining(['deep epochs 3', 'deep optimizer.typ…', '8']));
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('sizes that would be written over each other are left out of the axis', () => {
  const svg = renderSizePlot({ title: 'x', runs: [2, 255, 256, 257].map((size) => run('deep', size, 1 / size)) });
  expect(texts(svg)).toContain('255');
  expect(texts(svg)).not.toContain('256');
});
