// Every op and composition on several shapes and points: one line a case, run by every executor's suite.
import { GraphBuilder, type Value } from '../../src-main/compiler/builder.ts';
import * as f from '../../src-main/compiler/functions.ts';
import { gradients } from '../../src-main/compiler/gradient.ts';
import type { Feeds, Graph, Tensor } from '../../src-main/compiler/graph.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

export interface OpCase {
  readonly name: string;
  /** By input name: a, b, c, … in the order in which `build` takes them. */
  readonly feeds: Feeds;
  readonly build: (...inputs: Value[]) => Value;
}

/** One output, `result`. */
export function forwardGraph({ name, feeds, build }: OpCase): Graph {
  const builder = new GraphBuilder();
  return builder.build(name, { result: build(...declare(builder, feeds)) });
}

/** A scalar `loss` that weighs every element of the result differently, and `gradient:<name>` for every float32 input. */
export function gradientGraph({ name, feeds, build }: OpCase): Graph {
  const builder = new GraphBuilder();
  const inputs = declare(builder, feeds);
  const result = f.cast(build(...inputs), 'float32');
  const count = result.shape.reduce<number>((product, dim) => product * (dim as number), 1);
  const weights = builder.constant(
    Float32Array.from({ length: count }, (_, index) => Math.cos(index) + 0.1),
    result.shape as number[],
  );
  const loss = f.reduceSum(f.multiply(result, weights));
  const floats = Object.keys(feeds).flatMap((input, index) =>
    feeds[input]!.dtype === 'float32' ? [{ input, value: inputs[index]! }] : [],
  );
  const results = gradients(
    loss,
    floats.map(({ value }) => value),
  );
  const named = floats.map(({ input }, index) => [`gradient:${input}`, results[index]!]);
  return builder.build(`${name} gradient`, { loss, ...Object.fromEntries(named) });
}

function declare(builder: GraphBuilder, feeds: Feeds): Value[] {
  return Object.entries(feeds).map(([name, { dtype, shape }]) => builder.input(name, { dtype, shape }));
}

type Source = (index: number) => Tensor;

function floats(shape: readonly number[], from: (normal: number, uniform: number) => number): Source {
  return (seed) => {
    const random = createRandom(2019, seed, ...shape);
    const size = shape.reduce((product, dim) => product * dim, 1);
    return {
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length: size }, () => from(random.normal(), random.next())),
    };
  };
}

/** Standard normal. */
const normal = (...shape: number[]) => floats(shape, (x) => x);
/** Normal with a standard deviation of 5: the ends of an activation. */
const wide = (...shape: number[]) => floats(shape, (x) => 5 * x);
/** Uniform in 0.2–2.2. */
const positive = (...shape: number[]) => floats(shape, (_, u) => 0.2 + 2 * u);
/** Quarters: values that tie and values halfway between integers. Only where no derivative is taken at a kink. */
const quarters = (...shape: number[]) => floats(shape, (x) => Math.round(4 * x) / 4);
const values =
  (...data: number[]): Source =>
  () => ({ dtype: 'float32', shape: [data.length], data: Float32Array.from(data) });
const bytes =
  (...shape: number[]): Source =>
  (seed) => {
    const random = createRandom(7, seed);
    return {
      dtype: 'uint8',
      shape,
      data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(256)),
    };
  };

function operation(name: string, sources: readonly Source[], build: (...inputs: Value[]) => Value): OpCase {
  const feeds = Object.fromEntries(sources.map((source, index) => [String.fromCharCode(97 + index), source(index)]));
  const shapes = sources.map((source, index) => `[${source(index).shape.join(', ')}]`);
  return { name: `${name} of ${shapes.join(' and ')}`, feeds, build };
}

/** One op on one input, at several shapes. */
function onEach(name: string, sources: readonly Source[], build: (x: Value) => Value): OpCase[] {
  return sources.map((source) => operation(name, [source], (x) => build(x!)));
}

const pairs = [
  [normal(3, 4), normal(3, 4)],
  [normal(2, 3, 4), normal(4)],
  [normal(3, 1), normal(2, 1, 5)],
  [normal(), normal(3, 2)],
] as const;
const positivePairs = [
  [normal(3, 4), positive(3, 4)],
  [normal(2, 3, 4), positive(4)],
  [normal(3, 1), positive(2, 1, 5)],
] as const;

function onPairs(
  name: string,
  build: (a: Value, b: Value) => Value,
  sources: readonly (readonly [Source, Source])[] = pairs,
): OpCase[] {
  return sources.map((pair) => operation(name, pair, (a, b) => build(a!, b!)));
}

const image = normal(2, 3, 6, 7);

export const elementwiseCases: readonly OpCase[] = [
  ...onPairs('add', f.add),
  ...onPairs('subtract', f.subtract),
  ...onPairs('multiply', f.multiply),
  ...onPairs('divide', f.divide, positivePairs),
  ...onPairs('maximum', f.maximum),
  ...onPairs('minimum', f.minimum),
  ...onPairs('greater', f.greater),
  ...onPairs('greaterEqual', f.greaterEqual),
  ...onPairs('equal', (a, b) => f.equal(f.round(a), f.round(b))),
  operation('add a number', [normal(3)], (a) => f.add(a!, 2)),
  operation('subtract from a number', [normal(3)], (a) => f.subtract(1, a!)),
  operation('multiply by itself', [normal(5)], (a) => f.multiply(a!, a!)),
  operation('divide a number', [positive(2, 5)], (a) => f.divide(3, a!)),
  ...onEach('negate', [normal(4), normal(2, 3)], f.negate),
  ...onEach('exp', [normal(4), normal(2, 3)], f.exp),
  ...onEach('log', [positive(4), positive(2, 3)], f.log),
  ...onEach('sqrt', [positive(4), positive(2, 3)], f.sqrt),
  ...onEach('square', [normal(4), normal(2, 3)], f.square),
  ...onEach('abs', [normal(4), normal(2, 3)], f.abs),
  ...onEach('sign', [normal(4), normal(2, 3)], f.sign),
  ...onEach('reciprocal', [positive(4), positive(2, 3)], f.reciprocal),
  ...onEach('erf', [normal(4), wide(2, 3)], f.erf),
  ...onEach('floor', [normal(4), wide(2, 3)], f.floor),
  ...onEach('round', [normal(4), wide(2, 3)], f.round),
  ...onEach('relu', [normal(4), wide(2, 3, 2, 2)], f.relu),
  ...onEach('leakyRelu', [normal(4), wide(2, 3)], (x) => f.leakyRelu(x, 0.2)),
  ...onEach('sigmoid', [normal(4), wide(2, 3)], f.sigmoid),
  ...onEach('tanh', [normal(4), wide(2, 3)], f.tanh),
  ...onEach('softplus', [normal(4), wide(2, 3), values(-80, -20, 20, 80)], f.softplus),
  ...onEach('silu', [normal(4), wide(2, 3), values(-60, 60)], f.silu),
  ...onEach('gelu', [normal(4), wide(2, 3), values(-30, 30)], f.gelu),
  ...onEach('clip', [normal(4), wide(2, 3)], (x) => f.clip(x, -0.5, 0.75)),
  operation('where', [normal(2, 3), normal(2, 3), normal(2, 3)], (a, b, c) => f.where(f.greater(a!, 0), b!, c!)),
  operation('where', [normal(2, 3), normal(3), normal(2, 1)], (a, b, c) => f.where(f.greater(a!, 0), b!, c!)),
  operation('where with a number', [normal(2, 3)], (a) => f.where(f.greaterEqual(a!, 0), a!, -1)),
  operation('keep', [normal(2, 3), normal(2, 3)], (a, b) => f.keep(f.greater(a!, 0), b!)),
  operation('cast to bool and back', [normal(2, 3)], (a) => f.cast(f.greater(a!, 0), 'float32')),
  operation('cast from bytes', [bytes(2, 5), normal(2, 5)], (a, b) => f.multiply(f.cast(a!, 'float32'), b!)),
];

export const matrixCases: readonly OpCase[] = [
  operation('matmul', [normal(3, 4), normal(4, 5)], (a, b) => f.matmul(a!, b!)),
  operation('matmul, a transposed,', [normal(4, 3), normal(4, 5)], (a, b) => f.matmul(a!, b!, { transposeA: true })),
  operation('matmul, b transposed,', [normal(3, 4), normal(5, 4)], (a, b) => f.matmul(a!, b!, { transposeB: true })),
  operation('matmul, both transposed,', [normal(4, 3), normal(5, 4)], (a, b) =>
    f.matmul(a!, b!, { transposeA: true, transposeB: true }),
  ),
  operation('matmul with bias', [normal(3, 4), normal(4, 5), normal(5)], (a, b, c) => f.matmul(a!, b!, { bias: c })),
  operation('matmul with a row of bias', [normal(3, 4), normal(4, 5), normal(1, 5)], (a, b, c) =>
    f.matmul(a!, b!, { bias: c }),
  ),
  operation('matmul, b transposed, with bias', [normal(1, 4), normal(2, 4), normal(2)], (a, b, c) =>
    f.matmul(a!, b!, { transposeB: true, bias: c }),
  ),
  operation('batchMatmul', [normal(2, 3, 4), normal(2, 4, 5)], (a, b) => f.batchMatmul(a!, b!)),
  operation('batchMatmul', [normal(3, 1, 2), normal(3, 2, 2)], (a, b) => f.batchMatmul(a!, b!)),
];

export const shapeCases: readonly OpCase[] = [
  operation('transpose', [normal(2, 3)], (a) => f.transpose(a!, [1, 0])),
  operation('transpose', [normal(2, 3, 4, 5)], (a) => f.transpose(a!, [0, 2, 3, 1])),
  operation('transpose in a cycle', [normal(2, 3, 4)], (a) => f.transpose(a!, [2, 0, 1])),
  operation('reshape', [normal(2, 6)], (a) => f.reshape(a!, [3, 4])),
  operation('reshape to more axes', [normal(12)], (a) => f.reshape(a!, [2, 1, 3, 2])),
  operation('broadcastTo', [normal(3)], (a) => f.broadcastTo(a!, [2, 3])),
  operation('broadcastTo in the middle', [normal(2, 1, 3)], (a) => f.broadcastTo(a!, [2, 4, 3])),
  operation('broadcastTo from a scalar', [normal()], (a) => f.broadcastTo(a!, [2, 2])),
  operation('slice', [normal(4, 5)], (a) => f.slice(a!, [1, 2], [2, 3])),
  operation('slice of one axis', [normal(2, 5, 3)], (a) => f.slice(a!, [0, 4, 0], [2, 1, 3])),
  operation('pad', [normal(2, 3)], (a) => f.pad(a!, [1, 0], [0, 2])),
  operation('pad', [normal(1, 2, 3, 3)], (a) => f.pad(a!, [0, 0, 1, 2], [0, 0, 2, 1])),
  operation('concat', [normal(2, 3), normal(2, 1), normal(2, 2)], (a, b, c) => f.concat([a!, b!, c!], 1)),
  operation('concat', [normal(1, 3), normal(2, 3)], (a, b) => f.concat([a!, b!], 0)),
  operation('concat with itself', [normal(2, 3)], (a) => f.concat([a!, a!], 0)),
];

export const reduceCases: readonly OpCase[] = [
  operation('reduceSum', [normal(3, 4)], (a) => f.reduceSum(a!)),
  operation('reduceSum over rows', [normal(3, 4)], (a) => f.reduceSum(a!, { axes: [0] })),
  operation('reduceSum, kept,', [normal(2, 3, 4)], (a) => f.reduceSum(a!, { axes: [0, 2], keepDims: true })),
  operation('reduceMean', [normal(3, 4)], (a) => f.reduceMean(a!)),
  operation('reduceMean over the last axis', [normal(2, 3, 4)], (a) => f.reduceMean(a!, { axes: [-1] })),
  operation('reduceMean over space, kept,', [image], (a) => f.reduceMean(a!, { axes: [2, 3], keepDims: true })),
  operation('reduceMax', [normal(3, 4)], (a) => f.reduceMax(a!)),
  operation('reduceMax over columns', [normal(3, 4)], (a) => f.reduceMax(a!, { axes: [1] })),
  operation('reduceMax, kept,', [normal(2, 3, 4)], (a) => f.reduceMax(a!, { axes: [0, 2], keepDims: true })),
];

const same = [1, 1, 1, 1] as const;

export const convolutionCases: readonly OpCase[] = [
  operation('conv2d 1×1', [image, normal(4, 3, 1, 1)], (x, w) => f.conv2d(x!, w!)),
  operation('conv2d 3×3, same, with bias', [image, normal(4, 3, 3, 3), normal(4)], (x, w, b) =>
    f.conv2d(x!, w!, b, { padding: same }),
  ),
  operation('conv2d, stride 2,', [image, normal(4, 3, 3, 3)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: same, stride: [2, 2] }),
  ),
  operation('conv2d, stride 2, uneven padding,', [image, normal(2, 3, 3, 3), normal(2)], (x, w, b) =>
    f.conv2d(x!, w!, b, { padding: [0, 0, 1, 1], stride: [2, 2] }),
  ),
  operation('conv2d, stride 2 with a row left over,', [normal(1, 2, 6, 8), normal(3, 2, 3, 3)], (x, w) =>
    f.conv2d(x!, w!, undefined, { stride: [2, 2] }),
  ),
  operation('conv2d, stride 3 and 2, kernel 2×3,', [normal(2, 2, 8, 9), normal(2, 2, 2, 3)], (x, w) =>
    f.conv2d(x!, w!, undefined, { stride: [3, 2], padding: [1, 0, 0, 2] }),
  ),
  operation('conv2d 4×4, stride 4,', [normal(2, 3, 8, 8), normal(5, 3, 4, 4)], (x, w) =>
    f.conv2d(x!, w!, undefined, { stride: [4, 4] }),
  ),
  operation('conv2d to fewer channels, uneven padding,', [normal(2, 4, 5, 6), normal(2, 4, 3, 2)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: [0, 1, 2, 0] }),
  ),
  operation('conv2d to fewer channels, more padding than kernel,', [normal(1, 3, 3, 3), normal(2, 3, 2, 2)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: [2, 0, 2, 1] }),
  ),
  operation('conv2d to fewer channels, dilated,', [normal(2, 3, 6, 5), normal(1, 3, 3, 2)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: [1, 1, 2, 0], dilation: [2, 1] }),
  ),
  operation('conv2d, dilated,', [image, normal(2, 3, 3, 3)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: [2, 2, 2, 2], dilation: [2, 2] }),
  ),
  operation('conv2d, dilated, stride 2,', [normal(2, 2, 9, 8), normal(2, 2, 3, 2)], (x, w) =>
    f.conv2d(x!, w!, undefined, { stride: [2, 2], dilation: [2, 1], padding: same }),
  ),
  operation('conv2d 5×5 of one channel', [normal(2, 1, 6, 6), normal(3, 1, 5, 5)], (x, w) =>
    f.conv2d(x!, w!, undefined, { padding: [2, 2, 2, 2] }),
  ),
  operation('convTranspose2d', [normal(2, 3, 4, 5), normal(3, 2, 3, 3)], (x, w) => f.convTranspose2d(x!, w!)),
  operation('convTranspose2d, stride 2, with bias', [normal(2, 3, 3, 4), normal(3, 2, 4, 4), normal(2)], (x, w, b) =>
    f.convTranspose2d(x!, w!, b, { stride: [2, 2], padding: same }),
  ),
  operation('convTranspose2d, output padding,', [normal(2, 3, 3, 4), normal(3, 2, 3, 3)], (x, w) =>
    f.convTranspose2d(x!, w!, undefined, { stride: [2, 2], padding: same, outputPadding: [1, 1] }),
  ),
  operation('convTranspose2d, uneven padding,', [normal(1, 2, 3, 3), normal(2, 2, 3, 3)], (x, w) =>
    f.convTranspose2d(x!, w!, undefined, { stride: [2, 2], padding: [0, 1, 1, 0], outputPadding: [1, 0] }),
  ),
  operation('convTranspose2d, dilated,', [normal(1, 2, 3, 3), normal(2, 2, 2, 2)], (x, w) =>
    f.convTranspose2d(x!, w!, undefined, { dilation: [2, 2] }),
  ),
  operation('depthToSpace', [normal(2, 8, 2, 3)], (x) => f.depthToSpace(x!, 2)),
  operation('depthToSpace by 3', [normal(1, 9, 2, 2)], (x) => f.depthToSpace(x!, 3)),
  operation('spaceToDepth', [normal(2, 3, 4, 6)], (x) => f.spaceToDepth(x!, 2)),
  operation('spaceToDepth by 3', [normal(2, 2, 3, 6)], (x) => f.spaceToDepth(x!, 3)),
];

export const normalisationCases: readonly OpCase[] = [
  operation('layerNorm', [normal(3, 5)], (x) => f.layerNorm(x!)),
  operation('layerNorm with gain and bias', [normal(3, 5), normal(5), normal(5)], (x, gain, bias) =>
    f.layerNorm(x!, { gain, bias }),
  ),
  operation('groupNorm', [normal(2, 4, 3, 3)], (x) => f.groupNorm(x!, 2)),
  operation('groupNorm with gain and bias', [normal(2, 6, 2, 3), normal(6), normal(6)], (x, gain, bias) =>
    f.groupNorm(x!, 3, { gain, bias }),
  ),
  operation('batchNorm', [normal(6, 3)], (x) => f.batchNorm(x!)),
  operation('batchNorm with gain and bias', [normal(3, 2, 2, 2), normal(2), normal(2)], (x, gain, bias) =>
    f.batchNorm(x!, { gain, bias }),
  ),
];

/** Several ops together, as models use them. */
export const modelCases: readonly OpCase[] = [
  operation('dense layers', [bytes(4, 6), normal(6, 3), normal(3), normal(3, 6)], (x, w, b, v) =>
    f.matmul(f.silu(f.matmul(f.multiply(f.cast(x!, 'float32'), 1 / 255), w!, { bias: b })), v!),
  ),
  operation('a residual block', [normal(2, 4, 4, 4), normal(4, 4, 3, 3), normal(4, 4, 3, 3)], (x, w, v) => {
    const inner = f.conv2d(f.silu(f.groupNorm(x!, 2)), w!, undefined, { padding: same });
    return f.add(x!, f.conv2d(f.gelu(inner), v!, undefined, { padding: same }));
  }),
  operation('images to maps and back', [normal(2, 4, 4, 3), normal(4, 3, 3, 3), normal(12, 4, 3, 3)], (x, w, v) => {
    const down = f.conv2d(f.transpose(x!, [0, 3, 1, 2]), w!, undefined, { stride: [2, 2], padding: [0, 0, 1, 1] });
    return f.transpose(f.depthToSpace(f.conv2d(f.relu(down), v!, undefined, { padding: same }), 2), [0, 2, 3, 1]);
  }),
];

export const opCases: readonly OpCase[] = [
  ...elementwiseCases,
  ...matrixCases,
  ...shapeCases,
  ...reduceCases,
  ...convolutionCases,
  ...normalisationCases,
  ...modelCases,
];

/** Cases at ties, halves and limits, where no derivative exists: forward only. */
export const forwardOnlyCases: readonly OpCase[] = [
  operation('round at halves', [quarters(3, 5)], (a) => f.round(a!)),
  operation('sign and relu at zero', [quarters(4, 4)], (a) => f.add(f.sign(a!), f.relu(a!))),
  operation('comparisons at ties', [quarters(4, 4), quarters(4, 4)], (a, b) =>
    f.add(f.cast(f.greater(a!, b!), 'float32'), f.cast(f.greaterEqual(a!, b!), 'float32')),
  ),
  operation('equal at ties', [quarters(4, 4), quarters(4, 4)], (a, b) => f.equal(a!, b!)),
  operation('pixels out', [wide(3, 4)], (a) => f.cast(f.clip(f.round(f.multiply(a!, 100)), 0, 255), 'uint8')),
  operation('bytes in another shape', [bytes(2, 3, 2)], (a) => f.cast(f.reshape(a!, [2, 6]), 'float32')),
  operation('pixels out in another shape', [bytes(2, 6)], (a) =>
    f.reshape(f.cast(f.multiply(f.cast(a!, 'float32'), 0.5), 'uint8'), [2, 3, 2]),
  ),
  operation('numbers between bytes lose their fraction', [values(0, 0.999, 1.5, 127.9, 254.999, 255)], (a) =>
    f.cast(a!, 'uint8'),
  ),
  operation('whole numbers, also negative', [values(-70000.9, -1.5, -0.5, 0, 0.5, 1.5, 70000.9)], (a) =>
    f.cast(a!, 'int32'),
  ),
  operation('whole numbers moved about', [wide(2, 3), wide(1, 3)], (a, b) =>
    f.transpose(f.concat([f.cast(a!, 'int32'), f.cast(b!, 'int32')], 0), [1, 0]),
  ),
  operation('bytes chosen by a condition', [bytes(2, 3), bytes(3), normal(2, 3)], (a, b, c) =>
    f.cast(f.where(f.greater(c!, 0), f.cast(a!, 'float32'), f.cast(b!, 'float32')), 'uint8'),
  ),
  operation('whole numbers spread', [bytes(1, 4)], (a) =>
    f.cast(f.broadcastTo(f.cast(a!, 'int32'), [3, 4]), 'float32'),
  ),
  operation('a bool result', [normal(3, 4)], (a) => f.greater(a!, 0)),
  operation('clipStraightThrough', [wide(3, 4)], (a) => f.clipStraightThrough(a!, 0, 1)),
];

/** What is no number stays none: a loss that exploded must not look as if it had not. */
export const nanCases: readonly OpCase[] = [
  operation('maximum', [values(Number.NaN, 1, -1)], (a) => f.maximum(a!, 0)),
  operation('minimum', [values(Number.NaN, 1, -1)], (a) => f.minimum(a!, 0)),
  operation('clip', [values(Number.NaN, 3, -3)], (a) => f.clip(a!, -1, 1)),
  operation('relu', [values(Number.NaN, 3, -3)], (a) => f.relu(a!)),
  operation('leakyRelu', [values(Number.NaN, 3, -3)], (a) => f.leakyRelu(a!, 0.2)),
  operation('sqrt', [values(-1, 4)], (a) => f.sqrt(a!)),
  operation('log', [values(-1, 1)], (a) => f.log(a!)),
  operation('reduceSum', [values(Number.NaN, 1)], (a) => f.reduceSum(a!)),
  operation('reduceMean', [values(Number.NaN, 1)], (a) => f.reduceMean(a!)),
  operation('sigmoid', [values(Number.NaN, 1)], (a) => f.sigmoid(a!)),
];
