// The images that stand for a data set in the list: each once, however few there are.
import { expect, test } from 'vitest';
import { spreadIds } from '../../src-renderer/screens/import/spread.ts';

test.each([
  [0, []],
  [1, [0]],
  [2, [0, 1]],
  [5, [0, 1, 2, 3, 4]],
  [6, [0, 1, 2, 3, 4, 5]],
  [60, [0, 10, 20, 30, 40, 50]],
])('of %i images', (count, expected) => {
  expect(Array.from(spreadIds(count, 6))).toEqual(expected);
});
