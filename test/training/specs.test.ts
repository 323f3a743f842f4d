// The example specs: each builds for the images that it is written for, and learns.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { modelSpecSchema } from '../../src-main/contract/spec.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { createBatches } from '../../src-main/training/batches.ts';
import { trainingProgram } from '../../src-main/training/graphs.ts';
import { needsProgress, randomFeeds } from '../../src-main/training/objective.ts';
import { planTraining, presets } from '../../src-main/training/presets.ts';
import { repository } from '../support/resources.ts';
import { drawnValues } from './support.ts';

const image = { height: 28, width: 28, channels: 1 };
const folder = join(repository, 'resources/specs');
const files = globSync('*.json', { cwd: folder }).sort();
const plan = (request: TrainingRequest) => planTraining(v.parse(trainingSettingsSchema, request), image, 64);
const specIn = (file: string) => v.parse(modelSpecSchema, JSON.parse(readFileSync(join(folder, file), 'utf8')));

test('there are some', () => expect(files).toEqual(['places.json', 'plane.json', 'wide.json']));

test.each(files)('%s learns', async (file) => {
  const { spec, ...settings } = plan({ spec: specIn(file), batchSize: 16 });
  const model = buildModel(spec, image);
  const random = createRandom(3);
  const images = Array.from({ length: 64 }, () => {
    const [x, y] = [4 + random.integer(14), 4 + random.integer(14)];
    return Uint8Array.from({ length: 784 }, (_, place) => {
      const [row, column] = [Math.floor(place / 28), place % 28];
      return Math.abs(row - y) < 4 && Math.abs(column - x) < 4 ? 230 : 10;
    });
  });
  const pixels = {
    read: (ids: ArrayLike<number>, out: Uint8Array) => {
      for (let row = 0; row < ids.length; row++) out.set(images[ids[row]!]!, row * 784);
    },
  };
  const batches = createBatches({
    ...settings,
    image,
    pixels,
    ids: Uint32Array.from(images, (_, id) => id),
    random: randomFeeds(model, settings, settings.batchSize),
    progress: needsProgress(settings),
  });
  const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
  const trainer = await executor.train(trainingProgram(model, { spec, ...settings }), drawnValues(model));
  const losses: number[] = [];
  for (let step = 1; step <= 24; step++) {
    await trainer.step(batches.at(step, 0), 2e-3, step);
    losses.push((await trainer.takeLoss()).sum);
  }
  await executor.dispose();
  const sum = (from: number) => losses.slice(from, from + 4).reduce((a, b) => a + b);
  expect(sum(20)).toBeLessThan(0.7 * sum(0));
});

test('a preset printed as a spec trains the same model', () => {
  for (const preset of ['conv', 'variational', 'vq', 'fsq'] as const) {
    const own = plan({ preset });
    const again = plan({ preset, spec: v.parse(modelSpecSchema, JSON.parse(JSON.stringify(own.spec))) });
    expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(own)));
  }
});

test('a variational model of one’s own is held to its prior, whatever preset it comes with', () => {
  const { spec } = plan({ preset: 'variational' });
  const { beta, klWarmup } = presets.variational;
  expect(plan({ spec })).toMatchObject({ beta, klWarmup, learningRate: presets.recommended.learningRate });
  expect(plan({ spec, beta: 7 }).beta).toBe(7);
});

test('what a spec says itself cannot be said again', () => {
  const { spec } = plan({});
  expect(() => plan({ spec, codeSize: 4 })).toThrow("The model's own spec says what codeSize would");
  expect(() => plan({ spec, hidden: [4] })).toThrow("The model's own spec says what hidden would");
});
