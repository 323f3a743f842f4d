// Every preset on a small image: the same course on every executor, and on the CPU fused and as a graph; codes as they should be.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { elements } from '../../src-main/compiler/ops/shapes.ts';
import { type PresetName, presetNames, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createBatches } from '../../src-main/training/batches.ts';
import { evaluatedOutputs, evaluateModel } from '../../src-main/training/evaluation.ts';
import { inferenceGraph, trainingProgram } from '../../src-main/training/graphs.ts';
import { needsProgress, randomFeeds } from '../../src-main/training/objective.ts';
import { planTraining, presets } from '../../src-main/training/presets.ts';
import { needDevice, openTestDevice, type TestDevice } from '../engine/devices-under-test.ts';
import { expectSameValues } from '../engine/support.ts';
import { chooseSoftwareVulkan } from '../support/resources.ts';
import { drawnValues } from './support.ts';

chooseSoftwareVulkan();

/** A software GPU compiles its shaders on the CPU, and tests share it. */
const patience = { timeout: 600_000 };
const image = { height: 20, width: 12, channels: 1 } as const;
const count = 32;
const steps = 20;

/** Smooth images, so that there is something to learn. */
const pixels = Uint8Array.from({ length: count * elements([20, 12]) }, (_, index) => {
  const [id, y, x] = [Math.floor(index / 240), Math.floor(index / 12) % 20, index % 12];
  return Math.round(127 + 120 * Math.sin(0.3 * id + 0.25 * y) * Math.cos(0.2 * id * x));
});
const store = {
  read(ids: ArrayLike<number>, out: Uint8Array) {
    for (let row = 0; row < ids.length; row++)
      out.set(pixels.subarray(ids[row]! * 240, (ids[row]! + 1) * 240), row * 240);
  },
};
const ids = Uint32Array.from({ length: count }, (_, id) => id);

function prepare(preset: PresetName) {
  const size = presets[preset].filters > 0 ? { filters: 4 } : { hidden: [12] };
  const settings = v.parse(trainingSettingsSchema, { preset, codeSize: 3, batchSize: 8, epochs: 5, ...size });
  const plan = planTraining(settings, image, count);
  const model = buildModel(plan.spec, image);
  const random = randomFeeds(model, plan, plan.batchSize);
  const progress = needsProgress(plan);
  const batches = createBatches({ ...plan, image, pixels: store, ids, random, progress });
  return { plan, model, program: trainingProgram(model, plan), batches };
}

async function using<T>(opening: Promise<Executor>, use: (executor: Executor) => Promise<T>): Promise<T> {
  const executor = await opening;
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}

async function trainOn(opening: Promise<Executor>, preset: PresetName) {
  const { program, batches, model } = prepare(preset);
  return using(opening, async (executor) => {
    const trainer = await executor.train(program, drawnValues(model));
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      await trainer.step(batches.at(step, (step - 1) / steps), presets[preset].learningRate, step);
      losses.push((await trainer.takeLoss()).sum);
    }
    const values = await trainer.read();
    await trainer.dispose();
    return { losses, values };
  });
}

const cpu = (update: 'fused' | 'graph' = 'fused') => createOnnxExecutor({ device: 'cpu', threads: 1, update });

/** Of values, and of the loss of any step relative to it. A GPU's functions are less exact, and steps magnify that. */
const tolerances: readonly (readonly [TestDevice, number, number])[] = [
  ['webgpu', 5e-4, 1e-3],
  ['TensorFlow.js cpu', 5e-5, 1e-4],
  ['TensorFlow.js wasm', 5e-5, 1e-4],
];

describe.each(presetNames)('%s', (preset) => {
  test(`${steps} steps: fused = graph within 5e-5, the same bits again, and it learns`, async () => {
    const fused = await trainOn(cpu(), preset);
    const graph = await trainOn(cpu('graph'), preset);
    expectSameValues(fused.values, graph.values, 5e-5);
    expect(await trainOn(cpu(), preset)).toEqual(fused);
    const mean = (losses: number[]) => losses.reduce((a, b) => a + b, 0) / losses.length;
    expect(mean(fused.losses.slice(-4))).toBeLessThan(mean(fused.losses.slice(0, 4)));
  });

  test.for(tolerances)(
    `${steps} steps: %s = CPU, values within %d, losses within %d`,
    patience,
    async ([device, values, losses], context) => {
      needDevice(context, device);
      const there = await trainOn(openTestDevice(device), preset);
      const here = await trainOn(cpu(), preset);
      expectSameValues(there.values, here.values, values);
      for (const [step, loss] of here.losses.entries()) expect(there.losses[step]).toBeCloseTo(loss, 3);
      const distances = there.losses.map((loss, step) => Math.abs(loss / here.losses[step]! - 1));
      expect(Math.max(...distances), `${there.losses} instead of ${here.losses}`).toBeLessThanOrEqual(losses);
    },
  );

  test('codes are of the kind and in the range that the model says', async () => {
    const { model, plan } = prepare(preset);
    const { values } = await trainOn(cpu(), preset);
    await using(cpu(), async (executor) => {
      const { numbers } = model.bottleneck;
      const runner = await executor.compile(inferenceGraph(model, evaluatedOutputs(model)), values);
      const images = { dtype: 'uint8', shape: [count, 20, 12, 1], data: pixels } as const;
      const codeNoise = { dtype: 'float32', shape: [count, 3], data: new Float32Array(3 * count) } as const;
      const codes = (await runner.run({ images, ...(model.bottleneck.posterior && { codeNoise }) })).codes!;
      expect(codes.shape).toEqual([count, 3]);
      if (numbers.type === 'integers') {
        for (const [index, code] of codes.data.entries()) {
          expect(Number.isInteger(code)).toBe(true);
          expect(code).toBeGreaterThanOrEqual(0);
          expect(code).toBeLessThan(numbers.levels[index % 3]!);
        }
      } else expect(codes.data.every(Number.isFinite)).toBe(true);
      const evaluation = await evaluateModel(runner, model, plan, store, ids);
      expect(evaluation.validationMse).toBeGreaterThan(0);
      expect('kl' in evaluation).toBe(preset === 'variational');
      expect('codebookUse' in evaluation).toBe(numbers.type === 'integers');
    });
  });
});
