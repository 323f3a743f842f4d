// Nothing is left behind: sessions, GPU tensors, memory.
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { createCpuTrainer } from '../../src-main/engine/cpu-trainer.ts';
import type { Trainer } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createSessionPool, type OrtTensor, type SessionPool } from '../../src-main/engine/onnx-session.ts';
import { createWebgpuTrainer } from '../../src-main/engine/webgpu-trainer.ts';
import { chooseSoftwareVulkan, need } from '../support/resources.ts';
import { adamw, denseProgram, imagesAt, startingValues, takeSteps } from './support.ts';

chooseSoftwareVulkan();

/** A software GPU compiles its shaders on the CPU. */
const patience = { timeout: 180_000 };

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
  timeout: 180_000,
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
