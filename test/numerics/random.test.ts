import { expect, test } from 'vitest';
import { createRandom, permutation } from '../../src-main/numerics/random.ts';

test('the same seeds give the same numbers, other seeds others', () => {
  const draw = (...seeds: number[]) => Array.from({ length: 5 }, createRandom(...seeds).next);
  expect(draw(1, 2)).toEqual(draw(1, 2));
  expect(draw(1, 2)).not.toEqual(draw(2, 1));
  expect(draw(1)).not.toEqual(draw(2));
});

test('the sequence is fixed for all time: saved runs depend on it', () => {
  const random = createRandom(42);
  expect(Array.from({ length: 3 }, () => random.integer(1_000_000))).toMatchInlineSnapshot(`
    [
      946983,
      636943,
      17143,
    ]
  `);
});

test('uniform numbers fill [0, 1) evenly, and neighbouring seeds are unrelated', () => {
  const firsts = Array.from({ length: 20_000 }, (_, seed) => createRandom(seed).next());
  const counts = new Array(10).fill(0);
  for (const value of firsts) counts[Math.floor(value * 10)]++;
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

test('a permutation holds every number once', () => {
  const order = permutation(100, createRandom(5));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
});
