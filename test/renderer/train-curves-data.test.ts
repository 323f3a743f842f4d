// Points of curves: thinned without losing extremes, aligned, looked up; limits and ticks of the axes.
import { expect, test } from 'vitest';
import { align, evenTicks, logTicks, rangeOf, thin, valueNear } from '../../src-renderer/drawing/curves-data.ts';

const count = 50_000;
const long = {
  x: Float64Array.from({ length: count }, (_, index) => index),
  y: Float64Array.from({ length: count }, (_, index) => Math.sin(index / 900)),
};

test('thinning keeps ends and extremes, in order, and no more points than asked for', () => {
  const spiked = { x: long.x, y: long.y.slice() };
  spiked.y[31_337] = 40;
  spiked.y[777] = -7;
  const { x, y } = thin(spiked, 2000);
  expect(x.length).toBeLessThanOrEqual(2000);
  expect(x.length).toBeGreaterThan(1000);
  expect(Array.from(x)).toEqual(Array.from(x).toSorted((a, b) => a - b));
  expect([x[0], x[x.length - 1]]).toEqual([0, count - 1]);
  expect(Math.max(...Array.from(y))).toBe(40);
  expect(Math.min(...Array.from(y))).toBe(-7);
  expect(new Set(Array.from(x)).size).toBe(x.length);
});

test('a short line stays as it is', () => {
  const line = { x: [0, 1, 2], y: [3, 2, 1] };
  expect(thin(line, 3)).toEqual(line);
});

test('lines with different x share one axis', () => {
  expect(
    align([
      { x: [0, 10], y: [1, 2] },
      { x: [5, 10, 20], y: [3, 4, 5] },
      { x: [], y: [] },
    ]),
  ).toEqual([
    [0, 5, 10, 20],
    [1, null, 2, null],
    [null, 3, 4, 5],
    [null, null, null, null],
  ]);
});

test.each([
  [-5, 1],
  [2, 1],
  [6, 2],
  [9, 2],
  [16, 3],
  [99, 3],
])('the value near %d', (x, value) => {
  expect(valueNear({ x: [0, 10, 20], y: [1, 2, 3] }, x)).toBe(value);
});

test('an empty line has no value', () => {
  expect(valueNear({ x: [], y: [] }, 3)).toBeNull();
});

test('the logarithmic range leaves out what it cannot show and never shrinks to nothing', () => {
  const [low, high] = rangeOf([[0.1, null, 0, 0.001, Number.NaN]], true);
  expect(low).toBeLessThan(0.001);
  expect(low).toBeGreaterThan(0.0005);
  expect(high).toBeGreaterThan(0.1);
  const flat = rangeOf([[0.01, 0.01]], true);
  expect(flat[1] / flat[0]).toBeCloseTo(10 ** 0.4, 6);
  expect(rangeOf([[null]], true)).toEqual([0.001, 1]);
  expect(rangeOf([[0.5, 2]], false)).toEqual([0, 2.12]);
});

test.each([
  [0.0005, 0.2, [0.001, 0.01, 0.1]],
  [0.004, 0.07, [0.005, 0.01, 0.02, 0.05]],
  [0.0041, 0.0046, [0.0041, 0.0042, 0.0043, 0.0044, 0.0045, 0.0046]],
])('logarithmic ticks from %d to %d', (low, high, ticks) => {
  expect(logTicks(low, high)).toEqual(ticks);
});

test('even ticks are round and within the range', () => {
  expect(evenTicks(0, 4200, 8)).toEqual([0, 1000, 2000, 3000, 4000]);
  expect(evenTicks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(evenTicks(5, 5, 4)).toEqual([5]);
});
