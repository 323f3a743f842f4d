// Codes to whole numbers and back: a step for each number of a code. How large the steps are is decided elsewhere.
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, damagedArchive } from './bytes.ts';
import { openPacked, type PackedIntegers, packIntegers, type UnpackLimits } from './packed-integers.ts';

/** The whole number n at place k of a code stands for `offsets[k]` + n · `steps[k]`. */
export interface Quantiser {
  readonly offsets: Float32Array;
  readonly steps: Float32Array;
}

// Nothing that a model makes is so far out; a number that is none (an exploded model) becomes 0.
const largestInteger = 2 ** 30;

/** Codes N×K → whole numbers N×K. */
export function quantise({ offsets, steps }: Quantiser, codes: Float32Array): Int32Array {
  const columns = steps.length;
  return Int32Array.from(codes, (code, place) => {
    const column = place % columns;
    const nearest = Math.round((code - offsets[column]!) / steps[column]!);
    return Math.max(-largestInteger, Math.min(largestInteger, nearest));
  });
}

/** Whole numbers N×K → codes N×K. One product, one sum and one rounding to float32: the same numbers on every machine. */
export function dequantise({ offsets, steps }: Quantiser, values: Int32Array): Float32Array {
  const columns = steps.length;
  return Float32Array.from(values, (value, place) => offsets[place % columns]! + value * steps[place % columns]!);
}

/** Codes that are whole numbers already. */
export function wholeNumbers(columns: number): Quantiser {
  return { offsets: new Float32Array(columns), steps: new Float32Array(columns).fill(1) };
}

// ---- codes.bin ----------------------------------------------------------------------------------------------------

const magic = 0x31434850;

export function writeCodes(quantiser: Quantiser, values: Int32Array): Uint8Array {
  const columns = quantiser.steps.length;
  const header = new ByteWriter().word(magic).number(columns);
  for (const offset of quantiser.offsets) header.float(offset);
  for (const step of quantiser.steps) header.float(step);
  header.word(crc32(header.finish()));
  return Buffer.concat([header.finish(), packIntegers({ columns, values })]);
}

/** Throws `file-damaged`. */
export function openCodes(bytes: Uint8Array, limits: UnpackLimits): { quantiser: Quantiser; packed: PackedIntegers } {
  const what = 'codes.bin';
  const reader = new ByteReader(bytes, what);
  if (reader.word() !== magic) throw damagedArchive('codes', 'something else', what);
  const columns = reader.number();
  if (columns > limits.columns) throw damagedArchive(`at most ${limits.columns} numbers`, `${columns}`, what);
  const offsets = Float32Array.from({ length: columns }, () => reader.float());
  const steps = Float32Array.from({ length: columns }, () => reader.float());
  const length = reader.position;
  if (reader.word() !== crc32(bytes.subarray(0, length))) {
    throw damagedArchive('a header with its checksum', 'another one', what);
  }
  const packed = openPacked(bytes.subarray(reader.position), what, { rows: limits.rows, columns });
  if (packed.columns !== columns) throw damagedArchive(`codes of ${columns} numbers`, `${packed.columns}`, what);
  return { quantiser: { offsets, steps }, packed };
}
