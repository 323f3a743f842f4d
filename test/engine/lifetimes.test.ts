// Nothing is left behind: sessions, GPU tensors, memory.
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { add, multiply } from '../../src-main/compiler/functions.ts';
import { createCpuTrainer } from '../../src-main/engine/cpu-trainer.ts';
import type { Trainer } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createSessionPool, type OrtTensor, type SessionPool } from '../../src-main/engine/onnx-session.ts';
import { createWebgpuTrainer } from '../../src-main/engine/webgpu-trainer.ts';
import { chooseSoftwareVulkan, need } from '../support/resources.ts';
import { openTestDevice } from './devices-under-test.ts';
import { adamw, denseProgram, imagesAt, startingValues, takeSteps } from './support.ts';

chooseSoftwareVulkan();

/** A software GPU compiles its shaders on the CPU. */
const patience = { timeout: 600_000 };

const program = denseProgram(adamw);

async function useEverything(trainer: Trainer): Promise<void> {
  const builder = new GraphBuilder();
  const bias = builder.input('up.bias', { dtype: 'float32', shape: [36] });
  const evaluator = await trainer.evaluator(builder.build('bias', { bias }));
  await takeSteps(trainer, 1, 3);
  await evaluator.run({});
  await trainer.takeLoss();
  await trainer.write(await trainer.read());
  await trainer.write(new Map([['down.bias', new Float32Array(10)]]));
  await takeSteps(trainer, 4, 5);
  await evaluator.dispose();
}

test.each(['fused', 'graph'] as const)('a CPU trainer (%s) releases its sessions', async (update) => {
  const pool = createSessionPool({ device: 'cpu', threads: 1 });
  const trainer = await createCpuTrainer(pool, program, startingValues(program), update);
  await useEverything(trainer);
  expect(pool.size).toBe(1);
  await trainer.dispose();
  expect(pool.size).toBe(0);
});

test('a WebGPU trainer releases its sessions and disposes every GPU tensor before', {
  timeout: 600_000,
}, async (context) => {
  need(context, 'webgpu');
  const inner = createSessionPool({ device: 'webgpu', threads: 1 });
  const tensors = new Set<OrtTensor>();
  const pool: SessionPool = {
    ...inner,
    async open(graph, options) {
      const session = await inner.open(graph, options);
      const onDevice: OrtTensor[] = [];
      return {
        ...session,
        async run(feeds, into) {
          const results = await session.run(feeds, into);
          onDevice.push(...Object.values(results).filter(({ location }) => location === 'gpu-buffer'));
          for (const tensor of onDevice) tensors.add(tensor);
          return results;
        },
        async release() {
          expect(onDevice.filter(({ location }) => location === 'gpu-buffer')).toEqual([]);
          await session.release();
        },
      };
    },
  };
  const trainer = await createWebgpuTrainer(pool, program, startingValues(program));
  await useEverything(trainer);
  await trainer.dispose();
  expect(tensors.size).toBeGreaterThan(5 * (program.parameters.length + program.state.length));
  expect(inner.size).toBe(0);
});

test.each(['TensorFlow.js cpu', 'TensorFlow.js wasm'] as const)(
  'on %s no tensor is left behind, whether its user disposes or forgets',
  async (device) => {
    const executor = await openTestDevice(device);
    const before = memory();
    const trainer = await executor.train(program, startingValues(program));
    await takeSteps(trainer, 1, 2);
    const resident = memory().numTensors;
    await takeSteps(trainer, 3, 6);
    await expect(trainer.step({}, 0.1, 7)).rejects.toThrow('expected a tensor for input images');
    const wrong = { images: { dtype: 'uint8', shape: [4, 36], data: new Uint8Array(144) } } as const;
    await expect(trainer.step(wrong, 0.1, 7)).rejects.toThrow('expected uint8[4, 6, 6, 1] for images');
    expect(memory().numTensors).toBe(resident);
    await useEverything(trainer);
    expect(memory().numTensors).toBe(resident);
    await trainer.dispose();
    expect(memory().numTensors).toBe(before.numTensors);

    const builder = new GraphBuilder();
    const [x, w] = ['x', 'w'].map((name) => builder.input(name, { dtype: 'float32', shape: [2] }));
    const graph = builder.build('twice', { sum: add(multiply(x!, w!), 1), same: x!, again: x! });
    const forgotten = await executor.compile(graph, new Map([['w', Float32Array.of(3, 4)]]));
    const result = await forgotten.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
    expect(result.sum!.data).toEqual(Float32Array.of(4, 9));
    expect([result.same!.data, result.again!.data]).toEqual([Float32Array.of(1, 2), Float32Array.of(1, 2)]);
    const trained = await executor.train(program, startingValues(program));
    await executor.dispose();
    expect(memory().numTensors).toBe(before.numTensors);
    await expect(takeSteps(trained, 1, 1)).rejects.toThrow('a disposed trainer was asked for a step');
  },
);

test.for(['cpu', 'webgpu'] as const)(
  'an executor on %s disposes what its users forgot',
  patience,
  async (device, context) => {
    if (device === 'webgpu') need(context, 'webgpu');
    const executor = await createOnnxExecutor({ device });
    const trainer = await executor.train(program, startingValues(program));
    await takeSteps(trainer, 1, 2);
    await executor.dispose();
    await trainer.dispose();
    await expect(takeSteps(trainer, 3, 3)).rejects.toThrow('a released session was run');
  },
);

test('a pool releases what its users forgot, and a released session refuses to run', async () => {
  const pool = createSessionPool({ device: 'cpu', threads: 1 });
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'float32', shape: [1] });
  const session = await pool.open(builder.build('same', { y: x }));
  await pool.releaseAll();
  expect(pool.size).toBe(0);
  await session.release();
  await expect(session.run({})).rejects.toThrow('a released session was run');
});

test('memory does not grow with the number of steps', async () => {
  const pool = createSessionPool({ device: 'cpu', threads: 1 });
  const trainer = await createCpuTrainer(pool, program, startingValues(program), 'fused');
  const feeds = imagesAt(1);
  const run = async (count: number) => {
    for (let step = 1; step <= count; step++) await trainer.step(feeds, 1e-4, step);
  };
  await run(2000);
  const before = process.memoryUsage.rss();
  await run(6000);
  // One leaked set of arrays a step would be 6000 × 12 kB = 72 MB.
  expect(process.memoryUsage.rss() - before).toBeLessThan(24 * 2 ** 20);
  await trainer.dispose();
});
