// Convolutions over images in N×C×H×W, and the moves between channels and space. No groups.
import * as f from '../functions.ts';
import type { Dim, TensorType } from '../graph.ts';
import * as tfRules from './convolution-tensorflow.ts';
import { expectTypes, invalid, type NumericArray, type Op } from './op.ts';
import { closed, elements, forEachIndex, stridesOf } from './shapes.ts';
import { weightGradient } from './weight-gradient.ts';
import { leftover, padded, span, type Window } from './window.ts';

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
  // Two transpositions that move one axis each take half as long on CPU as ONNX's DepthToSpace: 5 ms instead of 10 for
  // 64×64×32×32, and 5 instead of 20 in the other direction, where ONNX's SpaceToDepth has no WebGPU kernel besides.
  onnx(emit, { params: { block }, inputs, type }) {
    const { batch, depth, height, width } = imageSides(type);
    const columns = emit.integers([-1, block, (depth * height * width) / block ** 2]);
    const besides = emit.node('Transpose', [emit.node('Reshape', [inputs[0]!, columns])], {
      perm: { ints: [0, 2, 1] },
    });
    const rows = emit.integers([batch, block, (depth * height) / block, width]);
    const below = emit.node('Transpose', [emit.node('Reshape', [besides, rows])], { perm: { ints: [0, 2, 1, 3] } });
    return emit.node('Reshape', [below, emit.integers([batch, depth, height, width])]);
  },
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
  onnx(emit, { params: { block }, inputs, type }) {
    const { batch, depth, height, width } = imageSides(type);
    const channels = depth / block ** 2;
    const rows = emit.integers([batch, channels * height, block, width * block]);
    const apart = emit.node('Transpose', [emit.node('Reshape', [inputs[0]!, rows])], { perm: { ints: [0, 2, 1, 3] } });
    const columns = emit.integers([-1, channels * height * width, block]);
    const deep = emit.node('Transpose', [emit.node('Reshape', [apart, columns])], { perm: { ints: [0, 2, 1] } });
    return emit.node('Reshape', [deep, emit.integers([batch, depth, height, width])]);
  },
  tensorflow: (tf, { params, inputs: [x], shape }) => tfRules.spaceToDepth(tf, params.block, x!, shape),
  reference: ({ block }, [x], shape) => rearrange(block, x!, shape),
};

/** Of N×C×H×W, with −1 for an open batch, as ONNX's Reshape wants it. */
function imageSides({ shape }: TensorType): Record<'batch' | 'depth' | 'height' | 'width', number> {
  const [batch, depth, height, width] = shape.map((dim) => (dim === 'N' ? -1 : dim)) as [
    number,
    number,
    number,
    number,
  ];
  return { batch, depth, height, width };
}

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
