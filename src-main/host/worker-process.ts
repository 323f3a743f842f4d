// The front's side of the worker: starts it, starts it again when it died, and opens channels to it. Electron and server share it.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PinholeError, type SerializedError } from '../contract/errors.ts';
import { type Port, PortEnd } from '../contract/port.ts';
import type { Notice } from '../contract/records.ts';
import { keepLastWords } from './last-words.ts';
import { Pipe } from './pipe.ts';
import { type ToFront, type ToWorker, toFrontSchema } from './worker-messages.ts';

export interface WorkerOptions {
  workspace: string;
  /** What the writer lock tells a second process, e.g. `pinhole serve`. */
  command: string;
  /** Folders that may be read and written beside the workspace. */
  roots: string[];
  /** The Node binary that runs the worker; the running one where left out. */
  node?: string;
  /** What is worth saying in words, e.g. that the worker died and comes back. */
  onNotice?: (notice: Notice) => void;
  /** The worker died too often, or the workspace cannot be opened any more: nothing works until a new start. */
  onGivenUp?: (error: PinholeError) => void;
  /** The worker's module where it is not beside this one: in a packaged program, in tests. */
  module?: URL;
}

/** A window's port to the worker, as its front holds it. */
export interface Channel extends Port {
  /** True while more is on its way to the worker than it takes: hold back until `onceEmpty` calls. */
  readonly full: boolean;
  onceEmpty(listener: () => void): void;
}

/** So many deaths within so many milliseconds are no accident. The first restart is at once, the next ones wait. */
const deathLimit = { count: 3, milliseconds: 60_000 };
const restartMilliseconds = [0, 1_000, 4_000];
/** A little more than the worker gives itself. */
const endingMilliseconds = 25_000;

export class WorkerProcess {
  readonly #options: WorkerOptions;
  readonly #allowed = new Set<string>();
  readonly #deaths: number[] = [];
  readonly #channels = new Map<number, WorkerChannel>();
  #worker: RunningWorker | undefined;
  /** Settled while a worker is ready to be asked, or will never be. */
  #ready = newPromise<RunningWorker>();
  #isReady = false;
  #wasReady = false;
  #restart: NodeJS.Timeout | undefined;
  #nextChannel = 1;
  #closed: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#start();
  }

  /** Resolves when the workspace is open. Rejects with `workspace-locked`, `file-damaged`, … and with what stopped it later. */
  async ready(): Promise<void> {
    await this.#ready.promise;
  }

  /** A new channel to the service; waits for a worker that is being started (again). Rejects as `ready` does. */
  async connect(): Promise<Channel> {
    const { pipe } = await this.#ready.promise;
    const number = this.#nextChannel++;
    const channel = new WorkerChannel(pipe, number, () => this.#channels.delete(number));
    this.#channels.set(number, channel);
    pipe.tell({ type: 'open', channel: number });
    return channel;
  }

  /** A person picked or dropped this path. */
  allow(path: string): void {
    this.#allowed.add(path);
    this.#worker?.pipe.tell({ type: 'allow', path });
  }

  get pid(): number | undefined {
    return this.#worker?.child.pid;
  }

  /** Running tasks are interrupted and remembered. Resolves when the worker has ended. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker) {
      worker.pipe.tell({ type: 'end' });
      const timer = setTimeout(() => worker.child.kill('SIGKILL'), endingMilliseconds);
      await worker.gone;
      clearTimeout(timer);
    }
    this.#notReady();
    this.#ready.reject(ended());
  }

  #start(): void {
    const { workspace, command, roots, node = process.execPath } = this.#options;
    const module = this.#options.module ?? new URL('./worker.ts', import.meta.url);
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', fileURLToPath(module)], {
      // The fourth is the pipe; `overlapped` matters on Windows only. What libraries print is kept for its last words.
      stdio: ['ignore', 'pipe', 'pipe', 'overlapped'],
    });
    const lastWords = keepLastWords(child);
    let failure: PinholeError | undefined;
    const pipe = new Pipe<ToFront, ToWorker>(child.stdio[3] as Duplex, toFrontSchema, {
      onControl: (message) => {
        if (message.type === 'ready') this.#becomeReady(worker);
        else if (message.type === 'notice') this.#options.onNotice?.(message.notice as Notice);
        else if (message.type === 'failed') failure = PinholeError.fromJSON(message.error as SerializedError);
        else this.#channels.get(message.channel)?.end(message.reason);
      },
      onFrame: (channel, frame) => this.#channels.get(channel)?.receive(frame),
      onClose: (fault) => {
        if (!fault) return; // how the process ended says more
        failure = PinholeError.from(fault);
        child.kill('SIGKILL');
      },
    });
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const worker: RunningWorker = { child, pipe, gone };
    child.once('error', (error) => {
      // It could not be started: no other event follows.
      if (child.pid === undefined) this.#bury(PinholeError.from(error), true);
    });
    // `close` rather than `exit`: by then the last words have arrived.
    child.once('close', (code, signal) => {
      resolve();
      this.#bury(failure ?? died(code, signal, lastWords()), failure !== undefined);
    });
    this.#worker = worker;
    const allowed = [...this.#allowed];
    pipe.tell({ type: 'start', workspace, command, roots, allowed, resumeTasks: this.#wasReady });
  }

  #becomeReady(worker: RunningWorker): void {
    this.#wasReady = true;
    this.#isReady = true;
    this.#ready.resolve(worker);
  }

  #notReady(): void {
    if (this.#isReady) this.#ready = newPromise();
    this.#isReady = false;
  }

  /** A worker is gone. Nothing is to be done if it was told to; one that cannot work gets no successor, others do. */
  #bury(error: PinholeError, explained: boolean): void {
    this.#worker = undefined;
    this.#endChannels(this.#closed ? 'ended' : 'worker');
    if (this.#closed) return;
    this.#notReady();
    const now = performance.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((time) => now - time < deathLimit.milliseconds).length;
    if (!this.#wasReady) {
      this.#giveUp(error);
    } else if (recent >= deathLimit.count) {
      this.#giveUp(explained ? error : diedTooOften(error));
    } else {
      const advice = 'It is started again and goes on.';
      this.#options.onNotice?.({ level: 'warning', message: error.message, advice });
      this.#restart = setTimeout(() => this.#start(), restartMilliseconds[recent - 1]);
    }
  }

  #giveUp(error: PinholeError): void {
    this.#closed = Promise.resolve();
    this.#ready.reject(error);
    this.#options.onGivenUp?.(error);
  }

  #endChannels(reason: string): void {
    for (const channel of this.#channels.values()) channel.end(reason);
  }
}

/** Whoever waits for it hears of a failure; that nobody does is none. */
function newPromise<T>(): PromiseWithResolvers<T> {
  const resolvers = Promise.withResolvers<T>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

interface RunningWorker {
  child: ChildProcess;
  pipe: Pipe<ToFront, ToWorker>;
  /** Resolves when the process has ended. */
  gone: Promise<void>;
}

class WorkerChannel extends PortEnd implements Channel {
  readonly #pipe: Pipe<ToFront, ToWorker>;
  readonly #number: number;
  readonly #onEnd: () => void;

  constructor(pipe: Pipe<ToFront, ToWorker>, number: number, onEnd: () => void) {
    super();
    this.#pipe = pipe;
    this.#number = number;
    this.#onEnd = onEnd;
  }

  get full(): boolean {
    return this.open && this.#pipe.full;
  }

  onceEmpty(listener: () => void): void {
    this.#pipe.onceEmpty(listener);
  }

  send(frame: Uint8Array): void {
    if (this.open) this.#pipe.send(this.#number, frame);
  }

  close(): void {
    if (this.open) this.#pipe.tell({ type: 'close', channel: this.#number });
    this.end('closed');
  }

  protected override ended(): void {
    this.#onEnd();
  }
}

function died(code: number | null, signal: NodeJS.Signals | null, lastWords: string): PinholeError {
  const how = signal ?? `exit code ${code}`;
  const words = lastWords ? ` Its last words:\n${lastWords}` : '';
  return new PinholeError('internal', `The worker process ended unexpectedly (${how}).${words}`);
}

function diedTooOften(last: PinholeError): PinholeError {
  return new PinholeError(
    'internal',
    `The worker process ended ${deathLimit.count} times within a minute and is not started again. ${last.message}`,
    'Start Pinhole again; what was running can be continued. If it happens again, please report it with the details.',
    { cause: last },
  );
}

function ended(): PinholeError {
  return new PinholeError('disconnected', 'Pinhole was ended.', 'Start it again.');
}
