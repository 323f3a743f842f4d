// The directions in which codes vary, from the most to the least, and codes measured by them.
import { setImmediate } from 'node:timers/promises';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Codes } from './encode.ts';

type Vectors = Pick<Codes, 'codes' | 'size'>;

/** The service reckons with codes itself and must answer others meanwhile: 64 numbers a row take 10 ms. */
export const rowsBetweenPauses = 4096;

export interface PrincipalAxes {
  mean: Float64Array;
  /** Variances, from the largest to the smallest. */
  values: number[];
  /** Of length 1, in the same order. */
  vectors: number[][];
}

export async function principalAxes({ codes, size }: Vectors): Promise<PrincipalAxes> {
  const mean = columnMeans(codes, size);
  const covariance = await covarianceOf(codes, size, mean);
  const decomposition = new EigenvalueDecomposition(new Matrix(covariance), { assumeSymmetric: true });
  const values = decomposition.realEigenvalues;
  const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]!);
  return {
    mean,
    values: order.map((column) => values[column]!),
    vectors: order.map((column) => withFixedSign(decomposition.eigenvectorMatrix.getColumn(column))),
  };
}

/** Directions that vary less than this, beside the one that varies most, are rounding. */
const leastShare = 1e-6;

/**
 * Codes along their principal axes, each in units of its own deviation: Euclidean distances between them are Mahalanobis's between
 * the codes. An image for which a model has a direction all to itself is far from all others, however short that direction is.
 */
export async function whiten({ codes, size }: Vectors): Promise<Vectors> {
  const count = codes.length / size;
  if (count === 0) return { codes, size };
  const { mean, values, vectors } = await principalAxes({ codes, size });
  const kept = Math.max(1, values.filter((value) => value > leastShare * values[0]!).length);
  const scales = values.slice(0, kept).map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));
  const out = new Float32Array(count * kept);
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < kept; axis++) {
      const vector = vectors[axis]!;
      let sum = 0;
      for (let at = 0; at < size; at++) sum += (codes[row * size + at]! - mean[at]!) * vector[at]!;
      out[row * kept + axis] = sum * scales[axis]!;
    }
    if (row % rowsBetweenPauses === 0) await setImmediate();
  }
  return { codes: out, size: kept };
}

/** An eigenvector's sign is arbitrary: its largest component is made positive, so that a map does not flip. */
function withFixedSign(vector: number[]): number[] {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

function columnMeans(codes: Float32Array, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let start = 0; start < codes.length; start += size)
    for (let column = 0; column < size; column++) mean[column]! += codes[start + column]!;
  return mean.map((sum) => sum / (codes.length / size));
}

async function covarianceOf(codes: Float32Array, size: number, mean: Float64Array): Promise<number[][]> {
  const count = codes.length / size;
  const sums = Array.from({ length: size }, () => new Float64Array(size));
  const centred = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < size; column++) centred[column] = codes[row * size + column]! - mean[column]!;
    for (let one = 0; one < size; one++) {
      const sum = sums[one]!;
      for (let other = 0; other <= one; other++) sum[other]! += centred[one]! * centred[other]!;
    }
    if (row % rowsBetweenPauses === 0) await setImmediate();
  }
  return sums.map((_, one) =>
    Array.from({ length: size }, (_, other) => sums[Math.max(one, other)]![Math.min(one, other)]! / count),
  );
}
