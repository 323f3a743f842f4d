// Images for tests, made here by hand or by sharp's encoders; nothing is downloaded.
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { createRandom } from '../../../src-main/numerics/random.ts';

/** Smooth and coloured, with a dark upper left corner, so that turning it shows. */
export function drawScene(width: number, height: number, channels: 1 | 3 = 3): Buffer {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = (y * width + x) * channels;
      const corner = x < width / 3 && y < height / 4 ? 0 : 1;
      data[place] = corner * (60 + (150 * x) / width);
      if (channels === 3) {
        data[place + 1] = corner * (80 + (120 * y) / height);
        data[place + 2] = 128 + 100 * Math.sin((x + 2 * y) / 20);
      }
    }
  }
  return data;
}

/** The scene as a sharp image, ready to be encoded. */
export const scene = (width: number, height: number, channels: 1 | 3 = 3) => {
  const image = sharp(drawScene(width, height, channels), { raw: { width, height, channels } });
  return channels === 1 ? image.toColourspace('b-w') : image;
};

export function noise(length: number, seed = 1): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
}

/** A PNG of one colour (grey). */
export function flatPng(value: number, width = 8, height = 8): Uint8Array {
  return handmadePng({ width, height, depth: 8, colorType: 0, rows: Buffer.alloc(width * height, value) });
}

export interface HandmadePng {
  width: number;
  height: number;
  depth: number;
  colorType: number;
  /** Packed samples, row by row, without filters. */
  rows: Uint8Array;
  palette?: number[];
  transparency?: number[];
  interlaced?: boolean;
}

/** As the PNG specification lays it out; rows without filter. */
export function handmadePng({ width, height, depth, colorType, rows, ...extra }: HandmadePng): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, extra.interlaced ? 1 : 0], 8);
  const length = rows.length / Math.max(1, height);
  const lines = Array.from({ length: rows.length === 0 ? 0 : height }, (_, row) =>
    Buffer.concat([Buffer.of(0), rows.subarray(row * length, (row + 1) * length)]),
  );
  const chunks = [pngChunk('IHDR', header)];
  if (extra.palette) chunks.push(pngChunk('PLTE', Buffer.from(extra.palette)));
  if (extra.transparency) chunks.push(pngChunk('tRNS', Buffer.from(extra.transparency)));
  chunks.push(pngChunk('IDAT', deflateSync(Buffer.concat(lines))), pngChunk('IEND', Buffer.alloc(0)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

export function pngChunk(type: string, body: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(body.length, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}

export interface TiffPage {
  width: number;
  height: number;
  /** Grey samples. */
  data: Uint8Array | Uint16Array | Float32Array;
}

/** An uncompressed little-endian grey TIFF with any number of pages, as the TIFF 6.0 specification lays it out. */
export function handmadeTiff(...pages: TiffPage[]): Buffer {
  const entries = 10;
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0])];
  let position = 8;
  for (const [index, { width, height, data }] of pages.entries()) {
    const directory = Buffer.alloc(2 + entries * 12 + 4);
    const start = position + directory.length;
    const bits = data.BYTES_PER_ELEMENT * 8;
    const format = data instanceof Float32Array ? 3 : 1;
    directory.writeUInt16LE(entries, 0);
    const values = [
      ...[
        [256, width],
        [257, height],
        [258, bits],
        [259, 1],
        [262, 1],
        [273, start],
        [277, 1],
        [278, height],
      ],
      ...[
        [279, data.byteLength],
        [339, format],
      ],
    ] as const;
    for (const [place, [tag, value]] of values.entries()) {
      directory.writeUInt16LE(tag!, 2 + 12 * place);
      directory.writeUInt16LE(4, 4 + 12 * place);
      directory.writeUInt32LE(1, 6 + 12 * place);
      directory.writeUInt32LE(value!, 10 + 12 * place);
    }
    position = start + data.byteLength + (data.byteLength % 2);
    directory.writeUInt32LE(index === pages.length - 1 ? 0 : position, 2 + entries * 12);
    parts.push(
      directory,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      Buffer.alloc(data.byteLength % 2),
    );
  }
  return Buffer.concat(parts);
}

/** A 24-bit BMP, rows from bottom to top, each padded to four bytes. */
export function handmadeBmp(width: number, height: number, rgb: Uint8Array): Buffer {
  const length = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + length * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      file.set([rgb[from + 2]!, rgb[from + 1]!, rgb[from]!], 54 + (height - 1 - y) * length + x * 3);
    }
  }
  return file;
}

/** IDX: type (8: uint8), axes, big-endian lengths, samples. */
export function handmadeIdx(type: number, shape: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

/** Mean absolute difference of two images. */
export function difference(first: Uint8Array, second: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < first.length; index++) sum += Math.abs(first[index]! - second[index]!);
  return first.length === second.length ? sum / first.length : Number.NaN;
}
