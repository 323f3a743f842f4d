// The worker and its front: channels, deaths and restarts, what cannot be opened, and that neither outlives the other.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { PinholeError } from '../../src-main/contract/errors.ts';
import type { RemoteService } from '../../src-main/contract/methods.ts';
import type { Notice } from '../../src-main/contract/records.ts';
import { connectService } from '../../src-main/contract/rpc.ts';
import type { Task } from '../../src-main/contract/tasks.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { Pipe } from '../../src-main/host/pipe.ts';
import { createService } from '../../src-main/host/service.ts';
import { type ToFront, type ToWorker, toFrontSchema } from '../../src-main/host/worker-messages.ts';
import { WorkerProcess } from '../../src-main/host/worker-process.ts';
import { isAlive, start, waitFor, waitUntil } from '../support/processes.ts';
import { need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const running: WorkerProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()));
});

function startWorker(workspace: string, options: { module?: URL; node?: string; roots?: string[] } = {}) {
  const notices: Notice[] = [];
  const givenUp: PinholeError[] = [];
  const worker = new WorkerProcess({
    ...{ workspace, command: 'pinhole test', roots: [] },
    ...options,
    onNotice: (notice) => notices.push(notice),
    onGivenUp: (error) => givenUp.push(error),
  });
  running.push(worker);
  return { worker, notices, givenUp, connect: async () => connectService(await worker.connect()) };
}

const fixture = new URL('./fixture-worker.ts', import.meta.url);

describe('channels', () => {
  test('reach the same service, each for itself', async () => {
    const { connect } = startWorker(temporaryFolder());
    const [one, two] = await Promise.all([connect(), connect()]);
    expect(await one.service.datasets()).toEqual([]);
    one.close();
    await expect(one.service.datasets()).rejects.toMatchObject({ code: 'disconnected' });
    expect(await two.service.datasets()).toEqual([]);
  });

  test('carry large arrays', async () => {
    const { connect } = startWorker(temporaryFolder());
    const { service } = await connect();
    const id = await service.beginUpload();
    const piece = new Uint8Array(4 * 2 ** 20).fill(7);
    for (let index = 0; index < 4; index++) await service.upload(id, 'a/b.bin', index * piece.length, piece);
    const file = readFileSync(join(await service.endUpload(id), 'a/b.bin'));
    expect(file.length).toBe(4 * piece.length);
    expect(Buffer.compare(file.subarray(3 * piece.length), piece)).toBe(0);
  });

  test('that the worker does not know are closed, and it serves on', async () => {
    const heard: ToFront[] = [];
    const child = spawn(process.execPath, [fileURLToPath(new URL('../../src-main/host/worker.ts', import.meta.url))], {
      stdio: ['ignore', 'ignore', 'ignore', 'overlapped'],
    });
    const pipe = new Pipe<ToFront, ToWorker>(child.stdio[3] as Duplex, toFrontSchema, {
      onControl: (message) => heard.push(message),
      onFrame() {},
      onClose() {},
    });
    const hears = (wanted: object) =>
      waitUntil(
        () => heard.some((message) => JSON.stringify(message) === JSON.stringify(wanted)),
        JSON.stringify(wanted),
      );
    const workspace = temporaryFolder();
    pipe.tell({ ...{ type: 'start', workspace, command: 'test', roots: [], allowed: [] }, resumeTasks: false });
    await hears({ type: 'ready' });
    pipe.send(99, Uint8Array.of(1, 2, 3));
    await hears({ type: 'close', channel: 99, reason: 'closed' });
    pipe.tell({ type: 'close', channel: 98 });
    pipe.tell({ type: 'open', channel: 1 });
    // 101 pieces of nonsense: the worker closes the channel itself.
    for (let count = 0; count <= 100; count++) pipe.send(1, Uint8Array.of(1));
    await hears({ type: 'close', channel: 1, reason: 'closed' });
    pipe.tell({ type: 'end' });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
  });
});

describe('a worker that dies', () => {
  test('comes back; calls under way are rejected, windows are told why, those that wait are served', async (context) => {
    need(context, 'signals');
    const { worker, notices, givenUp, connect } = startWorker(temporaryFolder());
    const { service, closed } = await connect();
    const first = worker.pid!;
    const calls = Array.from({ length: 20 }, () => service.datasets());
    const outcomes = Promise.allSettled(calls);
    process.kill(first, 'SIGKILL');
    expect(await closed).toBe('worker');
    for (const outcome of await outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'disconnected' });
    }
    const again = await connect();
    expect(await again.service.datasets()).toEqual([]);
    expect(worker.pid).not.toBe(first);
    expect(notices).toEqual([
      {
        level: 'warning',
        message: 'The worker process ended unexpectedly (SIGKILL).',
        advice: 'It is started again and goes on.',
      },
    ]);
    expect(givenUp).toEqual([]);
  });

  test('knows again what a person picked', async (context) => {
    need(context, 'signals');
    const picked = temporaryFolder();
    writeFileSync(join(picked, 'a.png'), '');
    const { worker, connect } = startWorker(temporaryFolder());
    const { service, closed } = await connect();
    await expect(service.listFolder(picked)).rejects.toMatchObject({ code: 'refused' });
    worker.allow(picked);
    expect((await service.listFolder(picked)).entries).toMatchObject([{ name: 'a.png' }]);
    process.kill(worker.pid!, 'SIGKILL');
    await closed;
    const again = await connect();
    expect((await again.service.listFolder(picked)).entries).toMatchObject([{ name: 'a.png' }]);
  });

  test('goes on with the training that ran', { timeout: 600_000 }, async (context) => {
    need(context, 'signals');
    const { worker, connect, before } = await trainForLong(temporaryFolder());
    const { closed } = await connect();
    process.kill(worker.pid!, 'SIGKILL');
    await closed;
    const again = await connect();
    const after = await waitFor(() => findTraining(again.service), 'the same training');
    expect(await again.service.runs()).toMatchObject([{ state: 'running' }]);
    expect(after.progress!.done).toBeGreaterThanOrEqual(before.progress!.done - 1);
  });

  test('three times within a minute is given up, with its last words', async () => {
    const { worker, notices, givenUp } = startWorker(join(temporaryFolder(), 'die-with-window'), { module: fixture });
    for (let deaths = 0; deaths < 3; deaths++) {
      const channel = await worker.connect();
      expect(await new Promise((resolve) => channel.onClose(resolve))).toBe('worker');
    }
    await waitUntil(() => givenUp.length > 0, 'giving up');
    expect(notices).toHaveLength(2);
    expect(givenUp).toMatchObject([
      {
        code: 'internal',
        message: expect.stringMatching(
          /ended 3 times within a minute[\s\S]*\(exit code 7\)[\s\S]*the driver said goodbye/,
        ),
        advice: expect.stringContaining('Start Pinhole again'),
      },
    ]);
    await expect(worker.connect()).rejects.toBe(givenUp[0]);
    await expect(worker.ready()).rejects.toBe(givenUp[0]);
  });

  test('is one that ended by itself only if it was not told to', async () => {
    const { worker, notices, givenUp, connect } = startWorker(temporaryFolder());
    const { closed } = await connect();
    const { pid } = worker;
    await worker.close();
    expect(await closed).toBe('ended');
    expect(isAlive(pid!)).toBe(false);
    expect([notices, givenUp]).toEqual([[], []]);
    await expect(worker.connect()).rejects.toMatchObject({ code: 'disconnected', message: 'Pinhole was ended.' });
  });
});

test('told to end, it interrupts what runs, which can be taken up again', { timeout: 600_000 }, async () => {
  const workspace = temporaryFolder();
  const { worker, before } = await trainForLong(workspace);
  const { pid } = worker;
  await worker.close();
  expect(isAlive(pid!)).toBe(false);
  expect(existsSync(join(workspace, 'writer.json'))).toBe(false);
  const { service } = await startWorker(workspace).connect();
  const isTraining = ({ kind }: Task) => kind === 'train';
  const task = await waitFor(async () => (await service.tasks()).find(isTraining), 'the task');
  expect(task.state).toBe('interrupted');
  expect(await service.runs()).toMatchObject([{ state: 'interrupted' }]);
  await service.retryTask(task.id);
  const after = await waitFor(() => findTraining(service), 'the same training');
  expect(await service.runs()).toMatchObject([{ state: 'running' }]);
  expect(after.progress!.done).toBeGreaterThanOrEqual(before.progress!.done);
});

describe('what cannot work is said and not tried again', () => {
  test('a workspace that another process holds', async () => {
    const workspace = temporaryFolder();
    const holder = await createService({ workspace, command: 'pinhole reduce' });
    const { worker, givenUp } = startWorker(workspace);
    await expect(worker.ready()).rejects.toMatchObject({
      code: 'workspace-locked',
      message: expect.stringContaining('"pinhole reduce"'),
    });
    await expect(worker.connect()).rejects.toMatchObject({ code: 'workspace-locked' });
    expect(givenUp).toHaveLength(1);
    await holder.close();
  });

  test('a damaged catalogue', async () => {
    const workspace = temporaryFolder();
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, 'catalogue.sqlite'), 'not a database '.repeat(100));
    const { worker } = startWorker(workspace);
    await expect(worker.ready()).rejects.toMatchObject({ code: 'file-damaged' });
  });

  test('a Node that is not there', async () => {
    const { worker } = startWorker(temporaryFolder(), { node: join(temporaryFolder(), 'node') });
    await expect(worker.ready()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('ENOENT'),
    });
  });

  test.each([
    ['die-at-start', 'the driver said goodbye'],
    ['talk-nonsense', 'a frame of'],
    ['say-what-is-not-known', 'Invalid type'],
  ])('%s', async (deed, words) => {
    const { worker } = startWorker(join(temporaryFolder(), deed), { module: fixture });
    await expect(worker.ready()).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining(words) });
  });
});

test('a worker whose front was killed ends by itself and lets go of the workspace', async (context) => {
  need(context, 'signals');
  const workspace = temporaryFolder();
  const front = start(process.execPath, [fileURLToPath(new URL('./fixture-front.ts', import.meta.url)), workspace]);
  await waitUntil(() => front.said.stdout.includes('\n'), 'the worker');
  const pid = Number(front.said.stdout);
  expect(isAlive(pid)).toBe(true);
  front.child.kill('SIGKILL');
  await front.ended;
  await waitUntil(() => !isAlive(pid), 'the worker to end');
  expect(existsSync(join(workspace, 'writer.json'))).toBe(false);
});

/** A worker in the middle of a training that would last for hours, with a checkpoint after every step. */
async function trainForLong(workspace: string) {
  const images = temporaryFolder();
  await drawSamples({ count: 40, size: 8, seed: 1 }, images);
  const started = startWorker(workspace, { roots: [images] });
  const { service } = await started.connect();
  await service.startTask({ kind: 'import', request: { sources: [images] } });
  const isReady = ({ state }: { state: string }) => state === 'ready';
  const dataset = await waitFor(async () => (await service.datasets()).find(isReady), 'the import');
  const small = { codeSize: 2, hidden: [4], epochs: 1_000_000, batchSize: 8, threads: 1, checkpointSeconds: 0 };
  await service.startTask({ kind: 'train', datasetId: dataset.id, request: { ...small, device: 'cpu' } });
  const before = await waitFor(async () => {
    const task = await findTraining(service);
    return task && task.progress!.done > 20 ? task : undefined;
  }, 'training');
  return { ...started, before };
}

/** The training that is at work. */
async function findTraining(service: RemoteService): Promise<Task | undefined> {
  const task = (await service.tasks()).find(({ kind, ended }) => kind === 'train' && ended === null);
  return task?.progress?.stage === 'train' ? task : undefined;
}
