// TensorBoard event files, written without TensorFlow: scalars and images. Reading them is TensorBoard's business.
// Records are framed as TFRecords, https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details;
// messages are tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Message } from '../compiler/onnx/protobuf.ts';
import { writeError } from '../files/atomic.ts';
import { encodePng } from '../files/png.ts';
import { type ImageBatch, imageGrid } from '../numerics/image-grid.ts';

/** Events are collected and reach the file with `flush`: call it once for each logged step. */
export interface EventWriter {
  readonly path: string;
  /** `wallTime` in seconds since 1970. */
  scalar(tag: string, step: number, value: number, wallTime?: number): void;
  /** `png` is a PNG file of that size; `channels` 1 grey, 3 RGB, 4 RGBA. */
  image(tag: string, step: number, png: Uint8Array, width: number, height: number, channels: number): void;
  /** All images side by side as one picture; small ones are enlarged to be seen. */
  imageGrid(tag: string, step: number, images: ImageBatch, columns?: number): void;
  /** Takes back every event so far of this step and later ones: TensorBoard then shows the new course only. */
  restart(step: number): void;
  flush(): Promise<void>;
  /** Flushes, and makes the file safe against a power cut. */
  close(): Promise<void>;
}

// Field numbers of event.proto and summary.proto.
const eventFields = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const summaryFields = { value: 1 };
const valueFields = { tag: 1, simpleValue: 2, image: 4 };
const imageFields = { height: 1, width: 2, colorspace: 3, encoded: 4 };
const sessionLogFields = { status: 1 };
const sessionStart = 1;

// Small pictures are shown at their own size by TensorBoard: 28 pixels would be a stamp.
const smallestCell = 84;

/**
 * Opens a new event file in the folder, which is made if need be. To go on after an interruption, open another
 * one there with `resumeAt`, the first step that will be logged anew: TensorBoard reads the files in the order of
 * their names as one run, and the mark that this writes discards what an earlier file holds from that step on, so
 * that no step appears twice.
 */
export async function createEventWriter(folder: string, options: { resumeAt?: number } = {}): Promise<EventWriter> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, await nextName(folder));
  const handle = await open(path, 'wx');
  let waiting: Uint8Array[] = [];

  const add = (step: number, wallTime: number, fill: (event: Message) => Message): void => {
    const event = new Message().double(eventFields.wallTime, wallTime);
    if (step !== 0) event.varint(eventFields.step, step);
    waiting.push(frame(fill(event).finish()));
  };
  const addValue = (step: number, wallTime: number, value: Message): void =>
    add(step, wallTime, (event) =>
      event.message(eventFields.summary, new Message().message(summaryFields.value, value)),
    );

  const writer: EventWriter = {
    path,
    scalar(tag, step, value, wallTime = now()) {
      addValue(step, wallTime, new Message().string(valueFields.tag, tag).float(valueFields.simpleValue, value));
    },
    image(tag, step, png, width, height, channels) {
      const image = new Message()
        .varint(imageFields.height, height)
        .varint(imageFields.width, width)
        .varint(imageFields.colorspace, channels)
        .bytes(imageFields.encoded, png);
      addValue(step, now(), new Message().string(valueFields.tag, tag).message(valueFields.image, image));
    },
    imageGrid(tag, step, images, columns = images.count) {
      const scale = Math.max(1, Math.ceil(smallestCell / Math.max(images.width, images.height)));
      const picture = imageGrid(images, { columns, scale, gap: 4 });
      writer.image(tag, step, encodePng(picture), picture.width, picture.height, picture.channels);
    },
    restart(step) {
      add(step, now(), (event) =>
        event.message(eventFields.sessionLog, new Message().varint(sessionLogFields.status, sessionStart)),
      );
    },
    async flush() {
      const records = waiting;
      waiting = [];
      await append(handle, path, records);
    },
    async close() {
      await writer.flush();
      await handle.sync();
      await handle.close();
    },
  };

  add(0, now(), (event) => event.string(eventFields.fileVersion, 'brain.Event:2'));
  if (options.resumeAt !== undefined) writer.restart(options.resumeAt);
  await writer.flush();
  return writer;
}

/** Ten digits of seconds, later than those of every file there: TensorBoard orders files by name. */
async function nextName(folder: string): Promise<string> {
  let seconds = Math.floor(now());
  for (const name of await readdir(folder)) {
    const taken = /^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1];
    if (taken !== undefined) seconds = Math.max(seconds, Number(taken) + 1);
  }
  const host = hostname().replace(/[^\w-]/g, '_') || 'pinhole';
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.${host}.${process.pid}.0`;
}

async function append(handle: FileHandle, path: string, records: readonly Uint8Array[]): Promise<void> {
  if (records.length === 0) return;
  try {
    await handle.appendFile(Buffer.concat(records));
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Length, its checksum, the data, its checksum. */
function frame(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return record;
}

/** Rotated and shifted, because a checksum over data that holds checksums is weak. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli), which zlib's crc32 is not. */
function crc32c(bytes: Uint8Array): number {
  let checksum = -1;
  for (const byte of bytes) checksum = crcTable[(checksum ^ byte) & 255]! ^ (checksum >>> 8);
  return (checksum ^ -1) >>> 0;
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0x82f63b78 : entry >>> 1;
  return entry;
});

const now = (): number => Date.now() / 1000;
