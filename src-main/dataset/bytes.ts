// Reading the bytes of candidates in a decoding thread: synchronous, because a thread has nothing else to do meanwhile.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { PinholeError } from '../contract/errors.ts';
import type { Place } from './tasks.ts';

export interface Content {
  /** Valid until the next read: copy what must last. */
  bytes: Uint8Array;
  /** All of it, rather than the beginning. */
  complete: boolean;
  /** Size of the whole in bytes. */
  size: number;
  /** Milliseconds since 1970; 0 for a part of a file. */
  modified: number;
}

// Most headers, with a profile and EXIF data, and small images as a whole. Larger files are read twice: that is
// cheaper than handing their bytes from thread to thread.
const headLength = 16 * 1024;
// A Buffer cannot hold more than this on every platform.
const largestFile = 2 ** 31 - 1;
// Memory that is used again costs nothing to clear; what is larger than this is not kept.
const largestScratch = 8 * 1024 * 1024;
let scratch = new Uint8Array(headLength);

function roomFor(length: number): Uint8Array {
  if (length > largestScratch) return new Uint8Array(length);
  if (scratch.length < length) scratch = new Uint8Array(Math.max(2 * scratch.length, length));
  return scratch.subarray(0, length);
}

/** The beginning of what lies there (`headLength` bytes, or all of it). */
export function readHead(place: Place): Content {
  if (place.inflated !== null) return readAll(place);
  const content = read(place, headLength);
  return content.complete ? verified(content, place) : content;
}

/** All of it. Errors: `image-unreadable`, `image-too-large`. */
export function readAll(place: Place): Content {
  const content = read(place, Number.POSITIVE_INFINITY);
  const bytes = place.inflated === null ? content.bytes : inflate(content.bytes, place.inflated);
  return verified({ ...content, bytes, size: bytes.length }, place);
}

function verified(content: Content, { checksum }: Place): Content {
  if (checksum === null || crc32(content.bytes) === checksum) return content;
  throw new PinholeError('image-unreadable', 'The checksum in the archive does not match: the file is damaged.');
}

function read({ file, offset, length }: Place, limit: number): Content {
  const descriptor = open(file);
  try {
    const stat = fstatSync(descriptor);
    const size = length < 0 ? stat.size - offset : length;
    const wanted = Math.min(size, limit);
    if (wanted > largestFile) throw tooLarge(size);
    const bytes = roomFor(wanted);
    const done = readFully(descriptor, bytes, offset);
    if (done < wanted) throw new PinholeError('image-unreadable', `Expected ${wanted} bytes, received ${done}.`);
    return { bytes, complete: wanted === size, size, modified: length < 0 ? stat.mtimeMs : 0 };
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw unreadable(error);
  }
}

function readFully(descriptor: number, bytes: Uint8Array, offset: number): number {
  try {
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  } catch (error) {
    throw unreadable(error);
  }
}

function inflate(bytes: Uint8Array, size: number): Uint8Array {
  let unpacked: Uint8Array;
  try {
    unpacked = inflateRawSync(bytes, { maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new PinholeError('image-unreadable', `The archive's data is damaged: ${reason}.`, '', { cause });
  }
  if (unpacked.length === size) return unpacked;
  throw new PinholeError('image-unreadable', `Expected ${size} bytes in the archive, received ${unpacked.length}.`);
}

function tooLarge(size: number): PinholeError {
  return new PinholeError('image-too-large', `Expected a file below 2 GiB, received ${size} bytes.`);
}

/** What the system says of a file, in words; `absent` where it is not there, which it was a moment ago if nothing is said. */
export function unreadable(cause: unknown, absent = 'The file has vanished'): PinholeError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: 'Permission denied',
    EPERM: 'Permission denied',
    ENOENT: absent,
    EIO: 'The disk cannot read it',
    ELOOP: 'The link leads to itself',
    ENAMETOOLONG: 'The name is too long',
  };
  return new PinholeError('image-unreadable', `${reasons[code ?? ''] ?? message}.`, '', { cause });
}
