// Convolutions over images in N×C×H×W, and the moves between channels and space. No groups.
import type { Value } from '../builder.ts';
import * as f from '../functions.ts';
import type { Dim, TensorType } from '../graph.ts';
import * as tfRules from './convolution-tensorflow.ts';
import { expectTypes, invalid, type NumericArray, type Op } from './op.ts';
import { closed, elements, forEachIndex, stridesOf } from './shapes.ts';

interface Window {
  readonly stride: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
}

export interface ConvolutionParams {
  /** x N×I×H×W, weights O×I×h×w (cross-correlation), bias O. */
  conv2d: Window;
  /** The transpose of `conv2d`: x N×I×H×W, weights I×O×h×w, bias O; `outputPadding` rows and columns are below the stride. */
  convTranspose2d: Window & { readonly outputPadding: readonly [number, number] };
  /** N×(b²·C)×H×W to N×C×(b·H)×(b·W); the block's place is the slower part of the channel (ONNX mode DCR). */
  depthToSpace: { readonly block: number };
  /** The inverse of `depthToSpace`. */
  spaceToDepth: { readonly block: number };
}

const spatial = [0, 1] as const;

/** Rows or columns that a dilated kernel spans. */
function span(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

function padded(size: number, { padding }: Window, side: 0 | 1): number {
  return size + padding[side] + padding[side + 2]!;
}

/** What a strided window leaves over at the end of a row or column. */
function leftover(size: number, kernel: number, window: Window, side: 0 | 1): number {
  return (padded(size, window, side) - span(kernel, window.dilation[side])) % window.stride[side];
}

function expectConvolution(
  op: string,
  inputs: readonly TensorType[],
  inputAxis: 0 | 1,
): { sizes: number[]; kernels: number[]; batch: Dim; channels: number } {
  expectTypes(op, inputs, ...inputs.map(() => 'float32' as const));
  const [x, weights, bias] = inputs;
  const channels = weights?.shape[1 - inputAxis];
  const fits =
    x?.shape.length === 4 &&
    weights?.shape.length === 4 &&
    inputs.length <= 3 &&
    x.shape[1] === weights.shape[inputAxis];
  const biasFits = !bias || (bias.shape.length === 1 && bias.shape[0] === channels);
  if (!fits || !biasFits)
    throw invalid(op, `images N×I×H×W, weights ${inputAxis === 1 ? 'O×I' : 'I×O'}×h×w and a bias O`, inputs);
  return {
    sizes: closed(x.shape.slice(2)),
    kernels: closed(weights.shape.slice(2)),
    batch: x.shape[0]!,
    channels: channels as number,
  };
}

const conv2d: Op<ConvolutionParams['conv2d']> = {
  // Each result is a sum over the input channels and the window: weights O×I×h×w.
  multiplyAdds: (_, [, weights], result) => elements(closed(result.shape)) * elements(closed(weights!.shape).slice(1)),
  infer(window, inputs) {
    const { sizes, kernels, batch, channels } = expectConvolution('conv2d', inputs, 1);
    const results = spatial.map((side) => {
      const room = padded(sizes[side]!, window, side) - span(kernels[side]!, window.dilation[side]);
      return Math.floor(room / window.stride[side]) + 1;
    });
    if (results.some((size) => size < 1)) throw invalid('conv2d', 'images at least as large as the kernel', inputs);
    return { dtype: 'float32', shape: [batch, channels, ...results] };
  },
  gradient({ params: window, inputs: [x, weights, bias], gradient }) {
    const [sizes, kernels] = [closed(x!.shape).slice(2), closed(weights!.shape).slice(2)];
    const [rows, columns] = spatial.map((side) => leftover(sizes[side]!, kernels[side]!, window, side));
    return [
      f.convTranspose2d(gradient, weights!, undefined, { ...window, outputPadding: [rows!, columns!] }),
      weightGradient(x!, gradient, kernels, window),
      bias && f.reduceSum(gradient, { axes: [0, 2, 3] }),
    ];
  },
  onnx: (emit, { params, inputs, inputTypes }) => emit.node('Conv', inputs, windowAttributes(params, inputTypes)),
  tensorflow: (tf, { params, inputs }) => tfRules.convolve(tf, params, inputs),
  reference: (window, inputs, shape) => correlate(window, inputs, shape),
};

const convTranspose2d: Op<ConvolutionParams['convTranspose2d']> = {
  // Each input is spread over the output channels and the window: weights I×O×h×w.
  multiplyAdds: (_, [x, weights]) => elements(closed(x!.shape)) * elements(closed(weights!.shape).slice(1)),
  infer(params, inputs) {
    const { sizes, kernels, batch, channels } = expectConvolution('convTranspose2d', inputs, 0);
    const results = spatial.map((side) => {
      const room = (sizes[side]! - 1) * params.stride[side] + span(kernels[side]!, params.dilation[side]);
      return room - params.padding[side] - params.padding[side + 2]! + params.outputPadding[side];
    });
    const valid =
      results.every((size) => size >= 1) && spatial.every((side) => params.outputPadding[side] < params.stride[side]);
    if (!valid)
      throw invalid('convTranspose2d', 'padding smaller than the result and output padding below the stride', inputs);
    return { dtype: 'float32', shape: [batch, channels, ...results] };
  },
  gradient({ params: { stride, padding, dilation }, inputs: [x, weights, bias], gradient }) {
    const window = { stride, padding, dilation };
    return [
      f.conv2d(gradient, weights!, undefined, window),
      weightGradient(gradient, x!, closed(weights!.shape).slice(2), window),
      bias && f.reduceSum(gradient, { axes: [0, 2, 3] }),
    ];
  },
  onnx: (emit, { params, inputs, inputTypes }) =>
    emit.node('ConvTranspose', inputs, {
      ...windowAttributes(params, inputTypes),
      output_padding: { ints: params.outputPadding },
    }),
  tensorflow: (tf, { params, inputs, shape }) => tfRules.spread(tf, params, inputs, shape),
  reference: (params, inputs, shape) => scatterCorrelate(params, inputs, shape),
};

function windowAttributes({ stride, padding, dilation }: Window, [, weights]: readonly TensorType[]) {
  return {
    kernel_shape: { ints: closed(weights!.shape).slice(2) },
    strides: { ints: stride },
    pads: { ints: padding },
    dilations: { ints: dilation },
  };
}

/** Of a convolution that maps `x` (N×I×H×W) to the shape of `gradient` (N×O×h×w), as O×I×kernel. */
function weightGradient(x: Value, gradient: Value, kernels: readonly number[], window: Window): Value {
  const strided = window.stride.some((stride) => stride > 1);
  return (strided ? weightsByConvolution : weightsByProducts)(x, gradient, kernels as [number, number], window);
}

type WeightGradient = (x: Value, gradient: Value, kernels: readonly [number, number], window: Window) => Value;

/**
 * A product of matrices for every image and kernel row: two to three times as fast on CPU as the convolution below, whose
 * kernel would be as large as the image. One kernel row at a time, because unfolding x for all of them takes too much memory.
 */
const weightsByProducts: WeightGradient = (x, gradient, [kernelRows, kernelColumns], { padding, dilation }) => {
  const [batch, inputs] = closed(x.shape) as [number, number];
  const [, outputs, rows, columns] = closed(gradient.shape) as [number, number, number, number];
  const [top, left, bottom, right] = padding;
  const image = f.pad(x, [0, 0, top, left], [0, 0, bottom, right]);
  const errors = f.transpose(f.reshape(gradient, [batch, outputs, rows * columns]), [0, 2, 1]);
  const tap = (i: number, j: number) =>
    f.slice(image, [0, 0, i * dilation[0], j * dilation[1]], [batch, inputs, rows, columns]);
  const kernelRow = (i: number) => {
    const taps = f.concat(
      range(kernelColumns).map((j) => tap(i, j)),
      1,
    );
    const products = f.batchMatmul(f.reshape(taps, [batch, kernelColumns * inputs, rows * columns]), errors);
    return f.reduceSum(products, { axes: [0], keepDims: true });
  };
  const all = f.concat(range(kernelRows).map(kernelRow), 0);
  return f.transpose(f.reshape(all, [kernelRows, kernelColumns, inputs, outputs]), [3, 2, 0, 1]);
};

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * A convolution in which batch and channels change places and stride and dilation too. Rows that the stride left over give
 * kernel rows too many, which are cut off.
 */
const weightsByConvolution: WeightGradient = (x, gradient, kernels, { stride, padding, dilation }) => {
  const images = f.transpose(x, [1, 0, 2, 3]);
  const kernel = f.transpose(gradient, [1, 0, 2, 3]);
  const full = f.conv2d(images, kernel, undefined, { stride: dilation, padding, dilation: stride });
  const [inputs, outputs] = full.shape;
  return f.transpose(f.slice(full, [0, 0, 0, 0], [inputs!, outputs!, ...kernels]), [1, 0, 2, 3]);
};

/** Calls `visit` with the offsets of every pair of `image` and kernel elements that meet at `position` of `small`. */
function forEachTap(
  window: Window,
  image: readonly number[],
  kernel: readonly number[],
  [row, column]: readonly [number, number],
  visit: (imageOffset: number, kernelOffset: number) => void,
): void {
  const [height, width] = image as [number, number];
  const [kernelHeight, kernelWidth] = kernel as [number, number];
  for (let i = 0; i < kernelHeight; i++) {
    for (let j = 0; j < kernelWidth; j++) {
      const y = row * window.stride[0] + i * window.dilation[0] - window.padding[0];
      const x = column * window.stride[1] + j * window.dilation[1] - window.padding[1];
      if (y >= 0 && y < height && x >= 0 && x < width) visit(y * width + x, i * kernelWidth + j);
    }
  }
}

function correlate(
  window: Window,
  [x, weights, bias]: readonly NumericArray[],
  shape: readonly number[],
): Float64Array {
  const [xStrides, wStrides] = [stridesOf(x!.shape), stridesOf(weights!.shape)];
  const result = new Float64Array(elements(shape));
  forEachIndex(shape, ([n, o, row, column], position) => {
    let sum = bias ? bias.data[o!]! : 0;
    for (let i = 0; i < x!.shape[1]!; i++) {
      const [xBase, wBase] = [n! * xStrides[0]! + i * xStrides[1]!, o! * wStrides[0]! + i * wStrides[1]!];
      forEachTap(window, x!.shape.slice(2), weights!.shape.slice(2), [row!, column!], (at, tap) => {
        sum += x!.data[xBase + at]! * weights!.data[wBase + tap]!;
      });
    }
    result[position] = sum;
  });
  return result;
}

function scatterCorrelate(
  window: Window,
  [x, weights, bias]: readonly NumericArray[],
  shape: readonly number[],
): Float64Array {
  const [strides, wStrides] = [stridesOf(shape), stridesOf(weights!.shape)];
  const result = new Float64Array(elements(shape));
  if (bias)
    forEachIndex(shape, ([, o], position) => {
      result[position] = bias.data[o!]!;
    });
  forEachIndex(x!.shape, ([n, i, row, column], position) => {
    for (let o = 0; o < shape[1]!; o++) {
      const [base, wBase] = [n! * strides[0]! + o * strides[1]!, i! * wStrides[0]! + o * wStrides[1]!];
      forEachTap(window, shape.slice(2), weights!.shape.slice(2), [row!, column!], (at, tap) => {
        result[base + at]! += x!.data[position]! * weights!.data[wBase + tap]!;
      });
    }
  });
  return result;
}

const depthToSpace: Op<ConvolutionParams['depthToSpace']> = {
  infer({ block }, inputs) {
    expectTypes('depthToSpace', inputs, 'float32');
    const [batch, channels, height, width] = inputs[0]!.shape as [Dim, number, number, number];
    if (inputs[0]!.shape.length !== 4 || channels % block ** 2 !== 0)
      throw invalid('depthToSpace', `images whose channels are a multiple of ${block ** 2}`, inputs);
    return { dtype: 'float32', shape: [batch, channels / block ** 2, height * block, width * block] };
  },
  gradient: ({ params, gradient }) => [f.spaceToDepth(gradient, params.block)],
  onnx: (emit, { params, inputs }) =>
    emit.node('DepthToSpace', inputs, { blocksize: { int: params.block }, mode: { string: 'DCR' } }),
  tensorflow: (tf, { params, inputs: [x], shape }) => tfRules.depthToSpace(tf, params.block, x!, shape),
  reference: ({ block }, [x], shape) => rearrange(block, x!, shape),
};

const spaceToDepth: Op<ConvolutionParams['spaceToDepth']> = {
  infer({ block }, inputs) {
    expectTypes('spaceToDepth', inputs, 'float32');
    const [batch, channels, height, width] = inputs[0]!.shape as [Dim, number, number, number];
    if (inputs[0]!.shape.length !== 4 || height % block !== 0 || width % block !== 0)
      throw invalid('spaceToDepth', `images whose sides are multiples of ${block}`, inputs);
    return { dtype: 'float32', shape: [batch, channels * block ** 2, height / block, width / block] };
  },
  gradient: ({ params, gradient }) => [f.depthToSpace(gradient, params.block)],
  // ONNX's SpaceToDepth has no WebGPU kernel.
  onnx(emit, { params: { block }, inputs, type: { shape } }) {
    const [batch, depth, height, width] = shape.map((dim) => (dim === 'N' ? -1 : dim));
    const blocks = emit.integers([batch!, depth! / block ** 2, height!, block, width!, block]);
    const moved = emit.node('Transpose', [emit.node('Reshape', [inputs[0]!, blocks])], {
      perm: { ints: [0, 3, 5, 1, 2, 4] },
    });
    return emit.node('Reshape', [moved, emit.integers([batch!, depth!, height!, width!])]);
  },
  tensorflow: (tf, { params, inputs: [x], shape }) => tfRules.spaceToDepth(tf, params.block, x!, shape),
  reference: ({ block }, [x], shape) => rearrange(block, x!, shape),
};

/** Moves every element between its place in space and in depth; the input's shape tells the direction. */
function rearrange(block: number, x: NumericArray, shape: readonly number[]): Float64Array {
  const toDepth = shape[1]! > x.shape[1]! || block === 1;
  const [deep, wide] = toDepth ? [shape, x.shape] : [x.shape, shape];
  const [deepStrides, result] = [stridesOf(deep), new Float64Array(x.data.length)];
  forEachIndex(wide, ([n, c, row, column], widePosition) => {
    const place = (row! % block) * block + (column! % block);
    const at = [n!, place * wide[1]! + c!, Math.floor(row! / block), Math.floor(column! / block)];
    const deepPosition = at.reduce((sum, value, axis) => sum + value * deepStrides[axis]!, 0);
    if (toDepth) result[deepPosition] = x.data[widePosition]!;
    else result[widePosition] = x.data[deepPosition]!;
  });
  return result;
}

export const convolutionOps = { conv2d, convTranspose2d, depthToSpace, spaceToDepth };
