// Decoding threads, as many as the machine runs at once, and results in the order of their tasks.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { PinholeError, type SerializedError, throwIfCancelled } from '../contract/errors.ts';
import type { Result, ResultOf, Task } from './tasks.ts';

export interface Pool {
  readonly size: number;
  run<T extends Task>(task: T, transfer?: ArrayBuffer[]): Promise<ResultOf<T>>;
  /** Whether the threads keep the process from ending. */
  hold(on: boolean): void;
  /** Makes the threads give up what they are doing at the next image, and ends them. */
  close(): Promise<void>;
}

interface Job {
  task: Task;
  transfer: ArrayBuffer[];
  resolve(result: Result): void;
  reject(error: unknown): void;
}

// A thread that has finished one task should find the next one in its mailbox.
const tasksPerThread = 2;

// Starting threads and compiling their code takes as long as decoding hundreds of photographs: they wait for a next
// import for a minute, without keeping the process from ending.
const idleTime = 60_000;
let idle: { pool: Pool; timer: NodeJS.Timeout } | undefined;

/** The threads of an earlier import where they still wait, else new ones. */
export function takePool(): Pool {
  if (idle === undefined) return createPool();
  const { pool, timer } = idle;
  clearTimeout(timer);
  idle = undefined;
  pool.hold(true);
  return pool;
}

/** For the next import. Only for a pool that has finished all its tasks. */
export async function returnPool(pool: Pool): Promise<void> {
  if (idle !== undefined) {
    await pool.close();
    return;
  }
  pool.hold(false);
  const timer = setTimeout(() => {
    idle = undefined;
    void pool.close();
  }, idleTime);
  idle = { pool, timer: timer.unref() };
}

/** Work with the threads of `takePool`, which then wait for a next one; where it fails, or is cancelled, they are ended. */
export async function withPool<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = takePool();
  try {
    const result = await work(pool);
    await returnPool(pool);
    return result;
  } catch (error) {
    void pool.close();
    throw error;
  }
}

export function createPool(size = availableParallelism()): Pool {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const waiting: Job[] = [];
  const running = new Map<number, Job>();
  const threads = Array.from({ length: size }, startThread);
  let nextId = 0;
  let failure: { error: unknown } | undefined;

  function startThread(): { worker: Worker; load: number } {
    // Options of this process (an inspector, a script given as text) are not for the threads.
    const options = { workerData: stop.buffer, execArgv: [] };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), options);
    const thread = { worker, load: 0 };
    worker.on('message', ({ id, result, error }: { id: number; result?: Result; error?: SerializedError }) => {
      const job = running.get(id);
      running.delete(id);
      thread.load--;
      if (job === undefined) return;
      if (result !== undefined) job.resolve(result);
      else job.reject(PinholeError.fromJSON(error!));
      dispatch();
    });
    worker.on('error', giveUp);
    worker.on('exit', () => giveUp(new PinholeError('internal', 'internal: a decoding thread has ended')));
    return thread;
  }

  /** Without one of its threads the pool cannot keep the order of the tasks: everything that is asked of it fails. */
  function giveUp(error: unknown): void {
    failure ??= { error };
    for (const job of [...running.values(), ...waiting]) job.reject(error);
    running.clear();
    waiting.length = 0;
  }

  function dispatch(): void {
    for (;;) {
      const thread = threads.reduce((idlest, other) => (other.load < idlest.load ? other : idlest));
      if (thread.load >= tasksPerThread) return;
      const job = waiting.shift();
      if (job === undefined) return;
      const id = nextId++;
      running.set(id, job);
      thread.load++;
      thread.worker.postMessage({ id, task: job.task }, job.transfer);
    }
  }

  return {
    size,
    run(task, transfer = []) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure.error);
        else waiting.push({ task, transfer, resolve: resolve as Job['resolve'], reject });
        dispatch();
      });
    },
    hold(on) {
      for (const { worker } of threads) on ? worker.ref() : worker.unref();
    },
    async close() {
      failure ??= { error: new PinholeError('internal', 'internal: the decoding threads were closed') };
      Atomics.store(stop, 0, 1);
      await Promise.all(threads.map(({ worker }) => endGently(worker)));
    },
  };
}

/** Without its message port a thread ends when its last task does: killing it inside a native decoder is not safe. */
function endGently(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.postMessage(null);
  });
}

/** Runs tasks in the pool, a few ahead, and yields their results in the order of the tasks. */
export async function* inOrder<T, R>(
  tasks: Iterable<T>,
  run: (task: T) => Promise<R>,
  ahead: number,
): AsyncGenerator<{ task: T; result: R }> {
  const queue: { task: T; result: Promise<R> }[] = [];
  for (const task of tasks) {
    const result = run(task);
    // A failure is reported where its turn comes; until then it must not count as unhandled.
    result.catch(() => {});
    queue.push({ task, result });
    if (queue.length <= ahead) continue;
    const first = queue.shift()!;
    yield { task: first.task, result: await first.result };
  }
  for (const { task, result } of queue) yield { task, result: await result };
}

/** Ends with `cancelled` as soon as the signal is raised, without waiting for the value that is under way. */
export async function* abortable<T>(values: AsyncGenerator<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* values;
    return;
  }
  throwIfCancelled(signal);
  const raised = Promise.withResolvers<never>();
  raised.promise.catch(() => {});
  const raise = () => {
    try {
      throwIfCancelled(signal);
    } catch (error) {
      raised.reject(error);
    }
  };
  signal.addEventListener('abort', raise, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([values.next(), raised.promise]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', raise);
  }
}
