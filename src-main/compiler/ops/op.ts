// What an op is: its shape rule, gradient rule, ONNX and TensorFlow.js lowerings, reference. The ops themselves are in the files beside it.
import { PinholeError } from '../../contract/errors.ts';
import type { Value } from '../builder.ts';
import type { DType, TensorType } from '../graph.ts';
import type { TensorFlow, TfNode, TfTensor } from './tensorflow.ts';

/** Numbers as the reference rules see them: always float64, whatever the graph's type; `bool` is 0 and 1. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** TensorProto.DataType */
export const onnxTypes: Readonly<Record<DType | 'int64' | 'int8' | 'float16', number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export type OnnxAttribute = { int: number } | { float: number } | { string: string } | { ints: readonly number[] };

/** Where lowering rules write to. Names stand for values. */
export interface OnnxEmitter {
  /** Adds a node with one output and returns the name of that output. */
  node(opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  /** A one-dimensional int64 initializer (shapes, axes). */
  integers(values: readonly number[]): string;
  /** An initializer of a graph type. */
  tensor(type: TensorType, data: ArrayLike<number>): string;
}

export interface GradientPoint<P> {
  readonly params: P;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** Of the loss with respect to `output`; same type. */
  readonly gradient: Value;
}

export interface Lowering<P> {
  readonly params: P;
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly type: TensorType;
}

/** One op. Everything that the compiler knows about it is here. */
export interface Op<P> {
  /** Each element of the result depends on the broadcast inputs at the same place only. */
  readonly elementwise?: true;
  /** Multiply-adds of the textbook algorithm; left out where they are few beside those of products. */
  multiplyAdds?(params: P, inputs: readonly TensorType[], result: TensorType): number;
  /** The type of the result. Throws `spec-invalid` when the inputs do not fit. */
  infer(params: P, inputs: readonly TensorType[]): TensorType;
  /** One gradient per input; `undefined` (or a shorter list) where it is zero everywhere. */
  gradient(point: GradientPoint<P>): readonly (Value | undefined)[];
  /** Emits ONNX nodes and returns the name of the result. */
  onnx(emit: OnnxEmitter, node: Lowering<P>): string;
  /** Computes the result with TensorFlow.js. What else it makes on the way is disposed by the caller. */
  tensorflow(tf: TensorFlow, node: TfNode<P>): TfTensor;
  /** The result's numbers in row-major order: slow and obvious. */
  reference(params: P, inputs: readonly NumericArray[], shape: readonly number[]): Float64Array;
}

export type NoParams = Readonly<Record<string, never>>;

/** `float32[128, 784]` */
export function describeType({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join(', ')}]`;
}

export function invalid(op: string, expected: string, received: readonly TensorType[]): PinholeError {
  const types = received.map(describeType).join(' and ') || 'nothing';
  return new PinholeError(
    'spec-invalid',
    `Expected ${expected} for ${op}, received ${types}.`,
    'Check the shapes of the layers around it.',
  );
}

/** Throws unless there are as many inputs as `dtypes` and their types match. */
export function expectTypes(op: string, inputs: readonly TensorType[], ...dtypes: readonly DType[]): void {
  const matches = inputs.length === dtypes.length && inputs.every(({ dtype }, index) => dtype === dtypes[index]);
  if (!matches) throw invalid(op, dtypes.join(' and '), inputs);
}
