// Long work in a child process that can be killed: a native crash or a hang there takes nothing else with it.
import { type ChildProcess, fork } from 'node:child_process';
import * as v from 'valibot';
import { PinholeError, type SerializedError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, Notice, Progress } from '../contract/records.ts';
import { keepLastWords } from './last-words.ts';
import { watchParent } from './parent-watch.ts';
import { giveWay } from './priority.ts';

/** What a job is given beside its input. Events are whatever job and caller agree on. */
export interface JobContext<Event> extends Context {
  onEvent?: (event: Event) => void;
  /** At the caller's end: how to send commands to the job. */
  onStarted?: (send: (command: unknown) => void) => void;
  /** At the job's end: hears the commands; what came earlier is heard at once. */
  listen?: (listener: (command: unknown) => void) => void;
  /**
   * At the job's end: from now on, a thread that is blocked for so long means that the device hangs, and the job is to be
   * killed, which rejects with `device-lost`.
   */
  watch?: (milliseconds: number) => void;
}

const toParent = v.variant('type', [
  v.object({
    type: v.literal('progress'),
    value: v.object({
      stage: v.string(),
      done: v.number(),
      total: v.nullable(v.number()),
      rate: v.number(),
      detail: v.optional(v.string()),
    }),
  }),
  v.object({
    type: v.literal('notice'),
    value: v.object({ level: v.picklist(['info', 'warning']), message: v.string(), advice: v.optional(v.string()) }),
  }),
  v.object({ type: v.literal('event'), value: v.unknown() }),
  v.object({ type: v.literal('watch'), milliseconds: v.number() }),
  v.object({ type: v.literal('alive') }),
  /** The job has heard of the cancel: it is not stuck in a step. */
  v.object({ type: v.literal('stopping') }),
  v.object({ type: v.literal('result'), value: v.optional(v.unknown()) }),
  v.object({
    type: v.literal('error'),
    value: v.object({ code: v.string(), message: v.string(), advice: v.string(), cause: v.optional(v.string()) }),
  }),
]);
type ToParent = v.InferOutput<typeof toParent>;

const toChild = v.variant('type', [
  v.object({ type: v.literal('start'), input: v.unknown() }),
  v.object({ type: v.literal('command'), value: v.unknown() }),
  v.object({ type: v.literal('cancel') }),
]);
type ToChild = v.InferOutput<typeof toChild>;

export interface JobLimits {
  /** Milliseconds that a step may go on after a cancel before the job is taken for stuck and killed. */
  step: number;
  /** Milliseconds that a job which heard of the cancel (or has sent its result) may take to put its things in order. */
  ending: number;
}

/** A step takes milliseconds, rarely a second; writing a checkpoint on a slow disk takes seconds. */
const usualLimits: JobLimits = { step: 2_000, ending: 15_000 };

/**
 * Runs the module, which calls `runJob`, in a child process and gives back its result. Typed arrays pass both ways.
 *
 * A cancel is acknowledged at once by a notice and obeyed after the current step; a job whose step does not end in
 * time is killed. Either way the promise rejects with `cancelled`. A job that dies rejects with `device-lost` (by a
 * signal: the mark of a fault in native code) or `internal`, with its last words.
 */
export async function startJob<Result, Event = never>(
  module: URL,
  input: unknown,
  context: JobContext<Event> = {},
  limits: JobLimits = usualLimits,
): Promise<Result> {
  throwIfCancelled(context.signal);
  const child = fork(module, [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lastWords = keepLastWords(child);
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  let outcome: (() => void) | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  let stuck = false;
  let silence: { limit: number; timer: NodeJS.Timeout; over: boolean } | undefined;

  function watch(limit: number): void {
    const timer = setTimeout(() => {
      silence!.over = true;
      child.kill('SIGKILL');
    }, limit);
    silence = { limit, timer, over: false };
  }

  function killAfter(milliseconds: number): void {
    clearTimeout(killTimer);
    killTimer = setTimeout(() => {
      stuck = true;
      child.kill('SIGKILL');
    }, milliseconds);
  }

  function cancel(): void {
    tell(child, { type: 'cancel' });
    killAfter(limits.step);
    context.onNotice?.({ level: 'info', message: 'Stopping after the current step.' });
  }

  function hear(message: ToParent): void {
    silence?.timer.refresh();
    if (message.type === 'alive') return;
    if (message.type === 'watch') watch(message.milliseconds);
    else if (message.type === 'progress') context.onProgress?.(message.value as Progress);
    else if (message.type === 'notice') context.onNotice?.(message.value as Notice);
    else if (message.type === 'event') context.onEvent?.(message.value as Event);
    else {
      if (message.type === 'result') outcome = () => resolve(message.value as Result);
      if (message.type === 'error') outcome = () => reject(PinholeError.fromJSON(message.value as SerializedError));
      killAfter(limits.ending);
    }
  }

  child.on('message', (raw) => {
    try {
      hear(v.parse(toParent, raw));
    } catch (error) {
      // A message that is none, or a caller's listener that threw: nobody can follow this job any more.
      outcome = () => reject(PinholeError.from(error));
      child.kill('SIGKILL');
    }
  });
  context.signal?.addEventListener('abort', cancel, { once: true });
  child.once('error', (error) => reject(PinholeError.from(error)));
  // `close` rather than `exit`: by then every message and the last words have arrived.
  child.once('close', (code, signal) => {
    clearTimeout(killTimer);
    clearTimeout(silence?.timer);
    context.signal?.removeEventListener('abort', cancel);
    if (outcome) outcome();
    else if (stuck) reject(killedWhileStuck());
    else if (context.signal?.aborted) reject(stopped());
    else if (silence?.over) reject(silent(silence.limit));
    else reject(died(code, signal, lastWords()));
  });
  tell(child, { type: 'start', input });
  context.onStarted?.((value) => tell(child, { type: 'command', value }));
  return promise;
}

/**
 * The job's side: does the work and reports to the parent. Call it once, at the top of the job's module.
 * Everything the work throws reaches the caller of `startJob`.
 */
export function runJob<Input, Result, Event = never>(
  work: (input: Input, context: JobContext<Event>) => Promise<Result>,
): void {
  const controller = new AbortController();
  let listener: ((command: unknown) => void) | undefined;
  const early: unknown[] = [];
  giveWay();
  watchParent();
  // Ctrl-C in a terminal reaches every process; the parent decides and says 'cancel'.
  process.on('SIGINT', () => {});
  // A channel that listens keeps the process alive until the parent has said what to do and heard the result.
  process.channel?.ref();
  process.on('message', (raw) => {
    if (raw === 'interrupt') return; // the launcher's word, handled in parent-watch.ts
    const message = v.parse(toChild, raw);
    if (message.type === 'start') void perform(message.input as Input);
    else if (message.type === 'command') (listener ?? ((command: unknown) => early.push(command)))(message.value);
    else {
      controller.abort();
      report({ type: 'stopping' });
    }
  });

  async function perform(input: Input): Promise<void> {
    const context: JobContext<Event> = {
      signal: controller.signal,
      onProgress: (value) => report({ type: 'progress', value }),
      onNotice: (value) => report({ type: 'notice', value }),
      onEvent: (value) => report({ type: 'event', value }),
      listen(heard) {
        listener = heard;
        for (const command of early.splice(0)) heard(command);
      },
      watch(milliseconds) {
        report({ type: 'watch', milliseconds });
        setInterval(() => report({ type: 'alive' }), milliseconds / 10).unref();
      },
    };
    try {
      await end({ type: 'result', value: await work(input, context) });
    } catch (error) {
      await end({ type: 'error', value: PinholeError.from(error).toJSON() });
    }
  }
}

function report(message: ToParent): void {
  process.send?.(message);
}

/** Sends the last message and leaves at once: whatever still keeps the process alive must not. */
async function end(message: ToParent): Promise<void> {
  await new Promise((resolve) => process.send!(message, resolve));
  process.exit(0);
}

/** A child that has just died cannot be told anything; its `close` event says what happened. */
function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}

/** Died of the same Ctrl-C before it could listen, or just when it was asked to stop. */
function stopped(): PinholeError {
  return new PinholeError('cancelled', 'Stopped.', 'Run the same again to go on from here.');
}

function killedWhileStuck(): PinholeError {
  return new PinholeError(
    'cancelled',
    'Stopped by force, because the current step did not end; work goes back to the last checkpoint.',
    'Run the same again to go on from there.',
  );
}

function silent(limit: number): PinholeError {
  return new PinholeError(
    'device-lost',
    `The device has not answered for ${limit / 1000} seconds.`,
    'Update its driver, or train with --device cpu.',
  );
}

function died(code: number | null, signal: NodeJS.Signals | null, lastWords: string): PinholeError {
  const words = lastWords ? ` Its last words:\n${lastWords}` : '';
  if (!signal) {
    const message = `internal: a working process ended early with exit code ${code}.${words}`;
    return new PinholeError('internal', message, 'This is a fault in Pinhole; please report it with the details.');
  }
  const advice =
    signal === 'SIGKILL'
      ? 'Something outside Pinhole killed it, often because memory ran out. Close other programs or choose a smaller size or batch, then run the same again.'
      : 'Run the same again to go on from the last checkpoint; if it happens again, use --device cpu.';
  return new PinholeError('device-lost', `A working process was ended by ${signal}.${words}`, advice);
}
