// The weight gradient of a convolution: the forms it can be computed in, and which is taken for which shape. Times are CPU
// milliseconds of ONNX Runtime 1.30 on an AMD EPYC with AVX2 at batch 64.
import type { Value } from '../builder.ts';
import * as f from '../functions.ts';
import { closed } from './shapes.ts';
import { mirrored, type Window } from './window.ts';

/** Everything that a form needs: `x` N×I×H×W, `errors` N×O×h×w (the gradient of the result), kernel rows and columns. */
interface Point {
  readonly x: Value;
  readonly errors: Value;
  readonly kernel: readonly [number, number];
  readonly window: Window;
}

/**
 * Of a convolution that maps `x` (N×I×H×W) to the shape of `errors` (N×O×h×w), as O×I×kernel.
 *
 * | form | when | against |
 * |---|---|---|
 * | products with unfolded x | nearly always | 3×3, 32 → 32, side 16: 11 ms, as one convolution 24 |
 * | products with unfolded errors | unstrided and fewer channels behind than before | 16 → 3, side 64: 12 ms, with unfolded x 46 |
 * | one convolution | strides that differ | the only one that knows them |
 */
export function weightGradient(x: Value, errors: Value, kernels: readonly number[], window: Window): Value {
  const kernel = kernels as [number, number];
  if (window.stride[0] !== window.stride[1]) return byConvolution({ x, errors, kernel, window });
  const back = mirrored(window, kernel);
  if (!back || closed(errors.shape)[1]! >= closed(x.shape)[1]!) {
    const products = unfoldedProducts({ x, errors, kernel, window }, range);
    return f.transpose(products, [3, 2, 0, 1]);
  }
  const products = unfoldedProducts({ x: errors, errors: x, kernel, window: back }, reversedRange);
  return f.transpose(products, [2, 3, 0, 1]);
}

/**
 * kernel × channels of x × channels of the errors, with the kernel's places in the order of `places`. A product of matrices
 * for every image and kernel row: two to three times as fast on CPU as a convolution whose kernel is as large as the image.
 * x is unfolded by columns once; unfolding it by rows as well is then a cut out of each map, made for one kernel row
 * at a time, because all of them take too much memory.
 */
function unfoldedProducts({ x, errors, kernel, window }: Point, places: (count: number) => number[]): Value {
  const [batch, channels] = closed(x.shape) as [number, number];
  const [, results, rows, columns] = closed(errors.shape) as [number, number, number, number];
  const [stride] = window.stride;
  const phases = splitPhases(padToMultiple(x, window), stride);
  const height = closed(phases.shape)[2]!;
  const right = f.transpose(f.reshape(errors, [batch, results, rows * columns]), [0, 2, 1]);

  /** The maps behind kernel row `i`, shifted for each kernel column: every row of them that any kernel row needs. */
  const unfoldColumns = (i: number) => {
    const phase = (i * window.dilation[0]) % stride;
    const shifted = places(kernel[1]).map((j) => {
      const offset = j * window.dilation[1];
      const channel = (phase * stride + (offset % stride)) * channels;
      return f.slice(phases, [0, channel, 0, Math.floor(offset / stride)], [batch, channels, height, columns]);
    });
    return f.reshape(f.concat(shifted, 1), [batch, kernel[1] * channels, height * columns]);
  };
  const kernelRow = (i: number) => {
    const first = Math.floor((i * window.dilation[0]) / stride) * columns;
    const left = f.slice(unfoldColumns(i), [0, 0, first], [batch, kernel[1] * channels, rows * columns]);
    return f.reduceSum(f.batchMatmul(left, right), { axes: [0], keepDims: true });
  };
  return f.reshape(f.concat(places(kernel[0]).map(kernelRow), 0), [...kernel, channels, results]);
}

/** With the window's padding, and at the end as much more as brings both sides to whole strides. */
function padToMultiple(x: Value, { padding: [top, left, bottom, right], stride }: Window): Value {
  const [, , height, width] = closed(x.shape) as [number, number, number, number];
  const missing = (size: number, step: number) => (step - (size % step)) % step;
  const below = bottom + missing(top + height + bottom, stride[0]);
  const beside = right + missing(left + width + right, stride[1]);
  return f.pad(x, [0, 0, top, left], [0, 0, below, beside]);
}

/** What a strided window sees at its first, second, … place lies side by side then, as channels. */
function splitPhases(x: Value, stride: number): Value {
  return stride === 1 ? x : f.spaceToDepth(x, stride);
}

/**
 * A convolution in which batch and channels change places and stride and dilation too. Rows that the stride left over give
 * kernel rows too many, which are cut off.
 */
function byConvolution({ x, errors, kernel, window: { stride, padding, dilation } }: Point): Value {
  const images = f.transpose(x, [1, 0, 2, 3]);
  const weights = f.transpose(errors, [1, 0, 2, 3]);
  const full = f.conv2d(images, weights, undefined, { stride: dilation, padding, dilation: stride });
  const [inputs, outputs] = full.shape;
  return f.transpose(f.slice(full, [0, 0, 0, 0], [inputs!, outputs!, ...kernel]), [1, 0, 2, 3]);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function reversedRange(count: number): number[] {
  return range(count).reverse();
}
