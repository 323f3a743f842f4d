// A job for the tests of job.ts: does what its input says, well or badly.
import { getPriority } from 'node:os';
import { PinholeError, throwIfCancelled } from '../../src-main/contract/errors.ts';
import { runJob } from '../../src-main/host/job.ts';

export type Deed =
  | { deed: 'double'; values: Float32Array }
  | {
      deed:
        | 'refuse'
        | 'throw'
        | 'crash'
        | 'exit'
        | 'work'
        | 'work-slowly'
        | 'block'
        | 'hang'
        | 'take-its-time'
        | 'never-end'
        | 'report'
        | 'tell-priority';
    };

runJob<Deed, unknown, { values: Float32Array } | { pid: number }>(async (input, context) => {
  if (input.deed !== 'double') context.onEvent?.({ pid: process.pid });
  switch (input.deed) {
    case 'double':
      return input.values.map((value) => 2 * value);
    case 'tell-priority':
      return getPriority();
    case 'report':
      context.onProgress?.({ stage: 'train', done: 1, total: 2, rate: 3, detail: 'loss 0.5' });
      context.onNotice?.({ level: 'warning', message: 'Careful.', advice: 'Slow down.' });
      context.onEvent?.({ values: Float32Array.of(1, 2) });
      return undefined;
    case 'refuse':
      throw new PinholeError('spec-invalid', 'Expected less.', 'Ask for less.', { cause: 'greed' });
    case 'throw':
      throw new TypeError('oops');
    case 'crash':
      console.error('the driver said goodbye');
      return process.kill(process.pid, 'SIGSEGV');
    case 'exit':
      console.error('leaving');
      return process.exit(7);
    case 'work':
      return workInSteps(10, context.signal);
    case 'work-slowly':
      return workInSteps(400, context.signal);
    case 'block':
      // A step that never ends, as a hung driver does it: the event loop does not turn.
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
      return new Promise(() => {});
    case 'hang':
      context.watch?.(1000);
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 100);
      return new Promise(() => {});
    case 'take-its-time':
      context.watch?.(1000);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      return undefined;
    case 'never-end':
      return new Promise(() => setInterval(() => {}, 1000));
  }
});

async function workInSteps(milliseconds: number, signal: AbortSignal | undefined): Promise<never> {
  for (;;) {
    throwIfCancelled(signal);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    await new Promise(setImmediate);
  }
}
