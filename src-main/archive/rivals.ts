// What else the same pixels could be kept in: image formats, a file for each image or one mosaic of them all, and PCA codes that
// go through the same quantiser and coder.
import type { Sharp } from 'sharp';
import type { Rival, RivalPoint } from '../contract/archive.ts';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { Executor, Runner } from '../engine/executor.ts';
import { type ImageBatch, imageGrid, type Picture } from '../numerics/image-grid.ts';
import { pcaValues } from '../training/baselines.ts';
import { pcaDecoderGraph, pcaGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import { fitPca, type Pca } from '../training/pca.ts';
import { rowsAtOnce } from './image-decoder.ts';
import { dequantise, quantise } from './quantiser.ts';
import { bitsOfCodes, decibels, meanSquaredError, stepsFor } from './rate.ts';

/** A mosaic of more would take minutes to encode, and no less for each image. */
const mosaicPixels = 2 ** 19;
/** Files are alike; so many tell what they take. */
const mostFiles = 64;

type Lossy = 'webp' | 'jpeg' | 'avif';
/** Qualities from hardly recognisable to hardly changed, as each format counts them. */
const qualities: Readonly<Record<Lossy, readonly number[]>> = {
  webp: [1, 5, 15, 30, 45, 60, 75, 85, 92],
  jpeg: [5, 10, 20, 35, 50, 65, 80, 90, 95],
  avif: [5, 20, 35, 50, 65, 80],
};
const formats = Object.keys(qualities) as Lossy[];

/** Numbers of a PCA code at most; coarse steps leave of them what is worth its bits. */
const mostComponents = 256;
/** PCA of more would take minutes and gain little. */
const mostProjected = 1024;
const pcaScales = [-3, -3.5, -4, -4.5, -5, -6, -7].map((power) => 2 ** power);

/**
 * Of some images at the model's size. Errors are pooled over them, beside the very pixels that models see. PCA is fitted to these
 * images themselves and its mean and components are counted in half precision; formats bring their decoder along.
 */
export async function measureRivals(images: ImageBatch, executor: Executor, context: Context = {}): Promise<Rival[]> {
  const few = takeImages(images, mostFiles);
  const side = Math.max(
    1,
    Math.floor(Math.sqrt(Math.min(images.count, mosaicPixels / (images.height * images.width)))),
  );
  // A whole square: an empty corner would cost nothing and have no error.
  const many = takeImages(images, side * side);
  const mosaic = imageGrid(many, { gap: 0, background: 0 });
  const measures: [Rival['name'], Rival['layout'], () => Promise<RivalPoint[]>][] = [
    ['png', 'files', async () => [await encodeFiles(few, (image) => image.png({ compressionLevel: 9 }))]],
    ['png', 'mosaic', async () => [await encodeMosaic(many, mosaic, 1, (image) => image.png({ compressionLevel: 9 }))]],
    ...formats.flatMap((format): typeof measures => [
      [format, 'files', () => eachQuality(format, (encode) => encodeFiles(few, encode))],
      [format, 'mosaic', () => eachQuality(format, (encode) => encodeMosaic(many, mosaic, 1, encode))],
      [format, 'reduced', () => eachQuality(format, (encode) => encodeMosaic(many, mosaic, 2, encode))],
    ]),
    ['pca', 'codes', () => pcaCodes(takeImages(images, mostProjected), executor, context)],
  ];
  const rivals: Rival[] = [];
  const started = performance.now();
  for (const [name, layout, measure] of measures) {
    throwIfCancelled(context.signal);
    rivals.push({ name, layout, points: (await measure()).sort((a, b) => a.bytesPerImage - b.bytesPerImage) });
    const rate = (rivals.length * 1000) / (performance.now() - started);
    context.onProgress?.({
      stage: 'evaluate',
      done: rivals.length,
      total: measures.length,
      rate,
      detail: 'other formats',
    });
  }
  return rivals;
}

/**
 * Bytes that a rival takes for an image at this error, between its points in proportion to their logarithms; null where it is
 * never so good. Where it is always better, its smallest.
 */
export function bytesAtError({ points }: Rival, psnr: number): RivalPoint | null {
  let below: RivalPoint | undefined;
  for (const point of points) {
    if (point.psnr !== null && point.psnr < psnr) {
      below = point;
      continue;
    }
    if (below === undefined || point.psnr === null) return point;
    const share = (psnr - below.psnr!) / (point.psnr - below.psnr!);
    const between = (from: number, to: number) => from ** (1 - share) * to ** share;
    return {
      psnr,
      bytesPerImage: between(below.bytesPerImage, point.bytesPerImage),
      decoderBytes: (1 - share) * below.decoderBytes + share * point.decoderBytes,
    };
  }
  return null;
}

/** From so many images on, one is smaller than the other with its decoder counted; null for never. */
export function paysOffFrom(one: Omit<RivalPoint, 'psnr'>, other: Omit<RivalPoint, 'psnr'>): number | null {
  const saved = other.bytesPerImage - one.bytesPerImage;
  const ahead = one.decoderBytes - other.decoderBytes;
  if (saved <= 0) return null;
  return Math.max(1, Math.floor(ahead / saved) + 1);
}

// ---- formats ------------------------------------------------------------------------------------------------------

type Encode = (image: Sharp) => Sharp;

async function eachQuality(format: Lossy, measure: (encode: Encode) => Promise<RivalPoint>): Promise<RivalPoint[]> {
  const points: RivalPoint[] = [];
  for (const quality of qualities[format]) points.push(await measure((image) => image[format]({ quality })));
  return points;
}

async function encodeFiles(images: ImageBatch, encode: Encode): Promise<RivalPoint> {
  const { height, width, channels } = images;
  const size = height * width * channels;
  let bytes = 0;
  let squares = 0;
  for (let index = 0; index < images.count; index++) {
    const picture = { height, width, channels, data: images.data.subarray(index * size, (index + 1) * size) };
    const coded = await (await encodePicture(picture, encode)).toBuffer();
    bytes += coded.length;
    squares += meanSquaredError(await decodePicture(coded, picture), picture.data);
  }
  return pointOf(bytes / images.count, squares / images.count);
}

/** `reduction` is the factor by which both sides are made smaller before coding, and larger again after it. */
async function encodeMosaic(
  images: ImageBatch,
  mosaic: Picture,
  reduction: number,
  encode: Encode,
): Promise<RivalPoint> {
  const [width, height] = [mosaic.width, mosaic.height].map((side) => Math.max(1, Math.round(side / reduction)));
  const reduce = (image: Sharp) => (reduction === 1 ? image : image.resize(width, height, { fit: 'fill' }));
  const coded = await (await encodePicture(mosaic, (image) => encode(reduce(image)))).toBuffer();
  return pointOf(coded.length / images.count, meanSquaredError(await decodePicture(coded, mosaic), mosaic.data));
}

const pointOf = (bytesPerImage: number, mse: number): RivalPoint => ({
  bytesPerImage,
  decoderBytes: 0,
  psnr: mse === 0 ? null : decibels(mse),
});

async function encodePicture({ data, width, height, channels }: Picture, encode: Encode): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  const image = sharp(data, { raw: { width, height, channels } });
  return encode(channels === 1 ? image.toColourspace('b-w') : image);
}

async function decodePicture(coded: Uint8Array, { width, height, channels }: Picture): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(coded)
    .resize(width, height, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels === channels) return data;
  // Of grey that a format has kept as colour: they are all alike.
  return Uint8Array.from({ length: width * height * channels }, (_, place) =>
    channels === 1 ? data[place * info.channels + 1]! : data[Math.floor(place / channels)]!,
  );
}

// ---- PCA ----------------------------------------------------------------------------------------------------------

async function pcaCodes(images: ImageBatch, executor: Executor, context: Context): Promise<RivalPoint[]> {
  const pixels = images.height * images.width * images.channels;
  const components = Math.min(mostComponents, pixels, images.count - 1);
  if (components < 1) return [];
  const samples = {
    ...{ count: images.count, pixels },
    read: (first: number, count: number, out: Uint8Array) =>
      out.set(images.data.subarray(first * pixels, (first + count) * pixels)),
  };
  const pca = await fitPca(executor, samples, components, 1, context);
  const codes = await project(images, pca, executor);
  const worth = new Float64Array(components).fill(1 / Math.sqrt(pixels));
  const points: RivalPoint[] = [];
  const decoder = await executor.compile(pcaDecoderGraph(images, components), pcaValues(pca));
  try {
    for (const scale of pcaScales) {
      throwIfCancelled(context.signal);
      const quantiser = stepsFor({ offsets: new Float32Array(components), worth }, scale);
      const values = quantise(quantiser, codes);
      points.push({
        bytesPerImage: bitsOfCodes(values, components) / 8 / images.count,
        decoderBytes: 2 * pixels * (usedColumns(values, components) + 1),
        psnr: decibels(await errorOfCodes(decoder, dequantise(quantiser, values), images)),
      });
    }
  } finally {
    await decoder.dispose();
  }
  return points;
}

async function project(images: ImageBatch, pca: Pca, executor: Executor): Promise<Float32Array> {
  const components = pca.deviation.length;
  const size = images.height * images.width * images.channels;
  const codes = new Float32Array(images.count * components);
  const pixels = {
    read(rows: ArrayLike<number>, out: Uint8Array) {
      for (let place = 0; place < rows.length; place++) {
        out.set(images.data.subarray(rows[place]! * size, (rows[place]! + 1) * size), place * size);
      }
    },
  };
  const rows = Uint32Array.from({ length: images.count }, (_, row) => row);
  const runner = await executor.compile(pcaGraph(images, components), pcaValues(pca));
  try {
    for await (const { first, results } of runBlocks(runner, pixels, rows, images)) {
      codes.set(results.codes!.data as Float32Array, first * components);
    }
  } finally {
    await runner.dispose();
  }
  return codes;
}

/** Pooled over the images that the codes stand for, pixels 0–1. */
async function errorOfCodes(decoder: Runner, codes: Float32Array, images: ImageBatch): Promise<number> {
  const components = codes.length / images.count;
  const size = images.height * images.width * images.channels;
  const atOnce = rowsAtOnce(images);
  let sum = 0;
  for (let first = 0; first < images.count; first += atOnce) {
    const data = codes.slice(first * components, (first + atOnce) * components);
    const count = data.length / components;
    const { reconstruction } = await decoder.run({ codes: { dtype: 'float32', shape: [count, components], data } });
    const originals = images.data.subarray(first * size, (first + count) * size);
    sum += count * meanSquaredError(reconstruction!.data as Uint8Array, originals);
  }
  return sum / images.count;
}

/** Columns in which anything is not 0: the others need no component. */
function usedColumns(values: Int32Array, columns: number): number {
  const used = new Set<number>();
  for (const [place, value] of values.entries()) if (value !== 0) used.add(place % columns);
  return used.size;
}

function takeImages(images: ImageBatch, count: number): ImageBatch {
  if (images.count <= count) return images;
  return { ...images, count, data: images.data.subarray(0, count * images.height * images.width * images.channels) };
}
