// New images: samples of a prior and walks between codes, the same for the same seed, refused where they mean nothing.
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { elements } from '../../src-main/compiler/ops/shapes.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { decodeCodes } from '../../src-main/latent/encode.ts';
import { samplePrior, walkBetween } from '../../src-main/latent/traversal.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { inferenceGraph } from '../../src-main/training/graphs.ts';
import type { SavedModel } from '../../src-main/training/model-files.ts';
import { hasPrior } from '../../src-main/training/objective.ts';
import { planTraining } from '../../src-main/training/presets.ts';
import { drawnValues } from '../training/support.ts';

const image = { height: 6, width: 5, channels: 3 } as const;
const size = 90;

/** As `loadModel` gives it, of a model that has learned nothing. */
function saved(request: TrainingRequest): SavedModel {
  const plan = planTraining(v.parse(trainingSettingsSchema, { codeSize: 4, hidden: [8], ...request }), image, 100);
  const model = buildModel(plan.spec, image);
  const random = createRandom(2);
  const buffers = model.bottleneck.buffers.map(({ name, shape }): [string, Float32Array] => [
    name,
    Float32Array.from({ length: elements(shape) }, () => random.normal()),
  ]);
  const info = { preset: plan.preset, prior: hasPrior(plan) ? 'normal' : null } as SavedModel['info'];
  return { info, model, values: new Map([...drawnValues(model), ...buffers]) };
}

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
});
afterAll(() => executor.dispose());

describe('samples', () => {
  test.each(['variational', 'wae'] as const)('of %s follow from the seed', async (preset) => {
    const model = saved({ preset });
    const images = await samplePrior(executor, model, { count: 5, seed: 3 });
    expect({ ...images, data: images.data.length }).toEqual({ count: 5, ...image, data: 5 * size });
    expect(await samplePrior(executor, model, { count: 5, seed: 3 })).toEqual(images);
    expect((await samplePrior(executor, model, { count: 5, seed: 4 })).data).not.toEqual(images.data);
  });

  test.each(['recommended', 'vq', 'fsq', 'sparse'] as const)('of %s there are none', async (preset) => {
    await expect(samplePrior(executor, saved({ preset }), { count: 1, seed: 1 })).rejects.toMatchObject({
      code: 'usage',
      message: `A model of the preset ${preset} cannot draw new images: nothing says how its codes are distributed.`,
      advice: 'Train with --preset variational or --preset wae.',
    });
  });
});

describe.each(['recommended', 'variational', 'vq', 'fsq'] as const)('a walk of %s', (preset) => {
  test('begins and ends with the reconstructions of its ends', async () => {
    const model = saved({ preset });
    const random = createRandom(6);
    const ends = Uint8Array.from({ length: 2 * size }, () => random.integer(256));
    const walk = await walkBetween(executor, model, ends, 7);
    expect(walk).toMatchObject({ count: 7, ...image });
    const runner = await executor.compile(inferenceGraph(model.model, ['reconstruction']), model.values);
    const images = { dtype: 'uint8', shape: [2, 6, 5, 3], data: ends } as const;
    const rebuilt = (await runner.run({ images })).reconstruction!.data;
    expect(walk.data.subarray(0, size)).toEqual(rebuilt.slice(0, size));
    expect(walk.data.subarray(6 * size)).toEqual(rebuilt.slice(size));
  });
});

test.each([
  [
    256,
    'Expected whole numbers from 0 to 255 for the codes of this model, received 256 as number 2 of row 1, counted from 0.',
  ],
  [
    1.5,
    'Expected whole numbers from 0 to 255 for the codes of this model, received 1.5 as number 2 of row 1, counted from 0.',
  ],
])('%d stands for no entry of a codebook and is not decoded', async (wrong, message) => {
  const data = Float32Array.of(0, 255, 3, 4, 5, 6, wrong, 8);
  const decoding = decodeCodes(executor, saved({ preset: 'vq' }), { count: 2, size: 4, data }, async () => {});
  await expect(decoding).rejects.toMatchObject({ code: 'usage', message });
});
