// Many channels over one stream of bytes between a front and its worker. Knows neither what channels are for nor what frames hold.
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { longestFrame } from '../contract/wire.ts';

/** Before every frame: its length and its channel, both uint32, little-endian. */
const headerBytes = 8;
/** What front and worker tell each other, as JSON. All other channels are ports of windows. */
const controlChannel = 0;

export interface PipeListeners<Incoming> {
  onControl(message: Incoming): void;
  onFrame(channel: number, frame: Uint8Array): void;
  /** Called once: the other process is gone, or, with an error, what it said could not be followed. */
  onClose(error: Error | undefined): void;
}

export class Pipe<Incoming, Outgoing> {
  readonly #stream: Duplex;
  readonly #onceEmpty = new Set<() => void>();

  constructor(stream: Duplex, schema: v.GenericSchema<unknown, Incoming>, listeners: PipeListeners<Incoming>) {
    this.#stream = stream;
    const take = readFrames((channel, frame) => {
      if (channel !== controlChannel) listeners.onFrame(channel, frame);
      else listeners.onControl(v.parse(schema, JSON.parse(new TextDecoder().decode(frame))));
    });
    stream.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    let fault: Error | undefined;
    // A process that is gone shows as one of these, depending on what was under way; `close` follows in any case.
    const expected = new Set(['EPIPE', 'ECONNRESET']);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!expected.has(error.code ?? '')) fault = error;
    });
    stream.once('end', () => stream.destroy());
    stream.once('close', () => listeners.onClose(fault));
    stream.on('drain', () => {
      const waiting = [...this.#onceEmpty];
      this.#onceEmpty.clear();
      for (const listener of waiting) listener();
    });
  }

  /** What is sent through a pipe that is closed is lost. */
  send(channel: number, frame: Uint8Array): void {
    if (this.#stream.destroyed) return;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(frame.length, 0);
    header.writeUInt32LE(channel, 4);
    this.#stream.cork();
    this.#stream.write(header);
    if (frame.length > 0) this.#stream.write(frame);
    this.#stream.uncork();
  }

  tell(message: Outgoing): void {
    this.send(controlChannel, new TextEncoder().encode(JSON.stringify(message)));
  }

  /** True while more is waiting to be sent than the system takes at once; the listener hears when that is over. */
  get full(): boolean {
    return this.#stream.writableNeedDrain;
  }

  onceEmpty(listener: () => void): void {
    this.#onceEmpty.add(listener);
  }

  /** Closes when all that was sent has gone through, or at once where nobody takes it any more. */
  end(): void {
    this.#stream.end(() => this.#stream.destroy());
  }
}

/** Puts frames together from chunks of whatever size. Each frame has memory of its own, so that its arrays lie aligned. */
function readFrames(onFrame: (channel: number, frame: Uint8Array) => void): (chunk: Uint8Array) => void {
  const header = new Uint8Array(headerBytes);
  const fields = new DataView(header.buffer);
  let target = header;
  let filled = 0;

  function complete(): void {
    const wasHeader = target === header;
    const frame = target;
    const length = fields.getUint32(0, true);
    if (wasHeader && length > longestFrame) throw new RangeError(`a frame of ${length} bytes`);
    target = wasHeader ? new Uint8Array(length) : header;
    filled = 0;
    if (!wasHeader) onFrame(fields.getUint32(4, true), frame);
    else if (length === 0) complete();
  }

  return (chunk) => {
    for (let offset = 0; offset < chunk.length; ) {
      const part = chunk.subarray(offset, offset + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled === target.length) complete();
    }
  };
}
