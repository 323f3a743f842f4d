// The plane in which vectors vary most (PCA in two dimensions), and turning such a picture onto another of the same points.
import { type Columns, leadingEigenpairs } from './subspace.ts';

export interface Plane {
  /** float32 N×2, in the units of the vectors, with the mean at 0; the second axis is 0 where vectors are single numbers. */
  xy: Float32Array;
  /** Share of the variance that both axes show; 1 where nothing varies. */
  explained: number;
}

/** Of N vectors of `size` finite numbers. The same vectors give the same plane; which way its axes point says nothing. */
export async function principalPlane(vectors: Float32Array, size: number): Promise<Plane> {
  const count = vectors.length / size;
  const centred = centre(vectors, size);
  const scatter = scatterOf(centred, size);
  const wanted = Math.min(2, size);
  const { values, vectors: axes } = await leadingEigenpairs({
    size,
    count: wanted,
    multiply: async (columns) => product(scatter, columns),
    seed: 1,
  });
  const xy = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < wanted; axis++) {
      let sum = 0;
      for (let at = 0; at < size; at++) sum += centred[row * size + at]! * axes.data[at * wanted + axis]!;
      xy[2 * row + axis] = sum;
    }
  }
  const shown = values.reduce((sum, value) => sum + value, 0);
  const total = Array.from({ length: size }, (_, at) => scatter[at]![at]!).reduce((sum, value) => sum + value, 0);
  return { xy, explained: total > 0 ? Math.min(1, shown / total) : 1 };
}

function centre(vectors: Float32Array, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let at = 0; at < vectors.length; at++) mean[at % size]! += vectors[at]!;
  const count = vectors.length / size;
  const centred = new Float64Array(vectors.length);
  // Not by `from`, which takes longer than all the rest.
  for (let at = 0; at < vectors.length; at++) centred[at] = vectors[at]! - mean[at % size]! / count;
  return centred;
}

/** The rows of XᵀX. */
function scatterOf(x: Float64Array, size: number): Float64Array[] {
  const sums = Array.from({ length: size }, () => new Float64Array(size));
  const row = new Float64Array(size);
  for (let first = 0; first < x.length; first += size) {
    row.set(x.subarray(first, first + size));
    for (let one = 0; one < size; one++) {
      const value = row[one]!;
      const sum = sums[one]!;
      for (let other = 0; other <= one; other++) sum[other]! += value * row[other]!;
    }
  }
  for (let one = 0; one < size; one++)
    for (let other = one + 1; other < size; other++) sums[one]![other] = sums[other]![one]!;
  return sums;
}

function product(matrix: readonly Float64Array[], { rows, columns, data }: Columns): Columns {
  const out = new Float64Array(rows * columns);
  for (const [row, values] of matrix.entries()) {
    const sum = out.subarray(row * columns, (row + 1) * columns);
    for (let inner = 0; inner < rows; inner++) {
      const value = values[inner]!;
      for (let column = 0; column < columns; column++) sum[column]! += value * data[inner * columns + column]!;
    }
  }
  return { rows, columns, data: out };
}

/**
 * Turns and, where that fits better, mirrors a picture so that its points come as near as they can to where the same points
 * are in another: orthogonal Procrustes (Schönemann 1966), in the plane in closed form. Both float32 N×2 with the mean at 0;
 * distances within the picture stay as they are.
 */
export function turnOnto(xy: Float32Array, other: Float32Array): Float32Array {
  let [forward, across, back, upright] = [0, 0, 0, 0];
  for (let at = 0; at < xy.length; at += 2) {
    forward += xy[at]! * other[at]!;
    across += xy[at]! * other[at + 1]!;
    back += xy[at + 1]! * other[at]!;
    upright += xy[at + 1]! * other[at + 1]!;
  }
  // What the points agree by at the best angle, without a mirror and with one.
  const turned = Math.hypot(forward + upright, across - back);
  const mirrored = Math.hypot(forward - upright, across + back);
  const flip = mirrored > turned ? -1 : 1;
  const best = Math.max(turned, mirrored);
  // Nothing to go by: all angles are as good.
  const cosine = best > 0 ? (forward + flip * upright) / best : 1;
  const sine = best > 0 ? (across - flip * back) / best : 0;
  const out = new Float32Array(xy.length);
  for (let at = 0; at < xy.length; at += 2) {
    const [x, y] = [xy[at]!, flip * xy[at + 1]!];
    out[at] = cosine * x - sine * y;
    out[at + 1] = sine * x + cosine * y;
  }
  return out;
}
