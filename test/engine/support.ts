// What the engine's tests share: numbers compared with a stated tolerance, and small models to train.
import { expect } from 'vitest';
import {
  add,
  cast,
  conv2d,
  depthToSpace,
  groupNorm,
  matmul,
  multiply,
  reduceMean,
  relu,
  reshape,
  silu,
  square,
  subtract,
  transpose,
} from '../../src-main/compiler/functions.ts';
import type { Feeds, Tensor } from '../../src-main/compiler/graph.ts';
import { composeTraining, type NamedShape, type TrainingProgram } from '../../src-main/compiler/training-step.ts';
import type { OptimizerSpec } from '../../src-main/contract/spec.ts';
import type { Executor, Trainer } from '../../src-main/engine/executor.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

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

export type Values = ReadonlyMap<string, Float32Array>;

export function expectSameValues(received: Values, expected: Values, tolerance: number): void {
  expect([...received.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, value] of expected) {
    expect(distance(received.get(name)!, value), name).toBeLessThanOrEqual(tolerance);
  }
}

export const adamw: OptimizerSpec = { type: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05 };

const batch = 4;
const side = 6;
const pixels = side * side;
const images: TrainingProgram['feeds'][number] = {
  name: 'images',
  type: { dtype: 'uint8', shape: [batch, side, side, 1] },
};

/** 36-10-36 with biases, and a constant that is added to the output. */
export function denseProgram(optimizer: OptimizerSpec): TrainingProgram {
  return composeTraining({
    name: 'dense',
    batchSize: batch,
    feeds: [images],
    optimizer,
    parameters: [
      { name: 'down', shape: [pixels, 10] },
      { name: 'down.bias', shape: [10] },
      { name: 'up', shape: [10, pixels] },
      { name: 'up.bias', shape: [pixels] },
    ],
    constants: [{ name: 'mean', shape: [pixels] }],
    loss({ feed, parameter, constant }) {
      const x = reshape(multiply(cast(feed('images'), 'float32'), 1 / 255), [batch, pixels]);
      const code = relu(matmul(x, parameter('down'), { bias: parameter('down.bias') }));
      const decoded = matmul(code, parameter('up'), { bias: parameter('up.bias') });
      return reduceMean(square(subtract(add(decoded, constant('mean')), x)));
    },
  });
}

/** 36-4-36 with a buffer that follows the mean code and is added to it: changed by every step, without a gradient. */
export function bufferProgram(optimizer: OptimizerSpec): TrainingProgram {
  return composeTraining({
    name: 'buffer',
    batchSize: batch,
    feeds: [images],
    optimizer,
    parameters: [
      { name: 'down', shape: [pixels, 4] },
      { name: 'up', shape: [4, pixels] },
    ],
    constants: [],
    buffers: [{ name: 'average', shape: [4] }],
    loss({ feed, parameter, buffer, setBuffer }) {
      const x = reshape(multiply(cast(feed('images'), 'float32'), 1 / 255), [batch, pixels]);
      const code = matmul(x, parameter('down'));
      const average = buffer('average');
      setBuffer('average', add(multiply(average, 0.9), multiply(reduceMean(code, { axes: [0] }), 0.1)));
      return reduceMean(square(subtract(matmul(add(code, average), parameter('up')), x)));
    },
  });
}

/** A strided convolution, group normalisation, and back by depth-to-space. */
export function convProgram(optimizer: OptimizerSpec): TrainingProgram {
  return composeTraining({
    name: 'conv',
    batchSize: batch,
    feeds: [images],
    optimizer,
    parameters: [
      { name: 'down', shape: [4, 1, 3, 3] },
      { name: 'down.bias', shape: [4] },
      { name: 'gain', shape: [4] },
      { name: 'shift', shape: [4] },
      { name: 'up', shape: [4, 4, 3, 3] },
    ],
    constants: [],
    loss({ feed, parameter }) {
      const x = transpose(multiply(cast(feed('images'), 'float32'), 1 / 255), [0, 3, 1, 2]);
      const window = { stride: [2, 2], padding: [0, 0, 1, 1] } as const;
      const maps = conv2d(x, parameter('down'), parameter('down.bias'), window);
      const inner = silu(groupNorm(maps, 2, { gain: parameter('gain'), bias: parameter('shift') }));
      const up = depthToSpace(conv2d(inner, parameter('up'), undefined, { padding: [1, 1, 1, 1] }), 2);
      return reduceMean(square(subtract(up, x)));
    },
  });
}

export function startingValues({ parameters, constants }: TrainingProgram, seed = 1): Map<string, Float32Array> {
  const random = createRandom(seed);
  const draw = ({ shape }: NamedShape) =>
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => 0.3 * random.normal());
  return new Map([...parameters, ...constants].map((named) => [named.name, draw(named)]));
}

/** The same images for the same step. */
export function imagesAt(step: number): Feeds {
  const random = createRandom(7, step);
  const data = Uint8Array.from({ length: batch * pixels }, () => random.integer(256));
  return { images: { dtype: 'uint8', shape: [batch, side, side, 1], data } };
}

/** Takes the steps first … last, at a rate that changes from step to step. */
export async function takeSteps(trainer: Trainer, first: number, last: number): Promise<void> {
  for (let step = first; step <= last; step++) await trainer.step(imagesAt(step), 0.02 / (1 + 0.1 * step), step);
}

export async function trainFor(executor: Executor, program: TrainingProgram, steps: number) {
  const trainer = await executor.train(program, startingValues(program));
  try {
    await takeSteps(trainer, 1, steps);
    return { loss: await trainer.takeLoss(), values: await trainer.read() };
  } finally {
    await trainer.dispose();
  }
}
