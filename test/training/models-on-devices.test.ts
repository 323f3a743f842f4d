// Every preset trains on every executor: 20 steps on small shapes, with loss curves that agree with the CPU's.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { elements } from '../../src-main/compiler/ops/shapes.ts';
import type { TrainingProgram } from '../../src-main/compiler/training-step.ts';
import { presetNames, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { residents } from '../../src-main/engine/values.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { trainingProgram } from '../../src-main/training/graphs.ts';
import { planTraining, presets } from '../../src-main/training/presets.ts';
import { needDevice, openTestDevice, type TestDevice, testDevices } from '../engine/devices-under-test.ts';
import { chooseSoftwareVulkan } from '../support/resources.ts';

chooseSoftwareVulkan();

const steps = 20;
const image = { height: 16, width: 16, channels: 1 } as const;

/** Of the loss of any step, relative to it. GPUs round functions differently, and steps magnify that. */
const tolerances: Readonly<Record<TestDevice, number>> = {
  cpu: 0,
  webgpu: 1e-3,
  'TensorFlow.js cpu': 1e-4,
  'TensorFlow.js wasm': 1e-4,
};

describe.each(presetNames)('%s', (preset) => {
  const program = smallProgram(preset);
  let expected: Promise<number[]> | undefined;

  test.for(testDevices.filter((device) => device !== 'cpu').map((device) => [device, tolerances[device]] as const))(
    `${steps} steps on %s lose what they lose on the CPU, within %d`,
    { timeout: 600_000 },
    async ([device, tolerance], context) => {
      needDevice(context, device);
      expected ??= lossesOn(openTestDevice('cpu'), program);
      const reference = await expected;
      expect(reference.at(-1)).toBeLessThan(reference[0]!);
      const received = await lossesOn(openTestDevice(device), program);
      const distances = received.map((loss, step) => Math.abs(loss / reference[step]! - 1));
      expect(Math.max(...distances), `${received} instead of ${reference}`).toBeLessThanOrEqual(tolerance);
    },
  );
});

function smallProgram(preset: (typeof presetNames)[number]): TrainingProgram {
  const { hidden, filters } = presets[preset];
  const settings = v.parse(trainingSettingsSchema, {
    ...{ preset, codeSize: 4, batchSize: 4 },
    ...(hidden.length > 0 && { hidden: hidden.map(() => 8) }),
    ...(filters > 0 && { filters: 4 }),
  });
  const plan = planTraining(settings, image, 64);
  return trainingProgram(buildModel(plan.spec, image), plan);
}

async function lossesOn(opening: Promise<Executor>, program: TrainingProgram): Promise<number[]> {
  const executor = await opening;
  try {
    const trainer = await executor.train(program, startingValues(program));
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      await trainer.step(feedsOf(program), 0.005, step);
      losses.push((await trainer.takeLoss()).sum);
    }
    return losses;
  } finally {
    await executor.dispose();
  }
}

function startingValues(program: TrainingProgram): Map<string, Float32Array> {
  const random = createRandom(5);
  const state = new Set(program.state.map(({ name }) => name));
  const drawn = residents(program).filter(({ name }) => !state.has(name));
  return new Map(
    drawn.map(({ name, shape }) => {
      const scale = 1 / Math.sqrt(Math.max(1, elements(shape.slice(0, -1))));
      const draw = shape.length < 2 ? () => 0.5 + 0.1 * random.normal() : () => scale * random.normal();
      return [name, Float32Array.from({ length: elements(shape) }, draw)];
    }),
  );
}

/** The same at every step: smooth images, and whatever random numbers the model asks for. */
function feedsOf({ feeds }: TrainingProgram) {
  const random = createRandom(6);
  const tensors = feeds.map(({ name, type: { dtype, shape } }) => {
    const length = elements(shape);
    const data =
      dtype === 'uint8'
        ? Uint8Array.from({ length }, (_, index) => 128 + 100 * Math.sin(index / 7) + random.integer(20))
        : Float32Array.from({ length }, () => random.next());
    return [name, { dtype, shape: shape as number[], data }] as const;
  });
  return Object.fromEntries(tensors);
}
