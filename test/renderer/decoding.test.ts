// New codes out of known ones: places, directions and units, for codes of numbers, of levels and of a codebook.
import { describe, expect, test } from 'vitest';
import {
  type CodeKind,
  evenly,
  joinCodes,
  mixCodes,
  moveCode,
  placeWeights,
  replaceUnits,
  unitOrder,
  unitRange,
} from '../../src-renderer/screens/explore/decoding.ts';

const continuous: CodeKind = { codeSize: 2, kind: 'continuous', levels: null };
const levels: CodeKind = { codeSize: 2, kind: 'levels', levels: [5, 3] };
const entries: CodeKind = { codeSize: 2, kind: 'entries', levels: [9, 9] };
const codes = Float32Array.of(0, 2, 4, 0, 4, 1);

describe('weights of a place', () => {
  test('fall with the square of the distance and add up to 1', () => {
    const weights = placeWeights([1, 2, 4]);
    expect(weights[0]! / weights[1]!).toBeCloseTo(4, 12);
    expect(weights[0]! / weights[2]!).toBeCloseTo(16, 12);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  test('are all of the points that lie there', () => {
    expect(placeWeights([0, 0.1])).toEqual([1, 0]);
    expect(placeWeights([0, 0, 3])).toEqual([0.5, 0.5, 0]);
  });

  test('stay numbers however near a point is', () => {
    expect(placeWeights([1e-200, 1])).toEqual([1, 0]);
  });
});

describe('a mix of codes', () => {
  test('is their weighted mean', () => {
    expect(Array.from(mixCodes(codes, [0.5, 0.25, 0.25], continuous))).toEqual([2, 1.25]);
  });
  test('is the nearest level that there is', () => {
    expect(Array.from(mixCodes(codes, [0.6, 0.2, 0.2], levels))).toEqual([2, 1]);
  });
  test('of entries is in each place the one with the most weight', () => {
    expect(Array.from(mixCodes(codes, [0.4, 0.3, 0.3], entries))).toEqual([4, 2]);
  });
});

describe('along a direction', () => {
  const [code, from, to] = [Float32Array.of(1, 1), Float32Array.of(0, 2), Float32Array.of(2, 1)];
  test('a code moves by as many ways from A to B', () => {
    expect(Array.from(moveCode(code, from, to, 1.5, continuous))).toEqual([4, -0.5]);
    expect(Array.from(moveCode(from, from, to, 1, continuous))).toEqual(Array.from(to));
  });
  test('levels stay in their range', () => {
    expect(Array.from(moveCode(code, from, to, 2, levels))).toEqual([4, 0]);
  });
});

test('units are replaced one by one, and codes put one after the other', () => {
  const code = Float32Array.of(1, 2, 3);
  expect(Array.from(replaceUnits(code, new Map([[1, 7]])))).toEqual([1, 7, 3]);
  expect(Array.from(joinCodes([code, Float32Array.of(4)]))).toEqual([1, 2, 3, 4]);
  expect(evenly(-2, 2, 5)).toEqual([-2, -1, 0, 1, 2]);
});

test('a slider reaches as far as most codes do, and to the code of the image itself', () => {
  const facts = { low: Float32Array.of(-1, -1), high: Float32Array.of(1, 1), levels: null };
  expect(unitRange(facts, Float32Array.of(0, 3), 0)).toEqual({ low: -1, high: 1, levels: null });
  expect(unitRange(facts, Float32Array.of(0, 3), 1)).toEqual({ low: -1, high: 3, levels: null });
  expect(unitRange({ ...facts, levels: [5, 3] }, Float32Array.of(0, 2), 1)).toEqual({ low: 0, high: 2, levels: 3 });
});

test('units that vary most come first, equal ones by number', () => {
  const deviation = Float32Array.of(1, 3, 1, 2);
  expect(unitOrder({ deviation }, 'spread')).toEqual([1, 3, 0, 2]);
  expect(unitOrder({ deviation }, 'number')).toEqual([0, 1, 2, 3]);
});
