// Writes a ZIP archive member by member into a file that appears at the end; members stored or deflated. Reads none.
import { createReadStream } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { PinholeError } from '../contract/errors.ts';
import type { AtomicWriter } from '../files/atomic.ts';

/** What a member holds, as it will lie in the archive. */
export interface PackedContent {
  readonly body: Uint8Array;
  readonly method: 0 | 8;
  /** Of the content, unpacked. */
  readonly crc: number;
  readonly size: number;
}

export interface ZipWriter {
  add(name: string, content: PackedContent): Promise<void>;
  /** Stored, without holding it in memory. */
  addFile(name: string, file: string): Promise<void>;
  /** Writes the directory; the caller commits the file. */
  finish(): Promise<void>;
}

/** Deflated where that makes it smaller; `store` leaves it as it is, so that what is left of a damaged one can be read. */
export function packContent(content: Uint8Array, { store = false } = {}): PackedContent {
  const deflated = store ? content : deflateRawSync(content, { level: 9 });
  const isSmaller = deflated.length < content.length;
  return {
    body: isSmaller ? deflated : content,
    method: isSmaller ? 8 : 0,
    crc: crc32(content),
    size: content.length,
  };
}

interface Member {
  name: Uint8Array;
  method: 0 | 8;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

const headerLength = 30;
/** Sizes and offsets have 32 bits without ZIP64, which archivers of old do not know. */
const largestArchive = 2 ** 32 - 1;

/** After PKWARE's APPNOTE 6.3.10. Throws `usage` where the archive would exceed 4 GiB. */
export function createZipWriter(file: AtomicWriter, modified: Date): ZipWriter {
  const members: Member[] = [];

  /** The header is written with what is known and again when the bytes behind it are. */
  async function begin(name: string, method: Member['method']): Promise<Member> {
    const member = { name: new TextEncoder().encode(name), method, crc: 0, packed: 0, size: 0, offset: file.length };
    await file.write(localHeader(member, modified));
    members.push(member);
    return member;
  }

  async function end(member: Member, known: Pick<Member, 'crc' | 'packed' | 'size'>): Promise<void> {
    if (file.length > largestArchive) throw tooLarge();
    Object.assign(member, known);
    await file.patch(localHeader(member, modified), member.offset);
  }

  return {
    async add(name, { body, method, crc, size }) {
      const member = await begin(name, method);
      await file.write(body);
      await end(member, { crc, packed: body.length, size });
    },
    async addFile(name, path) {
      const member = await begin(name, 0);
      let [crc, size] = [0, 0];
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        crc = crc32(chunk, crc);
        size += chunk.length;
        await file.write(chunk);
      }
      await end(member, { crc, packed: size, size });
    },
    async finish() {
      const offset = file.length;
      for (const member of members) await file.write(directoryEntry(member, modified));
      const size = file.length - offset;
      if (members.length > 65_535 || file.length > largestArchive) throw tooLarge();
      const count = members.length;
      await file.write(record(0x06054b50, [2, 0, 2, 0, 2, count, 2, count, 4, size, 4, offset, 2, 0]));
    },
  };
}

/** Bytes of an archive beside what its members hold. */
export const zipOverhead = (names: readonly string[]) =>
  names.reduce((sum, name) => sum + headerLength + 46 + 2 * Buffer.byteLength(name), 22);

function localHeader(member: Member, modified: Date): Uint8Array {
  return record(0x04034b50, commonFields(member, modified), member.name);
}

function directoryEntry(member: Member, modified: Date): Uint8Array {
  const fields = [2, 20, ...commonFields(member, modified), 2, 0, 2, 0, 2, 0, 4, 0, 4, member.offset];
  return record(0x02014b50, fields, member.name);
}

/** Widths and values in turn: version 2.0, names in UTF-8, method, time and date of DOS, checksum, sizes, length of the name. */
function commonFields({ name, method, crc, packed, size }: Member, modified: Date): number[] {
  const time = (modified.getHours() << 11) | (modified.getMinutes() << 5) | (modified.getSeconds() >> 1);
  const date = ((modified.getFullYear() - 1980) << 9) | ((modified.getMonth() + 1) << 5) | modified.getDate();
  return [2, 20, 2, 0x0800, 2, method, 2, time, 2, date, 4, crc, 4, packed, 4, size, 2, name.length, 2, 0];
}

function record(signature: number, fields: readonly number[], name: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = Buffer.alloc(4 + fields.reduce((sum, width, index) => (index % 2 === 0 ? sum + width : sum), 0));
  bytes.writeUInt32LE(signature, 0);
  for (let index = 0, at = 4; index < fields.length; index += 2) {
    const width = fields[index]!;
    // Only in a header of an archive that is refused afterwards does a number not fit.
    bytes.writeUIntLE(fields[index + 1]! % 2 ** (8 * width), at, width);
    at += width;
  }
  return Buffer.concat([bytes, name]);
}

function tooLarge(): PinholeError {
  return new PinholeError(
    'usage',
    'Expected an archive below 4 GiB and 65,536 members, received more.',
    'Leave out --keep-originals, or make several archives.',
  );
}
