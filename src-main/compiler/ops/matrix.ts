// Matrix products: one with its bias inside, and one for each element of a batch.
import * as f from '../functions.ts';
import type { Dim, TensorType } from '../graph.ts';
import { expectTypes, invalid, type NoParams, type Op } from './op.ts';
import { broadcastOffset, broadcastShapes, closed, elements, forEachIndex, sameShape, stridesOf } from './shapes.ts';

export interface MatrixParams {
  /** a · b (+ bias), rank 2; the bias broadcasts to the product. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** a (B×M×K) · b (B×K×N) for every one of B. */
  batchMatmul: NoParams;
}

const matmul: Op<MatrixParams['matmul']> = {
  multiplyAdds: ({ transposeA }, [a], result) => elements(closed(result.shape)) * closed(a!.shape)[transposeA ? 0 : 1]!,
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
  tensorflow(tf, { params: { transposeA, transposeB }, inputs: [a, b, bias] }) {
    const product = tf.matMul(a!, b!, transposeA, transposeB);
    return bias ? tf.add(product, bias) : product;
  },
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

const batchMatmul: Op<NoParams> = {
  multiplyAdds: (_, [a], result) => elements(closed(result.shape)) * closed(a!.shape)[2]!,
  infer(_, inputs) {
    expectTypes('batchMatmul', inputs, 'float32', 'float32');
    const [a, b] = inputs.map(({ shape }) => shape);
    const fits = a!.length === 3 && b!.length === 3 && a![0] === b![0] && a![2] === b![1];
    if (!fits) throw invalid('batchMatmul', 'batches B×M×K and B×K×N', inputs);
    return { dtype: 'float32', shape: [a![0]!, a![1]!, b![2]!] };
  },
  gradient: ({ inputs: [a, b], gradient }) => [
    f.batchMatmul(gradient, f.transpose(b!, [0, 2, 1])),
    f.batchMatmul(f.transpose(a!, [0, 2, 1]), gradient),
  ],
  onnx: (emit, { inputs }) => emit.node('MatMul', inputs),
  tensorflow: (tf, { inputs: [a, b] }) => tf.matMul(a!, b!, false, false),
  reference(_, [a, b], shape) {
    const [, rows, inner] = a!.shape as [number, number, number];
    const columns = b!.shape[2]!;
    const result = new Float64Array(elements(shape));
    forEachIndex(shape, ([batch, row, column], position) => {
      for (let k = 0; k < inner; k++) {
        const fromA = a!.data[(batch! * rows + row!) * inner + k]!;
        result[position]! += fromA * b!.data[(batch! * inner + k) * columns + column!]!;
      }
    });
    return result;
  },
};

export const matrixOps = { matmul, batchMatmul };
