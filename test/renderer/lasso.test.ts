// What a lasso encloses, against the sum of angles around every point: what a line goes around is inside.
import { describe, expect, test } from 'vitest';
import { insideOf, pointsInside } from '../../src-renderer/drawing/lasso.ts';

const square = [-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5];
/** Drawn without lifting: the middle is gone around twice. */
const star = Array.from({ length: 5 }, (_, corner) => {
  const angle = (corner * 4 * Math.PI) / 5;
  return [Math.sin(angle), Math.cos(angle)];
}).flat();
const wobbly = Array.from({ length: 400 }, (_, corner) => {
  const angle = (corner * 2 * Math.PI) / 400;
  const radius = 0.6 + 0.25 * Math.sin(7 * angle);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}).flat();

/** How often the line goes around the point. */
function turns(polygon: readonly number[], x: number, y: number): number {
  let sum = 0;
  for (let at = 0; at < polygon.length; at += 2) {
    const next = (at + 2) % polygon.length;
    const from = Math.atan2(polygon[at + 1]! - y, polygon[at]! - x);
    const to = Math.atan2(polygon[next + 1]! - y, polygon[next]! - x);
    sum += ((to - from + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
  }
  return Math.round(sum / (2 * Math.PI));
}

const grid = Float32Array.from({ length: 2 * 41 * 41 }, (_, at) => {
  const row = at >> 1;
  return at & 1 ? Math.floor(row / 41) / 20 - 1.0049 : (row % 41) / 20 - 1.0037;
});

describe.each([
  ['a square', square],
  ['a star that crosses itself', star],
  ['a wobbly line of 400 corners', wobbly],
  ['the same line drawn the other way round', wobbly.map((_, at) => wobbly[wobbly.length - 2 - at + 2 * (at & 1)]!)],
])('%s', (_, polygon) => {
  test('encloses what it goes around', async () => {
    const inside = await pointsInside(grid, polygon);
    const expected = Array.from({ length: 41 * 41 }, (_, row) =>
      turns(polygon, grid[2 * row]!, grid[2 * row + 1]!) === 0 ? 0 : 1,
    );
    expect(Array.from(inside)).toEqual(expected);
    expect(expected).toContain(1);
    expect(expected).toContain(0);
  });
});

test('lassos side by side share no point, and lose none', async () => {
  const inLeft = insideOf([-1, -1, 0, -1, 0, 1, -1, 1]);
  const inRight = insideOf([0, -1, 1, -1, 1, 1, 0, 1]);
  for (const y of [-0.5, 0, 0.25]) expect([inLeft(0, y), inRight(0, y)].filter(Boolean)).toHaveLength(1);
});

test('a point that has no place is not enclosed', async () => {
  const xy = Float32Array.of(0, 0, Number.NaN, Number.NaN, 0.1, 0.1);
  expect(Array.from(await pointsInside(xy, square))).toEqual([1, 0, 1]);
});

test('a click, a stroke and a flat line enclose nothing', async () => {
  for (const polygon of [[], [0, 0], [0, 0, 1, 1], [0, 0, 1, 0, -1, 0]])
    expect(Array.from(await pointsInside(grid, polygon))).not.toContain(1);
});

test('a million points are done in slices, with nothing forgotten between them', async () => {
  const count = 450_001;
  const xy = Float32Array.from({ length: 2 * count }, (_, at) => (at & 1 ? 0 : ((at >> 1) % 3) - 1));
  let breaths = 0;
  const timer = setInterval(() => breaths++, 0);
  const inside = await pointsInside(xy, square);
  clearInterval(timer);
  expect(inside.reduce((sum, one) => sum + one, 0)).toBe(Math.floor((count + 1) / 3));
  expect(breaths).toBeGreaterThan(0);
});
