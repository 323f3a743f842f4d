// The one table of ops. Everything that walks a graph looks an op up here and knows none by name.
import { type ConvolutionParams, convolutionOps } from './convolution.ts';
import { type ElementwiseParams, elementwiseOps } from './elementwise.ts';
import { type MatrixParams, matrixOps } from './matrix.ts';
import type { Op } from './op.ts';
import { type ReduceParams, reduceOps } from './reduce.ts';
import { type ShapeParams, shapeOps } from './shape.ts';
import { type SourceParams, sourceOps } from './source.ts';

export type OpParams = SourceParams & ElementwiseParams & MatrixParams & ConvolutionParams & ShapeParams & ReduceParams;
export type OpName = keyof OpParams;
export type { Op } from './op.ts';

export const ops: { readonly [O in OpName]: Op<OpParams[O]> } = {
  ...sourceOps,
  ...elementwiseOps,
  ...matrixOps,
  ...convolutionOps,
  ...shapeOps,
  ...reduceOps,
};

/** An op as a walk sees it, which knows that params and op belong together but not which op it is. */
export function opOf(node: { readonly op: OpName }): Op<unknown> {
  return ops[node.op] as Op<unknown>;
}
