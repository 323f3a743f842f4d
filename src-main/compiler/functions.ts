// The vocabulary that models are written in: ops and small compositions of them. Layers and losses are elsewhere.
import type { GraphBuilder, Value } from './builder.ts';
import type { Dim, DType } from './graph.ts';
import { closed, elements, sameShape } from './ops/shapes.ts';

/** Numbers stand for float32 scalars. */
export type Operand = Value | number;

function builderOf(...operands: readonly Operand[]): GraphBuilder {
  const value = operands.find((operand) => typeof operand !== 'number');
  if (value === undefined) throw new Error('internal: at least one operand must be a value of a graph');
  return value.builder;
}

function lift(builder: GraphBuilder, operand: Operand): Value {
  return typeof operand === 'number' ? builder.constant(operand) : operand;
}

type UnaryName =
  | 'negate'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'sign'
  | 'reciprocal'
  | 'erf'
  | 'floor'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus';
type BinaryName =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'maximum'
  | 'minimum'
  | 'greater'
  | 'greaterEqual'
  | 'equal';

function unary(op: UnaryName): (x: Value) => Value {
  return (x) => x.builder.apply(op, {}, x);
}

function binary(op: BinaryName): (a: Operand, b: Operand) => Value {
  return (a, b) => {
    const builder = builderOf(a, b);
    return builder.apply(op, {}, lift(builder, a), lift(builder, b));
  };
}

export const add = binary('add');
export const subtract = binary('subtract');
export const multiply = binary('multiply');
export const divide = binary('divide');
export const maximum = binary('maximum');
export const minimum = binary('minimum');
/** Comparisons give `bool`. */
export const greater = binary('greater');
export const greaterEqual = binary('greaterEqual');
export const equal = binary('equal');

export const negate = unary('negate');
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
export const abs = unary('abs');
/** −1, 0 or 1. */
export const sign = unary('sign');
export const reciprocal = unary('reciprocal');
export const erf = unary('erf');
export const floor = unary('floor');
export const relu = unary('relu');
export const sigmoid = unary('sigmoid');
export const tanh = unary('tanh');
/** log(1 + eˣ), stable for every x. */
export const softplus = unary('softplus');

export function leakyRelu(x: Value, slope = 0.01): Value {
  return x.builder.apply('leakyRelu', { slope }, x);
}

/** To the nearest whole number, halves up. */
export function round(x: Value): Value {
  return floor(add(x, 0.5));
}

export function square(x: Value): Value {
  return multiply(x, x);
}

/** x·σ(x) (Elfwing et al. 2018). Its gradient σ(x)·(1 + x − y) takes four passes instead of the product rule's six. */
export function silu(x: Value): Value {
  const gate = sigmoid(x);
  const y = multiply(x, gate);
  const rule = (gradient: Value) => [multiply(gradient, multiply(gate, add(subtract(x, y), 1)))];
  return x.builder.setGradient(y, { inputs: [x], rule });
}

/** x·Φ(x) with the exact normal distribution (Hendrycks and Gimpel 2016). */
export function gelu(x: Value): Value {
  const share = add(multiply(erf(multiply(x, Math.SQRT1_2)), 0.5), 0.5);
  const density = () => multiply(exp(multiply(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  const rule = (gradient: Value) => [multiply(gradient, add(share, multiply(x, density())))];
  return x.builder.setGradient(multiply(x, share), { inputs: [x], rule });
}

export function where(condition: Value, a: Operand, b: Operand): Value {
  const { builder } = condition;
  return builder.apply('where', {}, condition, lift(builder, a), lift(builder, b));
}

/** x where the condition holds, 0 elsewhere. A product with the condition as 0 and 1: faster than a selection on CPU. */
export function keep(condition: Value, x: Value): Value {
  return multiply(x, cast(condition, 'float32'));
}

export function clip(x: Value, low: number, high: number): Value {
  return x.builder.apply('clip', { low, high }, x);
}

/** As `clip`, but the gradient passes as if nothing were clipped (Bengio et al. 2013): what is outside can come back. */
export function clipStraightThrough(x: Value, low: number, high: number): Value {
  return x.builder.setGradient(clip(x, low, high), { inputs: [x], rule: (gradient) => [gradient] });
}

/** The numbers of `value` with the gradient of `x`, which has its shape (Bengio et al. 2013). */
export function straightThrough(value: Value, x: Value): Value {
  // A node of its own, which simplifying takes out again: a rule at `value` would hold wherever else it is used.
  return x.builder.setGradient(multiply(value, 1), { inputs: [x], rule: (gradient) => [gradient] });
}

export function cast(x: Value, to: DType): Value {
  return x.type.dtype === to ? x : x.builder.apply('cast', { to }, x);
}

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  /** Broadcasts to the product, usually one number per column. */
  bias?: Value | undefined;
}

/** The product of two matrices. */
export function matmul(
  a: Value,
  b: Value,
  { transposeA = false, transposeB = false, bias }: MatmulOptions = {},
): Value {
  return a.builder.apply('matmul', { transposeA, transposeB }, a, b, ...(bias ? [bias] : []));
}

/** a (B×M×K) · b (B×K×N) for every one of B. */
export function batchMatmul(a: Value, b: Value): Value {
  return a.builder.apply('batchMatmul', {}, a, b);
}

export interface ConvolutionOptions {
  stride?: readonly [number, number];
  /** Top, left, bottom, right. */
  padding?: readonly [number, number, number, number];
  dilation?: readonly [number, number];
}

const unstrided = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] } as const;

/** x N×I×H×W, weights O×I×h×w, bias O; gives N×O×⌊(H + top + bottom − (h−1)·dilation − 1)/stride + 1⌋×…. */
export function conv2d(x: Value, weights: Value, bias?: Value, options: ConvolutionOptions = {}): Value {
  return x.builder.apply('conv2d', { ...unstrided, ...options }, x, weights, ...(bias ? [bias] : []));
}

/** x N×I×H×W, weights I×O×h×w, bias O; gives N×O×((H−1)·stride − top − bottom + (h−1)·dilation + 1 + outputPadding)×…. */
export function convTranspose2d(
  x: Value,
  weights: Value,
  bias?: Value,
  options: ConvolutionOptions & { outputPadding?: readonly [number, number] } = {},
): Value {
  return x.builder.apply(
    'convTranspose2d',
    { ...unstrided, outputPadding: [0, 0], ...options },
    x,
    weights,
    ...(bias ? [bias] : []),
  );
}

/** N×(b²·C)×H×W to N×C×(b·H)×(b·W) (Shi et al. 2016, with the place in the block as the slower part of the channel). */
export function depthToSpace(x: Value, block: number): Value {
  return x.builder.apply('depthToSpace', { block }, x);
}

export function spaceToDepth(x: Value, block: number): Value {
  return x.builder.apply('spaceToDepth', { block }, x);
}

/** Result axis i is input axis permutation[i]. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  return permutation.every((axis, index) => axis === index) ? x : x.builder.apply('transpose', { permutation }, x);
}

/** 'N' may stand first where the batch of `x` is open. */
export function reshape(x: Value, shape: readonly Dim[]): Value {
  return sameShape(x.shape, shape) ? x : x.builder.apply('reshape', { shape }, x);
}

export function broadcastTo(x: Value, shape: readonly Dim[]): Value {
  return sameShape(x.shape, shape) ? x : x.builder.apply('broadcastTo', { shape }, x);
}

/** Undoes broadcasting: the sum over the axes along which a value of `shape` was repeated. */
export function sumTo(x: Value, shape: readonly Dim[]): Value {
  const lead = x.shape.length - shape.length;
  const repeated = (dim: Dim, axis: number) => axis < lead || (shape[axis - lead] === 1 && dim !== 1);
  const axes = x.shape.flatMap((dim, axis) => (repeated(dim, axis) ? [axis] : []));
  return axes.length === 0 ? x : reshape(reduceSum(x, { axes }), shape);
}

/** Per axis the first index and the length; 'N' keeps an open batch. */
export function slice(x: Value, starts: readonly number[], sizes: readonly Dim[]): Value {
  return sameShape(x.shape, sizes) ? x : x.builder.apply('slice', { starts, sizes }, x);
}

/** Zeros before and after, per axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  return [...before, ...after].every((amount) => amount === 0) ? x : x.builder.apply('pad', { before, after }, x);
}

export function concat(values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : builderOf(...values).apply('concat', { axis }, ...values);
}

export interface ReduceOptions {
  /** All by default; negative ones count from the end. */
  axes?: readonly number[];
  keepDims?: boolean;
}

function reduction(op: 'reduceSum' | 'reduceMean' | 'reduceMax'): (x: Value, options?: ReduceOptions) => Value {
  return (x, { axes = x.shape.map((_, axis) => axis), keepDims = false } = {}) => {
    if (axes.length === 0) return x;
    const counted = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis)).sort((a, b) => a - b);
    return x.builder.apply(op, { axes: counted, keepDims }, x);
  };
}

export const reduceSum = reduction('reduceSum');
export const reduceMean = reduction('reduceMean');
export const reduceMax = reduction('reduceMax');

/** (x − mean) / √(variance + epsilon) over these axes, with the variance divided by the count. */
function standardize(x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = subtract(x, reduceMean(x, { axes, keepDims: true }));
  const scale = reciprocal(sqrt(add(reduceMean(square(centred), { axes, keepDims: true }), epsilon)));
  const y = multiply(centred, scale);
  // With m the mean over the axes: scale · (g − m(g) − y · m(g · y)) (Ioffe and Szegedy 2015), two passes fewer than the chain rule.
  const rule = (gradient: Value) => {
    const mean = (value: Value) => reduceMean(value, { axes, keepDims: true });
    const common = add(mean(gradient), multiply(y, mean(multiply(gradient, y))));
    return [multiply(subtract(gradient, common), scale)];
  };
  return x.builder.setGradient(y, { inputs: [x], rule });
}

export interface NormOptions {
  epsilon?: number;
  /** Per channel (group, batch) or per feature (layer). */
  gain?: Value | undefined;
  bias?: Value | undefined;
}

function scaleAndShift(x: Value, { gain, bias }: NormOptions, shape: readonly Dim[]): Value {
  const scaled = gain ? multiply(x, reshape(gain, shape)) : x;
  return bias ? add(scaled, reshape(bias, shape)) : scaled;
}

/** Over the last axis (Ba et al. 2016); gain and bias have its size. */
export function layerNorm(x: Value, { epsilon = 1e-5, ...affine }: NormOptions = {}): Value {
  return scaleAndShift(standardize(x, [x.shape.length - 1], epsilon), affine, x.shape.slice(-1));
}

/** x N×C×H×W, over H, W and the channels of each group (Wu and He 2018); gain and bias have size C. */
export function groupNorm(x: Value, groups: number, { epsilon = 1e-5, ...affine }: NormOptions = {}): Value {
  const [batch, ...rest] = x.shape;
  const grouped = reshape(x, [batch!, groups, elements(closed(rest)) / groups]);
  return scaleAndShift(reshape(standardize(grouped, [2], epsilon), x.shape), affine, [x.shape[1]!, 1, 1]);
}

/** x N×C or N×C×H×W, over all axes but the channel, with the statistics of this batch (Ioffe and Szegedy 2015). */
export function batchNorm(x: Value, { epsilon = 1e-5, ...affine }: NormOptions = {}): Value {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return scaleAndShift(standardize(x, axes, epsilon), affine, [x.shape[1]!, ...x.shape.slice(2).map(() => 1)]);
}
