// Maps, neighbours, clusters, copies, duplicates and outliers on the command line over a fake service: what is asked for, and what is said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeDuplicates } from '../../../src-main/host/command-line/explore.ts';
import { runCommandLine } from '../../../src-main/host/command-line/program.ts';
import { clusterFolders } from '../../../src-main/host/image-groups.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { copiedImages, dataset, fakeService, fakeSurroundings, run } from './fake-service.ts';

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
  [['map', '--picture', 'map.pdf'], /ends in .svg or .png/],
  [['map', '--picture', 'map.png', '--color', 'red'], /label, split, mse, cluster, none, column:NAME/],
  [['neighbours', run.id], /--of <image>/],
  [['overlap', run.id], /missing required argument 'other'/],
  [['overlap', run.id, run.id, '--k', '0'], /whole number 1–1000/],
  [['outliers', '--count', '0'], /whole number 1–1000000/],
  [['copy', '--out', 'sorted'], /--by <what>/],
  [['copy', '--by', 'size', '--out', 'sorted'], /label, split/],
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

test('the overlap of two runs beside that of unrelated codes, and of how many images it is', async () => {
  const { output, calls } = await pinhole('overlap', run.id, run.id);
  expect(calls).toContainEqual(['neighbourOverlap', run.id, run.id, 15]);
  expect(output).toContain(
    `Neighbour overlap of ${run.id} and conv-decade: 0.4213, over the 15 nearest of 2,000 of 70,000 images in 12 s`,
  );
  expect(output).toContain('codes that have nothing to do with each other give 0.00021');
  const asked = await pinhole('overlap', run.id, run.id, '--k', '50', '--json');
  expect(asked.calls).toContainEqual(['neighbourOverlap', run.id, run.id, 50]);
  expect(JSON.parse(asked.output)).toMatchObject({ overlap: 0.4213, k: 15, points: 2000, images: 70_000 });
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

test('clusters copied into folders that are numbered as they are listed', async () => {
  const { output, calls } = await pinhole('clusters', '--copy-to', '/out/sorted');
  const folders = [
    { name: 'cluster-00', ids: [0, 1] },
    { name: 'cluster-01', ids: [2] },
  ];
  expect(calls).toContainEqual(['copyImages', run.datasetId, folders, '/out/sorted']);
  expect(output).toContain('Copied 60 images into 2 folders in 0.4 s; 39 images were there already: /out/sorted');
  expect(output).toContain(
    '1 image not copied:\n  cats/\\u001b[31m9.jpg: Its original cannot be read. Permission denied.',
  );
});

test('more than a hundred clusters have numbers of three digits', () => {
  const cluster = { size: 1, label: null, share: null, central: [] };
  const clusters = Array.from({ length: 101 }, (_, place) => ({ ...cluster, cluster: place }));
  const ids = Int32Array.from(clusters.keys());
  const names = clusterFolders({ count: clusters.length, ids, cluster: ids }).map(({ name }) => name);
  expect([names[0], names[100]]).toEqual(['cluster-000', 'cluster-100']);
});

test.each([
  ['label', ['', [1]], ['cats', [0, 2]]],
  ['split', ['train', [0, 1]], ['validation', [2]]],
] as const)('originals copied by %s', async (by, ...expected) => {
  const image = { width: 9, height: 9, bytes: 9, sha256: '' };
  const items = [
    { ...image, id: 0, path: 'cats/a.png', label: 'cats', split: 'train' as const },
    { ...image, id: 1, path: 'b.png', label: null, split: 'train' as const },
    { ...image, id: 2, path: 'cats/c.png', label: 'cats', split: 'validation' as const },
  ];
  const service = fakeService({ items: async () => items });
  const { surroundings, printed } = fakeSurroundings(service);
  expect(await runCommandLine(['copy', '--by', by, '--out', '/out/sorted', '--json'], surroundings)).toBe(0);
  const folders = expected.map(([name, ids]) => ({ name, ids }));
  expect(service.calls).toContainEqual(['copyImages', run.datasetId, folders, '/out/sorted']);
  expect(JSON.parse(printed.output)).toEqual({ run: run.id, by, ...copiedImages });
});

test('place imports the new images as those of the run, and writes their places', async () => {
  const file = join(temporaryFolder(), 'places.csv');
  const { output, calls } = await pinhole('place', run.id, 'new', '--method', 'umap', '--out', file);
  const [, request] = calls.find(([name]) => name === 'import')!;
  expect(request).toMatchObject({ preprocessing: dataset.preprocessing, validation: 0 });
  expect(calls).toContainEqual(['place', run.id, dataset.id, 'umap']);
  expect(output).toContain('Placed 2 images on the map by UMAP in 0.4 s');
  expect(output).toContain('each among its 15 nearest codes; 25.0 % of those are nearest on the map too');
  const lines = readFileSync(file, 'utf8').split('\r\n');
  expect(lines[0]).toBe('image_id,path,label,map_x,map_y,distance');
  expect(lines[1]).toBe('0,cats/0.jpg,cats,0.500000,-0.250000,1.50000');
  expect(lines[2]).toContain("1,'=dogs/1.jpg");
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

test('of a group of many copies a few are listed, and how many more there are', () => {
  const copy = (id: number) => ({ id, path: `${id}.png`, label: null, width: 8, height: 8, bytes: 9 });
  const groups = [{ keep: copy(0), others: Array.from({ length: 40 }, (_, other) => copy(1 + other)) }];
  const about = { run: run.id, images: 100, candidates: 800, confirmed: 300, seconds: 1 };
  const lines = describeDuplicates({ ...about, groups }).split('\n');
  expect(lines.slice(1)).toEqual([
    '  keep 8×8 0.png',
    ...[1, 2, 3, 4, 5].map((id) => `  copy 8×8 ${id}.png`),
    '  and 35 copies more',
  ]);
});

test('outliers with the deviations that rank them', async () => {
  const { output, calls } = await pinhole('outliers', '--count', '1');
  expect(calls).toContainEqual(['outliers', run.id, 1]);
  expect(output).toContain('The 1 image of 100 that stand out most');
  expect(output).toMatch(/^1 +6\.1 +1\.0 +0\.0400 +#5 cats\/5\.jpg \(cats\)$/m);
});
