// Convolutions in terms of TensorFlow.js: N×C×H×W to N×H×W×C and back, padding and dilation made explicit.
import type { TensorFlow, TfTensor } from './tensorflow.ts';

type Pair = readonly [number, number];

interface Window {
  readonly stride: Pair;
  /** Top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  readonly dilation: Pair;
}

const toChannelsLast = [0, 2, 3, 1];
const toChannelsFirst = [0, 3, 1, 2];

/** `conv2d` of the op table. */
export function convolve(tf: TensorFlow, window: Window, [x, weights, bias]: readonly TfTensor[]): TfTensor {
  const { stride, dilation } = window;
  const images = padImages(tf, tf.transpose(x!, toChannelsLast), window);
  const kernel = tf.transpose(weights!, [2, 3, 1, 0]);
  // TensorFlow.js refuses strides together with dilations.
  const both = stride.some((size) => size > 1) && dilation.some((size) => size > 1);
  const result = both
    ? tf.conv2d(images, dilateKernel(tf, kernel, dilation), [...stride], 'valid', 'NHWC', [1, 1])
    : tf.conv2d(images, kernel, [...stride], 'valid', 'NHWC', [...dilation]);
  return tf.transpose(addBias(tf, result, bias), toChannelsFirst);
}

function padImages(tf: TensorFlow, images: TfTensor, { padding: [top, left, bottom, right] }: Window): TfTensor {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return images;
  return tf.pad(images, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** `convTranspose2d` of the op table, with a result of N×O×H×W = `shape`: the whole of what is spread, cut to what is asked. */
export function spread(
  tf: TensorFlow,
  window: Window,
  [x, weights, bias]: readonly TfTensor[],
  shape: readonly number[],
): TfTensor {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const [top, left] = window.padding;
  // Its transpose has no dilation at all on some backends.
  const kernel = dilateKernel(tf, tf.transpose(weights!, [2, 3, 1, 0]), window.dilation);
  const whole = ([0, 1] as const).map((side) => {
    const covered = (x!.shape[side + 2]! - 1) * window.stride[side] + kernel.shape[side]!;
    return Math.max(covered, window.padding[side] + [height, width][side]!);
  }) as [number, number];
  const images = tf.transpose(x!, toChannelsLast);
  const full = tf.conv2dTranspose(images, kernel, [batch, ...whole, channels], [...window.stride], 'valid');
  const cut = tf.slice(full, [0, top, left, 0], [batch, height, width, channels]);
  return tf.transpose(addBias(tf, cut, bias), toChannelsFirst);
}

function addBias(tf: TensorFlow, images: TfTensor, bias: TfTensor | undefined): TfTensor {
  return bias ? tf.add(images, bias) : images;
}

/** Zeros between the rows and columns of a kernel h×w×…×…, as a dilation of this size means. */
function dilateKernel(tf: TensorFlow, kernel: TfTensor, [down, across]: Pair): TfTensor {
  if (down === 1 && across === 1) return kernel;
  const [rows, columns, ...channels] = kernel.shape as [number, number, number, number];
  const size = channels[0] * channels[1];
  const spaced = tf.pad(tf.reshape(kernel, [rows, 1, columns, 1, size]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const [height, width] = [(rows - 1) * down + 1, (columns - 1) * across + 1];
  const joined = tf.reshape(spaced, [rows * down, columns * across, ...channels]);
  return tf.slice(joined, [0, 0, 0, 0], [height, width, ...channels]);
}

/** `depthToSpace`: the block's place is the slower part of the channel. */
export function depthToSpace(tf: TensorFlow, block: number, x: TfTensor, shape: readonly number[]): TfTensor {
  const [batch, , rows, columns] = x.shape as [number, number, number, number];
  const blocks = tf.reshape(x, [batch, block, block, shape[1]!, rows, columns]);
  return tf.reshape(tf.transpose(blocks, [0, 3, 4, 1, 5, 2]), [...shape]);
}

export function spaceToDepth(tf: TensorFlow, block: number, x: TfTensor, shape: readonly number[]): TfTensor {
  const [batch, , rows, columns] = shape as [number, number, number, number];
  const blocks = tf.reshape(x, [batch, x.shape[1]!, rows, block, columns, block]);
  return tf.reshape(tf.transpose(blocks, [0, 3, 5, 1, 2, 4]), [...shape]);
}
