// The window's service as a whole: samples, preview, training steered and watched, maps, exports with choices, undo of deletes.
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Service } from '../../src-main/contract/api.ts';
import type { Dataset, Warning } from '../../src-main/contract/records.ts';
import { exportFormats, type Task, type TaskRequest, type TaskResults } from '../../src-main/contract/tasks.ts';
import type { RunEvent } from '../../src-main/contract/views.ts';
import { parseNpy } from '../../src-main/files/npy.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { temporaryFolder } from '../support/temporary.ts';

// Each starts processes that train, which a busy machine is long about.
vi.setConfig({ testTimeout: 600_000 });

const folder = temporaryFolder();
const workspace = join(folder, 'workspace');
let service: Service;
let dataset: Dataset;
let runId: string;

beforeAll(async () => {
  service = await createWindowService({ workspace, command: 'test', roots: [folder] });
  await finished(await start({ kind: 'samples', count: 120 }));
  dataset = (await service.datasets())[0]!;
  const { task } = await finished(
    await start({ kind: 'train', datasetId: dataset.id, request: { epochs: 4, codeSize: 6 } }),
  );
  runId = task.runId!;
}, 600_000);
afterAll(() => service.close());

const start = (request: TaskRequest) => service.startTask(request);

/** The task when it has ended, and every state that it had. */
function finished(id: string): Promise<{ task: Task; states: string[] }> {
  const states: string[] = [];
  return new Promise((resolve) => {
    const stop = service.subscribe('tasks', (tasks) => {
      const task = tasks.find((candidate) => candidate.id === id)!;
      if (states.at(-1) !== task.state) states.push(task.state);
      if (task.ended === null) return;
      queueMicrotask(() => stop());
      resolve({ task, states });
    });
  });
}

describe('data sets', () => {
  test('a preview shows exactly the pixels that the import stores', async () => {
    const preview = await service.previewImport({ sources: dataset.sources });
    expect(preview.images).toBe(120);
    expect(preview.labels.reduce((sum, { count }) => sum + count, 0)).toBe(120);
    const table = await service.itemTable(dataset.id);
    const paths = Array.from(table.ids, (_, row) =>
      new TextDecoder().decode(table.paths.subarray(table.offsets[row], table.offsets[row + 1])),
    );
    const ids = Int32Array.from(preview.samples, ({ path }) => table.ids[paths.indexOf(path)]!);
    const stored = await service.images(dataset.id, ids);
    expect(preview.seen.data).toEqual(stored.data);
  });

  test('a preview counts what will be imported, not what will be passed over', async () => {
    const mixed = join(folder, 'mixed');
    cpSync(dataset.sources[0]!, mixed, { recursive: true });
    writeFileSync(join(mixed, 'empty.png'), '');
    writeFileSync(join(mixed, 'text.png'), 'not a picture');
    const preview = await service.previewImport({ sources: [mixed] });
    expect(preview.images).toBe(120);
    expect(preview.failures.map(({ path }) => path)).toEqual(['empty.png', 'text.png']);
    expect(preview.labels.reduce((sum, { count }) => sum + count, 0)).toBe(120);
  });

  test('settings change what the model will see', async () => {
    const { seen } = await service.previewImport({ sources: dataset.sources, size: 20, color: 'grey' });
    expect([seen.height, seen.width, seen.channels]).toEqual([20, 20, 1]);
  });

  test('one that was put aside is in no list, nor is its import, and comes back with its runs', async () => {
    expect((await service.tasks()).map(({ kind }) => kind)).toContain('samples');
    await service.deleteDataset(dataset.id);
    expect((await service.tasks()).map(({ kind }) => kind)).not.toContain('samples');
    expect([await service.datasets(), await service.runs()]).toEqual([[], []]);
    await service.restoreDataset(dataset.id);
    expect((await service.datasets()).map(({ id }) => id)).toEqual([dataset.id]);
    expect((await service.runs()).map(({ id }) => id)).toContain(runId);
  });

  test('the original comes as a picture, and an image that is none is refused', async () => {
    const { type, data } = await service.original(dataset.id, 3);
    expect(type).toBe('image/png');
    expect(Array.from(data.subarray(1, 4))).toEqual([80, 78, 71]);
    await expect(service.images(dataset.id, Int32Array.of(5000))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a path outside of the allowed folders is refused', async () => {
    await expect(service.previewImport({ sources: ['/etc'] })).rejects.toMatchObject({ code: 'refused' });
    await expect(start({ kind: 'import', request: { sources: ['/etc'] } })).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('training', () => {
  test('what would be trained follows the settings', async () => {
    const [small, large] = [
      await service.describeTraining(dataset.id, { codeSize: 4, hidden: [16] }),
      await service.describeTraining(dataset.id, { codeSize: 8, hidden: [64, 32] }),
    ];
    expect(large.parameters).toBeGreaterThan(small.parameters);
    expect(large.multiplyAdds).toBeGreaterThan(small.multiplyAdds);
    expect(large.resolved).toMatchObject({ hidden: [64, 32], codeSize: 8, loss: 'mse', filters: null });
    expect(large.layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBeGreaterThan(0);
  });

  test('every evaluation has its reconstructions, step 0 included, and its baselines', async () => {
    const details = await service.runDetails(runId);
    const { steps, originals } = await service.probes(runId);
    expect(steps).toEqual(details.epochs.map(({ step }) => step));
    expect(steps[0]).toBe(0);
    expect(details.baselines!.pca).toBeLessThan(details.baselines!.meanImage);
    const [first, last] = [await service.probeImages(runId, 0), await service.probeImages(runId, steps.length - 1)];
    expect(first.length).toBe(originals.data.length);
    expect(first).not.toEqual(last);
  });

  test('every evaluation has its map of the same images', async () => {
    const { steps, map } = await service.probes(runId);
    expect(map!.steps).toEqual(steps);
    const { ids } = await service.itemTable(dataset.id);
    expect(map!.ids.every((id) => ids.includes(id))).toBe(true);
    expect(map!.ids).toEqual(map!.ids.toSorted());
    for (const index of steps.keys()) {
      const { xy, explained } = await service.probeMap(runId, index);
      expect(xy.length).toBe(2 * map!.ids.length);
      expect(explained).toBeGreaterThan(0);
      expect(explained).toBeLessThanOrEqual(1);
    }
    await expect(service.probeMap(runId, steps.length)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('it is watched, paused, resumed and finished early with the best model', async () => {
    const id = await start({ kind: 'train', datasetId: dataset.id, request: { epochs: 4000, codeSize: 5 } });
    const seen: RunEvent['type'][] = [];
    const mapped: number[] = [];
    let steered: Promise<void> | undefined;
    let stop: (() => void) | undefined;
    const unwatch = service.subscribe('tasks', (tasks) => {
      const known = tasks.find((task) => task.id === id)?.runId;
      if (!known || stop) return;
      stop = service.subscribe(`run:${known}`, (event) => {
        seen.push(event.type);
        if (event.type === 'probes') mapped.push(event.map?.xy.length ?? 0);
        if (['epoch', 'steps', 'probes'].every((type) => seen.includes(type as RunEvent['type'])))
          steered ??= steer(id);
      });
    });
    const { task, states } = await finished(id);
    await steered;
    unwatch();
    stop!();
    expect(task).toMatchObject({ state: 'done', error: null });
    expect(states).toEqual(['running', 'paused', 'running', 'stopping', 'done']);
    for (const type of ['baselines', 'epoch', 'steps'] as const) expect(seen).toContain(type);
    expect(seen).toContain('probes');
    const { map } = await service.probes(task.runId!);
    expect(new Set(mapped)).toEqual(new Set([2 * map!.ids.length]));
    expect((await service.runs()).find((run) => run.id === task.runId)).toMatchObject({ state: 'finished' });
  });

  test('what the doctor finds is said while it trains, to windows that open then too, and of the finished model', async () => {
    const request = { epochs: 100_000, codeSize: 5, hidden: [16], learningRate: 10 };
    const id = await start({ kind: 'train', datasetId: dataset.id, request });
    const found = Promise.withResolvers<{ run: string; warning: Warning }>();
    let stop: (() => void) | undefined;
    const unwatch = service.subscribe('tasks', (tasks) => {
      const run = tasks.find((task) => task.id === id)?.runId;
      if (!run || stop) return;
      stop = service.subscribe(`run:${run}`, (event) => {
        const warning = event.type === 'warnings' && event.warnings.find(({ code }) => code === 'rate-too-high');
        if (warning) found.resolve({ run, warning });
      });
    });
    const { run, warning } = await found.promise;
    expect(warning.remedy).toEqual({ learningRate: 2e-3 });
    const codesOf = async () => (await service.runDetails(run)).warnings.map(({ code }) => code);
    expect(await codesOf()).toContain('rate-too-high');
    await service.finishTask(id);
    await finished(id);
    unwatch();
    stop!();
    const { report } = (await service.runs()).find((candidate) => candidate.id === run)!;
    expect(await codesOf()).toContain('rate-too-high');
    expect((await service.runDetails(run)).warnings).toEqual(report!.warnings);
    expect(await service.warnings(run)).toEqual(report!.warnings);
  });

  async function steer(id: string): Promise<void> {
    await service.pauseTask(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await service.resumeTask(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await service.finishTask(id);
  }

  test('a code larger than the image is refused and leaves no run', async () => {
    const before = (await service.runs()).length;
    const { task } = await finished(
      await start({ kind: 'train', datasetId: dataset.id, request: { codeSize: 60_000 } }),
    );
    expect(task).toMatchObject({ state: 'failed', error: { code: 'spec-invalid' } });
    expect((await service.runs()).length).toBe(before);
  });

  test('a deleted run is not found as trained before: the same settings train anew, and an undo brings it back', async () => {
    const request: TaskRequest = {
      kind: 'train',
      datasetId: dataset.id,
      request: { epochs: 1, codeSize: 2, hidden: [8] },
    };
    const first = (await finished(await start(request))).task.result as TaskResults['train'];
    await service.deleteRun(first.run.id);
    const second = (await finished(await start(request))).task.result as TaskResults['train'];
    expect(second.trained).toBe(true);
    expect(second.run.id).not.toBe(first.run.id);
    await service.restoreRun(first.run.id);
    expect((await service.runs()).map(({ id }) => id)).toEqual(expect.arrayContaining([first.run.id, second.run.id]));
    await service.deleteRun(first.run.id);
    const third = (await finished(await start(request))).task.result as TaskResults['train'];
    expect(third).toMatchObject({ trained: false, run: { id: second.run.id } });
  });

  test('a model that is kept ready answers again', async () => {
    const ids = Int32Array.of(2, 7);
    const [first, second] = [await service.reconstructions(runId, ids), await service.reconstructions(runId, ids)];
    expect(first.data).toEqual(second.data);
    expect(first.data.length).toBe(2 * dataset.height * dataset.width * dataset.channels);
  });
});

describe('maps and exports', () => {
  test('the same settings give the same map', async () => {
    const make = async () => {
      const { task } = await finished(await start({ kind: 'map', runId, settings: { method: 'umap', neighbours: 8 } }));
      expect(task.error).toBeNull();
      return (await service.map(runId, 'umap'))!;
    };
    const [first, second] = [await make(), await make()];
    expect(first.xy).toEqual(second.xy);
    expect(first.xy.every(Number.isFinite)).toBe(true);
    expect(first.settings).toMatchObject({ neighbours: 8 });
  });

  test('by PCA are made once, also for those who ask at the same time', async () => {
    const [one, two] = await Promise.all([service.map(runId, 'pca'), service.map(runId, 'pca')]);
    expect(one!.xy).toHaveLength(2 * one!.ids.length);
    expect(two!.xy).toBe(one!.xy);
    expect((await service.map(runId, 'pca'))!.xy).toBe(one!.xy);
  });

  test('rows are the selection, columns the choice, positions those of the map', async () => {
    const map = (await service.map(runId, 'pca'))!;
    const ids = Int32Array.of(11, 4);
    const out = join(folder, 'selection');
    const request = { runId, out, formats: ['csv', 'npy'] as const, columns: ['path', 'map'] as const, ids };
    const preview = await service.previewExport({
      ...request,
      formats: [...request.formats],
      columns: [...request.columns],
    });
    await finished(
      await start({
        kind: 'export',
        request: { ...request, formats: [...request.formats], columns: [...request.columns] },
      }),
    );
    const note = JSON.parse(readFileSync(join(out, 'features.json'), 'utf8'));
    expect(Object.keys(note.columns)).toEqual(['image_id', 'path', 'map_x', 'map_y']);
    expect(note.map).toEqual({ method: 'pca' });
    const lines = readFileSync(join(out, 'features.csv'), 'utf8').trim().split('\r\n');
    expect(lines).toEqual([preview.header.join(','), ...preview.rows.map((row) => row.join(','))]);
    expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual([4, 11]);
    const row = map.ids.indexOf(4);
    const [, , x, y] = lines[1]!.split(',').map(Number);
    expect([Math.fround(x!), Math.fround(y!)]).toEqual([map.xy[2 * row], map.xy[2 * row + 1]]);
    const { codes } = await service.codeRows(runId, Int32Array.of(4, 11));
    expect(parseNpy(readFileSync(join(out, 'codes.npy'))).data).toEqual(codes);
  });

  test('a CSV has a byte-order mark where one is wanted, with chosen columns and with all', async () => {
    const first = async (name: string, more: object) => {
      const out = join(folder, name);
      await finished(await start({ kind: 'export', request: { runId, out, formats: ['csv'], ...more } }));
      return readFileSync(join(out, 'features.csv'), 'utf8').slice(0, 9);
    };
    expect(await first('plain', {})).toBe('image_id,');
    expect(await first('plain-bom', { bom: true })).toBe('\uFEFFimage_id');
    expect(await first('chosen', { columns: ['path'] })).toBe('image_id,');
    expect(await first('chosen-bom', { columns: ['path'], bom: true })).toBe('\uFEFFimage_id');
  });

  const request = (out: string) => ({ runId, out, formats: ['csv' as const, 'npy' as const], ids: Int32Array.of(3) });

  test('every file is named with its size, those of folders too; a selection has its ids beside its codes', async () => {
    const out = join(folder, 'all-formats');
    const formats = [...exportFormats];
    const { task } = await finished(await start({ kind: 'export', request: { ...request(out), formats } }));
    const { files, bytes } = task.result as TaskResults['export'];
    const names = files.map((file) => relative(out, file));
    expect(names).toEqual(expect.arrayContaining(['features.csv', 'features.parquet', 'codes.npy', 'image_ids.npy']));
    expect(names).toEqual(expect.arrayContaining(['model/encoder.onnx', 'model/model.json', 'contact-sheet.png']));
    expect(names.some((name) => /^tensorboard\/.*tfevents/.test(name))).toBe(true);
    expect(bytes).toEqual(files.map((file) => statSync(file).size));
    expect(parseNpy(readFileSync(join(out, 'image_ids.npy'))).data).toEqual(Int32Array.of(3));
    const note = JSON.parse(readFileSync(join(out, 'features.json'), 'utf8'));
    expect(note).toMatchObject({ model: { runId, codeSize: 6 }, rows: 1, dataset: { images: 120 } });
    expect(Object.keys(note.columns)).toContain('sha256');
    expect(Object.keys(note.columns)).not.toContain('map_x');
  });

  test('what an export wrote can be downloaded in pieces, and files of runs; nothing else that may be read', async () => {
    const out = join(folder, 'downloads');
    const { task } = await finished(await start({ kind: 'export', request: request(out) }));
    const file = (task.result as TaskResults['export']).files[0]!;
    const bytes = readFileSync(file);
    expect(await service.download(file, 10)).toEqual({ size: bytes.length, data: Uint8Array.from(bytes.subarray(10)) });
    const run = (await service.runs()).find(({ id }) => id === runId)!;
    expect((await service.download(join(run.folder, 'run.json'), 0)).size).toBeGreaterThan(0);
    writeFileSync(join(out, 'own.txt'), 'not of an export');
    for (const other of [join(out, 'own.txt'), join(workspace, 'catalogue.db'), join(dataset.sources[0]!, 'x.png')]) {
      await expect(service.download(other, 0)).rejects.toMatchObject({ code: 'refused' });
    }
  });

  test('a preview says what will be replaced, and why a folder cannot be written', async () => {
    const folderOf = async (out: string) => (await service.previewExport(request(out))).folder;
    expect(await folderOf(join(folder, 'new', 'one'))).toMatchObject({ problem: null, replaces: [] });
    await finished(await start({ kind: 'export', request: request(join(folder, 'again')) }));
    expect((await folderOf(join(folder, 'again'))).replaces).toEqual([
      ...['features.csv', 'features.json', 'codes.npy', 'image_ids.npy'],
    ]);
    const file = join(folder, 'again', 'features.csv');
    expect((await folderOf(file)).problem).toMatchObject({ code: 'usage' });
    expect((await folderOf(join(file, 'below'))).problem).toMatchObject({ code: 'usage' });
    expect(await folderOf('/etc')).toMatchObject({ problem: { code: 'refused' }, replaces: [], freeBytes: 0 });
  });

  test('labels that a person gives are in tables and exports, stay over an import, and can be undone', async () => {
    const label = '=odd, "rings"';
    const whole = async () => {
      const table = await service.itemTable(dataset.id);
      return Array.from(table.label, (at) => (at < 0 ? null : table.labels[at]!));
    };
    const before = await whole();
    const { ids } = await service.itemTable(dataset.id);
    const chosen = Int32Array.of(ids[0]!, ids[119]!, 999_999);
    const former = await service.labelImages(dataset.id, [
      { label, ids: chosen.subarray(0, 1) },
      { label: null, ids: chosen.subarray(1) },
    ]);
    const named = before.map((was, row) => (row === 0 ? label : row === 119 ? null : was));
    expect(await whole()).toEqual(named);
    expect((await service.datasetDetails(dataset.id)).labels).toContainEqual({ label, count: 1 });
    await finished(await start({ kind: 'import', request: { sources: dataset.sources } }));
    expect(await whole()).toEqual(named);
    const wanted = { ...request(join(folder, 'labelled')), columns: ['label' as const], ids: null };
    await finished(await start({ kind: 'export', request: wanted }));
    const lines = readFileSync(join(folder, 'labelled', 'features.csv'), 'utf8').split('\r\n');
    expect([lines[1], lines[120]]).toEqual([`${ids[0]},"'=odd, ""rings"""`, `${ids[119]},`]);
    await service.labelImages(dataset.id, former);
    expect(await whole()).toEqual(before);
    expect(await service.labelImages(dataset.id, former)).toEqual([]);
  });

  test('columns from a CSV are in tables and exports, stay over an import, are left out, removed and brought back', async () => {
    const { ids } = await service.itemTable(dataset.id);
    const file = join(folder, 'about.csv');
    writeFileSync(file, `image_id,age,place\n${ids[0]},0.1,here\n${ids[119]},,there\n${ids[1]},-3,here\n`);
    const heard: string[][] = [];
    const stop = service.subscribe('workspace', ({ what }) => heard.push(what));
    expect(await service.importColumns(dataset.id, file)).toMatchObject({ by: 'id', matched: 3, without: 117 });
    stop();
    expect(heard).toEqual([['columns']]);
    await finished(await start({ kind: 'import', request: { sources: dataset.sources } }));
    const columns = [
      { name: 'age', kind: 'number' },
      { name: 'place', kind: 'text' },
    ];
    expect((await service.datasetDetails(dataset.id)).columns).toEqual(columns);
    expect((await service.itemTable(dataset.id)).columns).toEqual(columns);
    expect(await service.column(dataset.id, 'age')).toEqual({
      ...{ kind: 'number', ids: ids.slice(0, 2), values: Float64Array.of(0.1, -3) },
    });
    expect(await service.column(dataset.id, 'place')).toEqual({
      ...{ kind: 'text', ids: Int32Array.of(ids[0]!, ids[1]!, ids[119]!), texts: ['here', 'there'] },
      value: Int32Array.of(0, 0, 1),
    });
    expect(await service.imageColumns(dataset.id, ids[119]!)).toEqual([
      { name: 'age', value: null },
      { name: 'place', value: 'there' },
    ]);
    const wanted = { ...request(join(folder, 'imported')), columns: ['path' as const], ids: null };
    expect(await service.previewExport(wanted)).toMatchObject({
      ...{ header: ['image_id', 'path', 'age', 'place'], imported: ['age', 'place'] },
    });
    const some = { ...wanted, leaveOut: ['age'] };
    expect((await service.previewExport(some)).header).toEqual(['image_id', 'path', 'place']);
    await finished(await start({ kind: 'export', request: some }));
    const lines = readFileSync(join(folder, 'imported', 'features.csv'), 'utf8').split('\r\n');
    expect(lines[120]).toMatch(/^\d+,[^,]+,there$/);
    const note = JSON.parse(readFileSync(join(folder, 'imported', 'features.json'), 'utf8'));
    expect(note.columns.place).toBe('imported: a text, empty where none is known');
    // All columns of all images, as the command line writes them.
    await service.export(runId, join(folder, 'imported'), ['csv', 'projector']);
    const whole = readFileSync(join(folder, 'imported', 'features.csv'), 'utf8').split('\r\n');
    expect(whole[0]).toMatch(/^image_id,path,label,split,width,height,sha256,mse,age,place,z0/);
    expect(whole[2]).toContain(',-3,here,');
    const metadata = readFileSync(join(folder, 'imported', 'projector', 'metadata.tsv'), 'utf8').split('\n');
    expect(metadata[0]).toBe('image_id\tpath\tlabel\tsplit\tmse\tage\tplace');
    await service.removeColumn(dataset.id, 'age');
    expect((await service.previewExport(wanted)).header).toEqual(['image_id', 'path', 'place']);
    await service.restoreColumn(dataset.id, 'age');
    expect((await service.previewExport(wanted)).header).toEqual(['image_id', 'path', 'age', 'place']);
    for (const { name } of columns) await service.removeColumn(dataset.id, name);
    await expect(service.column(dataset.id, 'age')).rejects.toMatchObject({ code: 'not-found' });
  });

  test('groups are a column once they were looked for; until then that is said', async () => {
    const wanted = { ...request(join(folder, 'groups')), columns: ['cluster' as const], ids: null };
    expect((await service.previewExport(wanted)).missing).toEqual(['cluster']);
    expect((await finished(await start({ kind: 'export', request: wanted }))).task).toMatchObject({
      state: 'failed',
      error: { code: 'usage', message: expect.stringContaining('have not been looked for') },
    });
    await finished(await start({ kind: 'find', runId, what: 'clusters' }));
    expect((await service.previewExport(wanted)).missing).toEqual([]);
    await finished(await start({ kind: 'export', request: wanted }));
    const [header, ...lines] = readFileSync(join(folder, 'groups', 'features.csv'), 'utf8')
      .trimEnd()
      .split('\r\n');
    const found = await service.found(runId, 'clusters');
    if (found?.what !== 'clusters') throw new Error('no clusters');
    expect(header!.endsWith('image_id,cluster')).toBe(true);
    expect(lines).toEqual(Array.from(found.ids, (id, row) => `${id},${found.cluster[row]}`));
    const note = JSON.parse(readFileSync(join(folder, 'groups', 'features.json'), 'utf8'));
    expect(Object.keys(note.columns)).toEqual(['image_id', 'cluster']);
  });

  test('a drawn map has its own colours; without groups to colour by, that is said', async () => {
    const out = join(folder, 'drawn');
    const wanted = { runId, out, formats: ['map-svg' as const, 'map-png' as const] };
    const legendOf = async (more: object) => {
      const { task } = await finished(await start({ kind: 'export', request: { ...wanted, ...more } }));
      expect(task.error).toBeNull();
      const svg = readFileSync(join(out, 'map.svg'), 'utf8');
      expect(svg.match(/M[\d.]+ [\d.]+h0/g)).toHaveLength(120);
      return Array.from(svg.matchAll(/font-size="13"[^>]*>([^<]*)</g), ([, words]) => words);
    };
    const labels = (await service.datasetDetails(dataset.id)).labels.map(({ label, count }) => `${label} · ${count}`);
    expect((await legendOf({})).toSorted()).toEqual(labels.toSorted());
    expect(readFileSync(join(out, 'map.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(await legendOf({ color: 'mse' })).toContain('error (mean square, pixels 0–1)');
    const ids = Int32Array.from((await service.map(runId, 'pca'))!.ids.subarray(0, 7));
    expect(await legendOf({ color: 'none', ids })).toEqual(['selected · 7', 'not selected · 113']);
    await service.find(runId, 'clusters');
    expect((await legendOf({ color: 'cluster' }))[0]).toMatch(/^cluster 0 · \d+$/);
    const about = join(folder, 'half.csv');
    writeFileSync(about, `id,half\n${Array.from(ids, (id, at) => `${id},${at % 2 === 0 ? 'a' : 'b'}`).join('\n')}`);
    await service.importColumns(dataset.id, about);
    expect(await legendOf({ color: 'column:half' })).toEqual(['a · 4', 'b · 3', 'no value · 113']);
    expect(await legendOf({ color: 'column:half', ids })).toEqual(['a · 4', 'b · 3', 'not selected · 113']);
    await service.removeColumn(dataset.id, 'half');
    const { task } = await finished(await start({ kind: 'export', request: { ...wanted, color: 'column:half' } }));
    expect(task).toMatchObject({ state: 'failed', error: { code: 'not-found' } });
  });

  test('a report of a selection tells of what was found since, and of those images alone', async () => {
    const out = join(folder, 'report');
    await service.find(runId, 'clusters');
    const ids = Int32Array.from((await service.map(runId, 'pca'))!.ids.subarray(0, 5));
    const request = { runId, out, formats: ['html' as const], ids };
    const { task } = await finished(await start({ kind: 'export', request }));
    expect(task.error).toBeNull();
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect((task.result as TaskResults['export']).bytes).toEqual([Buffer.byteLength(html)]);
    const words = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    expect(words).toContain('Of a selection: 5 of 120 images.');
    expect(words).toMatch(/Clusters \d+ clusters? by PhenoGraph/);
    expect(words).toContain('Near-duplicates were not looked for.');
    const rows = Array.from(html.matchAll(/<tr><td>(\d+)<\/td><td>/g), ([, id]) => Number(id));
    expect(rows).toEqual([...ids]);
    // Samples, pairs and the largest errors: five of each, and two pictures to a pair.
    const section = (id: string) => html.split(`<h2 id="${id}">`)[1]!.split('</section>')[0]!.match(/<img /g)?.length;
    expect([section('images'), section('outliers')]).toEqual([5, 10]);
  });

  test('a map that was not made is said beforehand, and is no column of blanks', async () => {
    const { task: trained } = await finished(
      await start({ kind: 'train', datasetId: dataset.id, request: { epochs: 1, codeSize: 3 } }),
    );
    const wanted = { ...request(join(folder, 'no-map')), runId: trained.runId!, columns: ['map' as const] };
    expect((await service.previewExport({ ...wanted, map: 'umap' })).missing).toEqual(['map']);
    expect((await service.previewExport({ ...wanted, map: 'pca' })).missing).toEqual([]);
    const drawn = { ...wanted, formats: ['map-svg' as const], columns: [], color: 'cluster' as const };
    expect((await service.previewExport({ ...drawn, map: 'umap' })).missing).toEqual(['map', 'cluster']);
    // The report says itself that there is no such map.
    const report = { ...drawn, formats: ['html' as const], color: null };
    expect((await service.previewExport({ ...report, map: 'umap' })).missing).toEqual([]);
    const { task } = await finished(await start({ kind: 'export', request: { ...wanted, map: 'umap' } }));
    expect(task).toMatchObject({
      state: 'failed',
      error: { message: `There is no such map of ${trained.runId} yet.` },
    });
  });

  test('codes come by rows, in the order asked for, and by columns, in the order of the map', async () => {
    const { ids } = (await service.map(runId, 'pca'))!;
    const { codes, codeSize } = await service.codeRows(runId, ids);
    for (const column of [0, codeSize - 1]) {
      const expected = Array.from(ids, (_, row) => codes[row * codeSize + column]!);
      expect(Array.from(await service.codeColumn(runId, column))).toEqual(expected);
    }
    const some = await service.codeRows(runId, Int32Array.of(11, 4_000, 4));
    expect(Array.from(some.ids)).toEqual([11, 4]);
    expect(some.codes.subarray(codeSize)).toEqual(codes.subarray(4 * codeSize, 5 * codeSize));
    await expect(service.codeColumn(runId, codeSize)).rejects.toMatchObject({ code: 'not-found' });
  });
});
