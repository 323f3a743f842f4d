import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { fitPca, type Samples } from '../../src-main/training/pca.ts';

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
});
afterAll(() => executor.dispose());

/** Smooth random images: neighbouring pixels go together, as in pictures. */
function smoothImages(count: number, pixels: number): { samples: Samples; rows: Uint8Array } {
  const random = createRandom(count, pixels);
  const rows = new Uint8Array(count * pixels);
  for (let row = 0; row < count; row++) {
    let level = 128 + 40 * random.normal();
    for (let pixel = 0; pixel < pixels; pixel++) {
      level += 12 * random.normal() + (128 - level) * 0.05;
      rows[row * pixels + pixel] = Math.min(255, Math.max(0, level));
    }
  }
  return {
    rows,
    samples: {
      count,
      pixels,
      read: (first, wanted, out) => out.set(rows.subarray(first * pixels, (first + wanted) * pixels)),
    },
  };
}

/** Eigenvalues of the covariance, by a full decomposition in double precision. */
function exactVariances(rows: Uint8Array, count: number, pixels: number): number[] {
  const data = Matrix.from1DArray(
    count,
    pixels,
    Float64Array.from(rows, (value) => value / 255),
  );
  const centred = data.subRowVector(data.mean('column'));
  const covariance = centred.transpose().mmul(centred).div(count);
  return new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => b - a);
}

describe.each([
  ['the covariance is formed once', 400, 60, 8],
  ['more blocks than one', 2500, 24, 5],
  ['fewer images than pixels', 12, 60, 8],
])('PCA where %s (%i images of %i pixels)', (_, count, pixels, components) => {
  test('finds the variances, an orthonormal basis and the mean', async () => {
    const { samples, rows } = smoothImages(count, pixels);
    const pca = await fitPca(executor, samples, components, 1);
    const exact = exactVariances(rows, count, pixels);
    for (let index = 0; index < components; index++) expect(pca.variance[index]! / exact[index]!).toBeCloseTo(1, 3);
    expect(pca.totalVariance).toBeCloseTo(
      exact.reduce((a, b) => a + b),
      5,
    );
    const basis = Matrix.from1DArray(pixels, components, Float64Array.from(pca.basis));
    expect(basis.transpose().mmul(basis).sub(Matrix.eye(components)).norm()).toBeLessThan(1e-5);
    const firstPixel = Array.from({ length: count }, (_, row) => rows[row * pixels]! / 255);
    expect(pca.mean[0]).toBeCloseTo(firstPixel.reduce((a, b) => a + b) / count, 6);
  });
});

test('images too large for a covariance matrix are streamed, with the same result', async () => {
  const pixels = 2100;
  const { samples, rows } = smoothImages(40, pixels);
  const pca = await fitPca(executor, samples, 4, 1);
  const centred = Matrix.from1DArray(
    40,
    pixels,
    Float64Array.from(rows, (value) => value / 255),
  );
  centred.subRowVector(centred.mean('column'));
  // The Gram matrix has the same eigenvalues and is small.
  const gram = centred.mmul(centred.transpose()).div(40);
  const exact = new EigenvalueDecomposition(gram, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => b - a);
  for (let index = 0; index < 4; index++) expect(pca.variance[index]! / exact[index]!).toBeCloseTo(1, 3);
});

test('equal images have no variance and no division by zero', async () => {
  const samples: Samples = { count: 5, pixels: 9, read: (_, count, out) => out.fill(77, 0, count * 9) };
  const pca = await fitPca(executor, samples, 3, 1);
  expect([...pca.variance]).toEqual([0, 0, 0]);
  expect([...pca.deviation]).toEqual([1, 1, 1]);
  expect(pca.basis.every(Number.isFinite)).toBe(true);
  expect(pca.mean[4]).toBeCloseTo(77 / 255, 6);
});
