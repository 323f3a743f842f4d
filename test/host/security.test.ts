// Attacks on a real worker through both doors: paths that lead outside, messages made of nonsense; and whom it speaks to.
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgeCalls } from '../../src-main/contract/bridge.ts';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { methods, type RemoteService } from '../../src-main/contract/methods.ts';
import type { Port } from '../../src-main/contract/port.ts';
import type { Notice } from '../../src-main/contract/records.ts';
import { type Connection, connectService } from '../../src-main/contract/rpc.ts';
import type { Task, TaskRequest } from '../../src-main/contract/tasks.ts';
import { decodeFrame, encodeFrame } from '../../src-main/contract/wire.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { startServer } from '../../src-main/host/server.ts';
import { openSocketPort } from '../../src-main/host/socket-port.ts';
import { isOnNetwork } from '../../src-main/host/window/access.ts';
import { WorkerProcess } from '../../src-main/host/worker-process.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { openPagePort, startStandIn } from '../support/desktop.ts';
import type { World } from '../support/electron.ts';
import { call, nonsenseMaker, strange } from '../support/nonsense.ts';
import { start, waitFor, waitUntil } from '../support/processes.ts';
import { repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const secret = 'nobody may read this';

/** A way to the service, as a page has it, to a worker of its own that may use `root`. */
interface Door {
  /** Process of the worker. */
  pid(): number | undefined;
  openPort(): Promise<Port>;
  /** What was said of the worker, e.g. that it died. */
  notices: Notice[];
  world?: World;
  close(): Promise<void>;
}

async function openServer(root: string, workspace: string): Promise<Door> {
  const notices: Notice[] = [];
  const onNotice = (notice: Notice) => notices.push(notice);
  const worker = new WorkerProcess({ workspace, command: 'pinhole test', roots: [root], onNotice });
  // A window is given up after five seconds, and on a busy machine a worker takes longer to start.
  await worker.ready();
  const server = await startServer({ folder: root, port: 0, connect: () => worker.connect() });
  return {
    pid: () => worker.pid,
    openPort: () => openSocketPort(server.address),
    notices,
    async close() {
      await server.close();
      await worker.close();
    },
  };
}

async function openDesktop(root: string, workspace: string): Promise<Door> {
  const { world, desktop } = await startStandIn({ home: root, workspace });
  return {
    pid: () => desktop!.workerPid,
    openPort: () => openPagePort(world),
    notices: [],
    world,
    async close() {
      world.answers = [1];
      world.app.quit();
      await waitUntil(() => world.app.ended, 'the end');
    },
  };
}

describe.each([
  ['the server', openServer],
  ['the desktop', openDesktop],
])('through %s', (_, open) => {
  const home = temporaryFolder();
  /** Allowed, with images in it, and beside it what nobody allowed. */
  const root = join(home, 'root');
  const outside = join(home, 'root-outside');
  let door: Door;
  let connection: Connection;
  let service: RemoteService;
  let datasetId: string;
  let runId: string;

  beforeAll(async () => {
    await drawSamples({ count: 12, size: 8, seed: 1 }, join(root, 'images'));
    mkdirSync(join(outside, 'images'), { recursive: true });
    writeFileSync(join(outside, 'secret.txt'), secret);
    await drawSamples({ count: 12, size: 8, seed: 1 }, join(outside, 'images'));
    if (process.platform !== 'win32') symlinkSync(outside, join(root, 'link'));
    door = await open(root, join(home, 'workspace'));
    connection = connectService(await door.openPort());
    service = connection.service;
    await perform({ kind: 'import', request: { sources: [join(root, 'images')] } });
    datasetId = (await service.datasets())[0]!.id;
    const request = { codeSize: 2, hidden: [4], epochs: 1, device: 'cpu', threads: 1 } as const;
    await perform({ kind: 'train', datasetId, request: { ...request, hidden: [4] } });
    runId = (await service.runs())[0]!.id;
  }, 600_000);

  afterAll(async () => {
    connection.close();
    await door.close();
  });

  /** The task's result; its error is thrown. */
  async function perform(request: TaskRequest): Promise<Task['result']> {
    const id = await service.startTask(request);
    const isEnded = (task: Task) => task.id === id && task.ended !== null;
    const { error, result } = await waitFor(async () => (await service.tasks()).find(isEnded), request.kind);
    if (error) throw PinholeError.fromJSON(error);
    return result;
  }

  describe('paths', () => {
    const evil = () => [
      outside,
      join(outside, 'secret.txt'),
      join(outside, 'images'),
      `${root}/../root-outside/secret.txt`,
      `${root}/images/../../root-outside`,
      `${root}//..//root-outside`,
      `${root}/./../root-outside/secret.txt`,
      `${root}-outside`,
      home,
      '/',
      '/etc/passwd',
      '/proc/self/environ',
      'images',
      '.',
      '..',
      '../root-outside/secret.txt',
      `~/secret.txt`,
      `file://${outside}/secret.txt`,
      `${root}/%2e%2e/../../root-outside`,
      `${root}\0/../root-outside/secret.txt`,
      `${outside}/secret.txt\0.png`,
      `${root}/images\0`,
      '\\\\server\\share',
      'C:\\Windows\\win.ini',
      ...(process.platform === 'win32'
        ? []
        : [join(root, 'link'), join(root, 'link/secret.txt'), join(root, 'link/new')]),
    ];
    const relativeEvil = [
      ...['/etc/passwd', '../secret.txt', 'a/../../../secret.txt', 'a/..', '.', '', 'a//b', 'a\0b', 'a\\..\\..\\b'],
      ...['C:/x.png', 'C:x.png', 'a/./b', '..\\b', '\\\\server\\share\\b', `${'../'.repeat(20)}tmp/b`],
    ];

    /** Where a parameter takes free text: how a path there is tried, or why it is none. */
    const places: Record<string, ((path: string) => Promise<unknown>) | string> = {
      'setPreferences.0.recentSources.[]': 'a list that screens show; a path of it is checked where it is used',
      'setPreferences.0.lastExport.out': 'what the export screen shows first; checked where it is used',
      'setPreferences.0.lastExport.formats.[]': 'not a path',
      'setPreferences.0.lastExport.columns.[]': 'not a path',
      'setPreferences.0.lastExport.leaveOut.[]': 'names of columns in the catalogue',
      'startTask.0.request.leaveOut.[]': 'names of columns in the catalogue',
      'previewExport.0.leaveOut.[]': 'names of columns in the catalogue',
      'setPreferences.0.lastExport.map': 'not a path',
      'setPreferences.0.lastExport.color': 'not a path',
      'startTask.0.request.sources.[]': (path) => service.startTask({ kind: 'import', request: { sources: [path] } }),
      'startTask.0.request.testSources.[]': (path) =>
        service.startTask({ kind: 'import', request: { sources: [join(root, 'images')], testSources: [path] } }),
      'startTask.0.request.name': 'not a path',
      'startTask.0.request.spec.name': 'a name that is shown; the folder of a run is called after its preset',
      'describeTraining.1.spec.name': 'not a path',
      'startTask.0.request.out': (path) =>
        service.startTask({ kind: 'export', request: { runId: 'r', out: path, formats: ['csv'] } }),
      'startTask.0.request.file': (path) =>
        service.startTask({ kind: 'compress', request: { runId, file: path, goal: { kind: 'psnr', psnr: 20 } } }),
      'startTask.0.request.archive': (path) =>
        service.startTask({ kind: 'extract', request: { archive: path, folder: join(root, 'unpacked') } }),
      'startTask.0.request.folder': async (path) => {
        const copy = { kind: 'copy', request: { runId, folder: path, by: 'split' } } as const;
        await expectRefused(() => service.startTask(copy), path);
        return service.startTask({ kind: 'extract', request: { archive: join(root, 'a.pinhole'), folder: path } });
      },
      'startTask.0.request.only.[]': 'names of images in an archive, looked up in its index',
      'lookAtTarget.0': (path) => lookAt(path),
      'openArchive.0': (path) => service.openArchive(path),
      'archiveImages.0': (path) => service.archiveImages(path, Int32Array.of(0)),
      'listFolder.0': (path) => service.listFolder(path),
      'upload.1': 'relative to the upload; tried below',
      'uploadFiles.1.[].path': 'relative to the upload; tried below',
      'download.0': (path) => service.download(path, 0),
      'previewImport.0.sources.[]': (path) => service.previewImport({ sources: [path] }),
      'previewImport.0.testSources.[]': (path) =>
        service.previewImport({ sources: [join(root, 'images')], testSources: [path] }),
      'previewImport.0.name': 'not a path',
      'renameDataset.1': 'a name that is shown; the folder of a data set is called after its id',
      'labelImages.1.[].label': 'a label that is shown and written into tables, where formulas are escaped',
      'importColumns.1': (path) => service.importColumns(datasetId, path, {}),
      'importColumns.2.key': 'the name of a column of the file',
      'column.1': 'the name of a column in the catalogue',
      'removeColumn.1': 'the name of a column in the catalogue',
      'restoreColumn.1': 'the name of a column in the catalogue',
      'saveDuplicates.1': (path) => service.saveDuplicates(runId, path, []),
      'saveSheet.0.out': (path) =>
        service.saveSheet({
          ...{ out: path, name: 'sheet', columns: 1 },
          images: { height: 1, width: 1, channels: 1, data: new Uint8Array(1) },
        }),
      'relocateDataset.1': 'must be one of the sources that the data set has',
      'relocateDataset.2': (path) => service.relocateDataset(datasetId, join(root, 'images'), path),
      'previewExport.0.out':
        'a preview writes nothing and looks into no folder that is refused; tried with a run in window-service',
    };
    const tried = Object.entries(places).filter(([, attack]) => typeof attack !== 'string');

    /** A look answers what stands in the way. */
    async function lookAt(path: string): Promise<unknown> {
      const views = [await service.lookAtTarget(path, 'folder'), await service.lookAtTarget(path, 'archive')];
      const open = views.find(({ problem }) => problem === null);
      if (open) return open;
      throw PinholeError.fromJSON(views[0]!.problem!);
    }

    async function expectRefused(call: () => Promise<unknown>, path: string): Promise<void> {
      // A path with NUL or none at all does not get past the schemas; everything else is refused as a path.
      const codes = path === '' || path.includes('\0') ? ['usage', 'refused'] : ['refused'];
      const outcome = await call().then(
        (value) => ({ value }),
        (error: PinholeError) => ({ error }),
      );
      expect(outcome, JSON.stringify(path)).not.toHaveProperty('value');
      const { error } = outcome as { error: PinholeError };
      expect(codes, `${JSON.stringify(path)}: ${error.message}`).toContain(error.code);
      expect(error.message).not.toContain(secret);
    }

    test('every place of the contract that takes free text is known here', () => {
      const found = Object.entries(methods).flatMap(([name, schema]) => freeTexts(schema as never, name));
      expect([...new Set(found)].sort()).toEqual(Object.keys(places).sort());
    });

    test('every place of the bridge that takes free text is known here', async () => {
      const found = Object.entries(bridgeCalls).flatMap(([name, schema]) => freeTexts(schema as never, name));
      // `dropped` comes from the preload script alone, with the paths of files that a person let fall.
      expect(found).toEqual(['dropped.0.[]', 'reveal.0', 'notify.0', 'notify.1']);
      for (const path of door.world ? evil() : [])
        await expectRefused(() => door.world!.invoke('reveal', [path]), path);
    });

    test('what is allowed works, so that a refusal means something', async () => {
      expect((await service.listFolder(root)).entries.map(({ name }) => name)).toContain('images');
      expect((await service.previewImport({ sources: [join(root, 'images')] })).images).toBe(12);
      const image = globSync('**/*.png', { cwd: join(root, 'images') })[0]!;
      // No picture of the roots can be downloaded, only what Pinhole wrote.
      await expect(service.download(join(root, 'images', image), 0)).rejects.toMatchObject({ code: 'refused' });
      const id = await service.beginUpload();
      await service.upload(id, 'a/..b/c d.png', 0, Uint8Array.of(1));
      await service.uploadFiles(id, [
        { path: 'a/..b/e.png', data: Uint8Array.of(1, 2) },
        { path: 'f/g.png', data: Uint8Array.of() },
      ]);
      const folder = await service.endUpload(id);
      expect(existsSync(join(folder, 'a/..b/c d.png'))).toBe(true);
      expect([...readFileSync(join(folder, 'a/..b/e.png'))]).toEqual([1, 2]);
      expect(readFileSync(join(folder, 'f/g.png'))).toHaveLength(0);
    });

    test.each(tried)('%s refuses all that lead outside', async (_, attack) => {
      for (const path of evil()) await expectRefused(() => (attack as (path: string) => Promise<unknown>)(path), path);
      expect(readdirSync(outside).sort()).toEqual(['images', 'secret.txt']);
      expect(readdirSync(home).sort()).toEqual(['root', 'root-outside', 'workspace']);
    });

    test('an upload refuses all that lead out of its folder', async () => {
      const id = await service.beginUpload();
      for (const path of relativeEvil) {
        await expectRefused(() => service.upload(id, path, 0, Uint8Array.of(1)), path);
        // Nothing of the message is written, whatever else is in it.
        const files = ['fine.png', path].map((one) => ({ path: one, data: Uint8Array.of(1) }));
        await expectRefused(() => service.uploadFiles(id, files), path);
      }
      expect(readdirSync(await service.endUpload(id))).toEqual([]);
    });

    test('the source to be relocated is one that the data set has', async () => {
      await expect(
        service.relocateDataset(datasetId, join(outside, 'images'), join(root, 'images')),
      ).rejects.toBeInstanceOf(PinholeError);
    });

    test.each(['..', '.', '...', '../root-outside', 'a/b', '/etc', 'a\\b', 'a\0', '.hidden'])(
      'an id is no path: %j',
      async (id) => {
        const calls = [
          ...[service.datasetDetails(id), service.deleteDataset(id), service.runDetails(id), service.deleteRun(id)],
          ...[service.restoreDataset(id), service.restoreRun(id), service.endUpload(id), service.itemTable(id)],
          service.compressionCurve(id),
          service.upload(id, 'secret.txt', 0, Uint8Array.of(1)),
          service.uploadFiles(id, [{ path: 'secret.txt', data: Uint8Array.of(1) }]),
        ];
        for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'usage' });
        expect(() => service.subscribe(`run:${id}`, () => {})).toThrow(PinholeError);
      },
    );
  });

  describe('what may be written and taken away', () => {
    const isLinkable = process.platform !== 'win32';

    test('no export goes among the data sets, runs and uploads of the workspace', async () => {
      const workspace = join(home, 'workspace');
      const run = (await service.runs())[0]!;
      for (const out of [
        run.folder,
        join(run.folder, 'model'),
        join(workspace, 'datasets'),
        join(workspace, 'uploads/x'),
      ])
        await expect(
          service.startTask({ kind: 'export', request: { runId, out, formats: ['model'] } }),
        ).rejects.toMatchObject({ code: 'refused' });
      const preview = await service.previewExport({ runId, out: run.folder, formats: ['model'] });
      expect(preview.folder.problem).toMatchObject({ code: 'refused' });
      await perform({ kind: 'export', request: { runId, out: join(workspace, 'exports'), formats: ['model'] } });
    });

    test('an archive takes the place of nothing but an archive, and goes neither among the workspace nor through links', async () => {
      const run = (await service.runs())[0]!;
      const workspace = join(home, 'workspace');
      const compress = (file: string) =>
        service.startTask({ kind: 'compress', request: { runId, file, goal: { kind: 'quality', quality: 50 } } });
      for (const folder of [run.folder, join(workspace, 'datasets'), join(workspace, 'uploads')])
        await expect(compress(join(folder, 'a.pinhole'))).rejects.toMatchObject({ code: 'refused' });
      const image = join(root, 'images', globSync('**/*.png', { cwd: join(root, 'images') })[0]!);
      await expect(compress(image)).rejects.toMatchObject({ code: 'usage' });
      const unpack = service.startTask({
        kind: 'extract',
        request: { archive: join(root, 'a.pinhole'), folder: join(root, 'images') },
      });
      await expect(unpack).rejects.toMatchObject({ code: 'usage' });
      if (!isLinkable) return;
      const link = join(root, 'link.pinhole');
      symlinkSync(join(outside, 'secret.txt'), link);
      await expect(compress(link)).rejects.toMatchObject({ code: 'refused' });
      await expect(service.openArchive(link)).rejects.toMatchObject({ code: 'refused' });
      expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(secret);
      rmSync(link);
    });

    test('an export writes nothing through links: those of files are replaced, those of folders refused', async () => {
      if (!isLinkable) return;
      const out = join(root, 'linked');
      mkdirSync(out);
      symlinkSync(join(outside, 'secret.txt'), join(out, 'features.csv'));
      for (const name of ['model', 'tensorboard']) symlinkSync(join(outside, 'images'), join(out, name));
      const before = readdirSync(outside, { recursive: true });
      await perform({ kind: 'export', request: { runId, out, formats: ['csv'] } });
      for (const format of ['model', 'tensorboard'] as const) {
        const done = perform({ kind: 'export', request: { runId, out, formats: [format] } });
        await expect(done).rejects.toMatchObject({ code: 'refused' });
      }
      expect(lstatSync(join(out, 'features.csv')).isSymbolicLink()).toBe(false);
      expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(secret);
      expect(readdirSync(outside, { recursive: true })).toEqual(before);
    });

    test('a download gives what exports wrote and files of runs, never what a link in their place leads to', async () => {
      const out = join(root, 'downloads');
      const result = await perform({ kind: 'export', request: { runId, out, formats: ['csv'] } });
      const { files } = result as { files: string[] };
      const run = (await service.runs())[0]!;
      expect((await service.download(files[0]!, 0)).size).toBeGreaterThan(0);
      expect((await service.download(join(run.folder, 'run.json'), 0)).size).toBeGreaterThan(0);
      const all = globSync('**/*', { cwd: home, withFileTypes: true }).filter((entry) => entry.isFile());
      const given = new Set([...files, ...filesOf(run.folder)]);
      for (const entry of all) {
        const file = join(entry.parentPath, entry.name);
        // Whatever else the workspace and the roots hold: catalogue, pixels, pictures, tasks, the other exports' neighbours.
        if (given.has(file) || /exports|linked/.test(file)) continue;
        await expect(service.download(file, 0), file).rejects.toMatchObject({ code: 'refused' });
      }
      if (!isLinkable) return;
      rmSync(files[0]!);
      symlinkSync(join(outside, 'secret.txt'), files[0]!);
      symlinkSync(join(outside, 'secret.txt'), join(run.folder, 'stolen.txt'));
      for (const file of [files[0]!, join(run.folder, 'stolen.txt')])
        await expect(service.download(file, 0)).rejects.toMatchObject({ code: 'refused' });
    });

    test('nor while the file is swapped for a link and back as fast as can be', async () => {
      if (!isLinkable) return;
      const out = join(root, 'swapped');
      const result = await perform({ kind: 'export', request: { runId, out, formats: ['csv'] } });
      const file = (result as { files: string[] }).files[0]!;
      const [own, link] = [join(out, 'own'), join(out, 'link')];
      symlinkSync(join(outside, 'secret.txt'), link);
      let isOver = false;
      const asking = Promise.all(
        Array.from({ length: 4 }, async () => {
          const seen: string[] = [];
          while (!isOver) {
            const answer = await service.download(file, 0).catch((error: PinholeError) => error.code);
            answers++;
            seen.push(typeof answer === 'string' ? answer : new TextDecoder().decode(answer.data));
          }
          return seen;
        }),
      );
      let answers = 0;
      const isEnough = () => answers >= 60;
      for (let round = 0; !isEnough(); round++) {
        renameSync(file, own);
        renameSync(link, file);
        if (round % 5 === 0) await new Promise(setImmediate);
        renameSync(file, link);
        renameSync(own, file);
        if (round % 5 === 1) await new Promise(setImmediate);
      }
      isOver = true;
      const seen = (await asking).flat();
      expect(seen.filter((text) => text.includes(secret))).toEqual([]);
      expect(seen.filter((text) => text === 'internal')).toEqual([]);
    });

    test('an upload does not go through a link, and a file is no folder', async () => {
      const id = await service.beginUpload();
      await service.upload(id, 'file', 0, Uint8Array.of(1));
      const folder = await service.endUpload(id);
      const codes = [await codeOf(service.upload(id, 'file/below', 0, Uint8Array.of(1)))];
      mkdirSync(join(folder, 'folder'));
      codes.push(await codeOf(service.upload(id, 'folder', 0, Uint8Array.of(1))));
      codes.push(await codeOf(service.upload(id, `${'x'.repeat(300)}`, 0, Uint8Array.of(1))));
      expect(codes).toEqual(['usage', 'usage', 'usage']);
      if (!isLinkable) return;
      symlinkSync(outside, join(folder, 'link'));
      symlinkSync(join(outside, 'secret.txt'), join(folder, 'secret'));
      for (const path of ['link/new', 'link/secret.txt', 'secret']) {
        expect([path, await codeOf(service.upload(id, path, 0, Uint8Array.of(1)))]).toEqual([path, 'refused']);
        const files = ['fine.png', path].map((one) => ({ path: one, data: Uint8Array.of(1) }));
        expect([path, await codeOf(service.uploadFiles(id, files))]).toEqual([path, 'refused']);
        expect(existsSync(join(folder, 'fine.png'))).toBe(false);
      }
      expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(secret);
      expect(readdirSync(outside).sort()).toEqual(['images', 'secret.txt']);
    });

    test('an SVG fetches nothing and shows no other file', async () => {
      const asked: string[] = [];
      const listener = createServer((request, response) => {
        asked.push(request.url!);
        response.end();
      }).listen(0, '127.0.0.1');
      await waitUntil(() => listener.listening, 'the listener');
      const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      const picture = globSync('**/*.png', { cwd: join(outside, 'images') })[0]!;
      const folder = join(root, 'drawings');
      mkdirSync(folder);
      const links = [
        `${address}/a.png`,
        `file://${join(outside, 'images', picture)}`,
        join(outside, 'images', picture),
      ];
      for (const [index, link] of [...links, `../../root-outside/images/${picture}`].entries())
        writeFileSync(
          join(folder, `${index}.svg`),
          `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e SYSTEM "${link}">]>
<?xml-stylesheet href="${address}/style.css"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="8" height="8">
<style>@import url("${address}/import.css");</style><rect width="8" height="8" fill="#ff0000"/>
<image width="8" height="8" href="${link}" xlink:href="${link}"/></svg>`,
        );
      const { seen, failures } = await service.previewImport({ sources: [folder], color: 'rgb' });
      const shown = seen.data.length / (seen.height * seen.width * 3);
      expect(shown + failures.length).toBe(4);
      for (let at = 0; at < seen.data.length; at += 3) expect([...seen.data.subarray(at, at + 3)]).toEqual([255, 0, 0]);
      expect(asked).toEqual([]);
      listener.close();
    });

    test('fields that would change what all objects have are refused or mean nothing', async () => {
      const before = await service.preferences();
      const port = await door.openPort();
      const reply = new Promise((resolve) => port.onMessage((frame) => resolve(decodeFrame(frame))));
      port.send(encodeFrame(call('setPreferences', JSON.parse('{"theme":"dark","__proto__":{"polluted":1}}'))));
      expect(await reply).toMatchObject({ type: 'error', error: { code: 'refused' } });
      port.close();
      for (const key of ['constructor', 'prototype', 'toString', 'hasOwnProperty'])
        await service.setPreferences({ [key]: { prototype: { polluted: 1 } } } as never).catch(() => {});
      const after = await service.preferences();
      expect(after).toEqual(before);
      expect(Object.keys(after)).toEqual(Object.keys(before));
      expect('polluted' in (await service.info())).toBe(false);
    });
  });

  async function codeOf(call: Promise<unknown>): Promise<string> {
    return call.then(
      () => 'done',
      (error: PinholeError) => error.code,
    );
  }

  const filesOf = (folder: string) =>
    globSync('**/*', { cwd: folder, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));

  describe('10,000 messages of nonsense', () => {
    test('are refused in words or by closing; the worker lives and answers', { timeout: 600_000 }, async () => {
      const nonsense = nonsenseMaker(createRandom(20_26), root);
      const pid = door.pid();
      const codes = new Map<string, number>();
      let sent = 0;
      let closed = 0;
      const faults: string[] = [];
      while (sent < 10_000) {
        const port = await door.openPort();
        const end = new Promise<'closed'>((resolve) => port.onClose(() => resolve('closed')));
        const answered = new Promise<'answered'>((resolve) =>
          port.onMessage((frame) => {
            const reply = decodeFrame(frame) as {
              type: string;
              id: number | null;
              error?: { code: string; message: string };
            };
            expect(['result', 'error', 'progress', 'notice', 'event']).toContain(reply.type);
            if (reply.error) codes.set(reply.error.code, (codes.get(reply.error.code) ?? 0) + 1);
            if (reply.error?.code === 'internal') faults.push(reply.error.message);
            if (reply.id === last) resolve('answered');
          }),
        );
        for (let count = 0; count < 150; count++, sent++) port.send(nonsense());
        port.send(encodeFrame({ ...call('datasets'), id: last }));
        if ((await Promise.race([end, answered])) === 'closed') closed++;
        port.close();
      }
      expect(faults).toEqual([]);
      expect(closed).toBeGreaterThan(0);
      expect(codes.get('refused')).toBeGreaterThan(1_000);
      expect(codes.get('usage')).toBeGreaterThan(500);
      expect(door.pid()).toBe(pid);
      expect(door.notices).toEqual([]);
      expect(await service.datasets()).toHaveLength(1);
      expect(readdirSync(outside).sort()).toEqual(['images', 'secret.txt']);
    });

    test('1,000 calls of the bridge are refused or do what a person must agree to', { timeout: 600_000 }, async () => {
      const { world } = door;
      if (!world) return; // a browser has no bridge
      const random = createRandom(77);
      const pick = <T>(values: readonly T[]) => values[random.integer(values.length)]!;
      const codes = new Map<string, number>();
      const { webContents } = world.windows[0]!;
      for (let count = 0; count < 1_000; count++) {
        const parameters = Array.from({ length: random.integer(4) }, () => pick(strange));
        const from = pick<object>([{}, {}, { sender: webContents.mainFrame }, { senderFrame: pick(strange) }]);
        const code = await codeOf(world.invoke(pick(Object.keys(bridgeCalls)), parameters, from));
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect([...codes.keys()].sort()).toEqual(['done', 'refused']);
      expect(codes.get('refused')).toBeGreaterThan(500);
      expect([world.revealed, world.opened, world.app.ended]).toEqual([[], [], false]);
      expect(await service.datasets()).toHaveLength(1);
    });

    const last = 2 ** 50;

    test.each([
      ['a header nested a million times', `[${'['.repeat(1e6)}${']'.repeat(1e6)},[]]`],
      ['a million empty arrays', `[1,[${Array(1e6).fill('["u8",0]').join()}]]`],
      ['a million fields', `[{${Array.from({ length: 5e5 }, (_, index) => `"${index}":1`).join()}},[]]`],
      ['15 MB of text', `["${'x'.repeat(15 * 2 ** 20)}",[]]`],
    ])('%s', async (_, header) => {
      const text = Buffer.from(header.padEnd(Math.ceil((header.length + 4) / 8) * 8 - 4));
      const frame = Buffer.concat([Buffer.alloc(4), text]);
      frame.writeUInt32LE(text.length);
      const port = await door.openPort();
      const reply = new Promise((resolve) => port.onMessage((bytes) => resolve(decodeFrame(bytes))));
      port.send(frame);
      expect(await reply).toMatchObject({ type: 'error', id: null, error: { code: 'refused' } });
      port.close();
      expect(await service.datasets()).toHaveLength(1);
    });
  });
});

describe('nothing leaves the machine', () => {
  // The one command that downloads, run by hand alone: it is named in the README.
  const sources = globSync('**/*.{ts,mjs}', { cwd: join(repository, 'src-main') }).filter(
    (file) => file !== 'host/install-cuda.ts',
  );
  const code = (file: string) =>
    readFileSync(join(repository, 'src-main', file), 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '');

  test('no source opens a connection but those of the own doors', () => {
    const network =
      /from '(?:node:(?:http|https|http2|net|tls|dgram|dns|dns\/promises|inspector)|ws|undici)'|\bfetch\(|\bnew (?:WebSocket|EventSource|XMLHttpRequest)\b/;
    const users = sources.filter((file) => network.test(code(file).replace(/import type .*\n/g, '')));
    expect(users.sort()).toEqual(['host/server.ts', 'host/socket-port.ts', 'host/worker.ts']);
  });

  test('no source knows an address of another machine', () => {
    const addresses = sources.flatMap((file) =>
      [...code(file).matchAll(/\b(?:https?|wss?|ftp):\/\/[^\s'"`]+/g)].map(([address]) => `${file}: ${address}`),
    );
    const foreign = addresses.filter(
      (line) => !/: (http|ws):\/\/(127\.0\.0\.1|\$\{)|www\.w3\.org\/2000\/svg/.test(line),
    );
    expect(foreign).toEqual([]);
  });

  test('on Windows a path to another machine is known as such before it is looked at', () => {
    for (const path of ['\\\\server\\share', '//server/share/x', '\\\\?\\UNC\\server\\share', '\\/server'])
      expect([path, isOnNetwork(path, 'win32'), isOnNetwork(path, 'linux')]).toEqual([path, true, false]);
    for (const path of ['C:\\photos', '\\photos', 'photos']) expect(isOnNetwork(path, 'win32')).toBe(false);
  });

  const root = join(temporaryFolder(), 'root');

  test('a session from import to export speaks to nobody', { timeout: 600_000 }, async () => {
    await drawSamples({ count: 12, size: 8, seed: 1 }, join(root, 'images'));
    const contacts = join(temporaryFolder(), 'contacts.txt');
    writeFileSync(contacts, '');
    const preload = pathToFileURL(join(repository, 'test/host/fixture-no-network.mjs')).href;
    const env = { NODE_OPTIONS: `--import=${preload}`, PINHOLE_TEST_CONTACTS: contacts };
    const workspace = join(temporaryFolder(), 'workspace');
    const words = ['serve', '--workspace', workspace, '--root', root];
    const session = start(process.execPath, [join(repository, 'src-main/host/pinhole.mjs'), ...words], { env });
    const addressOf = () => /http:\/\/\S+/.exec(session.said.stdout)?.[0];
    await waitUntil(() => addressOf() !== undefined || session.child.exitCode !== null, 'the address');
    const { service, close } = connectService(await openSocketPort(addressOf()!));
    await service.info();
    const perform = async (task: Parameters<RemoteService['startTask']>[0]) => {
      const id = await service.startTask(task);
      const isEnded = (task: Task) => task.id === id && task.ended !== null;
      const { error } = await waitFor(async () => (await service.tasks()).find(isEnded), task.kind);
      if (error) throw PinholeError.fromJSON(error);
    };
    await perform({ kind: 'import', request: { sources: [join(root, 'images')] } });
    const [dataset] = await service.datasets();
    const request = { codeSize: 2, hidden: [4], epochs: 1, device: 'cpu', threads: 1 } as const;
    await perform({ kind: 'train', datasetId: dataset!.id, request: { ...request, hidden: [4] } });
    const [run] = await service.runs();
    await perform({ kind: 'export', request: { runId: run!.id, out: join(root, 'out'), formats: ['csv', 'model'] } });
    close();
    session.child.kill('SIGTERM');
    expect((await session.ended).code).toBe(0);
    const lines = readFileSync(contacts, 'utf8').trim().split('\n');
    const processes = lines.filter((line) => line.startsWith('# '));
    for (const file of ['cli.ts', 'worker.ts', 'training-job.ts'])
      expect(
        processes.some((line) => line.endsWith(file)),
        file,
      ).toBe(true);
    expect(lines.filter((line) => !line.startsWith('# '))).toEqual([]);
  });
});

/** The places in a schema where a path would be let through, as `method.parameter.field`. */
function freeTexts(schema: v.GenericSchema & Record<string, unknown>, place: string): string[] {
  const inner = (key: string, name: string) => freeTexts(schema[key] as never, name);
  const all = (key: string, name: (key: string) => string) =>
    Object.entries(schema[key] as object).flatMap(([key, part]) => freeTexts(part, name(key)));
  if (schema.type === 'string') return v.is(schema, '/etc/passwd') ? [place] : [];
  if ('wrapped' in schema) return inner('wrapped', place);
  if ('items' in schema) return all('items', (key) => `${place}.${key}`);
  if ('item' in schema) return inner('item', `${place}.[]`);
  if ('entries' in schema) return all('entries', (key) => `${place}.${key}`);
  if (schema.type === 'union' || schema.type === 'variant') return all('options', () => place);
  expect(['number', 'boolean', 'literal', 'picklist', 'instance'], `${place}: ${schema.type}`).toContain(schema.type);
  return [];
}
