// Names of files with a selection tell what is in them.
import { expect, test } from 'vitest';
import { codeColumns } from '../../src-main/exports/feature-rows.ts';
import { codeName } from '../../src-renderer/screens/explore/code-names.ts';
import { Images } from '../../src-renderer/screens/explore/images.ts';
import { selectionName } from '../../src-renderer/screens/explore/selection-name.ts';

/** Labels of the images: a, a, b, c, none. */
function someImages(): Images {
  const ids = Int32Array.of(0, 1, 2, 3, 4);
  const zeros = new Int32Array(5);
  const table = {
    ids,
    paths: new Uint8Array(),
    offsets: new Uint32Array(6),
    labels: ['a', 'b/2', 'c'],
    label: Int32Array.of(0, 0, 1, 2, -1),
    split: new Uint8Array(5),
    width: zeros,
    height: zeros,
    columns: [],
  };
  return new Images('run', 'set', table, { ids, errors: new Float32Array(5) });
}

test.each([
  [[1, 1, 0, 0, 0], 'My-photos-a-2-images.csv'],
  [[1, 1, 1, 0, 0], 'My-photos-a-b-2-3-images.csv'],
  [[1, 0, 0, 0, 0], 'My-photos-selection-1-images.csv'],
  [[1, 1, 1, 1, 0], 'My-photos-selection-4-images.csv'],
  [[0, 0, 0, 0, 1], 'My-photos-selection-1-images.csv'],
])('%j', (chosen, expected) => {
  expect(selectionName(someImages(), Uint8Array.from(chosen), 'My photos?')).toBe(expected);
});

test('columns of codes are named in the table as in files', () => {
  for (const size of [1, 5, 1200]) {
    expect(Array.from({ length: size }, (_, index) => codeName(index, size))).toEqual(codeColumns(size));
  }
});
