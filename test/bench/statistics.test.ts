import { expect, test } from 'vitest';
import { bestOf, median, type Rates, ratios, spread } from './statistics.ts';

const contender = (name: string, group: string, ...rates: number[]): Rates => ({ name, group, rates });

test('the median is the middle value, or the mean of the two middle ones', () => {
  expect(median([5])).toBe(5);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 100])).toBe(7);
  expect(() => median([])).toThrow(RangeError);
});

test('a median leaves its values in their order', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test('a spread goes from the lowest to the highest value', () => {
  expect(spread([4, 1, 9])).toEqual({ median: 4, low: 1, high: 9 });
});

test('the best of a group has the highest median, not the highest single round', () => {
  const contenders = [
    contender('1 thread', 'PyTorch', 10, 10, 10),
    contender('2 threads', 'PyTorch', 1, 9, 99),
    contender('other', 'pandas', 1000),
  ];
  expect(bestOf('PyTorch', contenders)?.name).toBe('1 thread');
});

test('a contender that was not measured stands for nobody', () => {
  expect(bestOf('PyTorch', [contender('absent', 'PyTorch')])).toBeUndefined();
});

test('ratios are taken round by round', () => {
  // The machine was twice as slow in the second round, for both.
  const contenders = [contender('Pinhole', 'Pinhole', 200, 100, 240), contender('peer', 'PyTorch', 100, 50, 80)];
  const [result] = ratios(contenders, [{ against: 'PyTorch', atLeast: 2 }]);
  expect(result).toEqual({
    against: 'PyTorch',
    atLeast: 2,
    contender: 'peer',
    ratio: { median: 2, low: 2, high: 3 },
    met: true,
  });
});

test('a floor just above the ratio is not met, and no floor is neither met nor missed', () => {
  const contenders = [contender('Pinhole', 'Pinhole', 99), contender('peer', 'PyTorch', 100)];
  const met = (atLeast: number | null) => ratios(contenders, [{ against: 'PyTorch', atLeast }])[0]!.met;
  expect(met(1)).toBe(false);
  expect(met(0.99)).toBe(true);
  expect(met(null)).toBeNull();
});

test('a group that is absent has no ratio', () => {
  const contenders = [contender('Pinhole', 'Pinhole', 1), contender('peer', 'PyTorch')];
  expect(ratios(contenders, [{ against: 'PyTorch', atLeast: 1 }])).toEqual([]);
});
