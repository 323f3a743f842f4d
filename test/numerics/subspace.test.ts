import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { createRandom } from '../../src-main/numerics/random.ts';
import { type Columns, leadingEigenpairs } from '../../src-main/numerics/subspace.ts';

/** A random covariance whose spectrum falls like that of images. */
function covariance(size: number, seed: number): Matrix {
  const random = createRandom(seed);
  const factors = new Matrix(size, size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) factors.set(row, column, random.normal() / (1 + row));
  return factors.transpose().mmul(factors);
}

function multiplier(matrix: Matrix) {
  return async ({ rows, columns, data }: Columns): Promise<Columns> => ({
    rows,
    columns,
    data: Float64Array.from(matrix.mmul(Matrix.from1DArray(rows, columns, data)).to1DArray()),
  });
}

test.each([
  [20, 5],
  [60, 8],
  [90, 30],
  [12, 12],
])('the leading eigenpairs of %i × %i agree with a full decomposition', async (size, count) => {
  const matrix = covariance(size, size);
  const { values, vectors } = await leadingEigenpairs({
    size,
    count,
    multiply: multiplier(matrix),
    seed: 1,
    tolerance: 1e-13,
  });
  const exact = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues.sort((a, b) => b - a);
  for (let index = 0; index < count; index++) expect(values[index]! / exact[index]!).toBeCloseTo(1, 6);
  const basis = Matrix.from1DArray(size, count, vectors.data);
  expect(basis.transpose().mmul(basis).sub(Matrix.eye(count)).norm()).toBeLessThan(1e-9);
  const residual = matrix.mmul(basis).sub(basis.mmul(Matrix.diag([...values])));
  expect(residual.norm() / exact[0]!).toBeLessThan(1e-4);
});

test('a matrix of lower rank gives zeros beyond it', async () => {
  const direction = Matrix.columnVector([3, 4, 0, 0, 0, 0]);
  const { values } = await leadingEigenpairs({
    size: 6,
    count: 3,
    multiply: multiplier(direction.mmul(direction.transpose())),
    seed: 1,
  });
  expect(values[0]).toBeCloseTo(25, 9);
  expect(values[1]).toBeCloseTo(0, 9);
  expect(values[2]).toBeCloseTo(0, 9);
});

test('nothing but zeros is no error', async () => {
  const { values } = await leadingEigenpairs({ size: 4, count: 2, multiply: multiplier(Matrix.zeros(4, 4)), seed: 1 });
  expect([...values]).toEqual([0, 0]);
});
