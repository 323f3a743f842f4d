import { describe, expect, test } from 'vitest';
import { createQualityMeter, imageQuality, peakSignalToNoise } from '../../src-main/numerics/image-quality.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

/** SSIM straight from the paper: one two-dimensional window at a time, variances about the mean, no shortcuts. */
function slowSsim(x: number[], y: number[], height: number, width: number): number {
  const size = Math.min(11, ...[height, width].map((side) => side - 1 + (side % 2)));
  const weights: number[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const distance = (row - (size - 1) / 2) ** 2 + (column - (size - 1) / 2) ** 2;
      weights.push(Math.exp(-distance / (2 * 1.5 ** 2)));
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight);
  let sum = 0;
  let places = 0;
  for (let top = 0; top + size <= height; top++) {
    for (let left = 0; left + size <= width; left++) {
      const at = (index: number) => (top + Math.floor(index / size)) * width + left + (index % size);
      const mean = (value: (index: number) => number) =>
        weights.reduce((result, weight, index) => result + (weight / total) * value(index), 0);
      const meanX = mean((index) => x[at(index)]!);
      const meanY = mean((index) => y[at(index)]!);
      const varianceX = mean((index) => (x[at(index)]! - meanX) ** 2);
      const varianceY = mean((index) => (y[at(index)]! - meanY) ** 2);
      const covariance = mean((index) => (x[at(index)]! - meanX) * (y[at(index)]! - meanY));
      sum +=
        ((2 * meanX * meanY + 0.0001) * (2 * covariance + 0.0009)) /
        ((meanX ** 2 + meanY ** 2 + 0.0001) * (varianceX + varianceY + 0.0009));
      places++;
    }
  }
  return sum / places;
}

const random = createRandom(11);
const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(256));
const toUnit = (pixels: Uint8Array) => [...pixels].map((value) => value / 255);

describe.each([
  [28, 28, 'as large as MNIST'],
  [11, 11, 'just one window'],
  [12, 30, 'wide'],
  [8, 8, 'smaller than the window, even'],
  [5, 20, 'lower than the window'],
  [2, 2, 'the smallest'],
])('%i×%i, %s', (height, width) => {
  test('agrees with a direct computation', () => {
    const originals = noise(height * width);
    const reconstructions = originals.map((value) => Math.min(255, 0.7 * value + random.integer(60)));
    const expected = slowSsim(toUnit(originals), toUnit(reconstructions), height, width);
    const shape = { height, width, channels: 1 };
    expect(imageQuality(originals, reconstructions, shape).ssim).toBeCloseTo(expected, 10);
  });
});

test('channels and images are averaged', () => {
  const [height, width] = [12, 13];
  const imageLength = height * width * 3;
  const originals = noise(2 * imageLength);
  const reconstructions = originals.map((value, index) => (index % 3 === 0 ? value : value ^ 0x1f));
  let expected = 0;
  for (let image = 0; image < 2; image++) {
    for (let channel = 0; channel < 3; channel++) {
      const pick = (pixels: Uint8Array) =>
        toUnit(pixels.slice(image * imageLength, (image + 1) * imageLength)).filter(
          (_, index) => index % 3 === channel,
        );
      expected += slowSsim(pick(originals), pick(reconstructions), height, width) / 6;
    }
  }
  expect(imageQuality(originals, reconstructions, { height, width, channels: 3 }).ssim).toBeCloseTo(expected, 10);
});

test('bytes, floats and a mixture of both mean the same', () => {
  const shape = { height: 16, width: 12, channels: 1 };
  const originals = noise(3 * 16 * 12);
  const reconstructions = noise(3 * 16 * 12);
  const bytes = imageQuality(originals, reconstructions, shape);
  const floats = imageQuality(Float32Array.from(toUnit(originals)), Float32Array.from(toUnit(reconstructions)), shape);
  const mixed = imageQuality(originals, Float32Array.from(toUnit(reconstructions)), shape);
  for (const other of [floats, mixed]) {
    expect(other.mse).toBeCloseTo(bytes.mse, 7);
    expect(other.ssim).toBeCloseTo(bytes.ssim, 6);
  }
});

test('known values: the same image, opposite images, a known error', () => {
  const shape = { height: 12, width: 12, channels: 1 };
  const image = noise(144);
  const same = imageQuality(image, image, shape);
  expect(same).toEqual({ mse: 0, psnr: Number.POSITIVE_INFINITY, ssim: expect.closeTo(1, 12) });
  const black = new Float32Array(144);
  const grey = new Float32Array(144).fill(0.5);
  const white = new Float32Array(144).fill(1);
  expect(imageQuality(black, white, shape)).toMatchObject({ mse: 1, psnr: -0 });
  // Flat images have no structure: only luminance counts, C1 / (0.25 + C1).
  expect(imageQuality(black, grey, shape).ssim).toBeCloseTo(0.0001 / 0.2501, 12);
  expect(peakSignalToNoise(0.01)).toBeCloseTo(20, 12);
});

test('batches of different sizes add up to the whole', () => {
  const shape = { height: 12, width: 12, channels: 1 };
  const originals = noise(7 * 144);
  const reconstructions = noise(7 * 144);
  const meter = createQualityMeter(shape);
  meter.add(originals.subarray(0, 5 * 144), reconstructions.subarray(0, 5 * 144));
  meter.add(originals.subarray(5 * 144), reconstructions.subarray(5 * 144));
  const whole = imageQuality(originals, reconstructions, shape);
  expect(meter.result().mse).toBeCloseTo(whole.mse, 14);
  expect(meter.result().ssim).toBeCloseTo(whole.ssim, 14);
  expect(createQualityMeter(shape).result()).toEqual({ mse: Number.NaN, psnr: Number.NaN, ssim: Number.NaN });
});

test('lengths that do not fit are refused', () => {
  const shape = { height: 2, width: 2, channels: 1 };
  const message = 'expected two batches of images of 4 values, received 4 and 8';
  expect(() => imageQuality(new Uint8Array(4), new Uint8Array(8), shape)).toThrow(message);
  expect(() => imageQuality(new Uint8Array(5), new Uint8Array(5), shape)).toThrow('received 5 and 5');
});
