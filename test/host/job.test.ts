// Jobs in real child processes: results, reports, errors, crashes, hangs, cancels, and the end of the parent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { PinholeError } from '../../src-main/contract/errors.ts';
import type { Notice, Progress } from '../../src-main/contract/records.ts';
import { packSubjects } from '../../src-main/dataset/columns.ts';
import { createPool } from '../../src-main/dataset/pool.ts';
import { startJob } from '../../src-main/host/job.ts';
import { isAlive, waitUntil } from '../support/processes.ts';
import { need } from '../support/resources.ts';
import type { Deed } from './fixture-job.ts';

const module = new URL('./fixture-job.ts', import.meta.url);

function fail(input: Deed): Promise<PinholeError> {
  return startJob(module, input).then(
    () => expect.unreachable('the job should fail'),
    (error) => error,
  );
}

/** Starts a job, waits until it is at work, and cancels it. */
async function cancelAtWork(input: Deed, limits?: { step: number; ending: number }) {
  const controller = new AbortController();
  const notices: Notice[] = [];
  const { promise: started, resolve: onStarted } = Promise.withResolvers<number>();
  const context = {
    signal: controller.signal,
    onNotice: (notice: Notice) => notices.push(notice),
    onEvent: (event: { pid: number }) => onStarted(event.pid),
  };
  const job = startJob(module, input, context, limits).catch((error: PinholeError) => error);
  const pid = await started;
  const cancelled = performance.now();
  controller.abort();
  const acknowledged = notices.map(({ message }) => message);
  const error = (await job) as PinholeError;
  return { error, acknowledged, pid, milliseconds: performance.now() - cancelled };
}

describe('a job that goes well', () => {
  test('typed arrays pass both ways', async () => {
    const result = await startJob(module, { deed: 'double', values: Float32Array.of(1.5, -2) });
    expect(result).toEqual(Float32Array.of(3, -4));
  });

  test('it gives way to windows, and so does decoding', async () => {
    expect(await startJob(module, { deed: 'tell-priority' })).toBeGreaterThanOrEqual(
      constants.priority.PRIORITY_BELOW_NORMAL,
    );
    if (process.platform !== 'linux') return;
    const pool = createPool(1);
    await pool.run({ kind: 'grey', subjects: packSubjects([]), pixelLimit: 1 });
    const threads = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/stat`, 'utf8'));
    const niceness = threads.map((stat) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17]));
    expect(niceness).toContain(10);
    expect(niceness).toContain(getPriority());
    await pool.close();
  });

  test('progress, notices and events arrive before the result', async () => {
    const heard: unknown[] = [];
    await startJob<void, unknown>(
      module,
      { deed: 'report' },
      {
        onProgress: (progress: Progress) => heard.push(progress),
        onNotice: (notice) => heard.push(notice),
        onEvent: (event) => heard.push(event),
      },
    );
    expect(heard).toEqual([
      { pid: expect.any(Number) },
      { stage: 'train', done: 1, total: 2, rate: 3, detail: 'loss 0.5' },
      { level: 'warning', message: 'Careful.', advice: 'Slow down.' },
      { values: Float32Array.of(1, 2) },
    ]);
  });
});

describe('a job that fails', () => {
  test('a coded error arrives whole', async () => {
    const error = await fail({ deed: 'refuse' });
    expect(error.toJSON()).toEqual({
      code: 'spec-invalid',
      message: 'Expected less.',
      advice: 'Ask for less.',
      cause: 'greed',
    });
  });

  test('any other error is internal', async () => {
    const error = await fail({ deed: 'throw' });
    expect(error.code).toBe('internal');
    expect(error.message).toBe('internal: oops');
  });

  test('a native crash is a lost device, with signal and last words', async (context) => {
    need(context, 'signals');
    const error = await fail({ deed: 'crash' });
    expect(error.code).toBe('device-lost');
    expect(error.message).toBe('A working process was ended by SIGSEGV. Its last words:\nthe driver said goodbye');
  });

  test('a job that is watched and blocks its thread is killed: the device hangs', async () => {
    const error = await fail({ deed: 'hang' });
    expect(error.toJSON()).toEqual({
      code: 'device-lost',
      message: 'The device has not answered for 1 seconds.',
      advice: 'Update its driver, or train with --device cpu.',
    });
  });

  test('one that only takes its time is not', async () => {
    expect(await startJob(new URL('./fixture-job.ts', import.meta.url), { deed: 'take-its-time' })).toBeUndefined();
  });

  test('an early end is internal, with exit code and last words', async () => {
    const error = await fail({ deed: 'exit' });
    expect(error.code).toBe('internal');
    expect(error.message).toContain('exit code 7. Its last words:\nleaving');
  });

  test('a module that does not load is internal, with the reason', async () => {
    const error = await startJob<PinholeError>(new URL('./no-such-job.ts', import.meta.url), {}).catch(
      (problem: PinholeError) => problem,
    );
    expect(error.code).toBe('internal');
    expect(error.message).toContain('no-such-job.ts');
  });

  test('a listener that throws ends the job', async () => {
    const context = {
      onEvent: () => {
        throw new Error('listener');
      },
    };
    await expect(startJob(module, { deed: 'never-end' }, context)).rejects.toThrow('internal: listener');
  });
});

describe('a cancel', () => {
  test('before the start starts nothing', async () => {
    await expect(startJob(module, { deed: 'work' }, { signal: AbortSignal.abort() })).rejects.toThrow('Stopped.');
  });

  test('is acknowledged at once and obeyed after the step', async () => {
    const { error, acknowledged, pid } = await cancelAtWork({ deed: 'work' });
    expect(acknowledged).toEqual(['Stopping after the current step.']);
    expect(error.code).toBe('cancelled');
    expect(error.message).toBe('Stopped.');
    expect(isAlive(pid)).toBe(false);
  });

  test('lets a slow step end', async () => {
    const { error } = await cancelAtWork({ deed: 'work-slowly' });
    expect(error.message).toBe('Stopped.');
  });

  test('kills a job whose step does not end', async () => {
    const { error, pid, milliseconds } = await cancelAtWork({ deed: 'block' }, { step: 300, ending: 60_000 });
    expect(error.code).toBe('cancelled');
    expect(error.message).toContain('work goes back to the last checkpoint');
    expect(milliseconds).toBeGreaterThanOrEqual(299);
    expect(isAlive(pid)).toBe(false);
  });

  test('kills a job that hears but does not end', async () => {
    const { error, pid } = await cancelAtWork({ deed: 'never-end' }, { step: 60_000, ending: 300 });
    expect(error.code).toBe('cancelled');
    expect(isAlive(pid)).toBe(false);
  });
});

test('a job ends when its parent is killed', async (context) => {
  need(context, 'signals');
  const parent = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./fixture-job-parent.ts', import.meta.url))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await waitUntil(() => !isAlive(pid), 'the job to end');
});
