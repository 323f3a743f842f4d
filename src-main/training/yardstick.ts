// What devices are compared on: the recommended preset's training step on a batch of MNIST's size. It learns nothing.
import * as v from 'valibot';
import { buildModel } from '../compiler/model.ts';
import { elements } from '../compiler/ops/shapes.ts';
import { trainingSettingsSchema } from '../contract/settings.ts';
import type { Workload } from '../engine/devices.ts';
import { createRandom } from '../numerics/random.ts';
import { trainingProgram } from './graphs.ts';
import { planTraining } from './presets.ts';
import { usefulThreads } from './threads.ts';

const image = { height: 28, width: 28, channels: 1 } as const;
const images = 60_000;

export function yardstick(): Workload {
  const plan = planTraining(v.parse(trainingSettingsSchema, {}), image, images);
  const model = buildModel(plan.spec, image);
  const program = trainingProgram(model, plan);
  const random = createRandom(1);
  const shape = [plan.batchSize, image.height, image.width, image.channels];
  const data = Uint8Array.from({ length: elements(shape) }, () => random.integer(256));
  // Numbers as they are while training: with zeros or ever smaller numbers, processors take other times.
  const parameters = model.parameters.map(({ name, shape }): [string, Float32Array] => [
    name,
    Float32Array.from({ length: elements(shape) }, () => 0.05 * random.normal()),
  ]);
  const constants = model.constants.map(({ name, shape }): [string, Float32Array] => [
    name,
    new Float32Array(elements(shape)).fill(0.5),
  ]);
  return {
    program,
    values: new Map([...parameters, ...constants]),
    feeds: { images: { dtype: 'uint8', shape, data } },
    threads: usefulThreads(program),
  };
}
