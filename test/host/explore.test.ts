// What is found among codes, through the service and its job processes, and copied: on drawn images, and among photographs with planted ones.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Core } from '../../src-main/contract/api.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { readNpy } from '../../src-main/files/npy.ts';
import { runCommandLine } from '../../src-main/host/command-line/program.ts';
import { clusterView } from '../../src-main/host/explore.ts';
import { clusterFolders } from '../../src-main/host/image-groups.ts';
import { createService } from '../../src-main/host/service.ts';
import { plantedFolder, scoreDuplicates, scoreOutliers } from '../support/planted.ts';
import { need, photosFolder } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { fakeSurroundings } from './command-line/fake-service.ts';

vi.setConfig({ testTimeout: 300_000 });

const count = 80;
let service: Core;
let runId: string;

beforeAll(async () => {
  const images = join(temporaryFolder(), 'shapes');
  await drawSamples({ count, size: 16, seed: 2 }, images);
  service = await createService({ workspace: temporaryFolder(), command: 'test' });
  const { dataset } = await service.import({ sources: [images] });
  runId = (await service.train(dataset.id, { codeSize: 6, epochs: 2, device: 'cpu', threads: 1 })).run.id;
}, 300_000);
afterAll(() => service.close());

/** For the command line, which closes what it opened. */
const staysOpen = (core: Core): Core =>
  new Proxy(core, {
    get(target, name) {
      if (name === 'close') return async () => {};
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

test.each([
  { method: 'pca' } as const,
  { method: 'umap', neighbours: 10, minDistance: 0.1, seed: 3 } as const,
  { method: 'tsne', perplexity: 10 } as const,
])('a map by $method: positions of all in a file, and how true they are', async (settings) => {
  const result = await service.layOut(runId, settings);
  expect(result).toMatchObject({ run: runId, method: settings.method, points: count });
  const { shape, data } = await readNpy(result.file);
  expect(shape).toEqual([count, 2]);
  expect((data as Float32Array).every(Number.isFinite)).toBe(true);
  const { trustworthiness, continuity, preserved } = result.quality;
  for (const share of [trustworthiness, continuity, preserved]) expect(share).toBeGreaterThan(0.2);
  expect(result.explained === null).toBe(settings.method !== 'pca');
});

test('new images are placed on a map that is there: the same ones where they are, and the map stays', async () => {
  const images = join(temporaryFolder(), 'more');
  await drawSamples({ count, size: 16, seed: 2 }, images);
  const { preprocessing } = (await service.datasets())[0]!;
  const { dataset } = await service.import({ sources: [images], preprocessing, validation: 0, name: 'more' });
  await expect(service.place(runId, dataset.id, 'codes')).rejects.toMatchObject({ code: 'not-found' });
  const { file } = await service.layOut(runId, { method: 'umap', neighbours: 10, minDistance: 0.1, seed: 4 });
  const before = (await readNpy(file)).data as Float32Array;
  const { images: placed, k } = await service.place(runId, dataset.id, 'umap');
  expect(k).toBe(10);
  expect(placed).toHaveLength(count);
  for (const [row, { x, y, distance }] of placed.entries()) {
    expect(distance).toBeLessThan(1e-4);
    expect(Math.hypot(x - before[2 * row]!, y - before[2 * row + 1]!)).toBeLessThan(0.1);
  }
  expect((await readNpy(file)).data).toEqual(before);
});

test('codes of six numbers are no map, and no file is left of it', async () => {
  await expect(service.layOut(runId, { method: 'codes' })).rejects.toMatchObject({ code: 'usage' });
  const run = (await service.runs())[0]!;
  expect(existsSync(join(run.folder, 'maps', 'codes.npy'))).toBe(false);
});

test('neighbours by path and by id, nearest first', async () => {
  const dataset = (await service.datasets())[0]!;
  const item = (await service.items(dataset.id))[7]!;
  const byPath = await service.neighbours(runId, item.path, 5);
  expect(byPath.of).toEqual({ id: item.id, path: item.path, label: item.label });
  expect(byPath).toEqual(await service.neighbours(runId, String(item.id), 5));
  const distances = byPath.neighbours.map(({ distance }) => distance);
  expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  expect(byPath.neighbours.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
  await expect(service.neighbours(runId, 'no such image', 5)).rejects.toMatchObject({ code: 'not-found' });
});

test('two runs of the same images share more neighbours than chance; the same both ways, also on the command line', async () => {
  const [dataset] = await service.datasets();
  const settings = { codeSize: 3, epochs: 1, device: 'cpu' as const, threads: 1, seed: 9 };
  const { run } = await service.train(dataset!.id, settings);
  const result = await service.neighbourOverlap(runId, run.id, 15);
  expect(result).toMatchObject({
    runs: [runId, run.id],
    k: 15,
    images: count,
    points: count,
    chance: 15 / (count - 1),
  });
  expect(result.overlap).toBeGreaterThan(1.5 * result.chance);
  expect(result.overlap).toBeLessThan(1);
  const { surroundings, printed } = fakeSurroundings(staysOpen(service));
  expect(await runCommandLine(['overlap', run.id, runId, '--json'], surroundings)).toBe(0);
  expect(JSON.parse(printed.output)).toMatchObject({ overlap: result.overlap, runs: [run.id, runId] });
  await expect(service.neighbourOverlap(runId, runId, 15)).rejects.toThrow(
    `Expected two runs, received ${runId} twice.`,
  );
});

test('clusters hold every image once, each with its most central ones', async () => {
  const result = await service.clusters(runId, { neighbours: 8, resolution: 1, seed: 1 });
  expect(result.clusters.reduce((sum, { size }) => sum + size, 0)).toBe(count);
  expect(result.assignment.ids).toHaveLength(count);
  for (const { cluster, size, central, share } of result.clusters) {
    expect(result.assignment.cluster.filter((one) => one === cluster)).toHaveLength(size);
    const places = central.map(({ id }) => result.assignment.cluster[result.assignment.ids.indexOf(id)]);
    expect(new Set(places)).toEqual(new Set([cluster]));
    expect(share).toBeGreaterThan(0);
  }
});

test('tables have places on a map and groups where one wants them; a map that is there is not made again', async () => {
  const out = temporaryFolder();
  const settings = { method: 'umap', neighbours: 9, minDistance: 0.1, seed: 4 } as const;
  const clusters = { neighbours: 8, resolution: 1, seed: 1 };
  await service.export(runId, out, ['csv', 'parquet'], {}, { map: settings, clusters });
  const { file } = await service.layOut(runId, settings);
  const made = statSync(file).mtimeMs;
  const xy = (await readNpy(file)).data as Float32Array;
  const { assignment } = await service.clusters(runId, clusters);
  const [header, ...lines] = readFileSync(join(out, 'features.csv'), 'utf8').trimEnd().split('\r\n');
  expect(header).toBe(
    'image_id,path,label,split,width,height,sha256,mse,map_x,map_y,cluster,z000,z001,z002,z003,z004,z005',
  );
  const numbers = lines.map((line) =>
    line
      .split(',')
      .slice(8, 11)
      .map((cell) => Math.fround(Number(cell))),
  );
  expect(numbers).toEqual(lines.map((_, row) => [xy[2 * row], xy[2 * row + 1], assignment.cluster[row]]));
  const note = JSON.parse(readFileSync(join(out, 'features.json'), 'utf8'));
  expect(note).toMatchObject({
    map: settings,
    rows: count,
    columns: { cluster: expect.stringContaining('PhenoGraph') },
  });
  const bytes = readFileSync(join(out, 'features.parquet'));
  const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
  expect(rows.map(({ map_x, map_y, cluster }) => [map_x, map_y, cluster])).toEqual(numbers);

  await service.export(runId, out, ['csv'], {}, { map: settings });
  expect(statSync(file).mtimeMs).toBe(made);
  expect(readFileSync(join(out, 'features.csv'), 'utf8').split('\r\n')[0]).not.toContain('cluster');
});

test('a map drawn for print on the command line, in colours of the splits', async () => {
  const file = join(temporaryFolder(), 'deep', 'map.svg');
  const { surroundings, printed } = fakeSurroundings(staysOpen(service));
  const words = ['map', runId, '--method', 'pca', '--picture', file, '--color', 'split', '--json'];
  expect(await runCommandLine(words, surroundings)).toBe(0);
  expect(JSON.parse(printed.output)).toMatchObject({ method: 'pca', points: count, picture: file });
  const svg = readFileSync(file, 'utf8');
  expect(svg.match(/h0/g)).toHaveLength(count);
  expect(svg).toMatch(/>train · \d+</);
  expect(svg).toContain(`run ${runId}`);
});

test('a drawn map takes its colours from an imported column, of numbers or of texts; one that is not there is an error', async () => {
  const folder = temporaryFolder();
  const { id } = (await service.datasets())[0]!;
  const items = await service.items(id);
  const csv = items.slice(2).map((item, at) => `${item.id},${at / 2},${at % 3 === 0 ? 'old' : 'new'}`);
  writeFileSync(join(folder, 'about.csv'), ['id,weight,age', ...csv].join('\n'));
  await service.importColumns(id, join(folder, 'about.csv'));
  const draw = async (color: string) => {
    const file = join(folder, 'map.svg');
    const { surroundings, printed } = fakeSurroundings(staysOpen(service));
    const words = ['map', runId, '--method', 'pca', '--picture', file, '--color', color];
    const code = await runCommandLine(words, surroundings);
    return { code, errors: printed.errors, svg: code === 0 ? readFileSync(file, 'utf8') : '' };
  };
  const { svg } = await draw('column:weight');
  expect(svg).toContain('>weight<');
  // The first two have no weight.
  expect(/<path stroke="#9ca3af" d="([^"]*)"/.exec(svg)![1]!.match(/h0/g)).toHaveLength(2);
  const groups = await draw('column:age');
  const old = Math.ceil((items.length - 2) / 3);
  for (const entry of [`old · ${old}`, `new · ${items.length - 2 - old}`, 'no value · 2'])
    expect(groups.svg).toContain(`>${entry}<`);
  expect(await draw('column:height of it')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('There is no column “height of it” in this data set.'),
  });
  for (const column of ['weight', 'age']) await service.removeColumn(id, column);
});

test('originals copied by cluster, and by label on the command line: all of them, byte by byte', async () => {
  const dataset = (await service.datasets())[0]!;
  const items = await service.items(dataset.id);
  const [sorted, labelled] = [temporaryFolder(), temporaryFolder()];
  const found = await service.clusters(runId, { neighbours: 8, resolution: 1, seed: 1 });
  const { folders } = await service.copyImages(dataset.id, clusterFolders(clusterView(found)), sorted);
  expect(folders.map(({ images }) => images)).toEqual(found.clusters.map(({ size }) => size));
  const { surroundings, printed } = fakeSurroundings(staysOpen(service));
  const words = ['copy', runId, '--by', 'label', '--out', labelled, '--json'];
  expect([await runCommandLine(words, surroundings), printed.errors]).toEqual([
    0,
    expect.stringContaining('Copied 80'),
  ]);
  expect(JSON.parse(printed.output)).toMatchObject({ run: runId, by: 'label', copied: count, present: 0, missed: [] });
  for (const { path, label } of items) {
    const original = readFileSync(join(dataset.sources[0]!, path));
    expect(readFileSync(join(labelled, label!, basename(path))).equals(original), path).toBe(true);
  }
  const inSource = ['clusters', runId, '--copy-to', join(dataset.sources[0]!, 'sorted')];
  expect(await runCommandLine(inSource, surroundings)).toBe(2);
  expect(existsSync(inSource.at(-1)!)).toBe(false);
});

describe('among photographs', () => {
  test('planted copies are found and nothing else, planted strangers stand out first', async (context) => {
    need(context, 'photos');
    const { folder, groups, strangers } = await plantedFolder(photosFolder(), join(temporaryFolder(), 'images'), 6);
    const { dataset } = await service.import({ sources: [folder], size: 64, color: 'rgb', validation: 0 });
    const settings = { codeSize: 32, epochs: 1, device: 'cpu' as const };
    const { run } = await service.train(dataset.id, settings);
    const { precision, recall, missed, wrong } = scoreDuplicates(await service.duplicates(run.id), groups);
    expect({ precision, recall, missed, wrong }).toEqual({ precision: 1, recall: 1, missed: [], wrong: [] });
    const { ranks } = scoreOutliers(await service.outliers(run.id, dataset.count), strangers);
    expect(ranks).toEqual([1, 2, 3, 4, 5]);
  });
});
