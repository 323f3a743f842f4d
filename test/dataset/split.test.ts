// Which images are held out: stable under additions, never empty, folds of equal size.
import { expect, test } from 'vitest';
import { assignSplits, hashPath } from '../../src-main/dataset/split.ts';

const paths = Array.from({ length: 2000 }, (_, index) => `class/${index}.png`);
const share = { seed: 1, validation: 0.1, fold: undefined };

test('a share is about as large as asked, and differs with the seed', () => {
  const splits = assignSplits(paths, share);
  const count = splits.filter((split) => split === 'validation').length;
  expect(Math.abs(count - 200)).toBeLessThan(45);
  expect(assignSplits(paths, { ...share, seed: 2 })).not.toEqual(splits);
});

test('images keep their split when others come and go', () => {
  const few = assignSplits(paths.slice(500, 1500), share);
  expect(assignSplits(paths, share).slice(500, 1500)).toEqual(few);
});

test('of two images or more, one at least is on each side', () => {
  for (let count = 2; count < 12; count++) {
    const few = paths.slice(0, count);
    for (const validation of [0.001, 0.1, 0.9]) {
      const splits = assignSplits(few, { ...share, validation });
      expect(new Set(splits)).toEqual(new Set(['train', 'validation']));
    }
  }
  expect(assignSplits(paths.slice(0, 1), share)).toEqual(['train']);
  expect(assignSplits(paths.slice(0, 50), { ...share, validation: 0 })).toEqual(new Array(50).fill('train'));
});

test('folds cover everything once, with sizes that differ by one at most', () => {
  const folds = [1, 2, 3].map((fold) => assignSplits(paths, { ...share, fold: [fold, 3] }));
  const held = folds.map((splits) => splits.filter((split) => split === 'test').length);
  expect(held.sort()).toEqual([666, 667, 667]);
  for (const [index] of paths.entries()) {
    expect(folds.filter((splits) => splits[index] === 'test')).toHaveLength(1);
  }
});

test('folds do not depend on the order of the files', () => {
  const forwards = assignSplits(paths, { ...share, fold: [2, 5] });
  const backwards = assignSplits([...paths].reverse(), { ...share, fold: [2, 5] });
  expect(backwards.reverse()).toEqual(forwards);
});

test('hashes are spread evenly, also over paths that hardly differ', () => {
  const bins = new Array(10).fill(0);
  for (const path of paths) bins[Math.floor(hashPath(path, 7) * 10)]++;
  expect(Math.min(...bins)).toBeGreaterThan(150);
  expect(Math.max(...bins)).toBeLessThan(250);
});

test('a share of what is not in the fold validates, and at least one image does', () => {
  const splits = assignSplits(paths, { ...share, fold: [1, 3] });
  expect(splits).toContain('validation');
  expect(splits).toContain('train');
  expect(assignSplits(['a', 'b', 'c'], { ...share, fold: [1, 3] }).toSorted()).toEqual(['test', 'train', 'validation']);
});
