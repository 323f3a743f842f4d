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

let room = new Float32Array(0);

/** Memory between the two passes, used again for the next image. */
function middleRoom(length: number): Float32Array {
  if (room.length < length) room = new Float32Array(length);
  return room;
}

interface Kernel {
  /** First source pixel of each result pixel. */
  starts: Int32Array;
  /** Source pixels of each result pixel. */
  counts: Int32Array;
  /** `taps` weights for each result pixel; they add up to 1. */
  weights: Float32Array;
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
  const weights = new Float32Array(target * taps);
  for (let index = 0; index < target; index++) {
    const center = start + (index + 0.5) * step;
    const first = Math.min(size - 1, Math.max(0, Math.round(center - support)));
    const end = Math.max(first + 1, Math.min(size, Math.round(center + support)));
    let total = 0;
    for (let pixel = first; pixel < end; pixel++) total += bicubic((pixel + 0.5 - center) / stretch);
    for (let pixel = first; pixel < end; pixel++) {
      const weight = bicubic((pixel + 0.5 - center) / stretch);
      weights[index * taps + pixel - first] = total === 0 ? 1 / (end - first) : weight / total;
    }
    starts[index] = first;
    counts[index] = end - first;
  }
  return { starts, counts, weights, taps };
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
  out: Float32Array,
  to: number,
): void {
  const { starts, counts, weights, taps } = across;
  for (let x = 0; x < starts.length; x++) {
    let from = start + starts[x]! * channels;
    const end = x * taps + counts[x]!;
    if (channels === 1) {
      let sum = 0;
      for (let tap = x * taps; tap < end; tap++) sum += weights[tap]! * data[from++]!;
      out[to + x] = sum;
    } else {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = x * taps; tap < end; tap++, from += 3) {
        const weight = weights[tap]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      out[to + x * 3] = red;
      out[to + x * 3 + 1] = green;
      out[to + x * 3 + 2] = blue;
    }
  }
}

function filterColumn(
  data: Float32Array,
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
  for (let index = 0; index < span; index++) {
    let sum = 0.5;
    for (let tap = 0, at = from + index; tap < count; tap++, at += span) sum += weights[first + tap]! * data[at]!;
    out[to + index] = sum < 0 ? 0 : sum > 255 ? 255 : sum;
  }
}
