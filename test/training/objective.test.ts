// What training makes small: every term's gradient against finite differences, its scale, and its known values.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../src-main/compiler/builder.ts';
import { reshape } from '../../src-main/compiler/functions.ts';
import type { Feeds, Tensor } from '../../src-main/compiler/graph.ts';
import { buildModel } from '../../src-main/compiler/model.ts';
import { evaluate } from '../../src-main/compiler/reference.ts';
import type { TrainingProgram } from '../../src-main/compiler/training-step.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { imageQuality } from '../../src-main/numerics/image-quality.ts';
import { createRandom, type Random } from '../../src-main/numerics/random.ts';
import { trainingProgram } from '../../src-main/training/graphs.ts';
import { discrepancy, reconstructionLoss, structuralSimilarity } from '../../src-main/training/objective.ts';
import { planTraining } from '../../src-main/training/presets.ts';

const image = { height: 5, width: 4, channels: 3 };
const small = { codeSize: 3, hidden: [6], batchSize: 4 };

function compose(request: TrainingRequest): TrainingProgram {
  const plan = planTraining(v.parse(trainingSettingsSchema, { ...small, ...request }), image, 100);
  return trainingProgram(buildModel(plan.spec, image), plan);
}

/** Images, random numbers, and a model that stays between 0 and 1, where nothing is clipped. The same for a name every time. */
function feedsOf({ feeds, parameters, constants, buffers }: TrainingProgram): Record<string, Tensor> {
  const fill = (name: string, shape: readonly number[], next: (random: Random) => number) => {
    const random = createRandom(5, ...Array.from(name, (letter) => letter.charCodeAt(0)));
    return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next(random));
  };
  const fed = feeds.map(({ name, type }): [string, Tensor] => {
    const shape = type.shape as readonly number[];
    if (type.dtype === 'float32')
      return [name, { dtype: 'float32', shape, data: fill(name, shape, ({ next }) => next()) }];
    const data = Uint8Array.from(fill(name, shape, (random) => 20 + random.integer(215)));
    return [name, { dtype: 'uint8', shape, data }];
  });
  const held = [...parameters, ...constants, ...buffers].map(({ name, shape }): [string, Tensor] => {
    const middle = name === 'pca.mean' || name === 'decoder.1.bias' ? 0.25 : name === 'pca.deviation' ? 0.5 : 0;
    return [name, { dtype: 'float32', shape, data: fill(name, shape, (random) => middle + 0.04 * random.normal()) }];
  });
  return Object.fromEntries([...fed, ...held]);
}

/** The largest difference between gradients and central differences at a few places of every parameter. */
function gradientError(program: TrainingProgram): number {
  const feeds: Feeds = feedsOf(program);
  const computed = evaluate(program.gradients, feeds);
  const step = 1e-5;
  let largest = 0;
  for (const { name, shape } of program.parameters) {
    const data = Float64Array.from(feeds[name]!.data);
    const gradient = computed[`gradient:${name}`]!.data;
    for (const index of [0, data.length >> 1, data.length - 1]) {
      const lossAt = (value: number) =>
        evaluate(program.gradients, { ...feeds, [name]: { shape, data: data.with(index, value) } }).loss!.data[0]!;
      const expected = (lossAt(data[index]! + step) - lossAt(data[index]! - step)) / (2 * step);
      largest = Math.max(largest, Math.abs(gradient[index]! - expected) / Math.max(1e-2, Math.abs(expected)));
    }
  }
  return largest;
}

test.each<TrainingRequest>([
  { loss: 'mse' },
  { loss: 'mae' },
  { loss: 'huber' },
  { loss: 'bce' },
  { loss: 'ssim' },
  { ssimWeight: 0.3 },
  { noise: 0.3, noiseKind: 'gaussian' },
  { noise: 0.3, noiseKind: 'masking' },
  { noise: 0.3, noiseKind: 'salt-and-pepper' },
  { codeL1: 0.5 },
  { preset: 'variational', beta: 4, klWarmup: 0.9 },
  { preset: 'variational', beta: 4, pcaStart: false, loss: 'bce' },
  { preset: 'wae', mmd: 30 },
  { preset: 'variational', mmd: 30, beta: 1 },
])('the gradient of %o is that of finite differences', (request) => {
  expect(gradientError(compose(request))).toBeLessThan(1e-4);
});

describe('terms by hand', () => {
  /** The value of an expression of inputs a, b, … that are given row by row. */
  function numberOf(build: (...inputs: Value[]) => Value, ...rows: number[][][]): number {
    const builder = new GraphBuilder();
    const tensors = rows.map((matrix, index) => {
      const tensor = {
        dtype: 'float32',
        shape: [matrix.length, matrix[0]!.length],
        data: Float32Array.from(matrix.flat()),
      };
      return [`x${index}`, tensor as Tensor] as const;
    });
    const inputs = tensors.map(([name, { shape }]) => builder.input(name, { dtype: 'float32', shape }));
    const graph = builder.build('value', { value: reshape(build(...inputs), []) });
    return evaluate(graph, Object.fromEntries(tensors)).value!.data[0]!;
  }
  const pair = { height: 1, width: 2, channels: 1 };
  const loss = (name: Parameters<typeof reconstructionLoss>[0]) =>
    numberOf((a, b) => reconstructionLoss(name, a, b, pair), [[0.5, 0.25]], [[0.5, 1]]);

  test('losses', () => {
    expect(loss('mse')).toBeCloseTo(0.75 ** 2 / 2, 6);
    expect(loss('mae')).toBeCloseTo(0.75 / 2, 6);
    expect(loss('huber')).toBeCloseTo((0.1 * (0.75 - 0.05)) / 2, 6);
    expect(loss('bce')).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 5);
  });

  test('a small error costs the same under Huber as half its square', () => {
    const huber = numberOf((a, b) => reconstructionLoss('huber', a, b, pair), [[0.5, 0.5]], [[0.5, 0.56]]);
    expect(huber).toBeCloseTo((0.5 * 0.06 ** 2) / 2, 7);
  });

  test.each([
    { height: 16, width: 13, channels: 1 as const },
    { height: 12, width: 14, channels: 3 as const },
    { height: 4, width: 5, channels: 3 as const },
  ])('the structural similarity of %o is the one that is reported', (shape) => {
    const random = createRandom(3);
    const size = shape.height * shape.width * shape.channels;
    const [x, y] = [0, 1].map(() => Array.from({ length: 2 }, () => Array.from({ length: size }, () => random.next())));
    const expected = imageQuality(Float32Array.from(x!.flat()), Float32Array.from(y!.flat()), shape).ssim;
    expect(numberOf((a, b) => structuralSimilarity(a, b, shape), x!, y!)).toBeCloseTo(expected, 5);
  });

  test('the discrepancy of two pairs is the sum of its kernels', () => {
    const kernel = (distance: number) =>
      [0.1, 0.2, 0.5, 1, 2, 5, 10].reduce((sum, scale) => sum + (2 * scale) / (2 * scale + distance), 0);
    const expected = kernel(4) + kernel(1) - (2 * (kernel(1) + kernel(4) + kernel(1) + kernel(0))) / 4;
    expect(numberOf(discrepancy, [[0], [2]], [[1], [2]])).toBeCloseTo(expected, 5);
  });

  test('a sample of the prior is near it, and one beside it is not', () => {
    const random = createRandom(1);
    const draw = (shift: number) => Array.from({ length: 200 }, () => [0, 1, 2].map(() => random.normal() + shift));
    expect(Math.abs(numberOf(discrepancy, draw(0), draw(0)))).toBeLessThan(0.05);
    expect(numberOf(discrepancy, draw(1), draw(0))).toBeGreaterThan(0.3);
  });
});

describe('scale', () => {
  const lossAt = (request: TrainingRequest, progress?: number) => {
    const program = compose(request);
    const feeds = feedsOf(program);
    if (progress !== undefined) feeds.progress = { dtype: 'float32', shape: [], data: Float32Array.of(progress) };
    return evaluate(program.gradients, feeds).loss!.data[0]!;
  };

  test('the divergence grows with β, and with the run until its rise is over', () => {
    const at = (progress: number) => lossAt({ preset: 'variational', beta: 2, klWarmup: 0.5 }, progress);
    const [none, half, full] = [at(0), at(0.25), at(0.5)];
    expect(none).toBe(lossAt({ preset: 'variational', beta: 0, klWarmup: 0 }));
    expect(half - none).toBeCloseTo((full - none) / 2, 8);
    expect(at(0.9)).toBe(full);
    expect(full).toBe(lossAt({ preset: 'variational', beta: 2, klWarmup: 0 }));
  });

  test('a nat of divergence is β · 0.02 / D of a squared error', () => {
    // Means 0.3 and log-variances 0 from an encoder that is silent but for its bias.
    const program = compose({ preset: 'variational', beta: 1, klWarmup: 0, pcaStart: false, hidden: [2] });
    const feeds = feedsOf(program);
    const weight = feeds['encoder.1.weight']!;
    const bias = Float32Array.of(0.3, 0.3, 0.3, 0, 0, 0);
    feeds['encoder.1.weight'] = { ...weight, data: new Float32Array(weight.data.length) };
    feeds['encoder.1.bias'] = { dtype: 'float32', shape: [6], data: bias };
    const without = compose({ preset: 'variational', beta: 0, klWarmup: 0, pcaStart: false, hidden: [2] });
    const lossOf = (graph: TrainingProgram['gradients']) => evaluate(graph, feeds).loss!.data[0]!;
    const nats = (3 * 0.3 ** 2) / 2;
    expect(lossOf(program.gradients) - lossOf(without.gradients)).toBeCloseTo((nats * 0.02) / 60, 8);
  });
});
