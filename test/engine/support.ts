// What the engine's tests share: numbers compared with a stated tolerance, and small models to train.
import { expect } from 'vitest';
import type { Tensor } from '../../src-main/compiler/graph.ts';

/** The largest difference, relative to the largest expected element where that is above 1. */
export function distance(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  let scale = 1;
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    scale = Math.max(scale, Math.abs(expected[index]!));
    const difference = Math.abs(received[index]! - expected[index]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest / scale;
}

/** Same names, types and shapes, and numbers within the tolerance; integers and bools must be equal. */
export function expectSame(
  received: Record<string, Tensor>,
  expected: Record<string, Tensor>,
  tolerance: number,
): void {
  expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
  for (const name in expected) {
    const [one, other] = [received[name]!, expected[name]!];
    expect({ dtype: one.dtype, shape: one.shape }, name).toEqual({ dtype: other.dtype, shape: other.shape });
    const limit = other.dtype === 'float32' ? tolerance : 0;
    expect(distance(one.data, other.data), name).toBeLessThanOrEqual(limit);
  }
}
