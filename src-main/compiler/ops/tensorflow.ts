// What lowering rules use of TensorFlow.js, as types only: the library itself is loaded by the engine and handed in.
import type { DType } from '../graph.ts';

/** A tensor on whatever backend TensorFlow.js runs. */
export interface TfTensor {
  readonly shape: number[];
}

/** TensorFlow.js has no uint8: bytes travel as int32, and results are narrowed where they leave. */
export type TfDType = 'float32' | 'int32' | 'bool';

export const tfTypes: Readonly<Record<DType, TfDType>> = {
  float32: 'float32',
  uint8: 'int32',
  int32: 'int32',
  bool: 'bool',
};

export type TfUnary =
  | 'neg'
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
/** Broadcasting. */
export type TfBinary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum';
/** Broadcasting, with a bool result. */
export type TfComparison = 'greater' | 'greaterEqual' | 'equal';
export type TfReduction = 'sum' | 'mean' | 'max';

type Unary = Record<TfUnary, (x: TfTensor) => TfTensor>;
type Binary = Record<TfBinary | TfComparison, (a: TfTensor, b: TfTensor) => TfTensor>;
type Reduction = Record<TfReduction, (x: TfTensor, axes: number[], keepDims: boolean) => TfTensor>;

/**
 * The functions of TensorFlow.js that rules are written with; the module fits this type. Convolutions are always called in
 * N×H×W×C without padding, the one way that every backend has.
 */
export interface TensorFlow extends Unary, Binary, Reduction {
  tensor(data: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: TfDType): TfTensor;
  cast(x: TfTensor, dtype: TfDType): TfTensor;
  leakyRelu(x: TfTensor, slope: number): TfTensor;
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA: boolean, transposeB: boolean): TfTensor;
  transpose(x: TfTensor, permutation: number[]): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  broadcastTo(x: TfTensor, shape: number[]): TfTensor;
  slice(x: TfTensor, starts: number[], sizes: number[]): TfTensor;
  pad(x: TfTensor, paddings: [number, number][]): TfTensor;
  concat(xs: TfTensor[], axis: number): TfTensor;
  /** x N×H×W×I, weights h×w×I×O; strides or dilations must be 1. */
  conv2d(
    x: TfTensor,
    weights: TfTensor,
    strides: [number, number],
    padding: 'valid',
    dataFormat: 'NHWC',
    dilations: [number, number],
  ): TfTensor;
  /** x N×h×w×I, weights h×w×O×I, to N×H×W×O of which a convolution would give x's size. */
  conv2dTranspose(
    x: TfTensor,
    weights: TfTensor,
    shape: [number, number, number, number],
    strides: [number, number],
    padding: 'valid',
  ): TfTensor;
}

/** A node as its rule sees it; the shape is closed. */
export interface TfNode<P> {
  readonly params: P;
  readonly inputs: readonly TfTensor[];
  readonly shape: number[];
}
