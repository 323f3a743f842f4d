// Attacks on a real worker behind a real server: paths that lead outside, messages made of nonsense, and whom it speaks to.
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { methods, type RemoteService } from '../../src-main/contract/methods.ts';
import type { Notice } from '../../src-main/contract/records.ts';
import { type Connection, connectService } from '../../src-main/contract/rpc.ts';
import type { Task } from '../../src-main/contract/tasks.ts';
import { decodeFrame, encodeFrame } from '../../src-main/contract/wire.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { type RunningServer, startServer } from '../../src-main/host/server.ts';
import { openSocketPort } from '../../src-main/host/socket-port.ts';
import { WorkerProcess } from '../../src-main/host/worker-process.ts';
import { createRandom, type Random } from '../../src-main/numerics/random.ts';
import { start, waitFor, waitUntil } from '../support/processes.ts';
import { repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const home = temporaryFolder();
/** Allowed, with images in it, and beside it what nobody allowed. */
const root = join(home, 'root');
const outside = join(home, 'root-outside');
const secret = 'nobody may read this';

const notices: Notice[] = [];
let worker: WorkerProcess;
let server: RunningServer;
let connection: Connection;
let service: RemoteService;
let datasetId: string;

beforeAll(async () => {
  await drawSamples({ count: 12, size: 8, seed: 1 }, join(root, 'images'));
  mkdirSync(join(outside, 'images'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), secret);
  await drawSamples({ count: 12, size: 8, seed: 1 }, join(outside, 'images'));
  if (process.platform !== 'win32') symlinkSync(outside, join(root, 'link'));
  worker = new WorkerProcess({
    ...{ workspace: join(home, 'workspace'), command: 'pinhole test', roots: [root] },
    onNotice: (notice) => notices.push(notice),
  });
  // A window is given up after five seconds, and on a busy machine a worker takes longer to start.
  await worker.ready();
  server = await startServer({ folder: root, port: 0, connect: () => worker.connect() });
  connection = connectService(await openSocketPort(server.address));
  service = connection.service;
  await service.startTask({ kind: 'import', request: { sources: [join(root, 'images')] } });
  const isReady = ({ state }: { state: string }) => state === 'ready';
  datasetId = (await waitFor(async () => (await service.datasets()).find(isReady), 'the import')).id;
});

afterAll(async () => {
  connection.close();
  await server.close();
  await worker.close();
});

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
    'setPreferences.0.lastExport.map': 'not a path',
    'startTask.0.request.sources.[]': (path) => service.startTask({ kind: 'import', request: { sources: [path] } }),
    'startTask.0.request.testSources.[]': (path) =>
      service.startTask({ kind: 'import', request: { sources: [join(root, 'images')], testSources: [path] } }),
    'startTask.0.request.name': 'not a path',
    'startTask.0.request.out': (path) =>
      service.startTask({ kind: 'export', request: { runId: 'r', out: path, formats: ['csv'] } }),
    'listFolder.0': (path) => service.listFolder(path),
    'upload.1': 'relative to the upload; tried below',
    'uploadFiles.1.[].path': 'relative to the upload; tried below',
    'download.0': (path) => service.download(path, 0),
    'previewImport.0.sources.[]': (path) => service.previewImport({ sources: [path] }),
    'previewImport.0.testSources.[]': (path) =>
      service.previewImport({ sources: [join(root, 'images')], testSources: [path] }),
    'previewImport.0.name': 'not a path',
    'renameDataset.1': 'a name that is shown; the folder of a data set is called after its id',
    'relocateDataset.1': 'must be one of the sources that the data set has',
    'relocateDataset.2': (path) => service.relocateDataset(datasetId, join(root, 'images'), path),
    'previewExport.0.out':
      'a preview writes nothing and looks into no folder that is refused; tried with a run in window-service',
  };
  const tried = Object.entries(places).filter(([, attack]) => typeof attack !== 'string');

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
        service.upload(id, 'secret.txt', 0, Uint8Array.of(1)),
        service.uploadFiles(id, [{ path: 'secret.txt', data: Uint8Array.of(1) }]),
      ];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'usage' });
      expect(() => service.subscribe(`run:${id}`, () => {})).toThrow(PinholeError);
    },
  );
});

describe('10,000 messages of nonsense', () => {
  const valid: unknown[] = [
    call('datasets'),
    call('info'),
    call('images', 'nothing', Int32Array.of(1, 2, 3)),
    call('renameDataset', 'nothing', 'name'),
    call('setPreferences', { theme: 'dark', recentSources: ['a'] }),
    call('listFolder', root),
    call('upload', 'nothing', 'a/b.png', 0, Uint8Array.of(1, 2, 3, 4)),
    call('download', join(root, 'nothing'), 0),
    call('original', 'nothing', 3),
    call('cancelTask', 'nothing'),
    call('startTask', {
      kind: 'export',
      request: { runId: 'nothing', out: '/nowhere', formats: ['csv'], ids: Int32Array.of(1) },
    }),
    call('startTask', { kind: 'import', request: { sources: ['/nowhere'], size: 32, fold: [1, 5] } }),
    call('relocateDataset', 'nothing', '/a', '/b'),
    { type: 'cancel', id: 1 },
    { type: 'subscribe', id: 1, topic: 'run:nothing' },
    { type: 'unsubscribe', id: 1 },
  ];
  const strange: unknown[] = [
    ...[
      null,
      true,
      -1,
      2 ** 53,
      1e308,
      Number.NaN,
      '',
      '__proto__',
      'constructor',
      '../../etc/passwd',
      'x'.repeat(5_000),
    ],
    ...[
      [],
      {},
      { $: 0 },
      { length: 1e9 },
      JSON.parse('{"then":1}'),
      { toString: null },
      [[[[[[]]]]]],
      new Uint8Array(100),
      new Float64Array(3),
    ],
    Array.from({ length: 1000 }, (_, index) => index),
  ];

  test('are refused in words or by closing; the worker lives and answers', { timeout: 60_000 }, async () => {
    const random = createRandom(20_26);
    const { pid } = worker;
    const codes = new Map<string, number>();
    let sent = 0;
    let closed = 0;
    const faults: string[] = [];
    while (sent < 10_000) {
      const port = await openSocketPort(server.address);
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
      for (let count = 0; count < 150; count++, sent++) port.send(nonsense(random));
      port.send(encodeFrame({ ...call('datasets'), id: last }));
      if ((await Promise.race([end, answered])) === 'closed') closed++;
      port.close();
    }
    expect(faults).toEqual([]);
    expect(closed).toBeGreaterThan(0);
    expect(codes.get('refused')).toBeGreaterThan(1_000);
    expect(codes.get('usage')).toBeGreaterThan(500);
    expect(worker.pid).toBe(pid);
    expect(notices).toEqual([]);
    expect(await service.datasets()).toHaveLength(1);
    expect(readdirSync(outside).sort()).toEqual(['images', 'secret.txt']);
  });

  const last = 2 ** 50;

  function nonsense(random: Random): Uint8Array {
    const pick = <T>(values: readonly T[]) => values[random.integer(values.length)]!;
    switch (random.integer(4)) {
      case 0:
        return Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
      case 1:
        return damage(encodeFrame(pick(valid)), random);
      case 2:
        return encodeFrame(replaceSomewhere(pick(valid), pick(strange), random));
      default:
        return encodeFrame(
          call(pick(Object.keys(methods)), ...Array.from({ length: random.integer(4) }, () => pick(strange))),
        );
    }
  }

  function damage(frame: Uint8Array, random: Random): Uint8Array {
    const bytes = frame.slice();
    for (let count = 1 + random.integer(4); count > 0; count--)
      bytes[random.integer(bytes.length)] = random.integer(256);
    const cut = random.integer(3);
    if (cut === 0) return bytes.subarray(0, random.integer(bytes.length));
    return cut === 1 ? Buffer.concat([bytes, bytes.subarray(random.integer(bytes.length))]) : bytes;
  }

  /** A copy in which one value, however deep, is another one. */
  function replaceSomewhere(value: unknown, other: unknown, random: Random): unknown {
    const isNode = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
    const keys = isNode ? Object.keys(value) : [];
    if (keys.length === 0 || random.integer(4) === 0) return other;
    const key = keys[random.integer(keys.length)]!;
    const changed = replaceSomewhere((value as Record<string, unknown>)[key], other, random);
    if (!Array.isArray(value)) return { ...(value as object), [key]: changed };
    return value.map((element, index) => (String(index) === key ? changed : element));
  }

  test.each([
    ['a header nested a million times', `[${'['.repeat(1e6)}${']'.repeat(1e6)},[]]`],
    ['a million empty arrays', `[1,[${Array(1e6).fill('["u8",0]').join()}]]`],
    ['a million fields', `[{${Array.from({ length: 5e5 }, (_, index) => `"${index}":1`).join()}},[]]`],
    ['15 MB of text', `["${'x'.repeat(15 * 2 ** 20)}",[]]`],
  ])('%s', async (_, header) => {
    const text = Buffer.from(header.padEnd(Math.ceil((header.length + 4) / 8) * 8 - 4));
    const frame = Buffer.concat([Buffer.alloc(4), text]);
    frame.writeUInt32LE(text.length);
    const port = await openSocketPort(server.address);
    const reply = new Promise((resolve) => port.onMessage((bytes) => resolve(decodeFrame(bytes))));
    port.send(frame);
    expect(await reply).toMatchObject({ type: 'error', id: null, error: { code: 'refused' } });
    port.close();
    expect(await service.datasets()).toHaveLength(1);
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

  test('a session from import to export speaks to nobody', { timeout: 120_000 }, async () => {
    const contacts = join(temporaryFolder(), 'contacts.txt');
    writeFileSync(contacts, '');
    const preload = pathToFileURL(join(repository, 'test/host/fixture-no-network.mjs')).href;
    const env = { NODE_OPTIONS: `--import=${preload}`, PINHOLE_TEST_CONTACTS: contacts };
    const workspace = join(temporaryFolder(), 'workspace');
    const words = ['serve', '--workspace', workspace, '--root', root];
    const session = start(process.execPath, [join(repository, 'src-main/host/pinhole.mjs'), ...words], { env });
    const addressOf = () => /http:\/\/\S+/.exec(session.said.stdout)?.[0];
    await waitUntil(() => addressOf() !== undefined || session.child.exitCode !== null, 'the address', 60_000);
    const { service, close } = connectService(await openSocketPort(addressOf()!));
    await service.info();
    const perform = async (task: Parameters<RemoteService['startTask']>[0]) => {
      const id = await service.startTask(task);
      const isEnded = (task: Task) => task.id === id && task.ended !== null;
      const { error } = await waitFor(async () => (await service.tasks()).find(isEnded), task.kind, 60_000);
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

function call(method: string, ...parameters: unknown[]) {
  return { type: 'call', id: Math.floor(performance.now() * 1000) % 1e6, method, parameters };
}

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
