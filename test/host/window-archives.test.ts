// Archives through the window's service: measured, written, looked through, unpacked, and kept away from what is not theirs.
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Service } from '../../src-main/contract/api.ts';
import { PinholeError } from '../../src-main/contract/errors.ts';
import type { Dataset } from '../../src-main/contract/records.ts';
import type { CompressRequest, ExtractRequest, Task, TaskRequest, TaskResults } from '../../src-main/contract/tasks.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { temporaryFolder } from '../support/temporary.ts';

// Each starts processes that load a model, which a busy machine is long about.
vi.setConfig({ testTimeout: 600_000 });

const folder = temporaryFolder();
const out = join(folder, 'out');
const count = 90;
let service: Service;
let dataset: Dataset;
let runId: string;

beforeAll(async () => {
  service = await createWindowService({ workspace: join(folder, 'workspace'), command: 'test', roots: [folder] });
  await perform({ kind: 'samples', count });
  dataset = (await service.datasets())[0]!;
  const { run } = await perform({ kind: 'train', datasetId: dataset.id, request: { epochs: 3, codeSize: 8 } });
  runId = run.id;
}, 600_000);
afterAll(() => service.close());

/** The task's result; its error is thrown. */
async function perform<K extends TaskRequest['kind']>(
  request: Extract<TaskRequest, { kind: K }>,
): Promise<TaskResults[K]> {
  const id = await service.startTask(request);
  const task = await new Promise<Task>((resolve) => {
    const stop = service.subscribe('tasks', (tasks) => {
      const found = tasks.find((one) => one.id === id)!;
      if (found.ended === null) return;
      queueMicrotask(() => stop());
      resolve(found);
    });
  });
  if (task.error) throw PinholeError.fromJSON(task.error);
  return task.result as TaskResults[K];
}

const usual = { goal: { kind: 'quality', quality: 90 } } as const;
async function write(name: string, changes: Partial<CompressRequest> = {}) {
  const file = join(out, name);
  const result = await perform({ kind: 'compress', request: { runId, file, ...usual, ...changes } });
  return { file, result };
}

const extract = (request: ExtractRequest) => perform({ kind: 'extract', request });
const pathsOf = ({ paths, offsets }: { paths: Uint8Array; offsets: Uint32Array }) =>
  Array.from({ length: offsets.length - 1 }, (_, row) =>
    new TextDecoder().decode(paths.subarray(offsets[row], offsets[row + 1])),
  );

test('the curve is measured once, and is gone when images have come', async () => {
  expect(await service.compressionCurve(runId)).toBeNull();
  await perform({ kind: 'curve', runId, compare: false });
  const curve = (await service.compressionCurve(runId))!;
  expect(curve).toMatchObject({ runId, images: count, sampled: count, rivals: [] });
  expect(curve.points).toHaveLength(10);
  await perform({ kind: 'samples', count: 20 });
  expect(await service.compressionCurve(runId)).toBeNull();
});

test('what was written can be downloaded and looked through; images come in any order, as they are unpacked', async () => {
  const { file, result } = await write('images.pinhole', { maxError: 18 });
  expect(result).toMatchObject({ file, images: count, rivals: null });
  expect((await service.download(file, 0)).data).toEqual(new Uint8Array(readFileSync(file)));
  const { description, table, datasetId } = await service.openArchive(file);
  expect(description).toMatchObject({ images: count, maxError: 18, model: { run: runId }, list: null, problems: [] });
  expect(datasetId).toBe(dataset.id);
  const paths = pathsOf(table!);
  expect(paths).toEqual(pathsOf(await service.itemTable(dataset.id)));
  expect(table!.psnr.every((psnr) => psnr >= 18)).toBe(true);

  const back = join(out, 'back');
  expect(await extract({ archive: file, folder: back })).toMatchObject({ files: count, lost: 0, problems: [] });
  const rows = Int32Array.of(70, 3, 3, 41);
  const images = await service.archiveImages(file, rows);
  expect(images).toMatchObject({ ids: rows, lost: new Uint8Array(4) });
  const size = images.height * images.width * images.channels;
  for (const [place, row] of rows.entries()) {
    const picture = sharp(join(back, paths[row]!)).toColourspace(images.channels === 1 ? 'b-w' : 'srgb');
    const pixels = await picture.raw().toBuffer();
    expect(pixels.equals(images.data.subarray(place * size, (place + 1) * size))).toBe(true);
  }
});

test('images that are kept whole are shown as the model saw them', async () => {
  const { file } = await write('whole.pinhole', { keepOriginals: true });
  const { table } = await service.openArchive(file);
  expect(new Set(table!.kept)).toEqual(new Set([2]));
  const rows = Int32Array.of(5, 50);
  const { data } = await service.archiveImages(file, rows);
  const { ids } = await service.itemTable(dataset.id);
  expect(data).toEqual(
    (
      await service.images(
        dataset.id,
        rows.map((row) => ids[row]!),
      )
    ).data,
  );
});

test('some come back alone, in the format that is wanted', async () => {
  const { file } = await write('some.pinhole');
  const paths = pathsOf((await service.openArchive(file)).table!);
  const some = join(out, 'some');
  const only = [paths[7]!, paths[60]!];
  expect(await extract({ archive: file, folder: some, format: 'webp', only })).toMatchObject({ files: 2 });
  const names = globSync('**/*.*', { cwd: some }).sort();
  expect(names).toEqual(only.map((path) => path.replace(/\.\w+$/, '.webp')).sort());
  const unknown = extract({ archive: file, folder: some, only: ['none/such.png'] });
  await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
});

test('a row that is none is refused, one that is damaged is said to be lost, and others still come', async () => {
  const { file } = await write('damaged.pinhole');
  await expect(service.archiveImages(file, Int32Array.of(count))).rejects.toMatchObject({ code: 'not-found' });
  expect((await service.archiveImages(file, Int32Array.of(0))).lost).toEqual(Uint8Array.of(0));
  // The codes are stored: what is changed in them is found by the checksum of their block.
  const bytes = readFileSync(file);
  const codes = bytes.indexOf('codes.bin') + 'codes.bin'.length;
  const { description } = await service.openArchive(file);
  const length = description.members.find(({ name }) => name === 'codes.bin')!.bytes;
  bytes[codes + length - 5]! ^= 0x10;
  writeFileSync(file, bytes);
  const { lost, data } = await service.archiveImages(file, Int32Array.of(1));
  expect(lost).toEqual(Uint8Array.of(1));
  expect(data.every((value) => value === 0)).toBe(true);
});

test('what is no archive, or is not there, is told so', async () => {
  const text = join(folder, 'text.pinhole');
  writeFileSync(text, 'This is no archive.');
  await expect(service.openArchive(text)).rejects.toMatchObject({ code: 'file-damaged' });
  await expect(service.archiveImages(text, Int32Array.of(0))).rejects.toMatchObject({ code: 'file-damaged' });
  const nowhere = join(folder, 'nowhere.pinhole');
  await expect(service.openArchive(nowhere)).rejects.toMatchObject({ code: 'source-missing' });
  await expect(service.archiveImages(nowhere, Int32Array.of(0))).rejects.toMatchObject({ code: 'source-missing' });
});

test('a look at the target says what stands in the way, and writes nothing', async () => {
  const look = (path: string, kind: 'archive' | 'folder') => service.lookAtTarget(path, kind);
  expect(await look(join(folder, 'new/deep/a.pinhole'), 'archive')).toMatchObject({ problem: null, exists: false });
  expect((await look(join(folder, 'new'), 'folder')).freeBytes).toBeGreaterThan(0);
  expect(existsSync(join(folder, 'new'))).toBe(false);
  const { file } = await write('there.pinhole');
  expect(await look(file, 'archive')).toMatchObject({ problem: null, exists: true });
  expect(await look(out, 'folder')).toMatchObject({ problem: null, exists: true });
  mkdirSync(join(folder, 'folder.pinhole'));
  for (const name of ['photo.png', '.pinhole', 'folder.pinhole', 'a.pinhole/']) {
    const { problem } = await look(join(folder, name), 'archive');
    if (name === 'a.pinhole/') expect(problem).toBeNull();
    else expect(problem, name).toMatchObject({ code: 'usage' });
  }
  expect((await look(dataset.sources[0]!, 'folder')).problem).toMatchObject({ code: 'usage' });
  expect((await look('/etc', 'folder')).problem).toMatchObject({ code: 'refused' });
});

test('originals are not written over, whatever an archive or its target is called', async () => {
  const { file } = await write('careful.pinhole');
  const [source] = dataset.sources;
  const before = globSync('**/*.png', { cwd: source! }).length;
  const wrong = { code: 'usage', message: expect.stringContaining('one of the sources of') };
  await expect(extract({ archive: file, folder: source! })).rejects.toMatchObject(wrong);
  await expect(extract({ archive: file, folder: join(source!, 'deep') })).rejects.toMatchObject(wrong);
  const picture = join(source!, globSync('**/*.png', { cwd: source! })[0]!);
  await expect(write(picture.replace(/^.*\/out/, ''), { file: picture })).rejects.toMatchObject({ code: 'usage' });
  expect(globSync('**/*.png', { cwd: source! })).toHaveLength(before);
});

test('nothing is unpacked through a link that leads elsewhere', async ({ skip }) => {
  if (process.platform === 'win32') skip('Windows: links need rights there');
  const { file } = await write('linked.pinhole');
  const elsewhere = join(folder, 'elsewhere');
  const target = join(out, 'linked');
  for (const path of [elsewhere, target]) mkdirSync(path, { recursive: true });
  const paths = pathsOf((await service.openArchive(file)).table!);
  symlinkSync(elsewhere, join(target, paths[0]!.split('/')[0]!));
  await expect(extract({ archive: file, folder: target })).rejects.toMatchObject({ code: 'refused' });
  expect(readdirSync(elsewhere)).toEqual([]);
});
