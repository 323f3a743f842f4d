// Which dropped files are sent together.
import { expect, test } from 'vitest';
import { parcels } from '../../src-renderer/screens/import/parcels.ts';

const given = (sizes: readonly number[]) =>
  sizes.map((size, index) => ({ path: `${index}.png`, file: { size } as File }));
const sizesOf = (sizes: readonly number[]) =>
  [...parcels(given(sizes))].map((parcel) => parcel.map(({ file }) => file.size));

test('small files go together, at most 256 of them, in their order', () => {
  const sent = [...parcels(given(Array.from({ length: 600 }, () => 300)))];
  expect(sent.map(({ length }) => length)).toEqual([256, 256, 88]);
  expect(sent.flat().map(({ path }) => path)).toEqual(Array.from({ length: 600 }, (_, index) => `${index}.png`));
});

test('a parcel holds at most a mebibyte, and what is larger goes alone', () => {
  const half = 2 ** 19;
  expect(sizesOf([half, half, 1])).toEqual([[half, half], [1]]);
  expect(sizesOf([1, 3 * half, 1, 1])).toEqual([[1], [3 * half], [1, 1]]);
});

test('nothing makes no parcel, an empty file makes one', () => {
  expect(sizesOf([])).toEqual([]);
  expect(sizesOf([0])).toEqual([[0]]);
});
