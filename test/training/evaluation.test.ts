// What the kept model is chosen by.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { evaluatedOutputs, evaluateModel } from '../../src-main/training/evaluation.ts';
import { inferenceGraph } from '../../src-main/training/graphs.ts';
import { divergenceWeight } from '../../src-main/training/objective.ts';
import { planTraining } from '../../src-main/training/presets.ts';
import { drawnValues } from './support.ts';

const image = { height: 4, width: 4, channels: 1 } as const;
const size = 16;
// More than one block, so that images of a later block are not given the noise of an earlier one.
const count = 600;

const random = createRandom(9);
const pixels = Uint8Array.from({ length: count * size }, () => random.integer(256));
const store = {
  read(ids: ArrayLike<number>, out: Uint8Array) {
    for (let row = 0; row < ids.length; row++)
      out.set(pixels.subarray(ids[row]! * size, (ids[row]! + 1) * size), row * size);
  },
};

/** A variational model whose codes all have this logarithm of their variance. */
async function evaluate(logVariance: number) {
  const settings = v.parse(trainingSettingsSchema, { preset: 'variational', codeSize: 2, hidden: [8], beta: 3 });
  const plan = planTraining(settings, image, count);
  const model = buildModel(plan.spec, image);
  const values = drawnValues(model);
  // The encoder's last layer: two means, then two logarithms of variances.
  values.get('encoder.1.weight')!.forEach((_, index, weights) => {
    if (index % 4 >= 2) weights[index] = 0;
  });
  values.get('encoder.1.bias')!.fill(logVariance, 2);
  const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
  try {
    const runner = await executor.compile(inferenceGraph(model, evaluatedOutputs(model)), values);
    const once = () =>
      evaluateModel(
        runner,
        model,
        plan,
        store,
        Uint32Array.from({ length: count }, (_, id) => id),
      );
    const evaluation = await once();
    expect(await once()).toEqual(evaluation);
    return { ...evaluation, weighted: divergenceWeight(plan, 'mse', image) * evaluation.kl! };
  } finally {
    await executor.dispose();
  }
}

test('a variational model is chosen by what drawn codes rebuild, and by its weighted divergence', async () => {
  const sure = await evaluate(-12);
  expect(sure.score! - sure.weighted).toBeCloseTo(sure.validationMse, 3);
  const unsure = await evaluate(2);
  // Means are the same; draws are far from them.
  expect(unsure.validationMse).toBeCloseTo(sure.validationMse, 6);
  expect(unsure.score! - unsure.weighted).toBeGreaterThan(unsure.validationMse + 0.01);
});
