// A ZIP archive of files as they are, uncompressed: many files as one download. Reads none, and knows no ZIP64.

export interface ZipMember {
  /** `/`-separated. */
  name: string;
  parts: readonly Uint8Array[];
}

/** Sizes and offsets have 32 bits without ZIP64. */
export const largestZip = 2 ** 32 - 1;

/** What each member takes beside its bytes: both headers, and its name in both. */
const headerBytes = 30 + 46;
const endBytes = 22;

export function zipBytes(members: readonly { name: string; bytes: number }[]): number {
  return members.reduce((sum, { name, bytes }) => sum + bytes + headerBytes + 2 * utf8(name).length, endBytes);
}

/** The archive in pieces, in order: headers and the members' own parts. After PKWARE's APPNOTE 6.3.10. */
export function storeZip(members: readonly ZipMember[], modified: Date): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, parts } of members) {
    const size = lengthOf(parts);
    const common = commonFields(name, checksum(parts), size, modified);
    const local = record(0x04034b50, common, utf8(name));
    directory.push(record(0x02014b50, [2, 20, ...common, 2, 0, 2, 0, 2, 0, 4, 0, 4, offset], utf8(name)));
    pieces.push(local, ...parts);
    offset += local.length + size;
  }
  const size = lengthOf(directory);
  const count = members.length;
  const end = record(0x06054b50, [2, 0, 2, 0, 2, count, 2, count, 4, size, 4, offset, 2, 0]);
  return [...pieces, ...directory, end];
}

/** Widths and values in turn: version 2.0, names in UTF-8, stored, time and date of DOS, checksum, sizes, length of the name. */
function commonFields(name: string, crc: number, size: number, modified: Date): number[] {
  const time = (modified.getHours() << 11) | (modified.getMinutes() << 5) | (modified.getSeconds() >> 1);
  const date = ((modified.getFullYear() - 1980) << 9) | ((modified.getMonth() + 1) << 5) | modified.getDate();
  return [2, 20, 2, 0x0800, 2, 0, 2, time, 2, date, 4, crc, 4, size, 4, size, 2, utf8(name).length, 2, 0];
}

function record(signature: number, fields: readonly number[], name: Uint8Array = new Uint8Array()): Uint8Array {
  const widths = fields.filter((_, index) => index % 2 === 0);
  const bytes = new Uint8Array(4 + widths.reduce((sum, width) => sum + width, 0) + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [index, width] of widths.entries()) {
    const value = fields[2 * index + 1]!;
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  bytes.set(name, at);
  return bytes;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

/** CRC-32 as in ZIP and PNG. */
function checksum(parts: readonly Uint8Array[]): number {
  let crc = -1;
  for (const part of parts) for (const byte of part) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
