// Asks a device something in a child process that can be killed, and reads what its driver said on the way.
import { type ChildProcess, fork } from 'node:child_process';
import type { Feeds } from '../compiler/graph.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import { PinholeError, type SerializedError, throwIfCancelled } from '../contract/errors.ts';
import type { DeviceKind } from './executor.ts';
import { vulkanLogging } from './vulkan.ts';

interface Target {
  readonly device: DeviceKind;
  readonly threads: number;
}

/** The answer to a self-test is the largest difference to the reference; to timing, milliseconds a step. */
export type ProbeTask =
  | ({ readonly type: 'self-test' } & Target)
  | ({
      readonly type: 'time';
      readonly program: TrainingProgram;
      readonly values: ReadonlyMap<string, Float32Array>;
      readonly feeds: Feeds;
      /** Milliseconds; see `timeSteps`. */
      readonly limit?: number;
    } & Target);

export type ProbeReply = { ok: true; result: number } | { ok: false; error: SerializedError };

export interface ProbeOutcome {
  readonly reply: ProbeReply;
  /** What the child, its libraries and its driver wrote to standard error. */
  readonly log: string;
}

/** A driver that has not answered by then hangs: compiling all shaders on a slow GPU was seen to take ten seconds. */
const patience = 60_000;

/** Never throws for a fault of the device; throws `cancelled` when the signal is raised. */
export async function probe(task: ProbeTask, signal?: AbortSignal): Promise<ProbeOutcome> {
  throwIfCancelled(signal);
  const child = fork(new URL('./child-probe.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, ...vulkanLogging },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, patience);
  signal?.addEventListener('abort', kill);
  try {
    const outcome = await conversation(child, task);
    throwIfCancelled(signal);
    return outcome;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

function conversation(child: ChildProcess, task: ProbeTask): Promise<ProbeOutcome> {
  let reply: ProbeReply | undefined;
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  child.on('message', (message: ProbeReply) => {
    reply = message;
  });
  child.send(task, () => undefined); // a child that is gone already is reported when it closes
  return new Promise((resolve) => {
    child.on('error', (error) =>
      resolve({ reply: failed(`No process could be started to try it: ${error.message}.`), log }),
    );
    // `close` comes after standard error has ended. A crash after the reply, while the driver shuts down, is no fault.
    child.on('close', (code, signal) => resolve({ reply: reply ?? crashed(code, signal), log }));
  });
}

function crashed(code: number | null, signal: NodeJS.Signals | null): ProbeReply {
  const how = signal === 'SIGKILL' ? 'did not answer in time' : `crashed (${signal ?? `exit code ${code}`})`;
  return failed(`Its driver ${how}.`, 'Update the graphics driver.');
}

function failed(message: string, advice?: string): ProbeReply {
  return { ok: false, error: new PinholeError('device-unavailable', message, advice).toJSON() };
}
