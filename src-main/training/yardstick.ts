// What devices are compared on: a training step of a preset, on images that mean nothing. It learns nothing.
import * as v from 'valibot';
import type { Feeds } from '../compiler/graph.ts';
import { buildModel } from '../compiler/model.ts';
import { closed, elements } from '../compiler/ops/shapes.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import type { DeviceModel } from '../contract/api.ts';
import { trainingSettingsSchema } from '../contract/settings.ts';
import type { Workload } from '../engine/devices.ts';
import { residents } from '../engine/values.ts';
import { createRandom, type Random } from '../numerics/random.ts';
import { trainingProgram } from './graphs.ts';
import { planTraining } from './presets.ts';
import { usefulThreads } from './threads.ts';

const images = 60_000;

/** A training step as real as any. Throws `spec-invalid` where the model does not fit the images. */
export function yardstick({ size = 28, channels = 1, ...chosen }: DeviceModel = {}): Workload {
  const image = { height: size, width: size, channels };
  const plan = planTraining(v.parse(trainingSettingsSchema, chosen), image, images);
  const program = trainingProgram(buildModel(plan.spec, image), plan);
  const random = createRandom(1);
  const constants = new Set(program.constants.map(({ name }) => name));
  const state = new Set(program.state.map(({ name }) => name));
  // Numbers as they are while training: with zeros or ever smaller numbers, processors take other times.
  const draw = (name: string) => (constants.has(name) ? () => 0.5 : () => 0.05 * random.normal());
  const values = residents(program)
    .filter(({ name }) => !state.has(name))
    .map(({ name, shape }) => [name, Float32Array.from({ length: elements(shape) }, draw(name))] as const);
  return {
    name: `${plan.preset}, ${plan.spec.codeSize} codes, ${size}×${size}×${channels}, batch ${plan.batchSize}`,
    program,
    values: new Map(values),
    feeds: randomFeeds(program, random),
    threads: usefulThreads(program),
  };
}

function randomFeeds({ feeds }: TrainingProgram, random: Random): Feeds {
  const tensors = feeds.map(({ name, type: { dtype, shape } }) => {
    const length = elements(shape);
    const data =
      dtype === 'uint8'
        ? Uint8Array.from({ length }, () => random.integer(256))
        : Float32Array.from({ length }, () => random.next());
    return [name, { dtype, shape: closed(shape), data }] as const;
  });
  return Object.fromEntries(tensors);
}
