// Writes PNG files (8 bits, grey or colour) from raw pixels. Decoding, and everything about colour, is elsewhere.
// https://www.w3.org/TR/png-3/
import { crc32, deflateSync } from 'node:zlib';

/** Row by row, `channels` bytes a pixel: 1 grey, 3 RGB, 4 RGB and opacity. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const colorTypes = { 1: 0, 3: 2, 4: 6 } as const;
const upFilter = 2;

/** `level` is zlib's, 0 (stored) to 9 (smallest). */
export function encodePng({ data, width, height, channels }: Raster, level = 6): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colorTypes[channels]], 8);
  const pixels = deflateSync(filterRows(data, width * channels, height), { level });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', new Uint8Array(0))]);
}

/** Each row minus the one above: enlarged and flat pictures become mostly zeros. */
function filterRows(data: Uint8Array, rowBytes: number, height: number): Uint8Array {
  const filtered = new Uint8Array((rowBytes + 1) * height);
  for (let row = 0; row < height; row++) {
    const from = row * rowBytes;
    const to = row * (rowBytes + 1);
    filtered[to] = upFilter;
    for (let at = 0; at < rowBytes; at++) {
      filtered[to + 1 + at] = data[from + at]! - (row > 0 ? data[from - rowBytes + at]! : 0);
    }
  }
  return filtered;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}
