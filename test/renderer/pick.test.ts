// Questions about what is near on a map: always the answers that looking at every point would give.
import { describe, expect, test } from 'vitest';
import { PickGrid } from '../../src-renderer/drawing/pick-grid.ts';
import {
  boundsOf,
  bringIntoView,
  fitView,
  pan,
  toMap,
  toScreen,
  visible,
  zoom,
} from '../../src-renderer/drawing/view.ts';

/** Reproducible numbers in 0–1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Dense and thin places, equal points, and outliers beyond −1…1, as maps have them. */
function cloud(count: number): Float32Array {
  const random = numbers(7);
  return Float32Array.from({ length: 2 * count }, (_, at) => {
    const row = at >> 1;
    if (row % 97 === 0) return 5 * random() - 2.5;
    if (row % 31 === 0) return at & 1 ? 0.25 : -0.5;
    return (random() - 0.5) * (row % 3 === 0 ? 0.1 : 2);
  });
}

function nearestOfAll(xy: Float32Array, x: number, y: number, reach: number, shown: Uint8Array | null): number {
  let [best, bestSquare] = [-1, reach * reach];
  for (let row = 0; row < xy.length / 2; row++) {
    if (shown && !shown[row]) continue;
    const square = (xy[2 * row]! - x) ** 2 + (xy[2 * row + 1]! - y) ** 2;
    if (square < bestSquare || (square === bestSquare && best < 0)) [best, bestSquare] = [row, square];
  }
  return best;
}

describe('the nearest point', () => {
  const xy = cloud(3000);
  const grid = new PickGrid(xy);
  const random = numbers(3);
  const places = Array.from({ length: 300 }, () => [3 * random() - 1.5, 3 * random() - 1.5] as const);

  test.each([0.005, 0.2, 10])(
    'within %f is the one that a look at all points finds, outside of the map too',
    (reach) => {
      const found = places.map(([x, y]) => grid.nearest(x, y, reach));
      expect(found).toEqual(places.map(([x, y]) => nearestOfAll(xy, x, y, reach, null)));
      expect(found.some((row) => row >= 0)).toBe(true);
    },
  );

  test('is one of those that are shown', () => {
    const shown = Uint8Array.from({ length: 3000 }, (_, row) => (row % 7 === 0 ? 1 : 0));
    const found = places.map(([x, y]) => grid.nearest(x, y, 10, shown));
    expect(found).toEqual(places.map(([x, y]) => nearestOfAll(xy, x, y, 10, shown)));
  });

  test('of points on one spot is always the first', () => {
    const spot = new PickGrid(Float32Array.from([0.5, 0.5, -1, 0, 0.5, 0.5, 0.5, 0.5]));
    expect(spot.nearest(0.51, 0.5, 0.1)).toBe(0);
    expect(spot.nearest(0.51, 0.5, 0.1, Uint8Array.from([0, 1, 1, 1]))).toBe(2);
  });

  test('is never one without a place, and the others are found as if it were not there', () => {
    const holes = xy.map((value, at) => ((at >> 1) % 5 === 0 ? Number.NaN : value));
    const found = places.map(([x, y]) => new PickGrid(holes).nearest(x, y, 10));
    const there = Uint8Array.from({ length: 3000 }, (_, row) => (row % 5 === 0 ? 0 : 1));
    expect(found).toEqual(places.map(([x, y]) => nearestOfAll(xy, x, y, 10, there)));
    expect(new PickGrid(holes).next(1, 'left')).toBe(grid.next(1, 'left', there));
    expect(boundsOf(holes)).toEqual(boundsOf(xy.filter((_, at) => (at >> 1) % 5 !== 0)));
  });

  test('is none on an empty map', () => {
    expect(new PickGrid(new Float32Array()).nearest(0, 0, 10)).toBe(-1);
  });
});

describe('arrow keys', () => {
  //        4
  //   1  0   2   far right: 5
  //        3
  const xy = Float32Array.from([0, 0, -0.2, 0.02, 0.3, 0, 0.05, -0.2, 0.1, 0.25, 0.9, 0.01]);
  const grid = new PickGrid(xy);

  test('lead to the nearest point in their direction', () => {
    expect(grid.next(0, 'left')).toBe(1);
    expect(grid.next(0, 'right')).toBe(2);
    expect(grid.next(0, 'down')).toBe(3);
    expect(grid.next(0, 'up')).toBe(4);
    expect(grid.next(2, 'right')).toBe(5);
    expect(grid.next(5, 'right')).toBe(-1);
  });

  test('pass over what is not shown', () => {
    expect(grid.next(0, 'right', Uint8Array.from([1, 1, 0, 1, 0, 1]))).toBe(5);
  });

  test('reach nearly all points of a map, and go on from each', () => {
    const points = cloud(2000);
    const all = new PickGrid(points);
    const seen = new Set([0]);
    for (const row of seen) {
      for (const direction of ['left', 'right', 'up', 'down'] as const) {
        const next = all.next(row, direction);
        if (next >= 0) seen.add(next);
      }
    }
    // Points on one spot cannot be told apart by directions; the table leads to those.
    const spots = new Set(Array.from({ length: 2000 }, (_, row) => `${points[2 * row]} ${points[2 * row + 1]}`));
    expect(seen.size).toBeGreaterThan(0.97 * spots.size);
  });
});

test('points inside a frame are all visited, once, until enough are found', () => {
  const xy = cloud(3000);
  const frame = { left: -0.6, right: 3, bottom: -0.1, top: 0.5 };
  const rows = Array.from({ length: 3000 }, (_, row) => row);
  const expected = rows.filter((row) => {
    const [x, y] = [xy[2 * row]!, xy[2 * row + 1]!];
    return x >= frame.left && x <= frame.right && y >= frame.bottom && y <= frame.top;
  });
  const found: number[] = [];
  const grid = new PickGrid(xy);
  grid.inside(frame, (row) => found.push(row) > 0);
  expect(found.toSorted((a, b) => a - b)).toEqual(expected);
  let visits = 0;
  grid.inside(frame, () => ++visits < 5);
  expect(visits).toBe(5);
});

describe('the view', () => {
  const size = { width: 800, height: 600 };
  const home = fitView({ left: -1, right: 1, bottom: -1, top: 1 }, size);

  test('shows all of a fitted map', () => {
    const xy = cloud(500);
    const fitted = fitView(boundsOf(xy), size);
    const frame = visible(fitted, size);
    for (let row = 0; row < 500; row++) {
      expect(xy[2 * row]! > frame.left && xy[2 * row]! < frame.right).toBe(true);
      expect(xy[2 * row + 1]! > frame.bottom && xy[2 * row + 1]! < frame.top).toBe(true);
    }
  });

  test('goes from screen to map and back, y upwards', () => {
    const moved = { x: 0.3, y: -0.2, scale: 1234 };
    const [x, y] = toMap(moved, size, 137, 42);
    expect(toScreen(moved, size, x, y)).toEqual([expect.closeTo(137, 6), expect.closeTo(42, 6)]);
    expect(toScreen(home, size, 0, 0.5)[1]).toBeLessThan(300);
  });

  test('zooms around the pointer and pans with it', () => {
    const before = toMap(home, size, 700, 100);
    const zoomed = zoom(home, home, size, 700, 100, 8);
    expect(toMap(zoomed, size, 700, 100)).toEqual(before.map((value) => expect.closeTo(value, 9)));
    const panned = pan(zoomed, 50, -20);
    expect(toMap(panned, size, 750, 80)).toEqual(before.map((value) => expect.closeTo(value, 9)));
  });

  test('zooms neither into nothing nor away from everything', () => {
    let view = home;
    for (let press = 0; press < 200; press++) view = zoom(view, home, size, 400, 300, 2);
    expect(view.scale / home.scale).toBe(20_000);
    for (let press = 0; press < 200; press++) view = zoom(view, home, size, 400, 300, 0.5);
    expect(view.scale / home.scale).toBe(0.4);
  });

  test('moves just so far that a point is in it', () => {
    expect(bringIntoView(home, size, 0.1, 0.1)).toBe(home);
    const moved = bringIntoView(zoom(home, home, size, 400, 300, 10), size, 0.9, 0);
    expect(toScreen(moved, size, 0.9, 0)).toEqual([expect.closeTo(760, 6), expect.closeTo(300, 6)]);
  });
});

test('the nearest few are those that looking at every point would give, in their order', () => {
  const xy = cloud(3000);
  const grid = new PickGrid(xy);
  const random = numbers(5);
  const shown = Uint8Array.from({ length: 3000 }, (_, row) => (row % 4 === 0 ? 1 : 0));
  for (let trial = 0; trial < 100; trial++) {
    const [x, y] = [3 * random() - 1.5, 3 * random() - 1.5];
    for (const mask of [null, shown]) {
      const all = Array.from({ length: 3000 }, (_, row) => row)
        .filter((row) => mask === null || mask[row])
        .map((row) => ({ row, distance: Math.hypot(xy[2 * row]! - x, xy[2 * row + 1]! - y) }))
        .sort((a, b) => a.distance - b.distance || a.row - b.row);
      expect(grid.nearestFew(x, y, 8, mask)).toEqual(all.slice(0, 8));
    }
  }
  expect(new PickGrid(xy.subarray(0, 6)).nearestFew(0, 0, 8)).toHaveLength(3);
});
