// PNG, decoded without a library: at this size of image a library's set-up costs more than the image. All colour types,
// depths and interlacing of the specification (https://www.w3.org/TR/png-3/); colour profiles other than sRGB are not
// applied (such files go to sharp).
import { inflateSync } from 'node:zlib';
import { PinholeError } from '../../contract/errors.ts';
import type { Picture } from '../picture.ts';
import { isSrgbProfile, readExifOrientation } from './metadata.ts';

export interface PngHeader {
  width: number;
  height: number;
  /** Bits per sample (or per palette index). */
  depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha. */
  colorType: number;
  interlaced: boolean;
  /** Channels after decoding, with alpha where there is any. */
  channels: 1 | 2 | 3 | 4;
  orientation: number;
  /** A profile other than sRGB, or none of these: the fast decoder leaves it to sharp. */
  foreignProfile: boolean;
}

interface Chunks extends PngHeader {
  palette: Uint8Array | null;
  transparency: Uint8Array | null;
  data: Uint8Array[];
}

/** The four letters of a chunk as one number: IHDR, PLTE, tRNS, eXIf, iCCP, IDAT, IEND. */
const types = {
  header: 0x49484452,
  palette: 0x504c5445,
  transparency: 0x74524e53,
  exif: 0x65584966,
  profile: 0x69434350,
  imageData: 0x49444154,
  end: 0x49454e44,
};
const signatureLength = 8;
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** From the whole file, or its beginning up to the first image data. */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  return readChunks(bytes, true);
}

/** Eight bits per sample, or 16 where the file has 16. Errors: `image-unreadable`. */
export function decodePng(bytes: Uint8Array): Picture {
  const chunks = readChunks(bytes, false);
  const { width, height, orientation, interlaced } = chunks;
  const values = interlaced ? decodeInterlaced(chunks) : decodeRows(chunks);
  return { width, height, orientation, ...expand(values, chunks) };
}

type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

function decodeRows(chunks: Chunks): Samples {
  const { width, height, depth } = chunks;
  const length = rowLength(chunks, width);
  const raw = inflate(chunks.data, height * (length + 1));
  const rows = unfilter(raw, 0, length, height, unitOf(chunks));
  if (depth === 8) return rows;
  const values = createSamples(chunks);
  unpack(rows, length, chunks, chunks, wholeImage, values);
  return values;
}

/** Seven smaller images, one after another, whose pixels lie between each other. */
function decodeInterlaced(chunks: Chunks): Samples {
  const sizes = adam7.map((pass) => passSize(pass, chunks));
  const lengths = sizes.map(({ width, height }) => (height > 0 && width > 0 ? rowLength(chunks, width) : -1));
  const expected = sizes.reduce((total, { height }, index) => total + height * (lengths[index]! + 1), 0);
  const raw = inflate(chunks.data, expected);
  const values = createSamples(chunks);
  let position = 0;
  for (const [index, size] of sizes.entries()) {
    const length = lengths[index]!;
    if (length < 0) continue;
    const rows = unfilter(raw, position, length, size.height, unitOf(chunks));
    unpack(rows, length, chunks, size, adam7[index]!, values);
    position += size.height * (length + 1);
  }
  return values;
}

const rowLength = ({ colorType, depth }: PngHeader, width: number) => (width * samples[colorType]! * depth + 7) >> 3;

/** Bytes from a sample to the same one of the pixel before. */
const unitOf = ({ colorType, depth }: PngHeader) => Math.max(1, (samples[colorType]! * depth) >> 3);

function createSamples({ width, height, depth, colorType }: PngHeader): Samples {
  const count = width * height * samples[colorType]!;
  return depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
}

function readChunks(bytes: Uint8Array, headerOnly: boolean): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = readHeader(view);
  let position = signatureLength;
  let ended = false;
  while (position + 12 <= bytes.length && !ended) {
    const length = view.getUint32(position);
    const type = view.getUint32(position + 4);
    const start = position + 8;
    const body = bytes.subarray(start, start + length);
    if (body.length < length && !headerOnly) throw endsEarly(start + length + 4, bytes.length);
    if (type === types.imageData) {
      if (headerOnly) break;
      chunks.data.push(body);
    } else if (type === types.palette) chunks.palette = body;
    else if (type === types.transparency) chunks.transparency = body;
    else if (type === types.exif) chunks.orientation = readExifOrientation(body);
    else if (type === types.profile) chunks.foreignProfile = !isSrgbPngProfile(body);
    else if (type === types.end) ended = true;
    position = start + length + 4;
  }
  if (!headerOnly && chunks.data.length === 0) throw unreadable('image data', 'none');
  if (chunks.transparency !== null) chunks.channels = withAlpha(chunks);
  if (chunks.colorType === 3 && chunks.palette === null && !headerOnly) throw unreadable('a palette', 'none');
  return chunks;
}

function readHeader(view: DataView): Chunks {
  if (view.byteLength < 33 || view.getUint32(12) !== types.header) {
    throw unreadable('a header of 33 bytes', `${view.byteLength} bytes`);
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const depth = view.getUint8(24);
  const colorType = view.getUint8(25);
  if (width === 0 || height === 0) throw unreadable('a size above zero', `${width} × ${height} pixels`);
  if (!depths[colorType]?.includes(depth)) {
    throw unreadable('a colour type and depth of the PNG standard', `type ${colorType} with ${depth} bits`);
  }
  const channels = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 }[colorType] as PngHeader['channels'];
  const interlaced = view.getUint8(28) === 1;
  const empty = { palette: null, transparency: null, data: [], foreignProfile: false, orientation: 1 };
  return { width, height, depth, colorType, interlaced, channels, ...empty };
}

const withAlpha = ({ colorType }: PngHeader): 2 | 4 => (colorType === 0 || colorType === 4 ? 2 : 4);

function inflate(parts: Uint8Array[], expected: number): Uint8Array {
  const packed = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  let raw: Uint8Array;
  try {
    // A little room beyond what is expected saves a second allocation and refuses data that goes on and on.
    raw = inflateSync(packed, { chunkSize: Math.max(64, expected + 1), maxOutputLength: expected + 1 });
  } catch (cause) {
    const tooLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLong) throw unreadable(`${expected} bytes of image data`, 'more');
    throw new PinholeError('image-unreadable', `The PNG data is damaged: ${(cause as Error).message}.`, '', { cause });
  }
  if (raw.length < expected) throw unreadable(`${expected} bytes of image data`, `${raw.length}`);
  return raw;
}

interface Pass {
  left: number;
  top: number;
  stepX: number;
  stepY: number;
}

const wholeImage: Pass = { left: 0, top: 0, stepX: 1, stepY: 1 };
const adam7: readonly Pass[] = [
  { left: 0, top: 0, stepX: 8, stepY: 8 },
  { left: 4, top: 0, stepX: 8, stepY: 8 },
  { left: 0, top: 4, stepX: 4, stepY: 8 },
  { left: 2, top: 0, stepX: 4, stepY: 4 },
  { left: 0, top: 2, stepX: 2, stepY: 4 },
  { left: 1, top: 0, stepX: 2, stepY: 2 },
  { left: 0, top: 1, stepX: 1, stepY: 2 },
];

interface Size {
  width: number;
  height: number;
}

function passSize({ left, top, stepX, stepY }: Pass, { width, height }: Size): Size {
  return { width: Math.ceil((width - left) / stepX), height: Math.ceil((height - top) / stepY) };
}

/** Undoes the row filters. Each row in `raw` is preceded by its filter's number; the result has the rows alone. */
function unfilter(raw: Uint8Array, start: number, length: number, rows: number, unit: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const from = start + row * (length + 1) + 1;
    const to = row * length;
    const filter = raw[from - 1]!;
    if (filter === 0) copyRow(raw, from, out, to, length);
    else if (filter === 1) unfilterSub(raw, from, out, to, length, unit);
    else if (filter === 2) unfilterUp(raw, from, out, to, length);
    else if (filter === 3) unfilterAverage(raw, from, out, to, length, unit);
    else if (filter === 4) unfilterPaeth(raw, from, out, to, length, unit);
    else throw unreadable('a row filter from 0 to 4', `${filter}`);
  }
  return out;
}

function copyRow(raw: Uint8Array, from: number, out: Uint8Array, to: number, length: number): void {
  // For the short rows of small images a call costs more than a loop.
  if (length > 100) out.set(raw.subarray(from, from + length), to);
  else for (let index = 0; index < length; index++) out[to + index] = raw[from + index]!;
}

function unfilterSub(raw: Uint8Array, from: number, out: Uint8Array, to: number, length: number, unit: number): void {
  for (let index = 0; index < length; index++) {
    const left = index < unit ? 0 : out[to + index - unit]!;
    out[to + index] = raw[from + index]! + left;
  }
}

function unfilterUp(raw: Uint8Array, from: number, out: Uint8Array, to: number, length: number): void {
  for (let index = 0; index < length; index++) {
    const up = to === 0 ? 0 : out[to + index - length]!;
    out[to + index] = raw[from + index]! + up;
  }
}

function unfilterAverage(
  raw: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  length: number,
  unit: number,
): void {
  for (let index = 0; index < length; index++) {
    const left = index < unit ? 0 : out[to + index - unit]!;
    const up = to === 0 ? 0 : out[to + index - length]!;
    out[to + index] = raw[from + index]! + ((left + up) >> 1);
  }
}

function unfilterPaeth(raw: Uint8Array, from: number, out: Uint8Array, to: number, length: number, unit: number): void {
  for (let index = 0; index < length; index++) {
    const left = index < unit ? 0 : out[to + index - unit]!;
    const up = to === 0 ? 0 : out[to + index - length]!;
    const corner = index < unit || to === 0 ? 0 : out[to + index - length - unit]!;
    const guess = left + up - corner;
    const toLeft = Math.abs(guess - left);
    const toUp = Math.abs(guess - up);
    const toCorner = Math.abs(guess - corner);
    const nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    out[to + index] = raw[from + index]! + nearest;
  }
}

/** Takes the samples out of packed rows and puts them where the pass belongs in the image. */
function unpack(
  rows: Uint8Array,
  length: number,
  { width, depth, colorType }: Chunks,
  size: Size,
  { left, top, stepX, stepY }: Pass,
  values: Samples,
): void {
  const count = samples[colorType]!;
  for (let row = 0; row < size.height; row++) {
    const target = (top + row * stepY) * width * count;
    for (let index = 0; index < size.width * count; index++) {
      const pixel = Math.floor(index / count);
      const to = target + (left + pixel * stepX) * count + (index - pixel * count);
      values[to] = sample(rows, row * length, index, depth);
    }
  }
}

function sample(raw: Uint8Array, at: number, index: number, depth: number): number {
  if (depth === 8) return raw[at + index]!;
  if (depth === 16) return (raw[at + 2 * index]! << 8) | raw[at + 2 * index + 1]!;
  const bit = index * depth;
  return (raw[at + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Palette to colours, few bits to eight, the transparent colour to an alpha channel. */
function expand(values: Samples, chunks: Chunks): Pick<Picture, 'channels' | 'data'> {
  if (chunks.colorType === 3) return fromPalette(values, chunks);
  const { channels, depth, colorType, transparency } = chunks;
  const data = transparency === null || colorType > 3 ? values : withTransparency(values, chunks);
  if (depth < 8) {
    // 1, 2 and 4 bits: white is 255, so every value is repeated to fill the byte.
    const factor = 255 / ((1 << depth) - 1);
    for (let index = 0; index < values.length; index++) values[index]! *= factor;
    if (data !== values) for (let index = 0; index < values.length; index++) data[2 * index] = values[index]!;
  }
  return { channels: colorType > 3 ? (samples[colorType] as 2 | 4) : channels, data };
}

function fromPalette(values: Samples, chunks: Chunks): Pick<Picture, 'channels' | 'data'> {
  const { transparency, channels } = chunks;
  const palette = chunks.palette!;
  const data = new Uint8Array(values.length * channels);
  for (let index = 0; index < values.length; index++) {
    const entry = values[index]!;
    if (3 * entry + 2 >= palette.length) throw unreadable(`a palette index below ${palette.length / 3}`, `${entry}`);
    for (let channel = 0; channel < 3; channel++) data[index * channels + channel] = palette[3 * entry + channel]!;
    if (channels === 4) data[index * 4 + 3] = transparency![entry] ?? 255;
  }
  return { channels, data };
}

/** One colour (grey value or RGB, 16 bits each) is fully transparent. */
function withTransparency(values: Samples, { colorType, transparency, depth }: Chunks) {
  const count = samples[colorType]!;
  if (transparency!.length < 2 * count)
    throw unreadable(`${2 * count} bytes of transparency`, `${transparency!.length}`);
  const key = Array.from({ length: count }, (_, i) => (transparency![2 * i]! << 8) | transparency![2 * i + 1]!);
  const opaque = depth === 16 ? 65535 : 255;
  const length = (values.length / count) * (count + 1);
  const data = depth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  for (let from = 0, to = 0; from < values.length; from += count, to += count + 1) {
    let transparent = true;
    for (let channel = 0; channel < count; channel++) {
      data[to + channel] = values[from + channel]!;
      if (values[from + channel] !== key[channel]) transparent = false;
    }
    data[to + count] = transparent ? 0 : opaque;
  }
  return data;
}

/** Name, a zero, the compression method, then the deflated profile. */
function isSrgbPngProfile(body: Uint8Array): boolean {
  const end = body.indexOf(0);
  if (end < 0) return false;
  try {
    return isSrgbProfile(inflateSync(body.subarray(end + 2), { maxOutputLength: 4 << 20 }));
  } catch {
    // A damaged profile is for sharp to judge.
    return false;
  }
}

function endsEarly(expected: number, received: number): PinholeError {
  return unreadable(`at least ${expected} bytes`, `${received}: the file ends early`);
}

function unreadable(expected: string, received: string): PinholeError {
  return new PinholeError('image-unreadable', `Expected ${expected} for the PNG, received ${received}.`);
}
