// Columns beside labels and errors: brought to the rows of a run by ids, sorted without losing digits, coloured with what is missing apart.
import { describe, expect, test } from 'vitest';
import type { ItemTable } from '../../src-main/contract/views.ts';
import { labelColorCount, missingIndex, otherIndex } from '../../src-renderer/drawing/colors.ts';
import { kindOf, pointColors } from '../../src-renderer/screens/explore/coloring.ts';
import { Images, sortedRows } from '../../src-renderer/screens/explore/images.ts';
import { legendEntries, mostEntries } from '../../src-renderer/screens/explore/legend.ts';
import { orderBy, rowsWithLabels } from '../../src-renderer/screens/explore/order.ts';
import { factValues, importedValues, sortKeys } from '../../src-renderer/screens/explore/values.ts';

function imagesAt(paths: readonly string[], ids = paths.map((_, row) => row), known = ids): Images {
  const bytes = known.map((id) => new TextEncoder().encode(paths[ids.indexOf(id)] ?? 'else.png'));
  const offsets = new Uint32Array(known.length + 1);
  for (const [row, path] of bytes.entries()) offsets[row + 1] = offsets[row]! + path.length;
  const table: ItemTable = {
    ids: Int32Array.from(known),
    paths: Uint8Array.from(bytes.flatMap((path) => [...path])),
    offsets,
    ...{ labels: [], label: new Int32Array(known.length).fill(-1), split: new Uint8Array(known.length) },
    width: Int32Array.from(known, (id) => 100 + id),
    height: Int32Array.from(known, () => 10),
    columns: [],
  };
  return new Images('run', 'set', table, { ids: Int32Array.from(ids), errors: new Float32Array(ids.length) });
}

// The run has 3 and 8; 5 came later, and 9 has gone from the data set.
const images = imagesAt(['a/1.png', 'b/2.png', 'c.png'], [3, 8, 9], [3, 5, 8]);

describe('values of every row of a run', () => {
  test('of imported columns come by ids, not by place', () => {
    const ids = Int32Array.of(5, 8);
    expect(importedValues(images, { kind: 'number', ids, values: Float64Array.of(1, 0.1) })).toEqual({
      ...{ kind: 'number', numbers: Float64Array.of(Number.NaN, 0.1, Number.NaN) },
    });
    const texts = ['here', 'there'];
    expect(importedValues(images, { kind: 'text', ids, texts, value: Int32Array.of(1, 0) })).toEqual({
      ...{ kind: 'text', names: texts, of: Int32Array.of(-1, 0, -1) },
    });
  });

  test('width, and the first folder in the order of names; what has gone, or lies in none, has none', () => {
    expect(factValues(images, 'width')).toEqual({
      ...{ kind: 'number', numbers: Float32Array.of(103, 108, Number.NaN) },
    });
    const folders = imagesAt(['b10/x/1.png', 'top.png', 'b9/2.png', 'b10/3.png', '猫/4.png']);
    expect(factValues(folders, 'folder')).toEqual({
      ...{ kind: 'text', names: ['b9', 'b10', '猫'], of: Int32Array.of(1, -1, 0, 1, 2) },
    });
  });
});

test('numbers that float32 cannot tell apart are sorted, equal ones in the order of rows, missing ones last both ways', () => {
  const numbers = Float64Array.of(1700000001, Number.NaN, 1700000000, -5, 1700000000);
  const keys = sortKeys({ kind: 'number', numbers });
  expect([...sortedRows(keys)]).toEqual([3, 2, 4, 0, 1]);
  const five = imagesAt(['a', 'b', 'c', 'd', 'e']);
  expect([...orderBy(five, { column: 'column:x', descending: true }, keys)]).toEqual([0, 2, 4, 3, 1]);
  const texts = sortKeys({ kind: 'text', names: ['a', 'b'], of: Int32Array.of(1, -1, 0) });
  expect([...sortedRows(texts, true)]).toEqual([0, 2, 1]);
});

describe('colours', () => {
  test('of a column whose values are not there yet are one; then a scale or groups', () => {
    expect(kindOf('column:age', null)).toBe('plain');
    expect(kindOf('column:age', { kind: 'number', numbers: new Float64Array() })).toBe('scale');
    expect(kindOf('folder', { kind: 'text', names: [], of: new Int32Array() })).toBe('groups');
    expect(['label', 'cluster', 'error', 'split', 'none'].map((own) => kindOf(own as 'label', null))).toEqual([
      ...['groups', 'groups', 'scale', 'split', 'plain'],
    ]);
  });

  test('of numbers leave out what is missing, and count it', () => {
    const { indices, scale, missing } = pointColors(images, 'scale', Float64Array.of(4, Number.NaN, 8), new Set());
    expect(scale).toEqual({ low: 4, high: 8 });
    expect([...indices]).toEqual([0, missingIndex, missingIndex - 1]);
    expect(missing).toBe(1);
  });
});

describe('5,000 values in a column', () => {
  const count = 5000;
  // Value n has n % 7 + 1 images, but for the ten last ones, which have fifty.
  const sizes = Array.from({ length: count }, (_, value) => (value >= count - 10 ? 50 : (value % 7) + 1));
  const of = Int32Array.from([...sizes.flatMap((size, value) => new Array<number>(size).fill(value)), -1, -1]);
  const many = imagesAt(Array.from(of, () => 'x.png')).grouped({
    names: sizes.map((_, value) => `value ${value}`),
    of,
  });

  test('the most frequent have colours of their own, the others share one; every image is in the legend', () => {
    const { indices, named } = pointColors(many, 'groups', null, new Set());
    expect(named.size).toBe(labelColorCount);
    for (let value = count - 10; value < count; value++) expect(named.has(value)).toBe(true);
    expect(indices.filter((index) => index !== otherIndex).length).toBe(500 + (labelColorCount - 10) * 7);
    const { entries, left } = legendEntries(many, named, new Set(), '');
    expect(entries.map(({ kind }) => kind).slice(-2)).toEqual(['other', 'unlabeled']);
    expect(entries).toHaveLength(labelColorCount + 2);
    expect(left).toBe(0);
    expect(entries.at(-2)!.labels).toHaveLength(count - labelColorCount);
    expect(entries.reduce((sum, { count: images }) => sum + images, 0)).toBe(of.length);
  });

  test('a search finds any of them, as many as a list can be; one that is chosen gets a colour and its images alone', () => {
    const { named } = pointColors(many, 'groups', null, new Set());
    expect(legendEntries(many, named, new Set(), 'value 123').entries.map(({ name }) => name)).toEqual([
      ...['value 123', ...Array.from({ length: 10 }, (_, digit) => `value 123${digit}`)],
    ]);
    const all = legendEntries(many, named, new Set(), 'VALUE');
    expect([all.entries.length, all.left]).toEqual([mostEntries, count - mostEntries]);
    const chosen = new Set([1234]);
    const after = pointColors(many, 'groups', null, chosen);
    expect(after.named.has(1234)).toBe(true);
    const rows = rowsWithLabels(many, chosen)!;
    expect(rows.reduce((sum, one) => sum + one, 0)).toBe(sizes[1234]);
    for (const [row, one] of rows.entries()) if (one) expect(after.indices[row]).not.toBe(otherIndex);
  });
});
