// The rows of a run: whatever is sorted, filtered, lassoed or left out, picture, point and table row are of one and the same id.
import { describe, expect, test } from 'vitest';
import type { ItemTable } from '../../src-main/contract/views.ts';
import { pointsInside } from '../../src-renderer/drawing/lasso.ts';
import { PickGrid } from '../../src-renderer/drawing/pick-grid.ts';
import { choose, fromIds, idsOf, toggleRow } from '../../src-renderer/screens/explore/choose.ts';
import { Images, sortedRows } from '../../src-renderer/screens/explore/images.ts';
import {
  both,
  keepRows,
  orderBy,
  rowsWithLabels,
  rowsWithText,
  type SortColumn,
  startOf,
} from '../../src-renderer/screens/explore/order.ts';
import { columnWindow, contentHeight, scrollTo, tableWindow } from '../../src-renderer/screens/explore/table-window.ts';

const count = 500;
const labels = ['Äpfel', 'cat', 'Dog'];

/** Everything about an image follows from its id, so that every mix-up shows. */
const facts = (id: number) => ({
  path: `${['b', 'a', 'Z'][Math.floor(id / 3) % 3]}/${(id * 7919) % 1000}.png`,
  label: id % 5 === 0 ? -1 : id % 3,
  split: id % 10 === 0 ? 1 : 0,
  error: ((id * 37) % 101) / 1000,
  code: Math.sin(id),
  x: ((id * 31) % 97) / 48.5 - 1,
  y: ((id * 17) % 89) / 44.5 - 1,
  width: 100 + id,
});

function tableOf(ids: readonly number[]): ItemTable {
  const paths = ids.map((id) => new TextEncoder().encode(facts(id).path));
  const offsets = new Uint32Array(ids.length + 1);
  for (const [row, path] of paths.entries()) offsets[row + 1] = offsets[row]! + path.length;
  return {
    ids: Int32Array.from(ids),
    paths: Uint8Array.from(paths.flatMap((path) => [...path])),
    offsets,
    labels,
    label: Int32Array.from(ids, (id) => facts(id).label),
    split: Uint8Array.from(ids, (id) => facts(id).split),
    width: Int32Array.from(ids, (id) => facts(id).width),
    height: Int32Array.from(ids, () => 10),
    columns: [],
  };
}

/** Ids with gaps, as after images were changed and imported again. */
const ids = Array.from({ length: count }, (_, row) => 3 * row + (row % 2));
const xy = Float32Array.from(ids.flatMap((id) => [facts(id).x, facts(id).y]));
const errors = Float32Array.from(ids, (id) => facts(id).error);
const codes = Float32Array.from(ids, (id) => facts(id).code);
/** The data set has images that the run does not know, in another order. */
const images = new Images('run', 'set', tableOf([1_000_000, ...ids.toReversed(), 1_000_001]), {
  ids: Int32Array.from(ids),
  errors,
});

/** All that a screen shows of a row belongs to its id. */
function expectOneImage(row: number): void {
  const id = images.ids[row]!;
  const { path, label, split, error, x, y, width } = facts(id);
  expect(images.path(row)).toBe(path);
  expect(images.labelName(row)).toBe(labels[label] ?? null);
  expect(images.split[row]).toBe(split);
  expect(images.errors[row]).toBe(Math.fround(error));
  expect(images.size(row)!.width).toBe(width);
  expect([xy[2 * row], xy[2 * row + 1]]).toEqual([Math.fround(x), Math.fround(y)]);
  expect(images.rowOf(id)).toBe(row);
}

test('sorting starts with the largest errors, for they are the odd ones, and with the first of all others', () => {
  expect(startOf('error')).toEqual({ column: 'error', descending: true });
  for (const column of ['id', 'path', 'label', 'split', 3] as const) expect(startOf(column).descending).toBe(false);
});

describe('one image', () => {
  test('is the same in map, table and catalogue, though those have different orders', () => {
    for (let row = 0; row < count; row++) expectOneImage(row);
  });

  test.each<[SortColumn, (id: number) => number | string]>([
    ['id', (id) => id],
    ['path', (id) => facts(id).path],
    ['label', (id) => (facts(id).label < 0 ? 9 : facts(id).label)],
    ['split', (id) => facts(id).split],
    ['error', (id) => facts(id).error],
    [3, (id) => facts(id).code],
  ])('is the same after sorting by %s, both ways', (column, keyOf) => {
    for (const descending of [false, true]) {
      const order = orderBy(images, { column, descending }, codes);
      expect(new Set(order).size).toBe(count);
      for (const row of order) expectOneImage(row);
      const keys = Array.from(order, (row) => keyOf(images.ids[row]!));
      const wanted = keys.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(keys).toEqual(descending ? wanted.toReversed() : wanted);
    }
  });

  test('is the same after filter, sort and lasso; the selection has the ids of what was enclosed', async () => {
    const shown = both(rowsWithText(images, 'A/'), rowsWithLabels(images, new Set([1, -1])));
    const frame = [-0.8, -0.9, 0.4, -0.9, 0.4, 0.7, -0.8, 0.7];
    const chosen = choose(null, await pointsInside(xy, frame), 'replace', shown);
    const expected = ids.filter((id) => {
      const { path, label, x, y } = facts(id);
      return path.startsWith('a/') && (label === 1 || label === -1) && x > -0.8 && x < 0.4 && y > -0.9 && y < 0.7;
    });
    expect(expected.length).toBeGreaterThan(10);
    expect(Array.from(idsOf(images, chosen)!)).toEqual(expected);
    const listed = keepRows(orderBy(images, { column: 'error', descending: true }, null), both(shown, chosen));
    for (const row of listed) expectOneImage(row);
    expect(Array.from(listed, (row) => images.ids[row]!).toSorted((a, b) => a - b)).toEqual(expected);
  });

  test('under the pointer is the one that the table shows for its id', () => {
    const grid = new PickGrid(xy);
    for (const row of [0, 77, 499]) {
      const found = grid.nearest(xy[2 * row]!, xy[2 * row + 1]!, 0.01);
      expect([xy[2 * found], xy[2 * found + 1]]).toEqual([xy[2 * row], xy[2 * row + 1]]);
      expectOneImage(found);
    }
  });

  test('that the data set does not have any more keeps its point and has no facts', () => {
    const some = new Images('run', 'set', tableOf([4, 9]), {
      ids: Int32Array.of(4, 6, 9),
      errors: Float32Array.of(0.1, 0.2, 0.3),
    });
    expect([some.path(1), some.labelName(1), some.splitName(1), some.size(1)]).toEqual(['', null, null, null]);
    expect([some.path(0), some.path(2)]).toEqual([facts(4).path, facts(9).path]);
  });
});

test('ranks go by error, from 1', () => {
  const best = Array.from(images.ids.keys()).toSorted((a, b) => errors[a]! - errors[b]! || a - b);
  expect(best.map((row) => images.rank(row))).toEqual(best.map((_, place) => place + 1));
});

test('labels are counted, and images without one', () => {
  const counted = Array.from(images.labelCounts);
  expect(counted.at(-1)).toBe(ids.filter((id) => id % 5 === 0).length);
  expect(counted.reduce((sum, one) => sum + one, 0)).toBe(count);
});

describe('sorting', () => {
  const values = Float32Array.of(3, -0, Number.NaN, -2.5, 0, 1e30, -1e-20, 3, Number.NEGATIVE_INFINITY);

  test('knows negative numbers, zeros and infinities; NaN is last both ways', () => {
    const sorted = (descending: boolean) => Array.from(sortedRows(values, descending), (row) => values[row]);
    const numbers = Array.from(values).filter((value) => !Number.isNaN(value));
    expect(sorted(false)).toEqual([...numbers.toSorted((a, b) => a - b || (Object.is(a, -0) ? -1 : 1)), Number.NaN]);
    expect(sorted(true).slice(0, 3)).toEqual([Math.fround(1e30), 3, 3]);
    expect(sorted(true).at(-1)).toBeNaN();
  });

  test('equal ones stay in the order of their rows', () => {
    const equal = Uint8Array.from({ length: 300 }, (_, row) => row % 2);
    for (const descending of [false, true]) {
      const rows = Array.from(sortedRows(equal, descending));
      const odd = rows.filter((row) => row % 2 === 1);
      expect(odd).toEqual(odd.toSorted((a, b) => a - b));
    }
  });

  test('a column of whole numbers below zero', () => {
    expect(Array.from(sortedRows(Int32Array.of(5, -1, 0, -2_000_000_000, 2_000_000_000)))).toEqual([3, 1, 2, 0, 4]);
  });
});

describe('the filter', () => {
  const found = (text: string) => keepRows(Uint32Array.from(ids.keys()), rowsWithText(images, text));

  test('finds letters of any case in paths', () => {
    expect(Array.from(found('z/1'))).toEqual(
      Array.from(ids.keys()).filter((row) => facts(ids[row]!).path.startsWith('Z/1')),
    );
    expect(found('z/1').length).toBeGreaterThan(0);
  });

  test('finds labels, with letters beyond a to z too', () => {
    const apples = ids.filter((id) => facts(id).label === 0).length;
    expect(found('ÄPF')).toHaveLength(apples);
    expect(found('äpf')).toHaveLength(apples);
  });

  test('finds an id by its number', () => {
    expect(Array.from(found(`#${ids[42]}`))).toEqual([42]);
    expect(found('#2')).toHaveLength(0);
  });

  test('an empty one keeps all', () => {
    expect(rowsWithText(images, '  ')).toBeNull();
    expect(rowsWithLabels(images, new Set())).toBeNull();
  });
});

describe('a selection', () => {
  const mask = (...rows: number[]) => Uint8Array.from({ length: 6 }, (_, row) => (rows.includes(row) ? 1 : 0));

  test('is replaced, added to, subtracted from and inverted, among what is shown', () => {
    const [before, meant, shown] = [mask(0, 1), mask(1, 2, 5), mask(0, 1, 2, 3, 4)];
    expect(choose(before, meant, 'replace', shown)).toEqual(mask(1, 2));
    expect(choose(before, meant, 'add', shown)).toEqual(mask(0, 1, 2));
    expect(choose(before, meant, 'subtract', shown)).toEqual(mask(0));
    expect(choose(before, mask(0, 1, 2, 3, 4, 5), 'toggle', shown)).toEqual(mask(2, 3, 4));
    expect(choose(null, meant, 'add', null)).toEqual(mask(1, 2, 5));
  });

  test('of nothing is none', () => {
    expect(choose(mask(1), mask(1), 'subtract', null)).toBeNull();
    expect(choose(mask(1), mask(), 'replace', null)).toBeNull();
    expect(toggleRow(mask(3), 3, 6)).toBeNull();
    expect(toggleRow(null, 3, 6)).toEqual(mask(3));
  });

  test('goes over to another run by ids', () => {
    const other = new Images('other', 'set', tableOf(ids), {
      ids: Int32Array.from(ids.slice(100)),
      errors: errors.slice(100),
    });
    const chosen = fromIds(other, Int32Array.of(ids[3]!, ids[100]!, ids[104]!));
    expect(Array.from(idsOf(other, chosen)!)).toEqual([ids[100], ids[104]]);
  });
});

describe('the part of a table on the screen', () => {
  test('is what lies at the scroll position, with some rows to spare', () => {
    const { first, count: rows, top } = tableWindow(1000, 300, 10_000, 40);
    expect(first).toBeLessThanOrEqual(25);
    expect(first + rows).toBeGreaterThanOrEqual(33);
    expect(top).toBe(first * 40);
  });

  test('begins and ends with the table', () => {
    expect(tableWindow(0, 300, 3, 40)).toEqual({ first: 0, count: 3, top: 0 });
    expect(tableWindow(0, 300, 0, 40)).toEqual({ first: 0, count: 0, top: 0 });
    const { first, count: rows } = tableWindow(10_000 * 40 - 300, 300, 10_000, 40);
    expect(first + rows).toBe(10_000);
  });

  test.each([1_000, 1_000_000, 5_000_000])('of %i rows every one can be scrolled to, at its place', (rows) => {
    for (const row of [0, 1, Math.floor(rows / 3), rows - 2, rows - 1]) {
      const scrollTop = scrollTo(row, 1234, 300, rows, 40);
      expect(scrollTop).toBeLessThanOrEqual(contentHeight(rows, 40) - 300 + 1e-6);
      const { first, count: drawn, top } = tableWindow(scrollTop, 300, rows, 40);
      expect(row).toBeGreaterThanOrEqual(first);
      expect(row).toBeLessThan(first + drawn);
      const onScreen = top + (row - first) * 40 - scrollTop;
      expect(onScreen).toBeGreaterThan(-0.01);
      expect(onScreen).toBeLessThan(300 - 40 + 0.01);
    }
  });

  test('columns beside those that stay', () => {
    expect(columnWindow(0, 300, 16, 80)).toEqual({ first: 0, count: 7 });
    expect(columnWindow(800, 300, 16, 80)).toEqual({ first: 9, count: 7 });
    expect(columnWindow(0, -5, 2, 80)).toEqual({ first: 0, count: 2 });
  });
});
