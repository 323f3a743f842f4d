// An .npy array that grows at the end, row by row, and is valid after every crash. Reading is npy.ts.
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { writeError } from './atomic.ts';
import { type NpyData, type NpyDType, npyHeader } from './npy.ts';
import { damaged } from './read.ts';

export interface GrowingNpy {
  /** Rows in the file. */
  readonly rows: number;
  /** Appends whole rows, of the file's type or as bytes. Errors: `disk-full`; the file is then as before. */
  append(data: NpyData): void;
  /** Waits until all rows are on the disk itself, safe against a power cut. */
  sync(): Promise<void>;
  close(): void;
}

// One write of Node may not exceed 2 GiB − 1.
const largestWrite = 2 ** 30;

/** Opens or creates the file and drops rows after the first `rows`. Errors: `file-damaged` where it has fewer. */
export function openGrowingNpy(path: string, dtype: NpyDType, rowShape: readonly number[], rows: number): GrowingNpy {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  // Room for any count: the header is rewritten in place as the file grows.
  const start = npyHeader(dtype, [Number.MAX_SAFE_INTEGER, ...rowShape]).length;
  const length = rowShape.reduce((product, axis) => product * axis, Number(dtype.at(-1)));
  const position = (row: number) => start + row * length;
  let count = rows;

  function guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** The rows are in the file before the header counts them, so that the header is right at every moment. */
  function append(data: NpyData): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    try {
      guard(() => writeFully(file, bytes, position(count)));
      guard(() => writeFully(file, npyHeader(dtype, [count + bytes.length / length, ...rowShape], start), 0));
    } catch (error) {
      ftruncateSync(file, position(count));
      throw error;
    }
    count += bytes.length / length;
  }

  try {
    if (fstatSync(file).size < position(rows) && rows > 0) {
      throw damaged(path, `${position(rows)} bytes`, `${fstatSync(file).size}`);
    }
    guard(() => writeFully(file, npyHeader(dtype, [rows, ...rowShape], start), 0));
    guard(() => ftruncateSync(file, position(rows)));
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    get rows() {
      return count;
    },
    append,
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(file, (error) => (error ? reject(writeError(path, error)) : resolve()));
      }),
    close: () => closeSync(file),
  };
}

function writeFully(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(largestWrite, bytes.length - done), position + done);
  }
}
