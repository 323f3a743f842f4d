// Changing the size of 8-bit images: whole-number averaging and an antialiased bicubic filter. No decoding.
import type { Plain } from './picture.ts';

/** A part of an image in pixels, fractions allowed. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Averages squares of factor × factor pixels; at the right and lower edge, what there is of them. */
export function shrink(source: Plain, factor: number): Plain {
  if (factor <= 1) return source;
  const { channels, data } = source;
  const width = Math.ceil(source.width / factor);
  const height = Math.ceil(source.height / factor);
  const result = new Uint8Array(width * height * channels);
  const sums = new Uint32Array(width * channels);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const firstLine = y * factor;
    const lastLine = Math.min(firstLine + factor, source.height);
    for (let line = firstLine; line < lastLine; line++)
      addLine(data, line * source.width * channels, source, factor, sums);
    for (let x = 0; x < width; x++) {
      const columns = Math.min(factor, source.width - x * factor);
      const share = 1 / (columns * (lastLine - firstLine));
      for (let channel = 0; channel < channels; channel++) {
        const index = x * channels + channel;
        result[y * width * channels + index] = sums[index]! * share + 0.5;
      }
    }
  }
  return { width, height, channels, data: result };
}

function addLine(data: Uint8Array, start: number, { width, channels }: Plain, factor: number, sums: Uint32Array): void {
  if (channels === 1) {
    for (let x = 0, cell = 0; x < width; cell++) {
      const end = Math.min(x + factor, width);
      let sum = 0;
      for (; x < end; x++) sum += data[start + x]!;
      sums[cell]! += sum;
    }
    return;
  }
  for (let x = 0, cell = 0, from = start; x < width; cell += 3) {
    const end = Math.min(x + factor, width);
    let red = 0;
    let green = 0;
    let blue = 0;
    for (; x < end; x++, from += 3) {
      red += data[from]!;
      green += data[from + 1]!;
      blue += data[from + 2]!;
    }
    sums[cell]! += red;
    sums[cell + 1]! += green;
    sums[cell + 2]! += blue;
  }
}

/**
 * Draws `box` of the source at width × height into `out` (interleaved, as the source). The filter is the bicubic of
 * Keys (1981) with a = −0.5, widened by the reduction when shrinking; outside the image nothing is assumed.
 */
export function resample(source: Plain, box: Box, width: number, height: number, out: Uint8Array): void {
  const { channels } = source;
  const across = kernel(source.width, box.left, box.width, width);
  const down = kernel(source.height, box.top, box.height, height);
  const firstLine = down.starts[0]!;
  const lines = down.starts[height - 1]! + down.counts[height - 1]! - firstLine;
  const middle = middleRoom(lines * width * channels);
  for (let line = 0; line < lines; line++) {
    const start = (firstLine + line) * source.width * channels;
    filterLine(source.data, start, across, channels, middle, line * width * channels);
  }
  const span = width * channels;
  for (let y = 0; y < height; y++) {
    const from = (down.starts[y]! - firstLine) * span;
    filterColumn(middle, from, down, y, span, out, y * span);
  }
}

let room = new Int16Array(0);

/** Memory between the two passes, used again for the next image. */
function middleRoom(length: number): Int16Array {
  if (room.length < length) room = new Int16Array(length);
  return room;
}

// Whole numbers throughout: turning every sample into a float and back would take longer than the filter itself.
// Weights are counted in 1/2^14; between the passes values have 6 binary places and fit 16 bits with their overshoot.
const weightBits = 14;
const middleBits = 6;
const one = 1 << weightBits;

interface Kernel {
  /** First source pixel of each result pixel. */
  starts: Int32Array;
  /** Source pixels of each result pixel. */
  counts: Int32Array;
  /** `taps` weights for each result pixel; they add up to 2^14. */
  weights: Int16Array;
  taps: number;
}

const kernels = new Map<string, Kernel>();

/** Cached: the images of a data set come in few sizes. */
function kernel(size: number, start: number, length: number, target: number): Kernel {
  const key = `${size} ${start} ${length} ${target}`;
  const known = kernels.get(key);
  if (known !== undefined) return known;
  if (kernels.size > 1000) kernels.clear();
  const made = createKernel(size, start, length, target);
  kernels.set(key, made);
  return made;
}

function createKernel(size: number, start: number, length: number, target: number): Kernel {
  const step = length / target;
  const stretch = Math.max(1, step);
  const support = 2 * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(target);
  const counts = new Int32Array(target);
  const weights = new Int16Array(target * taps);
  for (let index = 0; index < target; index++) {
    const center = start + (index + 0.5) * step;
    const first = Math.min(size - 1, Math.max(0, Math.round(center - support)));
    const end = Math.max(first + 1, Math.min(size, Math.round(center + support)));
    const shares = Array.from({ length: end - first }, (_, tap) => bicubic((first + tap + 0.5 - center) / stretch));
    weights.set(inWholeNumbers(shares), index * taps);
    starts[index] = first;
    counts[index] = end - first;
  }
  return { starts, counts, weights, taps };
}

/** Weights in proportion to the shares that add up exactly: a flat image must stay as it is. */
function inWholeNumbers(shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const weights = shares.map((share) => Math.round(total === 0 ? one / shares.length : (share / total) * one));
  const largest = weights.indexOf(Math.max(...weights));
  weights[largest]! += one - weights.reduce((sum, weight) => sum + weight, 0);
  return weights;
}

function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}

function filterLine(
  data: Uint8Array,
  start: number,
  across: Kernel,
  channels: number,
  out: Int16Array,
  to: number,
): void {
  const { starts, counts, weights, taps } = across;
  const shift = weightBits - middleBits;
  const rounding = 1 << (shift - 1);
  for (let x = 0; x < starts.length; x++) {
    let from = start + starts[x]! * channels;
    const end = x * taps + counts[x]!;
    if (channels === 1) {
      let sum = rounding;
      for (let tap = x * taps; tap < end; tap++) sum = (sum + weights[tap]! * data[from++]!) | 0;
      out[to + x] = sum >> shift;
    } else {
      let red = rounding;
      let green = rounding;
      let blue = rounding;
      for (let tap = x * taps; tap < end; tap++, from += 3) {
        const weight = weights[tap]!;
        red = (red + weight * data[from]!) | 0;
        green = (green + weight * data[from + 1]!) | 0;
        blue = (blue + weight * data[from + 2]!) | 0;
      }
      out[to + x * 3] = red >> shift;
      out[to + x * 3 + 1] = green >> shift;
      out[to + x * 3 + 2] = blue >> shift;
    }
  }
}

function filterColumn(
  data: Int16Array,
  from: number,
  down: Kernel,
  y: number,
  span: number,
  out: Uint8Array,
  to: number,
) {
  const { counts, weights, taps } = down;
  const first = y * taps;
  const count = counts[y]!;
  const shift = weightBits + middleBits;
  for (let index = 0; index < span; index++) {
    let sum = 1 << (shift - 1);
    for (let tap = 0, at = from + index; tap < count; tap++, at += span) {
      sum = (sum + weights[first + tap]! * data[at]!) | 0;
    }
    const value = sum >> shift;
    out[to + index] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}
