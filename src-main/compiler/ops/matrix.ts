// The matrix product, with its bias inside.
import * as f from '../functions.ts';
import type { Dim, TensorType } from '../graph.ts';
import { invalid, type Op } from './op.ts';
import { broadcastOffset, broadcastShapes, forEachIndex, sameShape, stridesOf } from './shapes.ts';

export interface MatrixParams {
  /** a · b (+ bias), rank 2; the bias broadcasts to the product. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
}

const matmul: Op<MatrixParams['matmul']> = {
  infer: (params, inputs) => ({ dtype: 'float32', shape: productShape(params, inputs) }),
  gradient({ params: { transposeA, transposeB }, inputs: [a, b, bias], gradient: g }) {
    const toA = transposeA
      ? f.matmul(b!, g, { transposeA: transposeB, transposeB: true })
      : f.matmul(g, b!, { transposeB: !transposeB });
    const toB = transposeB
      ? f.matmul(g, a!, { transposeA: true, transposeB: transposeA })
      : f.matmul(a!, g, { transposeA: !transposeA });
    return [toA, toB, bias && f.sumTo(g, bias.shape)];
  },
  onnx: (emit, { params, inputs }) =>
    emit.node('Gemm', inputs, {
      transA: { int: Number(params.transposeA) },
      transB: { int: Number(params.transposeB) },
    }),
  reference({ transposeA, transposeB }, [a, b, bias], shape) {
    const inner = a!.shape[transposeA ? 0 : 1]!;
    const [rowA, columnA] = transposeA ? [1, a!.shape[1]!] : [a!.shape[1]!, 1];
    const [rowB, columnB] = transposeB ? [1, b!.shape[1]!] : [b!.shape[1]!, 1];
    const result = new Float64Array(shape[0]! * shape[1]!);
    forEachIndex(shape, (index, position) => {
      const [row, column] = index;
      let sum = bias ? bias.data[broadcastOffset(bias.shape, stridesOf(bias.shape), index)]! : 0;
      for (let k = 0; k < inner; k++)
        sum += a!.data[row! * rowA + k * columnA]! * b!.data[k * rowB + column! * columnB]!;
      result[position] = sum;
    });
    return result;
  },
};

function productShape({ transposeA, transposeB }: MatrixParams['matmul'], inputs: readonly TensorType[]): Dim[] {
  const [a, b, bias] = inputs;
  const expected = `two matrices${transposeA || transposeB ? ` (transposed: ${transposeA}, ${transposeB})` : ''} whose inner sizes agree`;
  if (inputs.length > 3 || a?.shape.length !== 2 || b?.shape.length !== 2) throw invalid('matmul', expected, inputs);
  const [rows, inner] = transposeA ? [a.shape[1]!, a.shape[0]] : [a.shape[0]!, a.shape[1]];
  const [innerB, columns] = transposeB ? [b.shape[1], b.shape[0]!] : [b.shape[0], b.shape[1]!];
  if (inner !== innerB || columns === 'N' || inputs.some(({ dtype }) => dtype !== 'float32'))
    throw invalid('matmul', expected, inputs);
  const shape = [rows, columns];
  if (bias && !sameShape(broadcastShapes([bias.shape, shape]) ?? [], shape))
    throw invalid('matmul', 'a bias that broadcasts to the product', inputs);
  return shape;
}

export const matrixOps = { matmul };
