// The members of an archive that may be damaged: by its directory, and by a walk from header to header where that fails.
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { PinholeError } from '../contract/errors.ts';
import { readZip } from '../dataset/formats/zip.ts';
import type { Place } from '../dataset/tasks.ts';
import { damagedArchive } from './bytes.ts';

export interface Members {
  readonly names: readonly string[];
  /** What was wrong with the archive as a whole. */
  readonly problems: readonly PinholeError[];
  has(name: string): boolean;
  /** Unpacked, checksum compared; at most `limit` bytes. Throws `file-damaged`. */
  read(name: string, limit?: number): Promise<Uint8Array>;
  /** The same where it is whole, else as much of a stored member as there is. */
  readRaw(name: string): Promise<Uint8Array>;
  /** Bytes that the member takes in the archive. */
  packedSize(name: string): number;
}

/** Larger ones are not read into memory: no model, index or picture that Pinhole writes is. */
const largestMember = 2 ** 30;

/** Throws `source-missing` where there is no file, `file-damaged` where nothing in it is a member. */
export async function readMembers(file: string): Promise<Members> {
  const problems: PinholeError[] = [];
  // Where directory and headers do not agree, both are tried.
  const places = new Map<string, Place[]>();
  const note = (name: string, place: Place) => places.set(name, [...(places.get(name) ?? []), place]);
  try {
    for await (const { name, place, problem } of readZip(file)) {
      if (problem) problems.push(problem);
      if (place) note(name, place);
    }
  } catch (error) {
    problems.push(PinholeError.from(error));
  }
  const handle = await openArchive(file);
  try {
    for (const [name, place] of await walk(handle, file)) note(name, place);
  } finally {
    await handle.close();
  }
  if (places.size === 0) throw damagedArchive('an archive', 'nothing that is part of one', file);

  function placesOf(name: string): Place[] {
    const found = places.get(name);
    if (found) return found;
    throw damagedArchive('it to be there', 'nothing', name);
  }

  async function read(name: string, limit = largestMember): Promise<Uint8Array> {
    let failure: unknown;
    for (const place of placesOf(name)) {
      try {
        const content = unpack(await readPlace(place, limit, name), place, limit, name);
        if (place.checksum === null || crc32(content) === place.checksum) return content;
        throw damagedArchive('content with its checksum', 'other content', name);
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  return {
    names: [...places.keys()],
    problems,
    has: (name) => places.has(name),
    packedSize: (name) => placesOf(name)[0]!.length,
    read,
    async readRaw(name) {
      try {
        return await read(name);
      } catch {
        const longest = placesOf(name).reduce((best, place) => (place.length > best.length ? place : best));
        return readPlace(longest, largestMember, name);
      }
    },
  };
}

async function openArchive(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    throw new PinholeError(
      'source-missing',
      `Expected a file that may be read for ${file}, received ${(cause as NodeJS.ErrnoException).code}`,
      'Check the path and its permissions.',
      { cause },
    );
  }
}

/** As far as the headers follow each other; a member that the end of the file cuts off is given as it is. */
async function walk(handle: FileHandle, file: string): Promise<Map<string, Place>> {
  const found = new Map<string, Place>();
  const { size } = await handle.stat();
  const header = Buffer.alloc(30);
  for (let at = 0; at + header.length < size; ) {
    await handle.read(header, 0, header.length, at);
    const [method, checksum] = [header.readUInt16LE(8), header.readUInt32LE(14)];
    const [packed, unpacked] = [header.readUInt32LE(18), header.readUInt32LE(22)];
    const [nameLength, extra] = [header.readUInt16LE(26), header.readUInt16LE(28)];
    if (header.readUInt32LE(0) !== 0x04034b50 || nameLength > 1000 || (method !== 0 && method !== 8)) break;
    const name = Buffer.alloc(nameLength);
    await handle.read(name, 0, nameLength, at + header.length);
    const offset = at + header.length + nameLength + extra;
    const length = Math.max(0, Math.min(packed, size - offset));
    found.set(name.toString(), { file, offset, length, inflated: method === 8 ? unpacked : null, checksum });
    at = offset + packed;
  }
  return found;
}

async function readPlace({ file, offset, length }: Place, limit: number, name: string): Promise<Uint8Array> {
  if (length > limit) throw damagedArchive(`at most ${limit} bytes`, `${length}`, name);
  const handle = await openArchive(file);
  try {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw damagedArchive(`${length} bytes`, `${done}`, name);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function unpack(bytes: Uint8Array, { inflated }: Place, limit: number, name: string): Uint8Array {
  if (inflated === null) return bytes;
  if (inflated > limit) throw damagedArchive(`at most ${limit} bytes`, `${inflated}`, name);
  let content: Uint8Array;
  try {
    content = inflateRawSync(bytes, { maxOutputLength: Math.max(1, inflated) });
  } catch (cause) {
    throw damagedArchive('deflated content', (cause as Error).message, name);
  }
  if (content.length === inflated) return content;
  throw damagedArchive(`${inflated} bytes`, `${content.length}`, name);
}
