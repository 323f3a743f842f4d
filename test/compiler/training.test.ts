// Simplification, optimisers, schedules and the composition of a training step.
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../src-main/compiler/builder.ts';
import * as f from '../../src-main/compiler/functions.ts';
import type { Feeds, Tensor } from '../../src-main/compiler/graph.ts';
import { stateSlots, update } from '../../src-main/compiler/optimizers.ts';
import { print } from '../../src-main/compiler/print.ts';
import { evaluate, interpret } from '../../src-main/compiler/reference.ts';
import { learningRateAt } from '../../src-main/compiler/schedules.ts';
import { simplify } from '../../src-main/compiler/simplify.ts';
import { composeTraining } from '../../src-main/compiler/training-step.ts';
import type { OptimizerSpec } from '../../src-main/contract/spec.ts';

const tensor = (shape: readonly number[], ...data: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

describe('simplification', () => {
  /** The lines of the simplified graph of an expression of x (2×3) and a scalar s, without inputs and outputs. */
  function simplified(build: (x: Value, s: Value) => Value): string[] {
    const builder = new GraphBuilder();
    const [x, s] = [
      builder.input('x', { dtype: 'float32', shape: [2, 3] }),
      builder.input('s', { dtype: 'float32', shape: [] }),
    ];
    const lines = print(simplify(builder.build('g', { y: build(x, s) }))).split('\n');
    return lines.slice(3, lines.indexOf('returns')).map((line) => line.trim().replace('float32', ''));
  }

  test.each<[string, (x: Value, s: Value) => Value, string[]]>([
    ['x · 1 + 0', (x) => f.add(f.multiply(x, 1), 0), []],
    ['(x − 0) / 1', (x) => f.divide(f.subtract(x, 0), 1), []],
    ['1 · x', (x) => f.multiply(1, x), []],
    ['−(−x)', (x) => f.negate(f.negate(x)), []],
    ['transposed twice', (x) => f.transpose(f.transpose(x, [1, 0]), [1, 0]), []],
    ['reshaped there and back', (x) => f.reshape(f.reshape(x, [6]), [2, 3]), []],
    ['reshaped twice', (x) => f.reshape(f.reshape(x, [6]), [3, 2]), ['%2 [3, 2] = reshape(%0) {shape: [3, 2]}']],
    ['x · 2 · 3', (x) => f.multiply(f.multiply(x, 2), 3), ['%2 [] = constant() 6', '%3 [2, 3] = multiply(%0, %2)']],
    [
      'x · s · s',
      (x, s) => f.multiply(f.multiply(x, s), s),
      ['%2 [] = multiply(%1, %1)', '%3 [2, 3] = multiply(%0, %2)'],
    ],
    ['−(x · 2)', (x) => f.negate(f.multiply(x, 2)), ['%2 [] = constant() -2', '%3 [2, 3] = multiply(%0, %2)']],
    ['−x · 2', (x) => f.multiply(f.negate(x), 2), ['%2 [] = constant() -2', '%3 [2, 3] = multiply(%0, %2)']],
    ['x + −exp x', (x) => f.add(x, f.negate(f.exp(x))), ['%2 [2, 3] = exp(%0)', '%3 [2, 3] = subtract(%0, %2)']],
    ['−x + exp x', (x) => f.add(f.negate(x), f.exp(x)), ['%2 [2, 3] = exp(%0)', '%3 [2, 3] = subtract(%2, %0)']],
    ['x − −exp x', (x) => f.subtract(x, f.negate(f.exp(x))), ['%2 [2, 3] = exp(%0)', '%3 [2, 3] = add(%0, %2)']],
    ['x + x', (x) => f.add(x, x), ['%2 [] = constant() 2', '%3 [2, 3] = multiply(%0, %2)']],
    ['x · broadcast s', (x, s) => f.multiply(x, f.broadcastTo(s, [2, 3])), ['%2 [2, 3] = multiply(%0, %1)']],
    [
      '√ broadcast s',
      (_, s) => f.sqrt(f.broadcastTo(s, [2, 3])),
      ['%2 [] = sqrt(%1)', '%3 [2, 3] = broadcastTo(%2) {shape: [2, 3]}'],
    ],
    [
      'a constant expression',
      (x, s) => f.add(x, f.multiply(s, f.exp(f.subtract(s.builder.constant(1), 1)))),
      ['%2 [2, 3] = add(%0, %1)'],
    ],
  ])('of %s', (_, build, expected) => {
    expect(simplified(build)).toEqual(expected);
  });
});

describe('optimisers', () => {
  /** The values of a parameter, from 1, under the gradients 1, 0.5 and −1 at a rate of 0.1. */
  function path(optimizer: OptimizerSpec, shape: readonly number[] = []): number[] {
    const values: number[] = [];
    let [parameter, state] = [
      tensor(shape, 1),
      Object.fromEntries(stateSlots(optimizer).map((slot) => [slot, tensor(shape, 0)])),
    ];
    for (const [index, gradient] of [1, 0.5, -1].entries()) {
      const results = runUpdate(
        optimizer,
        [{ parameter, gradient: tensor(shape, gradient), state }],
        0.1,
        index + 1,
      )[0]!;
      [parameter, state] = [results.parameter, results.state];
      values.push(parameter.data[0]!);
    }
    return values;
  }

  interface Numbers {
    parameter: Tensor;
    gradient: Tensor;
    state: Record<string, Tensor>;
  }

  function runUpdate(optimizer: OptimizerSpec, parameters: Numbers[], learningRate: number, step: number) {
    const builder = new GraphBuilder();
    const feeds: Record<string, Tensor> = {};
    const input = (name: string, value: Tensor) => {
      feeds[name] = value;
      return builder.input(name, { dtype: 'float32', shape: value.shape });
    };
    const inputs = parameters.map(({ parameter, gradient, state }, index) => ({
      parameter: input(`p${index}`, parameter),
      gradient: input(`g${index}`, gradient),
      state: Object.fromEntries(Object.entries(state).map(([slot, value]) => [slot, input(`${slot}${index}`, value)])),
    }));
    const scalars = {
      learningRate: input('learningRate', tensor([], learningRate)),
      step: input('step', tensor([], step)),
    };
    const outputs = update(optimizer, inputs, scalars).flatMap(({ parameter, state }, index) => [
      [`p${index}`, parameter] as const,
      ...Object.entries(state).map(([slot, value]) => [`${slot}${index}`, value] as const),
    ]);
    const results = interpret(simplify(builder.build('update', Object.fromEntries(outputs))), feeds);
    return parameters.map(({ state }, index) => ({
      parameter: results[`p${index}`]!,
      state: Object.fromEntries(Object.keys(state).map((slot) => [slot, results[`${slot}${index}`]!])),
    }));
  }

  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

  // By hand, from the formulas in the docstrings.
  test.each<[string, OptimizerSpec, readonly number[], number[]]>([
    ['SGD', { type: 'sgd', momentum: 0, nesterov: false }, [], [0.9, 0.85, 0.95]],
    ['SGD with momentum', { type: 'sgd', momentum: 0.9, nesterov: false }, [], [0.9, 0.76, 0.734]],
    ['SGD with Nesterov momentum', { type: 'sgd', momentum: 0.9, nesterov: true }, [], [0.81, 0.634, 0.7106]],
    ['Adam', { type: 'adam', ...adam }, [], [0.9, 0.806782, 0.795704]],
    ['Adam with a large epsilon', { type: 'adam', ...adam, epsilon: 1 }, [], [0.95, 0.908847, 0.903705]],
    [
      'AdamW on a bias, which does not decay',
      { type: 'adamw', ...adam, weightDecay: 0.5 },
      [1],
      [0.9, 0.806782, 0.795704],
    ],
    ['AdamW on a matrix', { type: 'adamw', ...adam, weightDecay: 0.5 }, [1, 1], [0.85, 0.714282, 0.66749]],
  ])('%s follows its formula', (_, optimizer, shape, expected) => {
    for (const [index, value] of path(optimizer, shape).entries()) expect(value).toBeCloseTo(expected[index]!, 5);
  });

  test.each<[number, number[]]>([
    [1, [-0.6, -0.8]],
    [2.5, [-1.5, -2]],
    [10, [-3, -4]],
  ])('a norm of 5 is clipped to %d over all parameters together', (clipNorm, expected) => {
    const parameters = [3, 4].map((gradient) => ({
      parameter: tensor([], 0),
      gradient: tensor([], gradient),
      state: {},
    }));
    const results = runUpdate({ type: 'sgd', momentum: 0, nesterov: false, clipNorm }, parameters, 1, 1);
    for (const [index, { parameter }] of results.entries()) expect(parameter.data[0]).toBeCloseTo(expected[index]!, 5);
  });

  test('clipping before Adam is clipping of the gradient', () => {
    const numbers = (gradient: number) => ({
      parameter: tensor([], 1),
      gradient: tensor([], gradient),
      state: { mean: tensor([], 0.1), square: tensor([], 0.2) },
    });
    const [clipped] = runUpdate({ type: 'adam', ...adam, clipNorm: 1 }, [numbers(4)], 0.1, 3);
    const [small] = runUpdate({ type: 'adam', ...adam }, [numbers(1)], 0.1, 3);
    for (const slot of ['mean', 'square'])
      expect(clipped!.state[slot]!.data[0]).toBeCloseTo(small!.state[slot]!.data[0]!, 6);
    expect(clipped!.parameter.data[0]).toBeCloseTo(small!.parameter.data[0]!, 6);
  });

  test('gradients of zero are left alone by clipping', () => {
    const [result] = runUpdate(
      { type: 'sgd', momentum: 0, nesterov: false, clipNorm: 1 },
      [{ parameter: tensor([], 1), gradient: tensor([], 0), state: {} }],
      1,
      1,
    );
    expect(result!.parameter.data[0]).toBe(1);
  });
});

describe('schedules', () => {
  const at = (schedule: Parameters<typeof learningRateAt>[0], progress: number, warmup = 0.3) =>
    learningRateAt(schedule, { peak: 2, progress, warmup });

  test('constant', () => {
    expect([0, 0.4, 1].map((progress) => at('constant', progress))).toEqual([2, 2, 2]);
  });

  test.each([
    [0, 2],
    [0.2, 1 + Math.cos(0.2 * Math.PI)],
    [0.5, 1],
    [1, 0],
  ])('cosine at %d', (progress, rate) => {
    expect(at('cosine', progress)).toBeCloseTo(rate, 12);
  });

  test.each([
    [0, 0.08],
    [0.15, 1.04],
    [0.3, 2],
    [0.65, 1.000004],
    [1, 0.000008],
  ])('one-cycle at %d', (progress, rate) => {
    expect(at('one-cycle', progress)).toBeCloseTo(rate, 12);
  });

  test('one-cycle that never warms up, or does nothing else', () => {
    expect(at('one-cycle', 0, 0)).toBe(2);
    expect(at('one-cycle', 0.5, 1)).toBeCloseTo(1.04, 12);
    expect(at('one-cycle', 1, 1)).toBeCloseTo(0.000008, 12);
  });
});

describe('a training step', () => {
  const compose = (optimizer: OptimizerSpec) =>
    composeTraining({
      name: 'dense',
      batchSize: 4,
      feeds: [{ name: 'images', type: { dtype: 'uint8', shape: [4, 2, 3, 1] } }],
      parameters: [
        { name: 'encoder.weight', shape: [6, 2] },
        { name: 'encoder.bias', shape: [2] },
        { name: 'decoder.weight', shape: [2, 6] },
        { name: 'unused', shape: [3] },
      ],
      constants: [{ name: 'mean', shape: [6] }],
      optimizer,
      loss({ feed, parameter, constant }) {
        const pixels = f.multiply(f.cast(f.reshape(feed('images'), [4, 6]), 'float32'), 1 / 255);
        const centred = f.subtract(pixels, constant('mean'));
        const code = f.relu(f.matmul(centred, parameter('encoder.weight'), { bias: parameter('encoder.bias') }));
        return f.reduceMean(f.square(f.subtract(f.matmul(code, parameter('decoder.weight')), centred)));
      },
    });
  const sgd: OptimizerSpec = { type: 'sgd', momentum: 0.9, nesterov: false };
  const adamw: OptimizerSpec = {
    type: 'adamw',
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.01,
    clipNorm: 1,
  };

  function feedsOf(program: ReturnType<typeof compose>): Feeds {
    const values = (shape: readonly number[], scale: number) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return tensor(shape, ...Array.from({ length: size }, (_, index) => scale * Math.sin(index + 1)));
    };
    return {
      images: {
        dtype: 'uint8',
        shape: [4, 2, 3, 1],
        data: Uint8Array.from({ length: 24 }, (_, index) => (index * 53) % 256),
      },
      ...Object.fromEntries(
        [...program.parameters, ...program.constants].map(({ name, shape }) => [name, values(shape, 1)]),
      ),
      ...Object.fromEntries(program.state.map(({ name, shape }) => [name, values(shape, 0)])),
      learningRate: tensor([], 0.05),
      step: tensor([], 1),
    };
  }

  test('prints as expected', async () => {
    const { gradients, step } = compose(sgd);
    await expect(print(gradients)).toMatchFileSnapshot('snapshots/dense-gradients.txt');
    await expect(print(step)).toMatchFileSnapshot('snapshots/dense-step-sgd.txt');
    await expect(print(compose(adamw).step)).toMatchFileSnapshot('snapshots/dense-step-adamw.txt');
  });

  test('names inputs, state and outputs as executors expect them', () => {
    const program = compose(adamw);
    expect(program.state.map(({ name }) => name).slice(0, 3)).toEqual([
      'mean:encoder.weight',
      'square:encoder.weight',
      'mean:encoder.bias',
    ]);
    const given = ['images', ...program.parameters.map(({ name }) => name), 'mean'];
    expect(program.gradients.inputs.map(({ name }) => name)).toEqual(given);
    expect(program.step.inputs.map(({ name }) => name).toSorted()).toEqual(
      [...given, ...program.state.map(({ name }) => name), 'learningRate', 'step'].toSorted(),
    );
    expect(program.gradients.outputs.map(({ name }) => name)).toEqual([
      'loss',
      ...program.parameters.map(({ name }) => `gradient:${name}`),
    ]);
    const next = [...program.parameters, ...program.state].map(({ name }) => `next:${name}`);
    expect(program.step.outputs.map(({ name }) => name).toSorted()).toEqual(['loss', ...next].toSorted());
  });

  test('updates by the gradients of the other graph', () => {
    const program = compose(sgd);
    const feeds = feedsOf(program);
    const [gradients, step] = [evaluate(program.gradients, feeds), evaluate(program.step, feeds)];
    expect(step.loss).toEqual(gradients.loss);
    for (const { name } of program.parameters) {
      for (const [index, gradient] of gradients[`gradient:${name}`]!.data.entries()) {
        expect(step[`next:${name}`]!.data[index]).toBeCloseTo(feeds[name]!.data[index]! - 0.05 * gradient, 6);
        expect(step[`next:momentum:${name}`]!.data[index]).toBeCloseTo(gradient, 6);
      }
    }
  });

  test.each([
    ['SGD', sgd, 60],
    ['AdamW', adamw, 60],
  ] as const)('lowers the loss with %s', (_, optimizer, steps) => {
    const program = compose(optimizer);
    let feeds = feedsOf(program);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      const results = interpret(program.step, { ...feeds, step: tensor([], step) });
      losses.push(results.loss!.data[0]!);
      const next = [...program.parameters, ...program.state].map(({ name }) => [name, results[`next:${name}`]!]);
      feeds = { ...feeds, ...Object.fromEntries(next) };
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
  });

  test('a buffer is given its next value by both graphs, and one that is not is named', () => {
    const options = {
      name: 'x',
      batchSize: 1,
      feeds: [],
      parameters: [{ name: 'w', shape: [1] }],
      constants: [],
      buffers: [{ name: 'count', shape: [1] }],
      optimizer: sgd,
    };
    const program = composeTraining({
      ...options,
      loss({ parameter, buffer, setBuffer }) {
        setBuffer('count', f.add(buffer('count'), 1));
        return f.reduceSum(f.multiply(parameter('w'), buffer('count')));
      },
    });
    const given = { w: tensor([1], 2), count: tensor([1], 3) };
    expect(evaluate(program.gradients, given)).toMatchObject({
      loss: { data: Float64Array.of(6) },
      'gradient:w': { data: Float64Array.of(3) },
      'next:count': { data: Float64Array.of(4) },
    });
    const scalars = { learningRate: tensor([], 0.5), step: tensor([], 1), 'momentum:w': tensor([1], 0) };
    const step = evaluate(program.step, { ...given, ...scalars });
    expect([step['next:w']!.data, step['next:count']!.data]).toEqual([Float64Array.of(0.5), Float64Array.of(4)]);
    const forgotten = () => composeTraining({ ...options, loss: ({ parameter }) => f.reduceSum(parameter('w')) });
    expect(forgotten).toThrow('received count');
  });

  test('names what was not declared', () => {
    const options = {
      name: 'x',
      batchSize: 1,
      feeds: [],
      parameters: [{ name: 'w', shape: [1] }],
      constants: [],
      optimizer: sgd,
    };
    expect(() => composeTraining({ ...options, loss: ({ parameter }) => f.reduceSum(parameter('v')) })).toThrow(
      'internal: expected one of w, received v',
    );
  });
});
