import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEventWriter } from '../../src-main/training/tensorboard.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'pinhole-events-')), 'tensorboard');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

// A reader of its own, from the documentation of the formats: TFRecord framing and protobuf wire format.

/** CRC-32C bit by bit: the polynomial 0x1EDC6F41, reflected. */
function crc32c(bytes: Uint8Array): number {
  let checksum = 0xffffffffn;
  for (const byte of bytes) {
    checksum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) checksum = checksum & 1n ? (checksum >> 1n) ^ 0x82f63b78n : checksum >> 1n;
  }
  return Number(checksum ^ 0xffffffffn);
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function readRecords(path: string): Buffer[] {
  const file = readFileSync(path);
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmask(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    const record = file.subarray(at + 12, at + 12 + length);
    expect(unmask(file.readUInt32LE(at + 12 + length))).toBe(crc32c(record));
    records.push(record);
    at += 16 + length;
  }
  return records;
}

function readFields(bytes: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const take = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  const readers: Record<number, () => number | Buffer> = {
    0: varint,
    1: () => take(8).readDoubleLE(),
    2: () => take(varint()),
    5: () => take(4).readFloatLE(),
  };
  while (at < bytes.length) {
    const tag = varint();
    fields.set(tag >> 3, readers[tag & 7]!());
  }
  return fields;
}

interface Event {
  wallTime: number;
  step: number;
  version?: string | undefined;
  restart?: boolean;
  tag?: string;
  value?: number;
  image?: { height: number; width: number; colorspace: number; png: Buffer };
}

function readEvent(record: Buffer): Event {
  const fields = readFields(record);
  const event: Event = { wallTime: fields.get(1) as number, step: (fields.get(2) ?? 0) as number };
  if (fields.has(3)) event.version = String(fields.get(3));
  if (fields.has(7)) event.restart = readFields(fields.get(7) as Buffer).get(1) === 1;
  if (fields.has(5)) readSummary(event, fields.get(5) as Buffer);
  return event;
}

function readSummary(event: Event, summary: Buffer): void {
  const value = readFields(readFields(summary).get(1) as Buffer);
  event.tag = String(value.get(1));
  if (value.has(2)) event.value = value.get(2) as number;
  if (!value.has(4)) return;
  const image = readFields(value.get(4) as Buffer);
  const [height, width, colorspace] = [1, 2, 3].map((number) => image.get(number)) as [number, number, number];
  event.image = { height, width, colorspace, png: image.get(4) as Buffer };
}

const readEvents = (path: string) => readRecords(path).map(readEvent);

/** As TensorBoard reads a folder: files in the order of their names; a session start discards what it restarts. */
function seenIn(path: string): [string, number][] {
  let seen: Event[] = [];
  for (const name of readdirSync(path).sort()) {
    for (const event of readEvents(join(path, name))) {
      if (event.restart) seen = seen.filter(({ step }) => step < event.step);
      if (event.tag !== undefined) seen.push(event);
    }
  }
  return seen.map(({ tag, step }) => [tag!, step]);
}

test("the reader's checksum is CRC-32C: the check value of its catalogue entry", () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('scalars and images, in frames whose checksums are right', async () => {
  const writer = await createEventWriter(folder);
  writer.scalar('loss/train', 0, 0.5, 1_700_000_000.25);
  writer.scalar('loss/validation', 2 ** 40, -3);
  writer.image('original', 7, Uint8Array.of(1, 2, 3), 20, 10, 3);
  await writer.close();
  expect(basename(writer.path)).toMatch(/^events\.out\.tfevents\.\d{10}\.[\w-]+\.\d+\.0$/);
  const events = readEvents(writer.path);
  expect(events[0]).toMatchObject({ version: 'brain.Event:2', step: 0 });
  expect(Math.abs(events[0]!.wallTime - Date.now() / 1000)).toBeLessThan(60);
  expect(events[1]).toEqual({ wallTime: 1_700_000_000.25, step: 0, tag: 'loss/train', value: 0.5 });
  expect(events[2]).toMatchObject({ step: 2 ** 40, tag: 'loss/validation', value: -3 });
  expect(events[3]).toMatchObject({ step: 7, tag: 'original', image: { width: 20, height: 10, colorspace: 3 } });
  expect([...events[3]!.image!.png]).toEqual([1, 2, 3]);
  expect(events.length).toBe(4);
});

test('events wait for a flush, and each is written once', async () => {
  const writer = await createEventWriter(folder);
  writer.scalar('a', 1, 1);
  expect(readEvents(writer.path).length).toBe(1);
  await writer.flush();
  await writer.flush();
  writer.scalar('a', 2, 1);
  await writer.flush();
  expect(readEvents(writer.path).map(({ step }) => step)).toEqual([0, 1, 2]);
  await writer.close();
});

test('a grid is one PNG of images enlarged to be seen', async () => {
  const data = Uint8Array.from({ length: 10 * 28 * 28 }, (_, index) => index % 251);
  const writer = await createEventWriter(folder);
  writer.imageGrid('original', 0, { data, count: 10, height: 28, width: 28, channels: 1 });
  writer.imageGrid('original', 1, { data: data.slice(0, 2 * 12), count: 2, height: 2, width: 2, channels: 3 }, 1);
  await writer.close();
  const [, first, second] = readEvents(writer.path);
  expect(first!.image).toMatchObject({ width: 10 * 84 + 9 * 4, height: 84, colorspace: 1 });
  expect(second!.image).toMatchObject({ width: 84, height: 172, colorspace: 3 });
  const decoder = sharp(first!.image!.png).toColourspace('b-w').raw();
  const { info, data: pixels } = await decoder.toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 876, height: 84, channels: 1 });
  // Second image, first pixel, and its copy two to the right and two below.
  expect([pixels[88], pixels[2 * 876 + 90]]).toEqual([784 % 251, 784 % 251]);
});

test('going on in a new file, and rolling back, leave every step once', async () => {
  const first = await createEventWriter(folder);
  for (let step = 0; step < 5; step++) first.scalar('loss', step, step);
  first.restart(3);
  first.scalar('loss', 3, 0);
  first.scalar('loss', 4, 0);
  await first.close();
  const second = await createEventWriter(folder, { resumeAt: 4 });
  second.scalar('loss', 4, 1);
  second.scalar('loss', 5, 1);
  await second.close();
  expect(readdirSync(folder).sort()).toEqual([basename(first.path), basename(second.path)]);
  expect(seenIn(folder)).toEqual([0, 1, 2, 3, 4, 5].map((step) => ['loss', step]));
});

test('a later file comes after earlier ones even if the clock went back', async () => {
  const first = await createEventWriter(folder);
  await first.close();
  writeFileSync(join(folder, 'events.out.tfevents.4102444800.host.1.0'), '');
  const second = await createEventWriter(folder);
  await second.close();
  expect(basename(second.path)).toMatch(/^events\.out\.tfevents\.4102444801\./);
});
