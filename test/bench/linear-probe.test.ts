import { expect, test } from 'vitest';
import { createRandom } from '../../src-main/numerics/random.ts';
import { type Labelled, probeAccuracy } from './linear-probe.ts';

/** Points around the given centres, each labelled with the place of its centre. */
function clouds(centres: readonly (readonly number[])[], count: number, deviation: number, seed: number): Labelled {
  const random = createRandom(seed);
  const labels = Array.from({ length: count }, (_, row) => String(row % centres.length));
  const rows = labels.map((label) => centres[Number(label)]!.map((middle) => middle + deviation * random.normal()));
  return { vectors: { count, size: centres[0]!.length, data: Float32Array.from(rows.flat()) }, labels };
}

const corners = [
  [0, 0, 7],
  [1000, 0, 7],
  [0, 0.01, 7],
];

test('classes that lines part are told apart, whatever the scale of a number; one that never varies does no harm', () => {
  const scaled = (seed: number): Labelled => {
    const { vectors, labels } = clouds(corners, 300, 0, seed);
    const random = createRandom(seed);
    const spread = [50, 0.0005, 0];
    return { labels, vectors: { ...vectors, data: vectors.data.map((x, i) => x + spread[i % 3]! * random.normal()) } };
  };
  expect(probeAccuracy(scaled(1), scaled(2))).toBeGreaterThan(0.97);
});

test('what only a curve parts is not told apart', () => {
  const crossed = (seed: number): Labelled => {
    const { vectors, labels } = clouds(
      [
        [-1, -1],
        [-1, 1],
        [1, 1],
        [1, -1],
      ],
      400,
      0.1,
      seed,
    );
    return { vectors, labels: labels.map((label) => String(Number(label) % 2)) };
  };
  expect(probeAccuracy(crossed(1), crossed(2))).toBeLessThan(0.8);
});

test('labels that codes say nothing of are guessed', () => {
  const same = (seed: number) =>
    clouds(
      [
        [0, 0],
        [0, 0],
      ],
      400,
      1,
      seed,
    );
  expect(Math.abs(probeAccuracy(same(1), same(2)) - 0.5)).toBeLessThan(0.15);
});
