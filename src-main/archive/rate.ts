// How coarse codes may be: a step for each of their numbers by what it does to the pixels, and one scale over all of them.

import { peakSignalToNoise } from '../numerics/image-quality.ts';
import { createRandom } from '../numerics/random.ts';
import { bitsOf, countValues } from './frequencies.ts';
import type { ImageDecoder } from './image-decoder.ts';
import { dequantise, type Quantiser, quantise } from './quantiser.ts';

/** Images on which steps are tried out. */
export interface Sample {
  /** N×K */
  readonly codes: Float32Array;
  /** uint8 N×H×W×C, what the codes stand for. */
  readonly images: Uint8Array;
  readonly codeSize: number;
  /** Of the images, in their order. */
  readonly ids: Uint32Array;
}

/** One point of the curve of rate and distortion. */
export interface RatePoint {
  /** Of all steps; root-mean-square pixel values (0–1) that a step of each number is worth. */
  readonly scale: number;
  readonly bitsPerImage: number;
  /** Pooled over the sample, pixels 0–1. */
  readonly mse: number;
}

/** Offsets are the mean codes; `worth` is what a change of 1 in a number of the code does to pixels, root mean square. */
export interface Sensitivity {
  readonly offsets: Float32Array;
  readonly worth: Float64Array;
}

// Half a deviation: small enough to be about linear, large enough to be seen through the rounding to whole pixel values.
const nudge = 0.5;
const nudgedImages = 128;

/** Of the decoder itself, measured by nudging each number of some codes. */
export async function measureSensitivity(decoder: ImageDecoder, sample: Sample): Promise<Sensitivity> {
  const { codeSize } = sample;
  const { means, deviations } = momentsOf(sample);
  const count = Math.min(nudgedImages, sample.codes.length / codeSize);
  const codes = sample.codes.subarray(0, count * codeSize);
  const before = await decoder.decode(codes.slice());
  const worth = new Float64Array(codeSize);
  const random = createRandom(codeSize);
  for (let column = 0; column < codeSize; column++) {
    const shift = nudge * deviations[column]!;
    if (shift === 0) continue;
    const nudged = codes.slice();
    for (let place = column; place < nudged.length; place += codeSize) {
      nudged[place]! += random.integer(2) === 0 ? shift : -shift;
    }
    worth[column] = Math.sqrt(meanSquaredError(before, await decoder.decode(nudged))) / shift;
  }
  return { offsets: means, worth };
}

/**
 * Steps that all do the same to the pixels. A number of the code that varies less than its step becomes its mean and costs
 * nothing: reverse water-filling (Cover and Thomas, Elements of Information Theory, section 10.3).
 */
export function stepsFor({ offsets, worth }: Sensitivity, scale: number): Quantiser {
  // What is worth nothing gets a step that nothing reaches.
  return { offsets, steps: Float32Array.from(worth, (value) => Math.min(1e30, scale / Math.max(value, 1e-30))) };
}

export async function measurePoint(
  decoder: ImageDecoder,
  sample: Sample,
  quantiser: Quantiser,
  scale: number,
): Promise<RatePoint> {
  const values = quantise(quantiser, sample.codes);
  const images = await decoder.decode(dequantise(quantiser, values));
  const rows = sample.codes.length / sample.codeSize;
  return {
    scale,
    bitsPerImage: bitsOfCodes(values, sample.codeSize) / rows,
    mse: meanSquaredError(images, sample.images),
  };
}

/** Bits of all columns, tables included. */
export function bitsOfCodes(values: Int32Array, columns: number): number {
  let bits = 0;
  for (let column = 0; column < columns; column++) bits += bitsOf(countValues(values, column, columns));
  return bits;
}

/** Powers of two: from a step that no pixel shows to one that leaves the mean image. */
const finest = -13;
const coarsest = 1;
export const finestScale = 2 ** finest;
/** Steps of the search: the last ones differ by a hundredth. */
const usualHalvings = 11;

/**
 * The coarsest scale at which `isGood` still holds, and all the points that were tried, from fine to coarse; `found` is
 * undefined where even the finest is not good. `isGood` holds up to some scale and not beyond.
 */
export async function searchScale(
  measure: (scale: number) => Promise<RatePoint>,
  isGood: (point: RatePoint) => boolean,
  halvings = usualHalvings,
): Promise<{ found: RatePoint | undefined; tried: RatePoint[] }> {
  let [low, high] = [finest, coarsest];
  const first = await measure(2 ** low);
  const tried = [first];
  let found = isGood(first) ? first : undefined;
  for (let halving = 0; found && halving < halvings; halving++) {
    const middle = (low + high) / 2;
    const point = await measure(2 ** middle);
    tried.push(point);
    if (isGood(point)) [low, found] = [middle, point];
    else high = middle;
  }
  return { found, tried: tried.sort((a, b) => a.scale - b.scale) };
}

/** Pixels as bytes; the result is for pixel values 0–1. */
export function meanSquaredError(some: Uint8Array, others: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < some.length; index++) sum += (some[index]! - others[index]!) ** 2;
  return sum / (255 * 255 * some.length);
}

/** Decibels to mean-squared error, pixels 0–1. */
export const errorOf = (psnr: number) => 10 ** (-psnr / 10);
export const decibels = peakSignalToNoise;

function momentsOf({ codes, codeSize }: Sample) {
  const rows = codes.length / codeSize;
  const [sums, squares] = [new Float64Array(codeSize), new Float64Array(codeSize)];
  for (const [place, code] of codes.entries()) {
    sums[place % codeSize]! += code;
    squares[place % codeSize]! += code * code;
  }
  const means = Float32Array.from(sums, (sum) => sum / rows);
  const deviations = Float64Array.from(squares, (square, column) =>
    Math.sqrt(Math.max(0, square / rows - (sums[column]! / rows) ** 2)),
  );
  return { means, deviations };
}
