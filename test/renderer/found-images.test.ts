// What was found, as the images that are meant by it; and images in the groups of clusters.
import { expect, test } from 'vitest';
import { packTexts } from '../../src-main/host/window/packed-texts.ts';
import { pointColors } from '../../src-renderer/screens/explore/coloring.ts';
import { copiesOf, foundValues, standingOut } from '../../src-renderer/screens/explore/found-images.ts';
import { Images } from '../../src-renderer/screens/explore/images.ts';
import { legendEntries } from '../../src-renderer/screens/explore/legend.ts';
import { orderBy, rowsWithLabels, startOf } from '../../src-renderer/screens/explore/order.ts';
import { type FoundColumn, sortKeys } from '../../src-renderer/screens/explore/values.ts';

test('copies are all of a group but the one to keep', () => {
  const groups = [
    { keep: 4, others: [9, 1] },
    { keep: 2, others: [7] },
  ];
  expect(copiesOf({ groups })).toEqual([9, 1, 7]);
  expect(copiesOf({ groups: [] })).toEqual([]);
});

test('those above the score stand out; the first ten where hardly any is above it, and all where there are fewer', () => {
  const ids = Int32Array.from({ length: 40 }, (_, at) => 100 + at);
  const scores = (above: number) => Float32Array.from(ids, (_, at) => (at < above ? 4 : 1));
  expect(standingOut({ ids, scores: scores(25) })).toEqual(ids.slice(0, 25));
  expect(standingOut({ ids, scores: scores(2) })).toEqual(ids.slice(0, 10));
  expect(standingOut({ ids, scores: scores(40) })).toEqual(ids);
  expect(standingOut({ ids: ids.slice(0, 3), scores: scores(0).slice(0, 3) })).toEqual(ids.slice(0, 3));
});

test('as columns: scores and clusters of the images that have them, groups of copies numbered from the largest', () => {
  const table = {
    ...{ ids: Int32Array.of(2, 4, 7, 9), ...packTexts(['2.png', '4.png', '7.png', '9.png']) },
    ...{ labels: [], label: new Int32Array(4).fill(-1), split: new Uint8Array(4) },
    ...{ width: new Int32Array(4), height: new Int32Array(4), columns: [] },
  };
  const images = new Images('run', 'data', table, { ids: table.ids, errors: new Float32Array(4) });
  const columns = new Map(
    foundValues(images, {
      // The image 5 is gone.
      duplicates: {
        what: 'duplicates',
        groups: [
          { keep: 9, others: [2] },
          { keep: 5, others: [7] },
        ],
      },
      outliers: { what: 'outliers', ids: Int32Array.of(7, 2, 9, 4), scores: Float32Array.of(4, 3, 2, 1) } as never,
    }),
  );
  const numbers = (column: FoundColumn) => (columns.get(column) as { numbers: Float32Array }).numbers;
  expect([...numbers('copies')]).toEqual([1, Number.NaN, 2, 1]);
  expect([...numbers('score')]).toEqual([3, 1, 4, 2]);
  expect(columns.get('cluster')).toBeNull();
  const order = orderBy(images, startOf('score'), sortKeys(columns.get('score')!));
  expect(Array.from(order, (row) => images.ids[row])).toEqual([7, 2, 9, 4]);
});

test('grouped by cluster, legend and colours are of clusters, and all else is as it was', () => {
  const table = {
    ...{ ids: Int32Array.of(0, 1, 2, 3), ...packTexts(['a/0.png', 'a/1.png', 'b/2.png', 'b/3.png']) },
    ...{ labels: ['a', 'b'], label: Int32Array.of(0, 0, 1, 1), split: new Uint8Array(4) },
    ...{ width: new Int32Array(4).fill(9), height: new Int32Array(4).fill(8), columns: [] },
  };
  const images = new Images('run', 'data', table, { ids: table.ids, errors: new Float32Array(4) });
  const grouped = images.grouped({ names: ['1', '2', '3'], of: Int32Array.of(2, 0, 0, -1) });
  expect([...grouped.labelCounts]).toEqual([2, 0, 1, 1]);
  expect(grouped.path(2)).toBe('b/2.png');
  expect(grouped.size(1)).toEqual({ width: 9, height: 8 });
  expect(images.labelName(0)).toBe('a');
  const { named, indices } = pointColors(grouped, 'groups', null, new Set());
  expect(indices[1]).toBe(indices[2]);
  expect(new Set(indices).size).toBe(3);
  const { entries } = legendEntries(grouped, named, new Set(), '');
  expect(entries.find(({ name }) => name === '1')).toMatchObject({ count: 2, labels: [0] });
  expect(rowsWithLabels(grouped, new Set([0]))).toEqual(Uint8Array.of(0, 1, 1, 0));
});
