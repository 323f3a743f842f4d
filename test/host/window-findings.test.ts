// What is found among codes through the window's service: looked for once, kept, and gone when images have come.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Service } from '../../src-main/contract/api.ts';
import type { Dataset } from '../../src-main/contract/records.ts';
import type { Task, TaskRequest, TaskResults } from '../../src-main/contract/tasks.ts';
import { writeNpy } from '../../src-main/files/npy.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { codePaths, readCodes } from '../../src-main/latent/encode.ts';
import { runPaths } from '../../src-main/training/run-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

// Each starts processes that load codes, which a busy machine is long about.
vi.setConfig({ testTimeout: 600_000 });

const count = 70;
const allowed = temporaryFolder();
let service: Service;
let runId: string;

async function perform(request: TaskRequest): Promise<Task> {
  const id = await service.startTask(request);
  return new Promise((resolve) => {
    const stop = service.subscribe('tasks', (tasks) => {
      const task = tasks.find((one) => one.id === id)!;
      if (task.ended === null) return;
      queueMicrotask(() => stop());
      resolve(task);
    });
  });
}

beforeAll(async () => {
  const workspace = join(temporaryFolder(), 'workspace');
  service = await createWindowService({ workspace, command: 'test', roots: [allowed] });
  await perform({ kind: 'samples', count });
  const [dataset] = await service.datasets();
  const { runId: made } = await perform({
    kind: 'train',
    datasetId: dataset!.id,
    request: { epochs: 2, codeSize: 4 },
  });
  runId = made!;
}, 600_000);
afterAll(() => service.close());

test('nothing is there until it was looked for; then it is, by ids', async () => {
  for (const what of ['duplicates', 'outliers', 'clusters'] as const) {
    expect(await service.found(runId, what)).toBeNull();
    expect(await perform({ kind: 'find', runId, what })).toMatchObject({ state: 'done', result: { runId, what } });
  }
  expect(await service.found(runId, 'duplicates')).toEqual({ what: 'duplicates', groups: [] });
  const outliers = (await service.found(runId, 'outliers'))!;
  if (outliers.what !== 'outliers') throw new Error(outliers.what);
  expect(new Set(outliers.ids).size).toBe(count);
  expect([...outliers.scores]).toEqual([...outliers.scores].sort((a, b) => b - a));
  const clusters = (await service.found(runId, 'clusters'))!;
  if (clusters.what !== 'clusters') throw new Error(clusters.what);
  expect(clusters.ids).toHaveLength(count);
  expect(new Set(clusters.cluster).size).toBe(clusters.count);
});

test('what was decided of copies is a list beside what the images are; none of them is touched', async () => {
  const { datasetId } = (await service.runs()).find(({ id }) => id === runId)!;
  const [first, second, third] = await service.items(datasetId);
  const out = join(temporaryFolder(), 'workspace', 'exports');
  const groups = [{ ids: Int32Array.of(first!.id, second!.id, third!.id), kept: Int32Array.of(second!.id, third!.id) }];
  await expect(service.saveDuplicates(runId, out, groups)).rejects.toMatchObject({ code: 'refused' });
  const inside = join(service.workspace, 'exports', 'copies');
  const { files, rows, bytes } = await service.saveDuplicates(runId, inside, groups);
  const text = readFileSync(files[0]!, 'utf8');
  expect({ files, rows, bytes }).toEqual({ files: [join(inside, 'duplicates.csv')], rows: 3, bytes: [text.length] });
  const row = (advice: string, item: typeof first) =>
    `0,${advice},${item!.id},${item!.path},${item!.label},${item!.width},${item!.height},${item!.bytes}`;
  expect(text.trimEnd().split('\r\n')).toEqual([
    'group,advice,image_id,path,label,width,height,bytes',
    ...[row('copy', first), row('keep', second), row('keep', third)],
  ]);
  expect(Buffer.from((await service.download(files[0]!, 0)).data).toString()).toBe(text);
  const unknown = [{ ids: Int32Array.of(99_999), kept: new Int32Array() }];
  await expect(service.saveDuplicates(runId, inside, unknown)).rejects.toThrow('There is no image 99999');
});

test('the overlap with another run is measured when one says so, and known in whichever order', async () => {
  const { datasetId } = (await service.runs()).find(({ id }) => id === runId)!;
  const { runId: otherId } = await perform({ kind: 'train', datasetId, request: { epochs: 1, codeSize: 3, seed: 5 } });
  expect(await service.overlap(runId, otherId!)).toBeNull();
  const task = await perform({ kind: 'overlap', runId, otherId: otherId! });
  expect(task).toMatchObject({ state: 'done', subject: runId, result: { runId, otherId } });
  const measured = await service.overlap(runId, otherId!);
  expect(measured).toMatchObject({ k: 15, images: count, points: count });
  expect(await service.overlap(otherId!, runId)).toEqual(measured);
  expect(await perform({ kind: 'overlap', runId, otherId: runId })).toMatchObject({ state: 'failed' });
});

test('a map says how true it is; one that is shown at once says nothing of that', async () => {
  await perform({ kind: 'map', runId, settings: { method: 'tsne', perplexity: 8 } });
  const map = (await service.map(runId, 'tsne'))!;
  expect(map).toMatchObject({ method: 'tsne', settings: { perplexity: 8 }, explained: null });
  expect(map.quality!.trustworthiness).toBeGreaterThan(0.5);
  expect((await service.map(runId, 'pca'))!.quality).toBeNull();
  expect(await service.map(runId, 'codes')).toBeNull();
});

test('a map is kept until the codes are written again', async () => {
  const run = (await service.runs()).find(({ id }) => id === runId)!;
  const folder = runPaths(run.folder).codes;
  const before = (await service.map(runId, 'pca'))!;
  expect(await service.map(runId, 'pca')).toEqual(before);
  const { ids, codes, size } = await readCodes(folder);
  const write = async (written: Float32Array) => {
    await writeNpy(codePaths(folder).codes, written, [count, size]);
    await writeNpy(codePaths(folder).ids, new Int32Array(ids), [count]);
  };
  // The first two images change places.
  await write(
    Float32Array.of(...codes.subarray(size, 2 * size), ...codes.subarray(0, size), ...codes.subarray(2 * size)),
  );
  const after = (await service.map(runId, 'pca'))!;
  for (const at of [0, 1]) expect(after.xy[at]).toBeCloseTo(before.xy[at + 2]!, 4);
  expect(after.xy[0]).not.toBeCloseTo(before.xy[0]!, 4);
  await write(codes);
});

test('originals are copied by what was found, of all or of some; only to where a window may write', async () => {
  const folder = temporaryFolder();
  const copy = async (more: object) => {
    const request = { runId, folder: join(allowed, 'copies'), by: 'cluster' as const, ...more };
    const { result, error } = await perform({ kind: 'copy', request });
    return { result: result as TaskResults['copy'] | null, error };
  };
  const clusters = (await service.found(runId, 'clusters'))!;
  if (clusters.what !== 'clusters') throw new Error(clusters.what);
  expect(clusters.central).toHaveLength(clusters.count);
  for (const [cluster, ids] of clusters.central.entries())
    for (const id of ids) expect(clusters.cluster[clusters.ids.indexOf(id)]).toBe(cluster);
  const some = clusters.ids.filter((_, row) => clusters.cluster[row] === 1);
  const { result } = await copy({ ids: some });
  expect(result).toMatchObject({ copied: some.length, present: 0, missing: 0, missed: [] });
  expect(result!.folders).toEqual([{ name: 'cluster-01', images: some.length }]);
  expect(readdirSync(join(allowed, 'copies', 'cluster-01'))).toHaveLength(some.length);
  expect((await copy({})).result).toMatchObject({ copied: count - some.length, present: some.length });
  expect(
    (await copy({ by: 'split', folder: join(allowed, 'splits') })).result!.folders.map(({ name }) => name),
  ).toEqual([...['train', 'validation']]);
  const elsewhere = { kind: 'copy', request: { runId, folder, by: 'label' } } as const;
  await expect(service.startTask(elsewhere)).rejects.toMatchObject({ code: 'refused' });
  const [{ sources }] = (await service.datasets()) as [Dataset];
  const among = { kind: 'copy', request: { runId, folder: join(sources[0]!, 'new'), by: 'label' } } as const;
  await expect(service.startTask(among)).rejects.toMatchObject({ code: 'usage' });
});

test('when images have come, what was found is no more', async () => {
  await perform({ kind: 'samples', count: 20 });
  expect(await service.found(runId, 'clusters')).toBeNull();
  const [one, other] = await service.runs();
  expect(await service.overlap(one!.id, other!.id)).toBeNull();
  const request = { runId, folder: join(allowed, 'later'), by: 'cluster' as const };
  expect((await perform({ kind: 'copy', request })).error).toMatchObject({ code: 'usage' });
});
