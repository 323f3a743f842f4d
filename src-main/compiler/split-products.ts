// Matrix products written so that ONNX Runtime's CPU sums them in the same order on one thread and on two.
import type { Value } from './builder.ts';
import * as f from './functions.ts';
import type { Graph } from './graph.ts';
import { closed } from './ops/shapes.ts';
import type { OpParams } from './ops/table.ts';
import { type Candidate, rewriteOnce } from './simplify.ts';

/**
 * ONNX Runtime's product (MLAS 1.30) adds up blocks along the inner axis: of 128 values, or, where the left matrix is not
 * transposed, of 256, 512 or 1024 where the columns that a thread computes are at most 64, 32 or 16. It deals out columns
 * where there are more of them than rows. So the same product may be blocked otherwise on two threads, which changes its
 * last bits; found by running every node of every preset with both. (More threads than two deal out smaller shares of more
 * columns; splitting those products too would cost the presets' own batches 3 % of a step and more.)
 */
const mostColumns = 128;
const block = 128;

/**
 * Such products become one product for every block of the inner axis and a sum over blocks: each is too small to be blocked
 * again. Equal up to rounding. Measured on one thread: 16×784 · 784×64 takes 80 µs instead of 69, 32×3072 · 3072×64 takes
 * 376 µs instead of 345, in steps of 5 to 15 ms that have at most three of them. Graphs with an open batch stay as they are
 * where they multiply it.
 */
export function splitProducts(graph: Graph): Graph {
  return rewriteOnce(graph, [splitProduct]);
}

function splitProduct({ node, inputs: [a, b, bias] }: Candidate): Value | undefined {
  const [rows, columns] = node.type.shape.slice(-2);
  if (rows === 'N' || columns === 'N' || rows! >= columns! || columns! > mostColumns) return undefined;
  if (node.op === 'batchMatmul') {
    const [batch, , inner] = a!.shape;
    // ONNX Runtime deals out whole products where there are several.
    if (batch !== 1 || inner === 'N' || inner! <= block) return undefined;
    return f.reshape(sumOfBlocks(f.reshape(a!, [rows!, inner!]), f.reshape(b!, [inner!, columns!])), node.type.shape);
  }
  if (node.op !== 'matmul') return undefined;
  const { transposeA, transposeB } = node.params as OpParams['matmul'];
  if (transposeA || closed(a!.shape)[1]! <= block) return undefined;
  const product = sumOfBlocks(a!, transposeB ? f.transpose(b!, [1, 0]) : b!);
  return bias ? f.add(product, bias) : product;
}

/** a (M×K) · b (K×N) → M×N. */
function sumOfBlocks(a: Value, b: Value): Value {
  const [rows, inner] = closed(a.shape) as [number, number];
  const [, columns] = closed(b.shape) as [number, number];
  const count = blockCount(inner);
  const size = Math.ceil(inner / count);
  const missing = count * size - inner;
  const left = f.reshape(f.pad(a, [0, 0], [0, missing]), [rows, count, size]);
  const right = f.reshape(f.pad(b, [0, 0], [missing, 0]), [count, size, columns]);
  return f.reduceSum(f.batchMatmul(f.transpose(left, [1, 0, 2]), right), { axes: [0] });
}

/** As few as keep each within `block`, or up to twice as many where those come out even: zeros behind the end are a copy. */
function blockCount(inner: number): number {
  const fewest = Math.ceil(inner / block);
  const counts = Array.from({ length: fewest + 1 }, (_, index) => fewest + index);
  return counts.find((count) => inner % count === 0) ?? fewest;
}
