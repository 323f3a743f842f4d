// The graph: immutable, in topological order, one result per node. Ops and their rules are in ops/; no op is named here.
import type { OpName, OpParams } from './ops/table.ts';

export type DType = 'float32' | 'uint8' | 'int32' | 'bool';

/** `'N'` is the batch size left open; it may only stand first, and only in graphs that are not differentiated. */
export type Dim = number | 'N';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export interface Node<O extends OpName = OpName> {
  readonly id: number;
  readonly op: O;
  readonly params: OpParams[O];
  readonly inputs: readonly number[];
  readonly type: TensorType;
}

export interface Binding {
  readonly name: string;
  readonly id: number;
}

export interface Graph {
  readonly name: string;
  /** `nodes[i].id === i`, and every input of a node has a smaller id. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly Binding[];
  readonly outputs: readonly Binding[];
}

/** Values at the boundary of a graph. `bool` travels as 0 and 1 in a Uint8Array. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array;
}

export type Feeds = Readonly<Record<string, Tensor>>;
