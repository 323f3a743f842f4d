// How close reconstructions come to their originals: mean-squared error, PSNR and SSIM. Works on raw pixel arrays.
import type { ImageBatch } from './image-grid.ts';

/** Bytes (0–255) or floats (0–1), N×H×W×C. */
export type Pixels = Uint8Array | Float32Array;

export type ImageShape = Pick<ImageBatch, 'height' | 'width'> & { readonly channels: number };

export interface ImageQuality {
  /** Mean-squared error per pixel value on a 0–1 scale. */
  mse: number;
  /** Peak signal-to-noise ratio in dB, from the pooled mean-squared error; Infinity where there is no error. */
  psnr: number;
  /** Mean structural similarity, −1 to 1. */
  ssim: number;
}

/** Collects over batches of any size; every image counts the same. */
export interface QualityMeter {
  /** Both hold the same number of whole images. Gives the mean SSIM of these. */
  add(originals: Pixels, reconstructions: Pixels): number;
  /** NaN throughout where nothing was added. */
  result(): ImageQuality;
}

// Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity" (2004).
const windowSize = 11;
const windowSigma = 1.5;
/** c₁ and c₂ of the formula, for pixel values 0–1. */
export const stabilisers = { c1: 0.01 ** 2, c2: 0.03 ** 2 } as const;
const { c1, c2 } = stabilisers;

export function imageQuality(originals: Pixels, reconstructions: Pixels, shape: ImageShape): ImageQuality {
  const meter = createQualityMeter(shape);
  meter.add(originals, reconstructions);
  return meter.result();
}

/**
 * SSIM is the mean over channels and over all places where the whole 11×11 Gaussian window (σ = 1.5) lies inside
 * the image. In images with a side below 11 pixels the window shrinks to the largest odd size that fits.
 */
export function createQualityMeter(shape: ImageShape): QualityMeter {
  const similarity = similarityMeter(shape);
  const imageLength = shape.height * shape.width * shape.channels;
  let squaredError = 0;
  let similarities = 0;
  let images = 0;
  return {
    add(originals, reconstructions) {
      const count = originals.length / imageLength;
      if (originals.length !== reconstructions.length || !Number.isInteger(count)) {
        const received = `${originals.length} and ${reconstructions.length}`;
        throw new RangeError(`expected two batches of images of ${imageLength} values, received ${received}`);
      }
      squaredError += sumOfSquaredErrors(originals, reconstructions);
      let sum = 0;
      for (let image = 0; image < count; image++) sum += similarity(originals, reconstructions, image * imageLength);
      similarities += sum;
      images += count;
      return sum / count;
    },
    result() {
      const mse = squaredError / (images * imageLength);
      return { mse, psnr: peakSignalToNoise(mse), ssim: similarities / images };
    },
  };
}

/** In dB, from the mean-squared error of pixel values 0–1. */
export function peakSignalToNoise(mse: number): number {
  return -10 * Math.log10(mse);
}

function sumOfSquaredErrors(originals: Pixels, reconstructions: Pixels): number {
  const scale = unitOf(originals);
  const otherScale = unitOf(reconstructions);
  let sum = 0;
  for (let index = 0; index < originals.length; index++) {
    const difference = originals[index]! * scale - reconstructions[index]! * otherScale;
    sum += difference * difference;
  }
  return sum;
}

type Similarity = (originals: Pixels, reconstructions: Pixels, offset: number) => number;

/** Buffers are shared between images. The Gaussian is separable: along the rows first, then down the columns. */
function similarityMeter({ height, width, channels }: ImageShape): Similarity {
  const kernel = gaussianWindow(height, width);
  const columns = width - kernel.length + 1;
  const rows = height - kernel.length + 1;
  const [x, y] = [new Float64Array(height * width), new Float64Array(height * width)];
  // Local means of x, y, x² + y² and xy: the two squares are needed only as their sum.
  const blurred = Array.from({ length: 4 }, () => new Float64Array(height * columns)) as Blurred;

  return (originals, reconstructions, offset) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      takeChannel(x, originals, offset + channel, channels);
      takeChannel(y, reconstructions, offset + channel, channels);
      blurRows(x, y, blurred, kernel, height, width);
      sum += sumOfSimilarities(blurred, kernel, rows, columns);
    }
    return sum / (channels * rows * columns);
  };
}

type Blurred = [Float64Array, Float64Array, Float64Array, Float64Array];

function takeChannel(target: Float64Array, pixels: Pixels, offset: number, channels: number): void {
  const scale = unitOf(pixels);
  for (let index = 0; index < target.length; index++) target[index] = pixels[offset + index * channels]! * scale;
}

function blurRows(
  x: Float64Array,
  y: Float64Array,
  [meanX, meanY, squares, products]: Blurred,
  kernel: Float64Array,
  height: number,
  width: number,
): void {
  const columns = width - kernel.length + 1;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns; column++) {
      let [sumX, sumY, sumSquares, sumProducts] = [0, 0, 0, 0];
      for (let tap = 0, at = row * width + column; tap < kernel.length; tap++, at++) {
        const weightedX = kernel[tap]! * x[at]!;
        const weightedY = kernel[tap]! * y[at]!;
        sumX += weightedX;
        sumY += weightedY;
        sumSquares += weightedX * x[at]! + weightedY * y[at]!;
        sumProducts += weightedX * y[at]!;
      }
      const target = row * columns + column;
      meanX[target] = sumX;
      meanY[target] = sumY;
      squares[target] = sumSquares;
      products[target] = sumProducts;
    }
  }
}

function sumOfSimilarities(
  [meanX, meanY, squares, products]: Blurred,
  kernel: Float64Array,
  rows: number,
  columns: number,
): number {
  let total = 0;
  for (let place = 0; place < rows * columns; place++) {
    let [sumX, sumY, sumSquares, sumProducts] = [0, 0, 0, 0];
    for (let tap = 0, at = place; tap < kernel.length; tap++, at += columns) {
      const weight = kernel[tap]!;
      sumX += weight * meanX[at]!;
      sumY += weight * meanY[at]!;
      sumSquares += weight * squares[at]!;
      sumProducts += weight * products[at]!;
    }
    const meanProduct = sumX * sumY;
    const meanSquares = sumX * sumX + sumY * sumY;
    const luminance = (2 * meanProduct + c1) / (meanSquares + c1);
    const structure = (2 * (sumProducts - meanProduct) + c2) / (sumSquares - meanSquares + c2);
    total += luminance * structure;
  }
  return total;
}

function largestWindow(height: number, width: number): number {
  const side = Math.min(windowSize, height, width);
  return side % 2 === 1 ? side : side - 1;
}

/** Weights along one side of the window for images of this size; they sum to 1. */
export function gaussianWindow(height: number, width: number): Float64Array {
  const size = largestWindow(height, width);
  const center = (size - 1) / 2;
  const kernel = Float64Array.from({ length: size }, (_, tap) =>
    Math.exp(-((tap - center) ** 2) / (2 * windowSigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** What one step of the pixel values is worth on a 0–1 scale. */
const unitOf = (pixels: Pixels): number => (pixels instanceof Uint8Array ? 1 / 255 : 1);
