// The worker: a process of its own that holds the service and everything native, and serves the windows of its front.
import { Socket } from 'node:net';
import type { Service } from '../contract/api.ts';
import { PinholeError } from '../contract/errors.ts';
import { PortEnd } from '../contract/port.ts';
import type { Context } from '../contract/records.ts';
import { serveService } from '../contract/rpc.ts';
import { Pipe } from './pipe.ts';
import { createWindowService } from './window-service.ts';
import { type ToFront, type ToWorker, toWorkerSchema } from './worker-messages.ts';

/** What a task may take to write its checkpoint and put its things in order, before the process ends all the same. */
const endingMilliseconds = 20_000;

const allowed = new Set<string>();
const channels = new Map<number, Channel>();
let service: Service | undefined;
let ended: Promise<void> | undefined;

const pipe = new Pipe<ToWorker, ToFront>(new Socket({ fd: 3 }), toWorkerSchema, {
  onControl(message) {
    if (message.type === 'start') void open(message);
    else if (message.type === 'allow') allowed.add(message.path);
    else if (message.type === 'open') openChannel(message.channel);
    else if (message.type === 'close') channels.get(message.channel)?.end('closed');
    else if (message.type === 'end') void end();
  },
  onFrame(channel, frame) {
    const known = channels.get(channel);
    if (known) known.receive(frame);
    // Not a fault: the channel may just have been closed from here. A front that keeps it open hears that it is not.
    else pipe.tell({ type: 'close', channel, reason: 'closed' });
  },
  // The front is gone, killed or not, or has heard all that was to be said.
  onClose(error) {
    if (error) console.error(error);
    void end().then(() => process.exit(error ? 1 : 0));
  },
});

// Ctrl-C in a terminal reaches every process; the front decides and says `end`.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void end());

async function open(message: Extract<ToWorker, { type: 'start' }>): Promise<void> {
  const { workspace, command, roots, resumeTasks } = message;
  for (const path of message.allowed) allowed.add(path);
  try {
    // After a death the front has said what happened; that its lock was taken over would only repeat it.
    const context: Context = resumeTasks ? {} : { onNotice: (notice) => pipe.tell({ type: 'notice', notice }) };
    service = await createWindowService({ workspace, command, roots, allowed, resumeTasks }, context);
    pipe.tell({ type: 'ready' });
  } catch (error) {
    pipe.tell({ type: 'failed', error: PinholeError.from(error).toJSON() });
    await end();
  }
}

/** Running tasks are interrupted and remembered by the workspace. */
function end(): Promise<void> {
  ended ??= putInOrder();
  return ended;
}

async function putInOrder(): Promise<void> {
  setTimeout(() => process.exit(1), endingMilliseconds).unref();
  await service?.close();
  for (const channel of channels.values()) channel.end('ended');
  pipe.end();
}

function openChannel(number: number): void {
  const channel = new Channel(number);
  channels.set(number, channel);
  serveService(channel, service!);
}

/** The worker's end of a window's port. */
class Channel extends PortEnd {
  readonly #number: number;

  constructor(number: number) {
    super();
    this.#number = number;
  }

  send(frame: Uint8Array): void {
    if (this.open) pipe.send(this.#number, frame);
  }

  close(): void {
    this.end('closed');
  }

  protected override ended(reason: string): void {
    channels.delete(this.#number);
    pipe.tell({ type: 'close', channel: this.#number, reason });
  }
}
