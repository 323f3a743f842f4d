// One image out of an IDX or .npy array: raw samples of any type to a picture.
import { PinholeError } from '../contract/errors.ts';
import type { Picture } from './picture.ts';
import type { ArrayLayout } from './tasks.ts';

const readers: Record<ArrayLayout['type'], (view: DataView, offset: number, little: boolean) => number> = {
  bool: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 255),
  uint8: (view, offset) => view.getUint8(offset),
  int8: (view, offset) => view.getInt8(offset),
  uint16: (view, offset, little) => view.getUint16(offset, little),
  int16: (view, offset, little) => view.getInt16(offset, little),
  int32: (view, offset, little) => view.getInt32(offset, little),
  int64: (view, offset, little) => Number(view.getBigInt64(offset, little)),
  float32: (view, offset, little) => view.getFloat32(offset, little),
  float64: (view, offset, little) => view.getFloat64(offset, little),
};

export const sampleBytes: Readonly<Record<ArrayLayout['type'], number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
  float64: 8,
};

const isWide = (type: ArrayLayout['type']) => (type === 'bool' || type === 'uint16' ? type : 'other');

/** uint8 stays as it is, uint16 too, bool becomes 0 and 255; every other type becomes float32. */
export function decodeArray(bytes: Uint8Array, { width, height, channels, type, bigEndian }: ArrayLayout): Picture {
  const picture = { width, height, channels, orientation: 1 };
  if (type === 'uint8') return { ...picture, data: bytes };
  const count = width * height * channels;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new { bool: Uint8Array, uint16: Uint16Array, other: Float32Array }[isWide(type)](count);
  const read = readers[type];
  const size = sampleBytes[type];
  for (let index = 0; index < count; index++) data[index] = read(view, index * size, !bigEndian);
  if (data instanceof Float32Array && !data.every(Number.isFinite)) {
    const message = 'Expected finite samples, received NaN or infinity.';
    throw new PinholeError(
      'image-unreadable',
      message,
      'Replace them in the array, e.g. by zero, and import it again.',
    );
  }
  return { ...picture, data };
}
