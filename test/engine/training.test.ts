// Training: the fused update, the graph's own step and the GPU agree; runs repeat and resume; nothing leaks.
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { add, matmul } from '../../src-main/compiler/functions.ts';
import type { OptimizerSpec } from '../../src-main/contract/spec.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor, type OnnxExecutorOptions } from '../../src-main/engine/onnx-runtime.ts';
import { chooseSoftwareVulkan, type need } from '../support/resources.ts';
import { needDevice, openTestDevice, type TestDevice, testDevices } from './devices-under-test.ts';
import {
  adamw,
  bufferProgram,
  convProgram,
  denseProgram,
  expectSame,
  expectSameValues,
  imagesAt,
  startingValues,
  takeSteps,
  trainFor,
} from './support.ts';

chooseSoftwareVulkan();

/** A software GPU compiles its shaders on the CPU, and tests share it. */
const patience = { timeout: 600_000 };

const adam = { type: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const momentum = { type: 'sgd', momentum: 0.9, nesterov: false } as const;
/** With the size of the gradients here, a norm of 0.05 clips at every step. */
const optimizers: [string, OptimizerSpec][] = [
  ['SGD', { type: 'sgd', momentum: 0, nesterov: false }],
  ['SGD with momentum', momentum],
  ['SGD with Nesterov momentum', { ...momentum, nesterov: true }],
  ['Adam', adam],
  ['AdamW', adamw],
  ['clipped SGD', { type: 'sgd', momentum: 0, nesterov: false, clipNorm: 0.05 }],
  ['clipped SGD with momentum', { ...momentum, clipNorm: 0.05 }],
  ['clipped AdamW', { ...adamw, clipNorm: 0.05 }],
  ['AdamW with a limit never reached', { ...adamw, clipNorm: 1000 }],
];
const programs = { dense: denseProgram, conv: convProgram, buffer: bufferProgram };
const steps = 20;

/** Float32 sums in another order; Adam's division by tiny second moments magnifies the difference. */
const cpuTolerance = 2e-5;
const tolerances: Readonly<Record<TestDevice, number>> = {
  cpu: cpuTolerance,
  webgpu: 2e-4,
  'TensorFlow.js cpu': cpuTolerance,
  'TensorFlow.js wasm': cpuTolerance,
};

async function using<T>(opening: Promise<Executor>, use: (executor: Executor) => Promise<T>): Promise<T> {
  const executor = await opening;
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}

const onCpu = <T>(options: Omit<OnnxExecutorOptions, 'device'>, use: (executor: Executor) => Promise<T>) =>
  using(createOnnxExecutor({ device: 'cpu', threads: 1, ...options }), use);

describe.each(Object.entries(programs))('a small %s model', (_, program) => {
  test.each(optimizers)(`${steps} steps of %s: fused = graph within ${cpuTolerance}`, async (_, optimizer) => {
    const fused = await onCpu({ update: 'fused' }, (executor) => trainFor(executor, program(optimizer), steps));
    const graph = await onCpu({ update: 'graph' }, (executor) => trainFor(executor, program(optimizer), steps));
    expectSameValues(fused.values, graph.values, cpuTolerance);
    expect(fused.loss.steps).toBe(steps);
    expect(fused.loss.sum).toBeCloseTo(graph.loss.sum, 4);
  });

  test.for(testDevices.filter((device) => device !== 'cpu').map((device) => [device, tolerances[device]] as const))(
    `${steps} steps of clipped AdamW: %s = CPU within %d`,
    patience,
    async ([device, tolerance], context) => {
      needDevice(context, device);
      const clipped = program({ ...adamw, clipNorm: 0.05 });
      const other = await using(openTestDevice(device), (executor) => trainFor(executor, clipped, steps));
      const cpu = await onCpu({}, (executor) => trainFor(executor, clipped, steps));
      expectSameValues(other.values, cpu.values, tolerance);
      expect(other.loss.steps).toBe(steps);
      expect(other.loss.sum).toBeCloseTo(cpu.loss.sum, 3);
    },
  );

  test.each([1, 2])('the same run gives the same bits on %d threads', async (threads) => {
    const run = () => onCpu({ threads }, (executor) => trainFor(executor, program(adamw), steps));
    expect((await run()).values).toEqual((await run()).values);
  });

  test('a run that is read, written to a new trainer and continued gives the same bits', async () => {
    await onCpu({}, async (executor) => {
      const whole = await trainFor(executor, program(adamw), steps);
      const first = await trainFor(executor, program(adamw), 9);
      const trainer = await executor.train(program(adamw), startingValues(program(adamw), 2));
      await trainer.write(first.values);
      await takeSteps(trainer, 10, steps);
      expect(await trainer.read()).toEqual(whole.values);
    });
  });
});

const kinds: [string, TestDevice, () => Promise<Executor>][] = [
  ['CPU, fused', 'cpu', () => createOnnxExecutor({ device: 'cpu', update: 'fused' })],
  ['CPU, graph', 'cpu', () => createOnnxExecutor({ device: 'cpu', update: 'graph' })],
  ['WebGPU', 'webgpu', () => openTestDevice('webgpu')],
  ['TensorFlow.js cpu', 'TensorFlow.js cpu', () => openTestDevice('TensorFlow.js cpu')],
  ['TensorFlow.js wasm', 'TensorFlow.js wasm', () => openTestDevice('TensorFlow.js wasm')],
];

describe.each(kinds)('a trainer on %s', patience, (_, device, open) => {
  const executors: Executor[] = [];
  afterAll(() => Promise.all(executors.map((executor) => executor.dispose())));

  async function start(context: Parameters<typeof need>[0]) {
    needDevice(context, device);
    const executor = await open();
    executors.push(executor);
    const program = denseProgram(adamw);
    const values = startingValues(program);
    return { program, values, trainer: await executor.train(program, values) };
  }

  test('gives back what it was given, with state at zero', async (context) => {
    const { program, values, trainer } = await start(context);
    const zeros = program.state.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]);
    expectSameValues(await trainer.read(), new Map([...values, ...(zeros as [string, Float32Array][])]), 0);
    await trainer.dispose();
  });

  test('counts losses from the last time they were taken', async (context) => {
    const { trainer } = await start(context);
    expect(await trainer.takeLoss()).toEqual({ sum: 0, steps: 0 });
    await takeSteps(trainer, 1, 3);
    const three = await trainer.takeLoss();
    expect(three.steps).toBe(3);
    await takeSteps(trainer, 4, 4);
    const one = await trainer.takeLoss();
    expect(one.steps).toBe(1);
    expect(one.sum).toBeLessThan(three.sum / 2);
    expect(one.sum).toBeGreaterThan(0);
    await trainer.dispose();
  });

  test('evaluates with the values of the moment', async (context) => {
    const { trainer } = await start(context);
    const builder = new GraphBuilder();
    const code = builder.input('code', { dtype: 'float32', shape: ['N', 10] });
    const up = builder.input('up', { dtype: 'float32', shape: [10, 36] });
    const mean = builder.input('mean', { dtype: 'float32', shape: [36] });
    const evaluator = await trainer.evaluator(builder.build('decode', { image: add(matmul(code, up), mean) }));
    const first = {
      code: { dtype: 'float32', shape: [1, 10], data: Float32Array.of(1, ...Array(9).fill(0)) },
    } as const;
    for (const last of [0, 2, 5]) {
      await takeSteps(trainer, last === 0 ? 1 : last - 1, last);
      const values = await trainer.read();
      const expected = values
        .get('up')!
        .subarray(0, 36)
        .map((weight, index) => weight + values.get('mean')![index]!);
      const image = { dtype: 'float32', shape: [1, 36], data: expected } as const;
      expectSame(await evaluator.run(first), { image }, 1e-6);
    }
    await evaluator.dispose();
    await trainer.dispose();
  });

  test('replaces single values, and refuses unknown names and wrong lengths', async (context) => {
    const { trainer } = await start(context);
    await takeSteps(trainer, 1, 2);
    const before = await trainer.read();
    await trainer.write(new Map([['down.bias', new Float32Array(10).fill(0.25)]]));
    expectSameValues(await trainer.read(), new Map([...before, ['down.bias', new Float32Array(10).fill(0.25)]]), 0);
    await expect(trainer.write(new Map([['dwon', new Float32Array(1)]]))).rejects.toThrow('received dwon');
    await expect(trainer.write(new Map([['down', new Float32Array(1)]]))).rejects.toThrow(
      'expected 360 numbers for down, received 1',
    );
    await takeSteps(trainer, 3, 4);
    await trainer.dispose();
  });
});

test('a missing parameter is named', async () => {
  await onCpu({}, async (executor) => {
    const program = denseProgram(adamw);
    const values = startingValues(program);
    values.delete('up');
    await expect(async () => executor.train(program, values)).rejects.toThrow('expected a value for up (10×36)');
  });
});

test('what is fed must have the declared shape', async () => {
  await onCpu({}, async (executor) => {
    const program = denseProgram(adamw);
    const trainer = await executor.train(program, startingValues(program));
    const { data } = imagesAt(1).images!;
    const images = { dtype: 'uint8', shape: [4, 36], data } as const;
    await expect(trainer.step({ images }, 0.1, 1)).rejects.toThrow(/images/);
    await trainer.dispose();
  });
});
