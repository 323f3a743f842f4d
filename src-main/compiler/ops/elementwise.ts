// Element-wise ops: arithmetic, activations, comparisons, selection and casts, all broadcasting.

import type { Value } from '../builder.ts';
import * as f from '../functions.ts';
import type { DType, TensorType } from '../graph.ts';
import {
  expectTypes,
  type GradientPoint,
  invalid,
  type NoParams,
  type NumericArray,
  type OnnxEmitter,
  type Op,
  onnxTypes,
} from './op.ts';
import { broadcastOffset, broadcastShapes, elements, forEachIndex, stridesOf } from './shapes.ts';
import { type TfBinary, type TfComparison, type TfUnary, tfTypes } from './tensorflow.ts';

type UnaryName = 'negate' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sign' | 'reciprocal' | 'erf' | 'floor';
type ActivationName = 'relu' | 'sigmoid' | 'tanh' | 'softplus';
type BinaryName = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum';
type ComparisonName = 'greater' | 'greaterEqual' | 'equal';

export type ElementwiseParams = Record<UnaryName | ActivationName | BinaryName | ComparisonName | 'where', NoParams> & {
  /** x where x > 0, slope · x elsewhere; 0 ≤ slope < 1. */
  leakyRelu: { readonly slope: number };
  /** To low ≤ x ≤ high. */
  clip: { readonly low: number; readonly high: number };
  /** Float to integer truncates; the value must be in range. */
  cast: { readonly to: DType };
};

type OneLineGradient = (g: Value, x: Value, y: Value) => Value | undefined;
type TwoLineGradient = (g: Value, a: Value, b: Value, y: Value) => readonly [Value | undefined, Value | undefined];

/** Applies `compute` to the inputs' elements, broadcast to `shape`. */
function mapElements(
  inputs: readonly NumericArray[],
  shape: readonly number[],
  compute: (...x: number[]) => number,
): Float64Array {
  const strides = inputs.map((input) => stridesOf(input.shape));
  const result = new Float64Array(elements(shape));
  forEachIndex(shape, (index, position) => {
    result[position] = compute(
      ...inputs.map(({ shape: own, data }, i) => data[broadcastOffset(own, strides[i]!, index)]!),
    );
  });
  return result;
}

function broadcastType(op: string, dtype: DType, inputs: readonly TensorType[]): TensorType {
  const shape = broadcastShapes(inputs.map((input) => input.shape));
  if (shape === undefined) throw invalid(op, 'shapes that broadcast', inputs);
  return { dtype, shape };
}

function unary(
  name: string,
  opType: string,
  tfName: TfUnary,
  compute: (x: number) => number,
  gradient: OneLineGradient,
): Op<NoParams> {
  return {
    elementwise: true,
    infer(_, inputs) {
      expectTypes(name, inputs, 'float32');
      return inputs[0]!;
    },
    gradient: ({ gradient: g, inputs: [x], output: y }) => [gradient(g, x!, y)],
    onnx: (emit, { inputs }) => emit.node(opType, inputs),
    tensorflow: (tf, { inputs: [x] }) => tf[tfName](x!),
    reference: (_, inputs, shape) => mapElements(inputs, shape, compute),
  };
}

function binary(
  name: string,
  opType: string,
  tfName: TfBinary,
  compute: (a: number, b: number) => number,
  gradient: TwoLineGradient,
): Op<NoParams> {
  return {
    elementwise: true,
    infer(_, inputs) {
      expectTypes(name, inputs, 'float32', 'float32');
      return broadcastType(name, 'float32', inputs);
    },
    gradient({ gradient: g, inputs: [a, b], output: y }) {
      const [toA, toB] = gradient(g, a!, b!, y);
      return [toA && f.sumTo(toA, a!.shape), toB && f.sumTo(toB, b!.shape)];
    },
    onnx: (emit, { inputs }) => emit.node(opType, inputs),
    tensorflow: (tf, { inputs: [a, b] }) => tf[tfName](a!, b!),
    reference: (_, inputs, shape) => mapElements(inputs, shape, compute),
  };
}

function comparison(
  name: string,
  opType: string,
  tfName: TfComparison,
  compute: (a: number, b: number) => boolean,
): Op<NoParams> {
  return {
    elementwise: true,
    infer(_, inputs) {
      expectTypes(name, inputs, 'float32', 'float32');
      return broadcastType(name, 'bool', inputs);
    },
    gradient: () => [],
    onnx: (emit, { inputs }) => emit.node(opType, inputs),
    tensorflow: (tf, { inputs: [a, b] }) => tf[tfName](a!, b!),
    reference: (_, inputs, shape) => mapElements(inputs, shape, (a, b) => (compute(a!, b!) ? 1 : 0)),
  };
}

const none = () => undefined;

// relu, sigmoid and tanh differentiate through their output, so that a runtime can fuse them into the op before.
const unaryOps = {
  negate: unary(
    'negate',
    'Neg',
    'neg',
    (x) => -x,
    (g) => f.negate(g),
  ),
  exp: unary('exp', 'Exp', 'exp', Math.exp, (g, _, y) => f.multiply(g, y)),
  log: unary('log', 'Log', 'log', Math.log, (g, x) => f.divide(g, x)),
  sqrt: unary('sqrt', 'Sqrt', 'sqrt', Math.sqrt, (g, _, y) => f.divide(f.multiply(g, 0.5), y)),
  abs: unary('abs', 'Abs', 'abs', Math.abs, (g, x) => f.multiply(g, f.sign(x))),
  reciprocal: unary(
    'reciprocal',
    'Reciprocal',
    'reciprocal',
    (x) => 1 / x,
    (g, _, y) => f.negate(f.multiply(g, f.square(y))),
  ),
  erf: unary('erf', 'Erf', 'erf', errorFunction, (g, x) =>
    f.multiply(f.multiply(g, 2 / Math.sqrt(Math.PI)), f.exp(f.negate(f.square(x)))),
  ),
  floor: unary('floor', 'Floor', 'floor', Math.floor, none),
  relu: unary(
    'relu',
    'Relu',
    'relu',
    (x) => Math.max(x, 0),
    (g, _, y) => f.multiply(g, f.sign(y)),
  ),
  sigmoid: unary(
    'sigmoid',
    'Sigmoid',
    'sigmoid',
    (x) => 1 / (1 + Math.exp(-x)),
    (g, _, y) => f.multiply(g, f.multiply(y, f.subtract(1, y))),
  ),
  tanh: unary('tanh', 'Tanh', 'tanh', Math.tanh, (g, _, y) => f.multiply(g, f.subtract(1, f.square(y)))),
  softplus: unary(
    'softplus',
    'Softplus',
    'softplus',
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    (g, x) => f.multiply(g, f.sigmoid(x)),
  ),
};

// Where a maximum or minimum is a tie, the first operand takes the gradient.
const binaryOps = {
  add: binary(
    'add',
    'Add',
    'add',
    (a, b) => a + b,
    (g) => [g, g],
  ),
  subtract: binary(
    'subtract',
    'Sub',
    'sub',
    (a, b) => a - b,
    (g) => [g, f.negate(g)],
  ),
  multiply: binary(
    'multiply',
    'Mul',
    'mul',
    (a, b) => a * b,
    (g, a, b) => [f.multiply(g, b), f.multiply(g, a)],
  ),
  divide: binary(
    'divide',
    'Div',
    'div',
    (a, b) => a / b,
    (g, _, b, y) => [f.divide(g, b), f.negate(f.divide(f.multiply(g, y), b))],
  ),
  maximum: binary('maximum', 'Max', 'maximum', Math.max, (g, a, b) => [
    f.keep(f.greaterEqual(a, b), g),
    f.keep(f.greater(b, a), g),
  ]),
  minimum: binary('minimum', 'Min', 'minimum', Math.min, (g, a, b) => [
    f.keep(f.greaterEqual(b, a), g),
    f.keep(f.greater(a, b), g),
  ]),
};

const comparisonOps = {
  greater: comparison('greater', 'Greater', 'greater', (a, b) => a > b),
  greaterEqual: comparison('greaterEqual', 'GreaterOrEqual', 'greaterEqual', (a, b) => a >= b),
  equal: comparison('equal', 'Equal', 'equal', (a, b) => a === b),
};

const sign: Op<NoParams> = {
  ...unary('sign', 'Sign', 'sign', Math.sign, none),
  // ONNX's Sign has no WebGPU kernel and is slow on CPU. Everything but zero (and what is next to it: below 3e-39)
  // leaves the range when scaled by nearly the largest float.
  onnx(emit, { inputs }) {
    const scaled = emit.node('Mul', [inputs[0]!, scalar(emit, 3e38)]);
    return emit.node('Clip', [scaled, scalar(emit, -1), scalar(emit, 1)]);
  },
};

const leakyRelu: Op<ElementwiseParams['leakyRelu']> = {
  elementwise: true,
  infer({ slope }, inputs) {
    expectTypes('leakyRelu', inputs, 'float32');
    if (!(slope >= 0 && slope < 1)) throw invalid('leakyRelu', `a slope from 0 to below 1 instead of ${slope}`, inputs);
    return inputs[0]!;
  },
  // The larger of sign and slope is 1 right of zero and the slope elsewhere: two cheap passes instead of a selection.
  gradient: ({ params, gradient: g, inputs: [x] }) => [f.multiply(g, f.maximum(f.sign(x!), params.slope))],
  onnx: (emit, { params, inputs }) => emit.node('LeakyRelu', inputs, { alpha: { float: params.slope } }),
  tensorflow: (tf, { params, inputs: [x] }) => tf.leakyRelu(x!, params.slope),
  reference: ({ slope }, inputs, shape) => mapElements(inputs, shape, (x) => (x! > 0 ? x! : slope * x!)),
};

const clip: Op<ElementwiseParams['clip']> = {
  elementwise: true,
  infer({ low, high }, inputs) {
    expectTypes('clip', inputs, 'float32');
    if (!(low < high)) throw invalid('clip', `a low limit below the high one instead of ${low} and ${high}`, inputs);
    return inputs[0]!;
  },
  // An element that the limits did not move is equal to its result.
  gradient: ({ inputs: [x], output: y, gradient: g }) => [f.keep(f.equal(x!, y), g)],
  onnx: (emit, { params, inputs }) =>
    emit.node('Clip', [inputs[0]!, scalar(emit, params.low), scalar(emit, params.high)]),
  // Its clipByValue makes a number of what is none, on WebAssembly.
  tensorflow(tf, { params, inputs: [x] }) {
    const limit = (value: number) => tf.tensor(Float32Array.of(value), [], 'float32');
    return tf.minimum(tf.maximum(x!, limit(params.low)), limit(params.high));
  },
  reference: ({ low, high }, inputs, shape) => mapElements(inputs, shape, (x) => Math.min(Math.max(x!, low), high)),
};

function scalar(emit: OnnxEmitter, value: number): string {
  return emit.tensor({ dtype: 'float32', shape: [] }, [value]);
}

const where: Op<NoParams> = {
  elementwise: true,
  infer(_, inputs) {
    const dtype = inputs[1]?.dtype ?? 'float32';
    expectTypes('where', inputs, 'bool', dtype, dtype);
    return broadcastType('where', dtype, inputs);
  },
  gradient: ({ gradient: g, inputs: [condition, a, b] }) => [
    undefined,
    f.sumTo(f.where(condition!, g, 0), a!.shape),
    f.sumTo(f.where(condition!, 0, g), b!.shape),
  ],
  onnx: (emit, { inputs }) => emit.node('Where', inputs),
  tensorflow: (tf, { inputs: [condition, a, b] }) => tf.where(condition!, a!, b!),
  reference: (_, inputs, shape) => mapElements(inputs, shape, (condition, a, b) => (condition ? a! : b!)),
};

const cast: Op<ElementwiseParams['cast']> = {
  elementwise: true,
  infer({ to }, inputs) {
    if (inputs.length !== 1) throw invalid('cast', 'one tensor', inputs);
    return { dtype: to, shape: inputs[0]!.shape };
  },
  gradient: castGradient,
  onnx: (emit, { params, inputs }) => emit.node('Cast', inputs, { to: { int: onnxTypes[params.to] } }),
  tensorflow: (tf, { params, inputs: [x] }) => tf.cast(x!, tfTypes[params.to]),
  reference: ({ to }, inputs, shape) => mapElements(inputs, shape, (x) => convert(x!, to)),
};

function castGradient({ params, gradient, inputs: [x] }: GradientPoint<ElementwiseParams['cast']>) {
  return params.to === 'float32' && x!.type.dtype === 'float32' ? [gradient] : [];
}

function convert(x: number, to: DType): number {
  if (to === 'float32') return x;
  return to === 'bool' ? Number(x !== 0) : Math.trunc(x);
}

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6): no cancellation. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const elementwiseOps = { ...unaryOps, ...binaryOps, ...comparisonOps, sign, leakyRelu, clip, where, cast };
