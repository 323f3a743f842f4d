// Baseline JPEG decoded at a fraction of its size: the high frequencies that a small image cannot show are read over, not
// computed. Everything else (progressive, CMYK, other profiles, full size, damage) is left to sharp.
// Sequential Huffman decoding as in ITU-T T.81, annex F; the scaled inverse transform keeps the lowest n × n of 8 × 8
// coefficients and transforms them back with n points, as libjpeg does (https://www.w3.org/Graphics/JPEG/itu-t81.pdf).
import type { Picture } from '../picture.ts';
import { readColorProfile } from './color-profile.ts';
import type { JpegHeader } from './jpeg-header.ts';

interface Component {
  id: number;
  /** Blocks in a coding unit, across and down. */
  across: number;
  down: number;
  /** By zigzag order: where a coefficient belongs in the block | the step it is multiplied by << 8. */
  targets: Int32Array;
  dc: HuffmanTable;
  ac: HuffmanTable;
  /** Samples that a block becomes, across and down. */
  blockWidth: number;
  blockHeight: number;
  /** The last coefficient, in zigzag order, that is needed for that. */
  lastNeeded: number;
  /** Row length of `samples`. */
  stride: number;
  samples: Uint8ClampedArray;
  /** Of the block that is being decoded, in row order; zero but for the first one between blocks, where they are needed. */
  coefficients: Int32Array;
  /** The DC value of the block before. */
  prediction: number;
}

interface HuffmanTable {
  /** By the next `lookupBits` bits: code length << 8 | symbol; 0 for longer codes. */
  lookup: Uint16Array;
  /** By code length: largest code of that length (left-aligned to 16 bits, plus one), and symbol index minus code. */
  limits: Int32Array;
  offsets: Int32Array;
  symbols: Uint8Array;
  /** For reading AC coefficients, by the next `lookupBits` bits: see `valueEntry`; 0 for longer ones. */
  values: Int32Array;
  /** For reading over AC coefficients, by the next `lookupBits` bits: bits | coefficients << 8 | end of block << 16; 0 for longer codes. */
  skips: Uint32Array;
}

interface Scan {
  components: Component[];
  /** Entropy-coded bytes without stuffing, one stretch per restart interval, and some zeros at the end. */
  stretches: Uint8Array[];
  restartInterval: number;
}

/** Thrown inside only: the file is for sharp. */
class NotCovered extends Error {}

/** Whether `decodeJpegScaled` may try it. */
export function isFastJpeg({ frame, precision, components, profile, adobeTransform }: JpegHeader): boolean {
  const isYcc = components === 1 || (components === 3 && (adobeTransform === null || adobeTransform === 1));
  return (frame === 0xc0 || frame === 0xc1) && precision === 8 && isYcc && (profile === null || components === 3);
}

/**
 * Decodes at `eighths`/8 (1 to 7) of the size; the pixels are valid until the next call. Undefined where the file is one
 * for sharp, which then also says what is wrong with a damaged one.
 */
export function decodeJpegScaled(bytes: Uint8Array, header: JpegHeader, eighths: number): Picture | undefined {
  try {
    const { width, height, profile } = header;
    const convert = profile === null ? null : readColorProfile(profile);
    if (convert === undefined) return undefined;
    const scan = readScan(bytes, header, eighths);
    decodeScan(scan, width, height);
    const scaledWidth = Math.ceil((width * eighths) / 8);
    const scaledHeight = Math.ceil((height * eighths) / 8);
    const pixels = toPixels(scan.components, scaledWidth, scaledHeight);
    convert?.(pixels.data);
    return {
      width: scaledWidth,
      height: scaledHeight,
      ...pixels,
      orientation: header.orientation,
      scale: eighths / 8,
      original: { width, height },
    };
  } catch (error) {
    if (error instanceof NotCovered || error instanceof RangeError) return undefined;
    throw error;
  }
}

function readScan(bytes: Uint8Array, header: JpegHeader, eighths: number): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quantization: Int32Array[] = [];
  const tables = new Map<number, HuffmanTable>();
  let frame: Uint8Array | undefined;
  let restartInterval = 0;
  for (let position = 2; ; ) {
    if (bytes[position] !== 0xff) throw new NotCovered();
    const marker = bytes[position + 1]!;
    if (marker === 0xff) {
      position++;
      continue;
    }
    const length = view.getUint16(position + 2);
    const body = bytes.subarray(position + 4, position + 2 + length);
    position += 2 + length;
    if (marker === 0xdb) readQuantization(body, quantization);
    else if (marker === 0xc4) readHuffmanTables(body, tables);
    else if (marker === header.frame) frame = body;
    else if (marker === 0xdd) restartInterval = (body[0]! << 8) | body[1]!;
    else if (marker === 0xda) {
      if (frame === undefined) throw new NotCovered();
      const components = readComponents(frame, body, header, eighths, quantization, tables);
      const stretches = readStretches(bytes, position, countRestarts(header, restartInterval));
      return { components, stretches, restartInterval };
    }
  }
}

/** From zigzag order as stored to the order of rows. */
const zigzag = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15],
  ...[23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

function readQuantization(body: Uint8Array, tables: Int32Array[]): void {
  for (let position = 0; position < body.length; ) {
    const info = body[position++]!;
    const isWide = info >> 4 !== 0;
    const table = new Int32Array(64);
    for (let index = 0; index < 64; index++) {
      table[index] = isWide ? (body[position++]! << 8) | body[position++]! : body[position++]!;
    }
    tables[info & 15] = table;
  }
}

// Longer tables take more codes at once but are made anew for files with tables of their own.
const lookupBits = 10;

function readHuffmanTables(body: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let position = 0; position + 17 <= body.length; ) {
    const id = body[position]!;
    const counts = body.subarray(position + 1, position + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = body.subarray(position + 17, position + 17 + total);
    if (symbols.length < total) throw new NotCovered();
    tables.set(id, cachedTable(body.subarray(position + 1, position + 17 + total), counts, symbols));
    position += 17 + total;
  }
}

const knownTables = new Map<string, HuffmanTable>();

/** Most files of a data set use the same few tables. */
function cachedTable(bytes: Uint8Array, counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const known = knownTables.get(key);
  if (known !== undefined) return known;
  if (knownTables.size > 64) knownTables.clear();
  const table = createTable(counts, symbols.slice());
  knownTables.set(key, table);
  return table;
}

/** Canonical codes: counts by length from 1 to 16 bits, symbols in the order of their codes. */
function createTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const lookup = new Uint16Array(1 << lookupBits);
  const limits = new Int32Array(18);
  const offsets = new Int32Array(18);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    offsets[length] = index - code;
    for (let left = counts[length - 1]!; left > 0; left--, code++, index++) {
      if (length > lookupBits) continue;
      const first = code << (lookupBits - length);
      lookup.fill((length << 8) | symbols[index]!, first, first + (1 << (lookupBits - length)));
    }
    limits[length] = code << (16 - length);
    if (limits[length]! > 0x10000) throw new NotCovered();
    code <<= 1;
  }
  limits[17] = 0x7fffffff;
  return { lookup, limits, offsets, symbols, values: createValues(lookup), skips: createSkips(lookup) };
}

// Far beyond any position in a block.
const endOfBlock = 128;

/** What an AC symbol and the bits behind it mean: bits taken | positions to go on << 8 | value << 16. */
function valueEntry(symbol: number, length: number, value: number): number {
  const size = symbol & 15;
  const advance = symbol === 0 ? endOfBlock : (symbol >> 4) + 1;
  return (length + size) | (advance << 8) | (value << 16);
}

/** The value that `size` bits stand for; they are the upper ones of 31. Written without a branch, which would be a coin toss. */
function extend(bits: number, size: number): number {
  const value = size === 0 ? 0 : bits >> (31 - size);
  const isNegative = (value - ((1 << size) >> 1)) >> 31;
  return value - (isNegative & ((1 << size) - 1));
}

function createValues(lookup: Uint16Array): Int32Array {
  const values = new Int32Array(lookup.length);
  for (let next = 0; next < lookup.length; next++) {
    const entry = lookup[next]!;
    const length = entry >> 8;
    const size = entry & 15;
    if (length === 0 || length + size > lookupBits) continue;
    const bits = ((next << length) & (lookup.length - 1)) << (31 - lookupBits);
    values[next] = valueEntry(entry & 255, length, extend(bits, size));
  }
  return values;
}

/** As many AC symbols as can be told from `lookupBits` bits, taken together: short codes come three or four at a time. */
function createSkips(lookup: Uint16Array): Uint32Array {
  const skips = new Uint32Array(lookup.length);
  for (let next = 0; next < lookup.length; next++) {
    let bits = 0;
    let count = 0;
    let end = 0;
    while (bits < lookupBits && end === 0) {
      const entry = lookup[(next << bits) & (lookup.length - 1)]!;
      const length = entry >> 8;
      const symbol = entry & 255;
      if (length === 0 || length > lookupBits - bits) break;
      bits += length + (symbol & 15);
      if (symbol === 0) end = 1;
      else count += (symbol >> 4) + 1;
    }
    skips[next] = bits | (count << 8) | (end << 16);
  }
  return skips;
}

function readComponents(
  frame: Uint8Array,
  scan: Uint8Array,
  { components: count, width, height }: JpegHeader,
  eighths: number,
  quantization: readonly Int32Array[],
  tables: ReadonlyMap<number, HuffmanTable>,
): Component[] {
  if (frame.length < 6 + 3 * count || scan.length < 1 + 2 * count || scan[0] !== count) throw new NotCovered();
  const factors = Array.from({ length: count }, (_, index) => frame[7 + 3 * index]!);
  const widest = Math.max(...factors.map((factor) => factor >> 4));
  const tallest = Math.max(...factors.map((factor) => factor & 15));
  return factors.map((factor, index) => {
    // A single component is coded block by block, whatever its factors say.
    const across = count === 1 ? 1 : factor >> 4;
    const down = count === 1 ? 1 : factor & 15;
    const id = frame[6 + 3 * index]!;
    const table = quantization[frame[8 + 3 * index]!];
    const choice = scan[2 + 2 * index]!;
    const dc = tables.get(choice >> 4);
    const ac = tables.get(0x10 | (choice & 15));
    // Components stored at half the size come out as large as the others by keeping twice as many coefficients.
    const blockWidth = count === 1 ? eighths : (eighths * widest) / across;
    const blockHeight = count === 1 ? eighths : (eighths * tallest) / down;
    const isCovered = isBlockSize(blockWidth) && isBlockSize(blockHeight) && scan[1 + 2 * index] === id;
    if (!table || !dc || !ac || !isCovered) throw new NotCovered();
    const unitsAcross = Math.ceil(width / (8 * (count === 1 ? 1 : widest)));
    const unitsDown = Math.ceil(height / (8 * (count === 1 ? 1 : tallest)));
    const stride = unitsAcross * across * blockWidth;
    const samples = sampleRoom(index, stride * unitsDown * down * blockHeight);
    const lastNeeded = zigzag.indexOf((blockHeight - 1) * 8 + blockWidth - 1);
    const targets = table.map((step, order) => zigzag[order]! | (step << 8));
    const sizes = { across, down, blockWidth, blockHeight, lastNeeded, stride };
    return { id, ...sizes, targets, dc, ac, samples, coefficients: new Int32Array(64), prediction: 0 };
  });
}

const rooms: Uint8ClampedArray[] = [];

/** Memory for the samples of a component, used again for the next image: every sample is written in each. */
function sampleRoom(component: number, length: number): Uint8ClampedArray {
  const room = rooms[component];
  if (room !== undefined && room.length >= length) return room;
  rooms[component] = new Uint8ClampedArray(length);
  return rooms[component];
}

const isBlockSize = (size: number) => Number.isInteger(size) && size >= 1 && size <= 8;

/** At most as many as there are blocks. */
function countRestarts({ width, height }: JpegHeader, interval: number): number {
  return interval === 0 ? 0 : Math.ceil((Math.ceil(width / 8) * Math.ceil(height / 8)) / interval);
}

// Zeros behind the data, so that the bit reader may look ahead.
const padding = 16;
let plain = new Uint8Array(0);

/** In the coded data every byte 0xff is followed by a zero that means nothing, or by a restart marker. */
function readStretches(bytes: Uint8Array, start: number, restarts: number): Uint8Array[] {
  const stretches: Uint8Array[] = [];
  const needed = bytes.length - start + padding * (restarts + 1);
  if (plain.length < needed) plain = new Uint8Array(needed);
  let from = 0;
  let length = 0;
  for (let position = start; ; ) {
    const mark = bytes.indexOf(0xff, position);
    // Without an end the file was cut off: sharp says so.
    if (mark < 0 || mark + 1 >= bytes.length) throw new NotCovered();
    const next = bytes[mark + 1]!;
    const end = next === 0 ? mark + 1 : mark;
    plain.set(bytes.subarray(position, end), from + length);
    length += end - position;
    position = mark + 2;
    if (next === 0) continue;
    if (next === 0xff) {
      position = mark + 1;
      continue;
    }
    plain.fill(0, from + length, from + length + padding);
    stretches.push(plain.subarray(from, from + length + padding));
    if (next === 0xd9) return stretches;
    if (next < 0xd0 || next > 0xd7 || stretches.length > restarts) throw new NotCovered();
    from += length + padding;
    length = 0;
  }
}

function decodeScan({ components, stretches, restartInterval }: Scan, width: number, height: number): void {
  const single = components.length === 1;
  const unitWidth = single ? 8 : 8 * Math.max(...components.map(({ across }) => across));
  const unitHeight = single ? 8 : 8 * Math.max(...components.map(({ down }) => down));
  const unitsAcross = Math.ceil(width / unitWidth);
  const units = unitsAcross * Math.ceil(height / unitHeight);
  const interval = restartInterval === 0 ? units : restartInterval;
  if (stretches.length < Math.ceil(units / interval)) throw new NotCovered();
  for (let unit = 0, stretch = 0; unit < units; unit += interval, stretch++) {
    for (const component of components) component.prediction = 0;
    decodeStretch(stretches[stretch]!, components, unit, Math.min(units, unit + interval), unitsAcross);
  }
}

function decodeStretch(
  bytes: Uint8Array,
  components: Component[],
  first: number,
  end: number,
  unitsAcross: number,
): void {
  const reader = new BitReader(bytes);
  for (let unit = first; unit < end; unit++) {
    const column = unit % unitsAcross;
    const row = (unit - column) / unitsAcross;
    for (let index = 0; index < components.length; index++) {
      const component = components[index]!;
      const { across, down, blockWidth, blockHeight, stride } = component;
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < across; x++) {
          const left = (column * across + x) * blockWidth;
          const top = (row * down + y) * blockHeight;
          const size = reader.readBlock(component);
          transform(size, component, top * stride + left);
        }
      }
    }
  }
  reader.checkEnd();
}

class BitReader {
  readonly #view: DataView;
  readonly #end: number;
  /** Position in bits. */
  #bit = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = (bytes.length - padding) * 8;
  }

  /**
   * Reads a block's coefficients, dequantised, into its component; returns false where all but the first are zero
   * within the part that is needed.
   */
  readBlock(component: Component): boolean {
    const { targets, ac, lastNeeded, coefficients } = component;
    const { values } = ac;
    const view = this.#view;
    component.prediction += this.#readDc(component.dc);
    coefficients[0] = component.prediction * (targets[0]! >> 8);
    let detailed = false;
    let bit = this.#bit;
    let index = 1;
    while (index <= lastNeeded) {
      const window = view.getUint32(bit >>> 3) << (bit & 7);
      let entry = values[window >>> (32 - lookupBits)]!;
      if (entry === 0) entry = this.#readLong(ac, bit);
      bit += entry & 255;
      index += (entry >> 8) & 255;
      const value = entry >> 16;
      if (value === 0) continue;
      const target = targets[(index - 1) & 63]!;
      coefficients[target & 63] = value * (target >> 8);
      detailed = true;
    }
    this.#bit = index < 64 ? this.#skipBlock(ac, bit, index) : bit;
    if (this.#bit > this.#end || (index > 64 && index < endOfBlock)) throw new NotCovered();
    return detailed;
  }

  /** An entry as in `values` for a code and value that are longer than `lookupBits`. */
  #readLong(table: HuffmanTable, bit: number): number {
    const window = this.#view.getUint32(bit >>> 3) << (bit & 7);
    const entry = table.lookup[window >>> (32 - lookupBits)]! || longCode(table, window >>> 16);
    const length = entry >> 8;
    const symbol = entry & 255;
    const start = bit + length;
    const value = extend((this.#view.getUint32(start >>> 3) << (start & 7)) >>> 1, symbol & 15);
    return valueEntry(symbol, length, value);
  }

  /** Reads over the coefficients from `index` on that nobody needs; returns the position behind the block. */
  #skipBlock(table: HuffmanTable, start: number, first: number): number {
    const { lookup, skips } = table;
    const view = this.#view;
    let bit = start;
    let index = first;
    while (index < 64) {
      const window = view.getUint32(bit >>> 3) << (bit & 7);
      const skip = skips[window >>> (32 - lookupBits)]!;
      const count = (skip >> 8) & 255;
      if (skip !== 0 && index + count < 64) {
        bit += skip & 255;
        index += count;
        if (skip >= 0x10000) return bit;
        continue;
      }
      // Near the end of a block several symbols may reach into the next one: one at a time.
      let entry = lookup[window >>> (32 - lookupBits)]!;
      if (entry === 0) entry = longCode(table, window >>> 16);
      bit += (entry >> 8) + (entry & 15);
      if ((entry & 255) === 0) return bit;
      index += ((entry & 255) >> 4) + 1;
    }
    if (index > 64) throw new NotCovered();
    return bit;
  }

  /** Data that is left over is as much a sign of damage as data that is missing. */
  checkEnd(): void {
    if (this.#end - this.#bit > 64) throw new NotCovered();
  }

  #readDc(table: HuffmanTable): number {
    const window = this.#view.getUint32(this.#bit >>> 3) << (this.#bit & 7);
    let entry = table.lookup[window >>> (32 - lookupBits)]!;
    if (entry === 0) entry = longCode(table, window >>> 16);
    const size = entry & 255;
    this.#bit += entry >> 8;
    if (size === 0) return 0;
    if (size > 15) throw new NotCovered();
    const bits = (this.#view.getUint32(this.#bit >>> 3) << (this.#bit & 7)) >>> 1;
    this.#bit += size;
    return extend(bits, size);
  }
}

/** A code of more than `lookupBits` bits, from the next 16 bits. */
function longCode({ limits, offsets, symbols }: HuffmanTable, next: number): number {
  let length = lookupBits + 1;
  while (next >= limits[length]!) length++;
  if (length > 16) throw new NotCovered();
  return (length << 8) | symbols[(next >> (16 - length)) + offsets[length]!]!;
}

/**
 * By size n: the inverse cosine transform with n points of the lowest n coefficients, at [position × 8 + frequency].
 * The level of 8-point coefficients is kept: 1/√8 for the mean, ½ cos((2i + 1)kπ / 2n) for the others.
 */
const bases = Array.from({ length: 9 }, (_, size) => {
  const basis = new Float32Array(64);
  for (let position = 0; position < size; position++) {
    for (let frequency = 0; frequency < size; frequency++) {
      const angle = ((2 * position + 1) * frequency * Math.PI) / (2 * size);
      basis[position * 8 + frequency] = frequency === 0 ? Math.sqrt(1 / 8) : Math.cos(angle) / 2;
    }
  }
  return basis;
});

const half = new Float32Array(64);

/** Writes a block's samples at `offset`; `detailed` is false where only the mean is not zero. */
function transform(detailed: boolean, component: Component, offset: number): void {
  const { blockWidth, blockHeight, stride, samples, coefficients } = component;
  if (!detailed) {
    const value = (coefficients[0]! + 128 * 8 + 4) >> 3;
    for (let y = 0, line = offset; y < blockHeight; y++, line += stride) {
      for (let x = 0; x < blockWidth; x++) samples[line + x] = value;
    }
    return;
  }
  if (blockWidth === 4 && blockHeight === 4) transform4(coefficients, samples, offset, stride);
  else if (blockWidth === 3 && blockHeight === 3) transform3(coefficients, samples, offset, stride);
  else if (blockWidth === 2 && blockHeight === 2) transform2(coefficients, samples, offset, stride);
  else transformAny(component, offset);
}

function transformAny({ blockWidth, blockHeight, stride, samples, coefficients }: Component, offset: number): void {
  const across = bases[blockWidth]!;
  const down = bases[blockHeight]!;
  for (let row = 0; row < blockHeight; row++) {
    for (let x = 0; x < blockWidth; x++) {
      let sum = 0;
      for (let column = 0; column < blockWidth; column++)
        sum += coefficients[row * 8 + column]! * across[x * 8 + column]!;
      half[row * 8 + x] = sum;
    }
    coefficients.fill(0, row * 8, row * 8 + blockWidth);
  }
  for (let y = 0; y < blockHeight; y++) {
    for (let x = 0; x < blockWidth; x++) {
      let sum = 128;
      for (let row = 0; row < blockHeight; row++) sum += half[row * 8 + x]! * down[y * 8 + row]!;
      samples[offset + y * stride + x] = sum;
    }
  }
}

// The usual sizes written out, in whole numbers: a tenth of the operations of the sums above, and much of the time is
// spent here. Constants are counted in 1/2^13; between the passes values have 5 binary places.
const inFixed = (value: number) => Math.round(value * 2 ** 13);
const mean = inFixed(Math.sqrt(1 / 8));
const cos1of8 = inFixed(Math.cos(Math.PI / 8) / 2);
const cos3of8 = inFixed(Math.cos((3 * Math.PI) / 8) / 2);
const cos1of6 = inFixed(Math.cos(Math.PI / 6) / 2);
const quarter = inFixed(1 / 4);
const middleShift = 8;
const lastShift = 18;
const middleRounding = 1 << (middleShift - 1);
// The level that JPEG subtracts from its samples, and the rounding of the last shift.
const level = (128 << lastShift) + (1 << (lastShift - 1));
const middle = new Int32Array(64);

function transform4(coefficients: Int32Array, samples: Uint8ClampedArray, offset: number, stride: number): void {
  for (let row = 0; row < 32; row += 8) {
    const c0 = Math.imul(coefficients[row]!, mean) + middleRounding;
    const c1 = coefficients[row + 1]!;
    const c2 = Math.imul(coefficients[row + 2]!, mean);
    const c3 = coefficients[row + 3]!;
    const outer = (Math.imul(c1, cos1of8) + Math.imul(c3, cos3of8)) | 0;
    const inner = (Math.imul(c1, cos3of8) - Math.imul(c3, cos1of8)) | 0;
    middle[row] = (c0 + c2 + outer) >> middleShift;
    middle[row + 1] = (c0 - c2 + inner) >> middleShift;
    middle[row + 2] = (c0 - c2 - inner) >> middleShift;
    middle[row + 3] = (c0 + c2 - outer) >> middleShift;
    coefficients[row] = 0;
    coefficients[row + 1] = 0;
    coefficients[row + 2] = 0;
    coefficients[row + 3] = 0;
  }
  for (let x = 0; x < 4; x++) {
    const c0 = Math.imul(middle[x]!, mean) + level;
    const c1 = middle[x + 8]!;
    const c2 = Math.imul(middle[x + 16]!, mean);
    const c3 = middle[x + 24]!;
    const outer = (Math.imul(c1, cos1of8) + Math.imul(c3, cos3of8)) | 0;
    const inner = (Math.imul(c1, cos3of8) - Math.imul(c3, cos1of8)) | 0;
    const at = offset + x;
    samples[at] = (c0 + c2 + outer) >> lastShift;
    samples[at + stride] = (c0 - c2 + inner) >> lastShift;
    samples[at + 2 * stride] = (c0 - c2 - inner) >> lastShift;
    samples[at + 3 * stride] = (c0 + c2 - outer) >> lastShift;
  }
}

function transform3(coefficients: Int32Array, samples: Uint8ClampedArray, offset: number, stride: number): void {
  for (let row = 0; row < 24; row += 8) {
    const c0 = Math.imul(coefficients[row]!, mean) + middleRounding;
    const c1 = Math.imul(coefficients[row + 1]!, cos1of6);
    const c2 = Math.imul(coefficients[row + 2]!, quarter);
    middle[row] = (c0 + c1 + c2) >> middleShift;
    middle[row + 1] = (c0 - 2 * c2) >> middleShift;
    middle[row + 2] = (c0 - c1 + c2) >> middleShift;
    coefficients[row] = 0;
    coefficients[row + 1] = 0;
    coefficients[row + 2] = 0;
  }
  for (let x = 0; x < 3; x++) {
    const c0 = Math.imul(middle[x]!, mean) + level;
    const c1 = Math.imul(middle[x + 8]!, cos1of6);
    const c2 = Math.imul(middle[x + 16]!, quarter);
    const at = offset + x;
    samples[at] = (c0 + c1 + c2) >> lastShift;
    samples[at + stride] = (c0 - 2 * c2) >> lastShift;
    samples[at + 2 * stride] = (c0 - c1 + c2) >> lastShift;
  }
}

function transform2(coefficients: Int32Array, samples: Uint8ClampedArray, offset: number, stride: number): void {
  const c0 = coefficients[0]! + 128 * 8 + 4;
  const c1 = coefficients[1]!;
  const c2 = coefficients[8]!;
  const c3 = coefficients[9]!;
  coefficients[1] = 0;
  coefficients[8] = 0;
  coefficients[9] = 0;
  samples[offset] = (c0 + c1 + c2 + c3) >> 3;
  samples[offset + 1] = (c0 - c1 + c2 - c3) >> 3;
  samples[offset + stride] = (c0 + c1 - c2 - c3) >> 3;
  samples[offset + stride + 1] = (c0 - c1 - c2 + c3) >> 3;
}

let pixels = new Uint8ClampedArray(0);

function pixelRoom(length: number): Uint8ClampedArray<ArrayBuffer> {
  if (pixels.length < length) pixels = new Uint8ClampedArray(length);
  return pixels.subarray(0, length);
}

function toPixels(components: readonly Component[], width: number, height: number) {
  const [luma, blue, red] = components;
  const channels: 1 | 3 = components.length === 1 ? 1 : 3;
  const data = pixelRoom(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = y * luma!.stride;
    const to = y * width * channels;
    if (channels === 1) data.set(luma!.samples.subarray(from, from + width), to);
    else convertLine(luma!, blue!, red!, y, width, data, to);
  }
  return { channels, data: new Uint8Array(data.buffer, 0, data.length) };
}

/** JFIF's conversion: full-range YCbCr with the weights of BT.601 (1.402, 0.344, 0.714, 1.772), in 1/2^16. */
function convertLine(
  luma: Component,
  blue: Component,
  red: Component,
  y: number,
  width: number,
  out: Uint8ClampedArray,
  to: number,
) {
  const lumaSamples = luma.samples;
  const blueSamples = blue.samples;
  const redSamples = red.samples;
  const lumaStart = y * luma.stride;
  const blueStart = y * blue.stride;
  const redStart = y * red.stride;
  for (let x = 0, index = to; x < width; x++, index += 3) {
    const value = lumaSamples[lumaStart + x]!;
    const cb = blueSamples[blueStart + x]! - 128;
    const cr = redSamples[redStart + x]! - 128;
    out[index] = value + ((Math.imul(cr, 91881) + 32768) >> 16);
    out[index + 1] = value - ((Math.imul(cb, 22554) + Math.imul(cr, 46802) + 32768) >> 16);
    out[index + 2] = value + ((Math.imul(cb, 116130) + 32768) >> 16);
  }
}
