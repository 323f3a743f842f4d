// Maps, neighbours, clusters, duplicates and outliers on the command line over a fake service: what is asked for, and what is said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '../../../src-main/host/command-line/program.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { fakeService, fakeSurroundings, run } from './fake-service.ts';

async function pinhole(...words: string[]) {
  const service = fakeService();
  const { surroundings, printed } = fakeSurroundings(service);
  const code = await runCommandLine(words, surroundings);
  return { code, ...printed, calls: service.calls };
}

test.each([
  [[], { method: 'umap', neighbours: 15, minDistance: 0.1, seed: 1 }],
  [
    ['--method', 'umap', '--neighbours', '50', '--min-distance', '0', '--seed', '7'],
    { method: 'umap', neighbours: 50, minDistance: 0, seed: 7 },
  ],
  [['--method', 'tsne'], { method: 'tsne', perplexity: 30 }],
  [['--method', 'tsne', '--perplexity', '12.5'], { method: 'tsne', perplexity: 12.5 }],
  [['--method', 'pca'], { method: 'pca' }],
  [['--method', 'codes'], { method: 'codes' }],
])('map %j', async (words, settings) => {
  const { code, calls, output } = await pinhole('map', ...words);
  expect(code).toBe(0);
  expect(calls).toContainEqual(['layOut', run.id, settings]);
  expect(output).toContain('UMAP of 70,000 images in 1 min 01 s: /run/maps/umap.npy');
  expect(output).toContain(
    'trustworthiness 0.9612, continuity 0.9700; 41.0 % of the 15 nearest are kept, of 500 of 70,000',
  );
});

test.each([
  [['map', '--method', 'som'], /pca, umap, tsne, codes/],
  [['map', '--perplexity', '500'], /number 2–100/],
  [['neighbours', run.id], /--of <image>/],
  [['outliers', '--count', '0'], /whole number 1–1000000/],
])('wrong use is refused: %j', async (words, said) => {
  const { code, errors } = await pinhole(...words);
  expect([code, errors]).toEqual([2, expect.stringMatching(said)]);
});

test('neighbours, with names that could drive a terminal made harmless', async () => {
  const { output, calls } = await pinhole('neighbours', run.id, '--of', 'cats/1.jpg', '--count', '4');
  expect(calls).toContainEqual(['neighbours', run.id, 'cats/1.jpg', 4]);
  expect(output).toContain('Nearest to #3 cats/1.jpg (cats):');
  expect(output).not.toContain('\u001b');
});

test('clusters in words, as CSV and as JSON', async () => {
  const file = join(temporaryFolder(), 'deep', 'clusters.csv');
  const { output, errors } = await pinhole('clusters', '--resolution', '2', '--out', file, '--json');
  expect(errors).toContain('2 clusters of 3 images by PhenoGraph in 0.2 s, modularity 0.610');
  const result = JSON.parse(output);
  expect(result).toMatchObject({ method: 'PhenoGraph', modularity: 0.61, file });
  expect(result).not.toHaveProperty('assignment');
  expect(readFileSync(file, 'utf8')).toBe('image_id,path,label,cluster\r\n0,,,0\r\n1,,,0\r\n2,,,1\r\n');
});

test('duplicates say which to keep; what a spreadsheet would run is written as text', async () => {
  const file = join(temporaryFolder(), 'duplicates.csv');
  const { output } = await pinhole('duplicates', '--out', file);
  expect(output).toContain('1 group with 1 copy among 100 images in 0.3 s; 2 of 40 near pairs are the same image');
  expect(output).toContain('  keep 300×300 cats/4.jpg\n  copy 200×200 =cats/7.jpg');
  const lines = readFileSync(file, 'utf8').split('\r\n');
  expect(lines[1]).toBe('0,keep,4,cats/4.jpg,cats,300,300,999');
  expect(lines[2]).toContain("'=cats/7.jpg");
});

test('outliers with the deviations that rank them', async () => {
  const { output, calls } = await pinhole('outliers', '--count', '1');
  expect(calls).toContainEqual(['outliers', run.id, 1]);
  expect(output).toContain('The 1 image of 100 that stand out most');
  expect(output).toMatch(/^1 +6\.1 +1\.0 +0\.0400 +#5 cats\/5\.jpg \(cats\)$/m);
});
