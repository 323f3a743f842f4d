// `pixels.npy`: the images of a data set, one row of uint8 H×W×C per id. Grows at the end, and is valid after every crash.
import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { PinholeError } from '../contract/errors.ts';
import { type GrowingNpy, openGrowingNpy } from '../files/growing-npy.ts';
import { readNpyHeader } from '../files/npy.ts';
import { damaged } from '../files/read.ts';

/** Height, width and channels of every image. */
export type RowShape = readonly [height: number, width: number, channels: number];

/** Its `rows` are the id of the next image. */
export type PixelWriter = GrowingNpy;

export interface Pixels {
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  /** Gathers the rows of `ids`, in that order, into `out` (at least ids.length × height × width × channels bytes). */
  read(ids: ArrayLike<number>, out: Uint8Array): void;
  /**
   * As `read`, beside whatever this thread does meanwhile, and many rows at a time, which disks are faster at. Left out
   * where the pixels are in memory already. `out` must stay untouched until the promise settles.
   */
  readAhead?(ids: ArrayLike<number>, out: Uint8Array): Promise<void>;
  /** Waits, unseen, for what is still being read ahead. */
  close(): void;
}

export interface PixelOptions {
  /** Bytes up to which the whole file is read into memory; 0 always reads from the file. */
  memoryLimit?: number;
}

const rowLength = ([height, width, channels]: RowShape) => height * width * channels;

// Where training data exceeds a quarter of the free memory, the model and the system's file cache need the rest more.
const shareOfFreeMemory = 0.25;
// One read of Node may not exceed 2 GiB − 1.
const largestRead = 2 ** 30;

/** Opens or creates the file and drops rows after the first `rows`: ones that a crash kept out of the catalogue. */
export function openPixelWriter(path: string, shape: RowShape, rows: number): PixelWriter {
  return openGrowingNpy(path, '|u1', shape, rows);
}

/**
 * Opens for reading: in memory (one SharedArrayBuffer) where the file fits a quarter of the free memory, else by
 * positional reads. Errors: `file-damaged`.
 */
export function openPixels(path: string, { memoryLimit }: PixelOptions = {}): Pixels {
  const file = openPixelFile(path);
  try {
    const { shape, dataOffset } = readShape(file, path);
    const length = rowLength([shape[1], shape[2], shape[3]]);
    const limit = memoryLimit ?? process.availableMemory() * shareOfFreeMemory;
    if (shape[0] * length > limit) return streamedPixels(file, shape, dataOffset);
    const memory = new Uint8Array(new SharedArrayBuffer(shape[0] * length));
    readFully(file, memory, dataOffset);
    closeSync(file);
    return memoryPixels(memory, shape);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function memoryPixels(memory: Uint8Array, shape: Pixels['shape']): Pixels {
  const length = rowLength([shape[1], shape[2], shape[3]]);
  return {
    shape,
    read(ids, out) {
      checkRequest(ids, out, shape, length);
      for (let index = 0; index < ids.length; index++) {
        const start = ids[index]! * length;
        out.set(memory.subarray(start, start + length), index * length);
      }
    },
    close() {},
  };
}

function streamedPixels(file: number, shape: Pixels['shape'], dataOffset: number): Pixels {
  const length = rowLength([shape[1], shape[2], shape[3]]);
  let reading = 0;
  let closed = false;
  const closeWhenIdle = () => {
    if (closed && reading === 0) closeSync(file);
  };

  /** What to read where. Neighbouring rows come in one read: encoding a whole data set then runs at the speed of the disk. */
  function parts(ids: ArrayLike<number>, out: Uint8Array): { bytes: Uint8Array; position: number }[] {
    checkRequest(ids, out, shape, length);
    const found = [];
    for (let first = 0; first < ids.length; ) {
      let next = first + 1;
      while (next < ids.length && ids[next] === ids[next - 1]! + 1) next++;
      found.push({ bytes: out.subarray(first * length, next * length), position: dataOffset + ids[first]! * length });
      first = next;
    }
    return found;
  }

  return {
    shape,
    read(ids, out) {
      for (const { bytes, position } of parts(ids, out)) readFully(file, bytes, position);
    },
    async readAhead(ids, out) {
      reading++;
      try {
        // All of them before the first error is told: nothing may be written into `out` after that.
        const reads = parts(ids, out).map(({ bytes, position }) => readAside(file, bytes, position));
        const failed = (await Promise.allSettled(reads)).find(({ status }) => status === 'rejected');
        if (failed) throw (failed as PromiseRejectedResult).reason;
      } finally {
        reading--;
        closeWhenIdle();
      }
    },
    close() {
      closed = true;
      closeWhenIdle();
    },
  };
}

function checkRequest(ids: ArrayLike<number>, out: Uint8Array, [count]: Pixels['shape'], length: number): void {
  if (out.length < ids.length * length) {
    const message = `internal: expected room for ${ids.length} rows of ${length} bytes, received ${out.length} bytes`;
    throw new PinholeError('internal', message);
  }
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    if (!(id >= 0 && id < count)) {
      throw new PinholeError('internal', `internal: expected ids below ${count}, received ${id}`);
    }
  }
}

function openPixelFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw damaged(path, 'a file that may be read', String((error as NodeJS.ErrnoException).code));
  }
}

function readShape(file: number, path: string): { shape: Pixels['shape']; dataOffset: number } {
  const bytes = new Uint8Array(4096);
  const header = readNpyHeader(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)), path);
  const [count, height, width, channels] = header.shape;
  if (header.dtype !== '|u1' || header.shape.length !== 4) {
    throw damaged(path, 'a uint8 array of four axes', `${header.dtype} (${header.shape.join(', ')})`);
  }
  const { size } = fstatSync(file);
  const needed = header.dataOffset + header.byteLength;
  if (size < needed) throw damaged(path, `${needed} bytes`, `${size}`);
  return { shape: [count!, height!, width!, channels!], dataOffset: header.dataOffset };
}

function readFully(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, Math.min(largestRead, bytes.length - done), position + done);
    if (count === 0) throw tooShort(bytes, position, done);
    done += count;
  }
}

/** `readFully` on one of Node's threads. */
async function readAside(file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const count = await new Promise<number>((resolve, reject) => {
      const length = Math.min(largestRead, bytes.length - done);
      read(file, bytes, done, length, position + done, (error, received) =>
        error ? reject(error) : resolve(received),
      );
    });
    if (count === 0) throw tooShort(bytes, position, done);
    done += count;
  }
}

function tooShort(bytes: Uint8Array, position: number, done: number): PinholeError {
  return damaged('pixels.npy', `${position + bytes.length} bytes`, `${position + done}`);
}
