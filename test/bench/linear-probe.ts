// A linear probe: how much of the labels a linear map can tell from codes. Knows nothing of models.
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Vectors } from '../../src-main/latent/neighbours.ts';

export interface Labelled {
  vectors: Vectors;
  labels: readonly string[];
}

// Keeps weights finite where classes can be parted without an error; ten times more costs accuracy on codes of 16.
const weightPenalty = 1e-4;
// Accuracies on MNIST's codes change by less than 0.1 points from half of it on.
const iterations = 200;

/**
 * Share of the held-out rows whose label is the likeliest one for multinomial logistic regression on the others, 0–1.
 * Numbers are standardised by the deviations of the rows that it learns from.
 */
export function probeAccuracy(learned: Labelled, held: Labelled): number {
  const classes = [...new Set(learned.labels)].sort();
  const standard = standardiser(learned.vectors);
  const weights = learn(standard(learned.vectors), learned.labels, classes);
  const rows = standard(held.vectors);
  const scores = new Float64Array(classes.length);
  const correct = held.labels.filter((label, row) => {
    score(rows, row, weights, scores);
    return classes[scores.indexOf(Math.max(...scores))] === label;
  });
  return correct.length / held.labels.length;
}

/**
 * Maximises the likelihood by a fixed matrix that no Hessian exceeds, ½ XᵀX for every class (Böhning 1992), so that steps need
 * no size; with Nesterov's momentum. Returns size × classes.
 */
function learn(rows: Vectors, labels: readonly string[], classes: readonly string[]): Float64Array {
  const { count, size } = rows;
  const width = classes.length;
  const targets = Uint32Array.from(labels, (label) => classes.indexOf(label));
  const bound = new CholeskyDecomposition(
    Matrix.add(Matrix.mul(gram(rows), 0.5 / count), Matrix.mul(Matrix.eye(size), weightPenalty)),
  );
  let weights = new Float64Array(size * width);
  let ahead = weights;
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const ascent = gradient(rows, targets, ahead, width);
    const step = bound.solve(Matrix.from1DArray(size, width, ascent)).to1DArray();
    const next = ahead.map((weight, index) => weight + step[index]!);
    const momentum = (iteration - 1) / (iteration + 2);
    const before = weights;
    ahead = next.map((weight, index) => weight + momentum * (weight - before[index]!));
    weights = next;
  }
  return weights;
}

/** Of the mean log-likelihood less its penalty. */
function gradient(rows: Vectors, targets: Uint32Array, weights: Float64Array, width: number): Float64Array {
  const { count, size, data } = rows;
  const sums = new Float64Array(size * width);
  const surprise = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    score(rows, row, weights, surprise);
    softmax(surprise);
    for (let one = 0; one < width; one++) surprise[one] = (one === targets[row] ? 1 : 0) - surprise[one]!;
    for (let column = 0; column < size; column++) {
      const value = data[row * size + column]!;
      for (let one = 0; one < width; one++) sums[column * width + one]! += value * surprise[one]!;
    }
  }
  return sums.map((sum, index) => sum / count - weightPenalty * weights[index]!);
}

function score({ size, data }: Vectors, row: number, weights: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let column = 0; column < size; column++) {
    const value = data[row * size + column]!;
    for (let one = 0; one < out.length; one++) out[one]! += value * weights[column * out.length + one]!;
  }
}

function softmax(scores: Float64Array): void {
  const highest = Math.max(...scores);
  let total = 0;
  for (let one = 0; one < scores.length; one++) {
    scores[one] = Math.exp(scores[one]! - highest);
    total += scores[one]!;
  }
  for (let one = 0; one < scores.length; one++) scores[one]! /= total;
}

function gram({ count, size, data }: Vectors): Matrix {
  const sums = Matrix.zeros(size, size);
  for (let row = 0; row < count; row++) {
    const values = data.subarray(row * size, (row + 1) * size);
    for (let a = 0; a < size; a++)
      for (let b = 0; b <= a; b++) sums.set(a, b, sums.get(a, b) + values[a]! * values[b]!);
  }
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) sums.set(b, a, sums.get(a, b));
  return sums;
}

/** To mean 0 and deviation 1 of these rows, with a 1 behind each row for the bias. A column that never varies becomes 0. */
function standardiser({ count, size, data }: Vectors): (vectors: Vectors) => Vectors {
  const moment = (power: number, middle: readonly number[]) =>
    middle.map((mean, column) => {
      let sum = 0;
      for (let row = 0; row < count; row++) sum += (data[row * size + column]! - mean) ** power;
      return sum / count;
    });
  const means = moment(1, Array(size).fill(0));
  const deviations = moment(2, means).map(Math.sqrt);
  return (vectors) => {
    const width = size + 1;
    const rows = new Float32Array(vectors.count * width).fill(1);
    for (let row = 0; row < vectors.count; row++)
      for (let column = 0; column < size; column++) {
        const distance = vectors.data[row * size + column]! - means[column]!;
        rows[row * width + column] = deviations[column] === 0 ? 0 : distance / deviations[column]!;
      }
    return { count: vectors.count, size: width, data: rows };
  };
}
