// One message as one frame of bytes and back: a header in JSON, then the typed arrays of the message as they lie in memory.
import { PinholeError } from './errors.ts';

// Little-endian throughout, like every machine that Pinhole runs on.
const arrayTypes = {
  u8: Uint8Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
type ArrayKind = keyof typeof arrayTypes;
type TypedArray = InstanceType<(typeof arrayTypes)[ArrayKind]>;
/** Kind and number of elements of an array that follows the header. */
type Segment = [kind: ArrayKind, length: number];

/** Longer ones are refused by the sender: the other end would have to hold it in one piece, several times over. */
export const longestFrame = 2 ** 29;
/** Arrays begin at multiples of this, so that they can be looked at in place whatever their elements are. */
const alignment = 8;
/** Nothing of the contract comes near it; a walk through more would exhaust the stack. */
const deepest = 32;

/**
 * Plain data: null, booleans, numbers (NaN and infinities too), strings, arrays, objects, and typed arrays of the five
 * kinds. Fields that are undefined are left out. What has a `toJSON` goes as that; anything else is a TypeError.
 */
export function encodeFrame(message: unknown): Uint8Array {
  const arrays: TypedArray[] = [];
  const packed = pack(message, arrays);
  const segments = arrays.map((array): Segment => [kindOf(array), array.length]);
  const header = new TextEncoder().encode(JSON.stringify([packed, segments]));
  const start = align(4 + header.length);
  const total = arrays.reduce((end, array) => align(end) + array.byteLength, start);
  if (total > longestFrame) throw tooLong(total);
  // Blanks after the header keep it valid JSON.
  const frame = new Uint8Array(total).fill(0x20, 4, start);
  new DataView(frame.buffer).setUint32(0, start - 4, true);
  frame.set(header, 4);
  let offset = start;
  for (const array of arrays) {
    offset = align(offset);
    frame.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += array.byteLength;
  }
  return frame;
}

/** The message of a frame; its arrays look into the frame where they lie aligned. Throws `refused` for anything but a frame. */
export function decodeFrame(frame: Uint8Array): unknown {
  try {
    const [header, start] = readHeader(frame);
    return unpack(header.message, readArrays(frame, start, header.segments), 0);
  } catch (error) {
    if (error instanceof PinholeError) throw error;
    throw malformed((error as Error).message);
  }
}

function pack(value: unknown, arrays: TypedArray[]): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $: String(value) };
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw notPlain(value);
  if (ArrayBuffer.isView(value)) return { $: arrays.push(value as TypedArray) - 1 };
  if (Array.isArray(value)) return value.map((element) => pack(element, arrays));
  if ('toJSON' in value && typeof value.toJSON === 'function') return pack(value.toJSON(), arrays);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw notPlain(value);
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, pack(field, arrays)]));
  // `$` marks what JSON has no word for; a field that is really called so is wrapped once more.
  return '$' in fields ? { $: fields } : fields;
}

function unpack(value: unknown, arrays: readonly TypedArray[], depth: number): unknown {
  if (depth > deepest) throw malformed('it is nested too deeply');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => unpack(element, arrays, depth + 1));
  if ('$' in value) return unpackMarked(value.$, arrays, depth);
  return unpackFields(value, arrays, depth);
}

function unpackMarked(marked: unknown, arrays: readonly TypedArray[], depth: number): unknown {
  if (typeof marked === 'number' && marked in arrays) return arrays[marked];
  if (typeof marked === 'string' && /^(NaN|-?Infinity)$/.test(marked)) return Number(marked);
  if (typeof marked === 'object' && marked !== null && '$' in marked) return unpackFields(marked, arrays, depth);
  throw malformed('it has a mark that means nothing');
}

function unpackFields(fields: object, arrays: readonly TypedArray[], depth: number): object {
  const entries = Object.entries(fields).map(([key, field]) => {
    // As a field it is harmless, until somebody copies it.
    if (key === '__proto__') throw malformed('it has a field __proto__');
    return [key, unpack(field, arrays, depth + 1)];
  });
  return Object.fromEntries(entries);
}

function readHeader(frame: Uint8Array): [header: { message: unknown; segments: Segment[] }, start: number] {
  if (frame.length < 4) throw malformed(`it has ${frame.length} bytes`);
  const start = 4 + new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true);
  if (start > frame.length) throw malformed('its header is cut off');
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, start)));
  if (!Array.isArray(parsed) || parsed.length !== 2) throw malformed('its header is not a pair');
  const [message, segments] = parsed as [unknown, unknown];
  if (!Array.isArray(segments) || !segments.every(isSegment)) throw malformed('its arrays are not described');
  return [{ message, segments }, start];
}

function readArrays(frame: Uint8Array, start: number, segments: readonly Segment[]): TypedArray[] {
  let offset = start;
  const arrays = segments.map(([kind, length]) => {
    const type = arrayTypes[kind];
    const bytes = length * type.BYTES_PER_ELEMENT;
    offset = align(offset);
    if (offset + bytes > frame.length) throw malformed('its arrays are cut off');
    const first = frame.byteOffset + offset;
    offset += bytes;
    if (first % type.BYTES_PER_ELEMENT === 0) return new type(frame.buffer as ArrayBuffer, first, length);
    return new type(frame.slice(offset - bytes, offset).buffer as ArrayBuffer);
  });
  if (offset !== frame.length) throw malformed('it is longer than it says');
  return arrays;
}

function isSegment(value: unknown): value is Segment {
  const [kind, length] = Array.isArray(value) && value.length === 2 ? value : [];
  return typeof kind === 'string' && Object.hasOwn(arrayTypes, kind) && Number.isSafeInteger(length) && length >= 0;
}

function kindOf(array: TypedArray): ArrayKind {
  for (const [kind, type] of Object.entries(arrayTypes)) if (array instanceof type) return kind as ArrayKind;
  throw notPlain(array);
}

function align(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function malformed(reason: string): PinholeError {
  return new PinholeError('refused', `Expected a message of Pinhole, received something else: ${reason}.`);
}

function tooLong(bytes: number): PinholeError {
  const megabytes = (value: number) => Math.ceil(value / 2 ** 20);
  return new PinholeError(
    'refused',
    `Expected at most ${megabytes(longestFrame)} MB in one message, received ${megabytes(bytes)} MB.`,
    'Ask for less at once.',
  );
}

function notPlain(value: unknown): TypeError {
  return new TypeError(`expected plain data to send, received ${Object.prototype.toString.call(value)}`);
}
