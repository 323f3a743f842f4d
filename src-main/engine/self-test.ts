// Does a device compute what it should? A small model with dense and convolutional layers, trained for a few steps.
import {
  add,
  cast,
  conv2d,
  matmul,
  multiply,
  reduceMean,
  reshape,
  silu,
  square,
  subtract,
  transpose,
} from '../compiler/functions.ts';
import type { Feeds, Tensor } from '../compiler/graph.ts';
import { elements } from '../compiler/ops/shapes.ts';
import { interpret } from '../compiler/reference.ts';
import { composeTraining, type TrainingProgram } from '../compiler/training-step.ts';
import { createRandom } from '../numerics/random.ts';
import type { Executor } from './executor.ts';

const steps = 3;
const learningRate = 0.01;

/** Float32 on the devices tried differs from the reference by less than 1e-4; a wrong kernel by 1e-2 and more. */
export const selfTestLimit = 1e-3;

/** The largest difference to the reference interpreter among all parameters after a few steps, relative to 1. */
export async function selfTest(executor: Executor): Promise<number> {
  const program = smallProgram();
  const values = startingValues(program);
  const feeds = { images: images() };
  const trainer = await executor.train(program, values);
  try {
    for (let step = 1; step <= steps; step++) await trainer.step(feeds, learningRate, step);
    const received = await trainer.read();
    return largestDifference(received, train(program, values, feeds));
  } finally {
    await trainer.dispose();
  }
}

const [batch, side, channels, filters] = [2, 6, 3, 4];
const pixels = side * side * channels;
const features = filters * (side / 2) ** 2;

function smallProgram(): TrainingProgram {
  return composeTraining({
    name: 'self-test',
    batchSize: batch,
    feeds: [{ name: 'images', type: { dtype: 'uint8', shape: [batch, side, side, channels] } }],
    parameters: [
      { name: 'filters', shape: [filters, channels, 3, 3] },
      { name: 'weights', shape: [features, pixels] },
      { name: 'bias', shape: [pixels] },
    ],
    constants: [],
    optimizer: { type: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    loss({ feed, parameter }) {
      const x = multiply(cast(feed('images'), 'float32'), 1 / 255);
      const window = { stride: [2, 2], padding: [0, 0, 1, 1] } as const;
      const maps = silu(conv2d(transpose(x, [0, 3, 1, 2]), parameter('filters'), undefined, window));
      const decoded = add(matmul(reshape(maps, [batch, features]), parameter('weights')), parameter('bias'));
      return reduceMean(square(subtract(decoded, reshape(x, [batch, pixels]))));
    },
  });
}

function startingValues({ parameters }: TrainingProgram): Map<string, Float32Array> {
  const random = createRandom(1);
  const draw = (shape: readonly number[]) =>
    Float32Array.from({ length: elements(shape) }, () => 0.2 * random.normal());
  return new Map(parameters.map(({ name, shape }) => [name, draw(shape)]));
}

function images(): Tensor {
  const random = createRandom(2);
  const data = Uint8Array.from({ length: batch * pixels }, () => random.integer(256));
  return { dtype: 'uint8', shape: [batch, side, side, channels], data };
}

/** The same steps by the reference interpreter. */
function train(program: TrainingProgram, values: ReadonlyMap<string, Float32Array>, feeds: Feeds) {
  const tensor = (shape: readonly number[], data: Float32Array): Tensor => ({ dtype: 'float32', shape, data });
  const zeros = (shape: readonly number[]) => new Float32Array(elements(shape));
  const moving = [...program.parameters, ...program.state];
  let live = Object.fromEntries(
    moving.map(({ name, shape }) => [name, tensor(shape, values.get(name) ?? zeros(shape))]),
  );
  for (let step = 1; step <= steps; step++) {
    const scalars = {
      learningRate: tensor([], Float32Array.of(learningRate)),
      step: tensor([], Float32Array.of(step)),
    };
    const results = interpret(program.step, { ...live, ...scalars, ...feeds });
    live = Object.fromEntries(moving.map(({ name }) => [name, results[`next:${name}`]!]));
  }
  return new Map(program.parameters.map(({ name }) => [name, live[name]!.data as Float32Array]));
}

/** Infinity where a number is missing or is none. */
function largestDifference(received: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>) {
  let largest = 0;
  for (const [name, values] of expected) {
    values.forEach((value, index) => {
      const difference = Math.abs((received.get(name)?.[index] ?? Number.NaN) - value);
      largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    });
  }
  return largest;
}
