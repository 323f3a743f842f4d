// The safetensors format: named tensors and text metadata in one file, read lazily by offset. No 8- or 16-bit floats.
// https://github.com/huggingface/safetensors#format: u64 header length, JSON header, little-endian data without gaps.
import { PinholeError } from '../contract/errors.ts';
import { writeAtomic } from './atomic.ts';
import { damaged, type OpenFile, openFile } from './read.ts';

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U16: Uint16Array,
  U8: Uint8Array,
} as const;

export type SafetensorsDType = keyof typeof arrays;
export type SafetensorsData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint16Array | Uint8Array;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
}

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: SafetensorsData;
}

export interface SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data in the file. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  read(name: string): Promise<SafetensorsData>;
  close(): Promise<void>;
}

export interface SafetensorsContent {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, NamedTensor & SafetensorsEntry>;
}

interface Located extends SafetensorsEntry {
  readonly start: number;
  readonly end: number;
}

// The reference implementation's own limit.
const longestHeader = 100_000_000;
const prefixLength = 8;

/** Every offset is checked against the file before anything is allocated for a tensor. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { header, dataStart } = await readHeader(file);
    const { __metadata__: metadata, ...entries } = header;
    const tensors = locate(entries, file.size - dataStart, path);
    return {
      path,
      metadata: readMetadata(metadata, path),
      tensors,
      read: (name) => readTensor(file, dataStart, tensors, name),
      close: file.close,
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export async function readSafetensors(path: string): Promise<SafetensorsContent> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, NamedTensor & SafetensorsEntry>();
    for (const [name, { dtype, shape }] of file.tensors) {
      tensors.set(name, { dtype, shape, data: await file.read(name) });
    }
    return { metadata: file.metadata, tensors };
  } finally {
    await file.close();
  }
}

/** Written atomically; the same tensors and metadata in the same order give the same bytes. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  // Wider types first, as the reference implementation orders them: every tensor is then aligned to its own type.
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const [name, { shape, data }] of ordered) {
    checkTensor(name, shape, data);
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  await writeAtomic(path, [encodeHeader(header), ...ordered.map(([, { data }]) => asBytes(data))]);
}

function encodeHeader(entries: readonly [string, unknown][]): Uint8Array {
  // Not an object: it would put names that look like numbers first.
  const json = Buffer.from(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(prefixLength + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, prefixLength);
  return bytes;
}

async function readHeader(file: OpenFile): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  if (file.size < prefixLength) throw damaged(file.path, 'at least 8 bytes of safetensors', `${file.size}`);
  const prefix = Buffer.alloc(prefixLength);
  await file.read(prefix, 0);
  const length = prefix.readBigUInt64LE();
  const longest = Math.min(file.size - prefixLength, longestHeader);
  if (length > BigInt(longest)) throw damaged(file.path, `a header of at most ${longest} bytes`, `${length}`);
  const bytes = Buffer.alloc(Number(length));
  await file.read(bytes, prefixLength);
  return { header: parseHeader(bytes.toString('utf8'), file.path), dataStart: prefixLength + Number(length) };
}

function parseHeader(text: string, path: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw damaged(path, 'a JSON object as header', JSON.stringify(text.slice(0, 80)));
  }
  if (!isObject(header) || !text.startsWith('{')) {
    throw damaged(path, 'a JSON object as header', JSON.stringify(text.slice(0, 80)));
  }
  return header;
}

/**
 * Checks each entry, and that together they cover the data without gap or overlap. That also catches most
 * duplicate names, of which JSON keeps only the last: the bytes of the others are a gap.
 */
function locate(entries: Record<string, unknown>, dataLength: number, path: string): Map<string, Located> {
  const located = Object.entries(entries).map(([name, entry]) => [name, locateOne(name, entry, path)] as const);
  located.sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const [name, { start, end }] of located) {
    if (start !== covered) throw damaged(path, `tensor "${name}" at byte ${covered}`, `${start}`);
    covered = end;
  }
  if (covered !== dataLength) throw damaged(path, `${covered} bytes of data`, `${dataLength}`);
  return new Map(located);
}

function locateOne(name: string, entry: unknown, path: string): Located {
  const what = `tensor "${name}"`;
  if (!isObject(entry)) throw damaged(path, `an object for ${what}`, JSON.stringify(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw damaged(path, `a dtype for ${what}`, String(JSON.stringify(dtype)));
  if (!Object.hasOwn(arrays, dtype)) throw unsupported(path, what, dtype);
  if (!isCounts(shape)) throw damaged(path, `a shape for ${what}`, String(JSON.stringify(shape)));
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw damaged(path, `two data_offsets for ${what}`, String(JSON.stringify(offsets)));
  }
  const [start, end] = offsets as [number, number];
  const length = count(shape) * arrays[dtype as SafetensorsDType].BYTES_PER_ELEMENT;
  if (end - start !== length) throw damaged(path, `${length} bytes for ${what}`, `${end - start}`);
  return { dtype: dtype as SafetensorsDType, shape, start, end };
}

function unsupported(path: string, what: string, received: string): PinholeError {
  const message = `Expected ${Object.keys(arrays).join(', ')} for ${what} of ${path}, received ${received}`;
  return new PinholeError('format-unsupported', message, 'Save the tensors as float32.');
}

function readMetadata(metadata: unknown, path: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw damaged(path, 'text values as __metadata__', JSON.stringify(metadata).slice(0, 80));
  }
  return metadata as Record<string, string>;
}

async function readTensor(
  file: OpenFile,
  dataStart: number,
  tensors: ReadonlyMap<string, Located>,
  name: string,
): Promise<SafetensorsData> {
  const entry = tensors.get(name);
  if (entry === undefined) throw damaged(file.path, `a tensor "${name}"`, [...tensors.keys()].join(', ') || 'none');
  const data = new arrays[entry.dtype](count(entry.shape));
  await file.read(asBytes(data), dataStart + entry.start);
  return data;
}

function checkTensor(name: string, shape: readonly number[], data: SafetensorsData): void {
  if (name === '__metadata__') {
    throw new PinholeError('internal', 'internal: expected a tensor name, received "__metadata__"');
  }
  if (count(shape) !== data.length) {
    const message = `internal: expected ${count(shape)} values for tensor "${name}", received ${data.length}`;
    throw new PinholeError('internal', message);
  }
}

function dtypeOf(data: SafetensorsData): SafetensorsDType {
  for (const dtype of Object.keys(arrays) as SafetensorsDType[]) if (data instanceof arrays[dtype]) return dtype;
  throw new PinholeError('internal', `internal: expected a typed array, received ${typeof data}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
const count = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1);
const asBytes = (data: SafetensorsData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
