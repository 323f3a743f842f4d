// Frequency tables: how often each value of a column comes, brought to whole numbers that a range coder works with.
import { type ByteReader, type ByteWriter, damagedArchive } from './bytes.ts';
import { largestPrecision, type RangeDecoder, type RangeEncoder } from './range-coder.ts';

/**
 * The values that come, ascending, without their lowest `shift` bits, which are written as they are. `starts[i]` is the
 * sum of the frequencies before value i; all add up to 2^`precision`.
 */
export interface FrequencyTable {
  readonly shift: number;
  readonly precision: number;
  readonly values: Int32Array;
  readonly starts: Uint32Array;
}

// Beyond so many different values the lowest bits are as good as random, and a table of them all would cost more.
const mostValues = 512;
const precisions = [6, 8, 10, 12, largestPrecision];
const largestShift = 24;

/** The table that takes the fewest bits together with the numbers; `counts` says how often each comes and is not empty. */
export function makeTable(counts: ReadonlyMap<number, number>): FrequencyTable {
  return cheapest(counts).table;
}

/** Bits that numbers with these counts take, their table included. */
export function bitsOf(counts: ReadonlyMap<number, number>): number {
  return cheapest(counts).bits;
}

function cheapest(counts: ReadonlyMap<number, number>): { table: FrequencyTable; bits: number } {
  const [shift, merged] = withoutLowBits(counts);
  const values = Int32Array.from(merged.keys()).sort();
  const ordered = Array.from(values, (value) => merged.get(value)!);
  const total = ordered.reduce((sum, count) => sum + count, 0);
  const candidates = precisions
    .filter((precision) => 2 ** precision >= values.length)
    .map((precision) => {
      const table = { shift, precision, values, starts: startsOf(normalise(ordered, total, precision)) };
      return { table, bits: bitsOfData(table, ordered) + bitsOfTable(table) };
    });
  return candidates.reduce((best, candidate) => (candidate.bits < best.bits ? candidate : best));
}

/** Takes away as many of the lowest bits as it needs to leave few different values. */
function withoutLowBits(counts: ReadonlyMap<number, number>): [shift: number, counts: ReadonlyMap<number, number>] {
  for (let shift = 0, merged = counts; ; shift++) {
    if (merged.size <= mostValues) return [shift, merged];
    const halved = new Map<number, number>();
    for (const [value, count] of merged) halved.set(value >> 1, (halved.get(value >> 1) ?? 0) + count);
    merged = halved;
  }
}

export function countValues(values: Int32Array, first = 0, step = 1): Map<number, number> {
  const counts = new Map<number, number>();
  for (let index = first; index < values.length; index += step) {
    const value = values[index]!;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function bitsOfData({ precision, shift, starts }: FrequencyTable, counts: readonly number[]): number {
  return counts.reduce(
    (sum, count, index) => sum + count * (precision + shift - Math.log2(starts[index + 1]! - starts[index]!)),
    0,
  );
}

/** About; the exact figure would need the table written out. */
function bitsOfTable({ values, precision }: FrequencyTable): number {
  return 8 * (4 + values.length * (precision > 8 ? 2.25 : 2));
}

/** Whole numbers of at least 1 that add up to 2^precision. */
function normalise(counts: readonly number[], total: number, precision: number): number[] {
  const wanted = 2 ** precision;
  const frequencies = counts.map((count) => Math.max(1, Math.floor((count * wanted) / total)));
  let surplus = frequencies.reduce((sum, frequency) => sum + frequency, 0) - wanted;
  // What the rare ones were rounded up by is taken from the most frequent, whom it costs least.
  const byFrequency = frequencies.map((_, index) => index).sort((a, b) => frequencies[b]! - frequencies[a]!);
  if (surplus < 0) frequencies[byFrequency[0]!]! -= surplus;
  for (let place = 0; surplus > 0; place = (place + 1) % byFrequency.length) {
    const index = byFrequency[place]!;
    const taken = Math.min(surplus, Math.ceil(frequencies[index]! / 8), frequencies[index]! - 1);
    frequencies[index]! -= taken;
    surplus -= taken;
  }
  return frequencies;
}

function startsOf(frequencies: readonly number[]): Uint32Array {
  const starts = new Uint32Array(frequencies.length + 1);
  for (const [index, frequency] of frequencies.entries()) starts[index + 1] = starts[index]! + frequency;
  return starts;
}

// ---- a table as bytes ---------------------------------------------------------------------------------------------

/** Shift, precision, number of values; then of each value its distance to the one before, less one, and its frequency less one. */
export function writeTable(writer: ByteWriter, { shift, precision, values, starts }: FrequencyTable): void {
  writer.byte(shift).byte(precision).number(values.length).signed(values[0]!);
  for (const [index, value] of values.entries()) {
    if (index > 0) writer.number(value - values[index - 1]! - 1);
    if (index < values.length - 1) writer.number(starts[index + 1]! - starts[index]! - 1);
  }
}

/** Throws `file-damaged` unless the frequencies make up a whole table. */
export function readTable(reader: ByteReader, what: string): FrequencyTable {
  const [shift, precision, count] = [reader.byte(), reader.byte(), reader.number()];
  if (shift > largestShift || precision > largestPrecision || count < 1 || count > 2 ** precision) {
    throw damagedArchive('a frequency table', `one of ${count} values, 2^${precision} in all`, what);
  }
  const values = new Int32Array(count);
  const starts = new Uint32Array(count + 1);
  starts[count] = 2 ** precision;
  let value = reader.signed();
  for (let index = 0; index < count; index++) {
    if (index > 0) value += reader.number() + 1;
    values[index] = value;
    if (index < count - 1) starts[index + 1] = starts[index]! + reader.number() + 1;
    if (starts[index + 1]! <= starts[index]! || value * 2 ** shift >= 2 ** 31 || value * 2 ** shift < -(2 ** 31)) {
      throw damagedArchive(`frequencies that add up to 2^${precision}`, 'others', what);
    }
  }
  return { shift, precision, values, starts };
}

// ---- coding with a table ------------------------------------------------------------------------------------------

/** Gives each value of the table its index. */
export function indexValues({ values }: FrequencyTable): Map<number, number> {
  return new Map(Array.from(values, (value, index) => [value, index]));
}

export function encodeValue(
  encoder: RangeEncoder,
  { shift, precision, starts }: FrequencyTable,
  indices: ReadonlyMap<number, number>,
  value: number,
): void {
  const index = indices.get(value >> shift)!;
  encoder.encode(starts[index]!, starts[index + 1]! - starts[index]!, precision);
  encoder.encodeBits(value & (2 ** shift - 1), shift);
}

export function decodeValue(decoder: RangeDecoder, { shift, precision, values, starts }: FrequencyTable): number {
  const high = values[decoder.decode(starts, precision)]!;
  return high * 2 ** shift + decoder.decodeBits(shift);
}
