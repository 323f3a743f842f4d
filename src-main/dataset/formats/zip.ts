// ZIP: where the bytes of each member lie. Members are unpacked by the decoding threads, not here.
import { closeSync, openSync, readSync } from 'node:fs';
import * as yauzl from 'yauzl';
import { PinholeError } from '../../contract/errors.ts';
import type { Place } from '../tasks.ts';

export interface ZipMember {
  /** As the archive has it, `/`-separated. */
  name: string;
  /** Null where it cannot be read, for `problem`. */
  place: Place | null;
  problem: PinholeError | null;
}

const localHeaderLength = 30;
// Deflate cannot shrink data further than this; an archive that says so is lying, and nothing is allocated for it.
const largestRatio = 1032;
const largestMember = 2 ** 30;
// Names and sizes are checked here, member by member: yauzl would give up the whole archive.
const zipOptions = { decodeStrings: false, validateEntrySizes: false, autoClose: false };

/** Files only, in the order of the archive's directory. Errors: `file-damaged`. */
export async function* readZip(file: string): AsyncGenerator<ZipMember> {
  const archive = await guard(() => yauzl.openPromise(file, zipOptions));
  const descriptor = openSync(file, 'r');
  try {
    const entries = archive.eachEntry();
    for (;;) {
      const next = await guard(() => entries.next());
      if (next.done) return;
      const name = nameOf(next.value);
      if (!name.endsWith('/')) yield { name, ...locate(next.value, file, descriptor, archive.fileSize) };
    }
  } finally {
    closeSync(descriptor);
    archive.close();
  }
}

function nameOf(entry: yauzl.Entry): string {
  return yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
}

function locate(entry: yauzl.Entry, file: string, descriptor: number, fileSize: number): Omit<ZipMember, 'name'> {
  const problem = problemOf(entry);
  if (problem !== null) return { place: null, problem };
  const header = Buffer.alloc(localHeaderLength);
  const { relativeOffsetOfLocalHeader: start, compressedSize, uncompressedSize, compressionMethod } = entry;
  const read = readSync(descriptor, header, 0, localHeaderLength, start);
  const offset = start + localHeaderLength + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (read < localHeaderLength || header.readUInt32LE(0) !== 0x04034b50 || offset + compressedSize > fileSize) {
    return { place: null, problem: damagedArchive('a member within the archive', 'one that ends beyond it') };
  }
  const inflated = compressionMethod === 8 ? uncompressedSize : null;
  return { place: { file, offset, length: compressedSize, inflated, checksum: entry.crc32 }, problem: null };
}

function problemOf(entry: yauzl.Entry): PinholeError | null {
  const { compressionMethod, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) {
    return new PinholeError(
      'format-unsupported',
      'The archive member is encrypted.',
      'Unpack the archive and import the folder.',
    );
  }
  if (compressionMethod !== 0 && compressionMethod !== 8) {
    const message = `Expected a stored or deflated archive member, received compression method ${compressionMethod}.`;
    return new PinholeError('format-unsupported', message, 'Unpack the archive and import the folder.');
  }
  if (uncompressedSize > Math.max(64, compressedSize * largestRatio)) {
    return damagedArchive(`at most ${compressedSize * largestRatio} unpacked bytes`, `${uncompressedSize}`);
  }
  if (compressionMethod === 0 && uncompressedSize !== compressedSize) {
    return damagedArchive(`${uncompressedSize} stored bytes`, `${compressedSize}`);
  }
  if (uncompressedSize > largestMember) {
    const message = `Expected at most ${largestMember} bytes for an archive member, received ${uncompressedSize}.`;
    return new PinholeError('image-too-large', message, 'Unpack the archive and import the folder.');
  }
  return null;
}

async function guard<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const message = `Expected a ZIP archive, received damaged data: ${(cause as Error).message.replace(/\.$/, '')}.`;
    throw new PinholeError('file-damaged', message, 'Copy or download the archive again.', { cause });
  }
}

function damagedArchive(expected: string, received: string): PinholeError {
  return new PinholeError(
    'file-damaged',
    `Expected ${expected}, received ${received}.`,
    'Copy or download the archive again.',
  );
}
