// Arrays of images (IDX, .npy, members of .npz): slices as candidates, and the labels that lie beside them.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PinholeError } from '../contract/errors.ts';
import { parseNpy, readNpyHeader } from '../files/npy.ts';
import { decodeArray, sampleBytes } from './array.ts';
import { type ArrayHeader, damagedArray, readIdxHeader } from './formats/idx.ts';
import type { ArrayLayout, Candidate } from './tasks.ts';

/** A stretch of a file that holds an array with its header. */
export interface ArrayPlace {
  file: string;
  offset: number;
  length: number;
}

const npyTypes: Readonly<Record<string, ArrayLayout['type']>> = {
  '|u1': 'uint8',
  '|b1': 'bool',
  '<u2': 'uint16',
  '<i4': 'int32',
  '<i8': 'int64',
  '<f4': 'float32',
  '<f8': 'float64',
};

/** Errors: `file-damaged`, `format-unsupported`. */
export function readArrayHeader(head: Uint8Array, size: number): ArrayHeader & { fortranOrder: boolean } {
  if (head[0] === 0) return { ...readIdxHeader(head, size), fortranOrder: false };
  const { dtype, shape, fortranOrder, dataOffset, byteLength } = readNpyHeader(head);
  const needed = dataOffset + byteLength;
  if (size < needed) throw damagedArray(`${needed} bytes for shape (${shape.join(', ')})`, `${size}`);
  return { shape: [...shape], type: npyTypes[dtype]!, bigEndian: false, dataOffset, fortranOrder };
}

/** One axis, or a column: that is what labels look like. */
export const isLabelShape = (shape: readonly number[]) => shape.length === 1 || (shape.length === 2 && shape[1] === 1);

/** The candidates of an array, named by their position: `00000`, `00001`, … */
export function* arrayCandidates(
  place: ArrayPlace,
  header: ArrayHeader,
  labels: readonly string[] | null,
  pixelLimit: number,
): Generator<Candidate> {
  const [count, height, width, channels] = imageShape(header.shape);
  if (height * width > pixelLimit) {
    const message = `Expected at most ${pixelLimit} pixels for an image, received ${width} × ${height}.`;
    throw new PinholeError('image-too-large', message, 'Raise the pixel limit to import it.');
  }
  const { type, bigEndian, dataOffset } = header;
  const array: ArrayLayout = { width, height, channels, type, bigEndian };
  const length = width * height * channels * sampleBytes[type];
  const digits = Math.max(5, String(count - 1).length);
  for (let index = 0; index < count; index++) {
    yield {
      path: String(index).padStart(digits, '0'),
      label: labels?.[index] ?? null,
      test: false,
      place: {
        file: place.file,
        offset: place.offset + dataOffset + index * length,
        length,
        inflated: null,
        checksum: null,
      },
      array,
      page: 0,
    };
  }
}

function imageShape(shape: readonly number[]): [count: number, height: number, width: number, channels: 1 | 3 | 4] {
  const [count, height, width, channels = 1] = shape;
  const isImages = (shape.length === 3 || shape.length === 4) && [1, 3, 4].includes(channels);
  if (!isImages || shape.includes(0)) {
    const message = `Expected an array of images (N×H×W, or N×H×W×C with 1, 3 or 4 channels), received (${shape.join(', ')}).`;
    throw new PinholeError('format-unsupported', message, 'Reshape or transpose it in NumPy and save it again.');
  }
  return [count!, height!, width!, channels as 1 | 3 | 4];
}

/**
 * Names under which the labels of an array may lie, the likeliest first: `train-labels-idx1-ubyte` for
 * `train-images-idx3-ubyte`, `y_test` for `x_test`, `photos_labels` for `photos`.
 */
export function labelNames(name: string): string[] {
  const [, stem, ending] = /^(.*?)((?:\.(?:npy|gz|idx))*)$/is.exec(name)!;
  const twins = [
    stem!.replace(/images?/i, (word) => word.replace(/image/i, matchCase('label'))).replace(/idx[34]/i, 'idx1'),
    stem!.replace(/(^|[^a-z0-9])x(?![a-z0-9])/i, (token) => token.replace('x', 'y').replace('X', 'y')),
    stem!.replace(/(^|[^a-z0-9])x(?![a-z0-9])/i, (token) => token.replace('x', 'Y').replace('X', 'Y')),
    `${stem}_labels`,
    `${stem}-labels`,
    `${stem}.labels`,
  ].filter((twin) => twin !== stem);
  const endings = [ending!, ending!.replace(/\.gz$/i, ''), `${ending!.replace(/\.gz$/i, '')}.gz`, '.txt'];
  return [...new Set(twins.flatMap((twin) => endings.map((end) => twin + end)))];
}

const matchCase = (word: string) => (found: string) =>
  found[0] === found[0]!.toUpperCase() ? word[0]!.toUpperCase() + word.slice(1) : word;

/** The label file that lies beside an array file, if there is one. */
export function findLabelFile(file: string): string | undefined {
  return labelNames(basename(file))
    .map((name) => join(dirname(file), name))
    .find((candidate) => candidate !== file && existsSync(candidate));
}

// Labels of a million images are a few megabytes; what is far larger is something else.
const largestLabelFile = 256 * 1024 * 1024;

/** Labels as text. Errors: `file-damaged` where they cannot be read or are not as many as the images. */
export function readLabelFile(file: string, count: number): string[] {
  const bytes = readFileSync(file);
  const plain =
    bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: largestLabelFile }) : bytes;
  return parseLabels(plain, count, file.endsWith('.txt'));
}

/** From the bytes of an IDX or .npy array, or of a text with one label a line. */
export function parseLabels(bytes: Uint8Array, count: number, isText: boolean): string[] {
  const labels = isText ? textLabels(bytes) : arrayLabels(bytes);
  if (labels.length !== count) throw damagedArray(`${count} labels`, `${labels.length}`);
  return labels;
}

function textLabels(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function arrayLabels(bytes: Uint8Array): string[] {
  if (bytes[0] !== 0) return Array.from(parseNpy(bytes).data, String);
  const header = readIdxHeader(bytes, bytes.length);
  const count = header.shape.reduce((product, length) => product * length, 1);
  const layout: ArrayLayout = { width: count, height: 1, channels: 1, type: header.type, bigEndian: true };
  return Array.from(decodeArray(bytes.subarray(header.dataOffset), layout).data.subarray(0, count), String);
}
