// IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist): the header only; samples are read where they lie.
import { PinholeError } from '../../contract/errors.ts';
import { sampleBytes } from '../array.ts';
import type { ArrayLayout } from '../tasks.ts';

export interface ArrayHeader {
  shape: number[];
  type: ArrayLayout['type'];
  bigEndian: boolean;
  /** Where the samples begin. */
  dataOffset: number;
}

const types: Readonly<Record<number, ArrayLayout['type']>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};

/** `head` is the beginning of a file of `size` bytes. Errors: `file-damaged` where the header promises more than there is. */
export function readIdxHeader(head: Uint8Array, size: number): ArrayHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const axes = head[3]!;
  const dataOffset = 4 + 4 * axes;
  const type = types[head[2]!];
  if (type === undefined || head.length < dataOffset) {
    throw damagedArray('an IDX header', `${head.length} bytes of type ${head[2]}`);
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = shape.reduce((product, length) => product * length, sampleBytes[type]) + dataOffset;
  if (size < needed) throw damagedArray(`${needed} bytes for shape (${shape.join(', ')})`, `${size}`);
  return { shape, type, bigEndian: true, dataOffset };
}

export function damagedArray(expected: string, received: string): PinholeError {
  const advice = 'The file is incomplete or damaged: copy or download it again.';
  return new PinholeError('file-damaged', `Expected ${expected} for the array file, received ${received}.`, advice);
}
