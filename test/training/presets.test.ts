import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { buildModel } from '../../src-main/compiler/model.ts';
import { presetNames, type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { planTraining } from '../../src-main/training/presets.ts';

const digits = { height: 28, width: 28, channels: 1 };
const photographs = { height: 64, width: 64, channels: 3 };
const plan = (request: TrainingRequest, image = digits, count = 60_000) =>
  planTraining(v.parse(trainingSettingsSchema, request), image, count);

test.each(presetNames)('%s makes a model for every kind of image', (preset) => {
  for (const image of [
    digits,
    photographs,
    { height: 33, width: 47, channels: 3 },
    { height: 2, width: 2, channels: 1 },
  ]) {
    const { spec } = plan({ preset }, image);
    expect(buildModel(spec, image).parameters.length).toBeGreaterThan(0);
  }
});

test('agarap2019 is the tutorial, layer by layer', () => {
  const { spec, optimizer, learningRate, batchSize, epochs, schedule } = plan({ preset: 'agarap2019' });
  expect(
    [...spec.encoder, ...spec.decoder].map((layer) => layer.type === 'dense' && [layer.units, layer.activation]),
  ).toEqual([
    [64, 'relu'],
    [64, 'relu'],
    [64, 'relu'],
    [784, 'relu'],
  ]);
  expect({ spec: spec.pcaStart, optimizer, learningRate, batchSize, epochs, schedule }).toEqual({
    spec: false,
    optimizer: { type: 'sgd', momentum: 0.9, nesterov: false },
    learningRate: 0.01,
    batchSize: 128,
    epochs: 10,
    schedule: 'constant',
  });
});

describe('overrides', () => {
  test('replace the choice of the preset', () => {
    const changed = plan({ codeSize: 7, hidden: [9], activation: 'relu', batchSize: 5, epochs: 2, learningRate: 0.1 });
    expect(changed.spec.encoder).toMatchObject([{ units: 9, activation: 'relu' }, { units: 7 }]);
    expect(changed).toMatchObject({ batchSize: 5, epochs: 2, learningRate: 0.1 });
  });

  test('that a preset has no use for are refused', () => {
    const message = (request: TrainingRequest) => expect(() => plan(request, photographs));
    message({ preset: 'conv', hidden: [64] }).toThrow('The preset conv has no hidden widths.');
    message({ preset: 'deep', filters: 8 }).toThrow('The preset deep has no filters.');
    message({ preset: 'fsq', entries: 8 }).toThrow('The preset fsq has no codebook.');
    message({ entries: 8 }).toThrow('The preset recommended has no codebook.');
    message({ preset: 'vq', levels: 8 }).toThrow('The preset vq has no levels.');
    message({ preset: 'wae', beta: 2 }).toThrow('The preset wae has no divergence from a prior to weigh.');
    message({ mmd: 1 }).toThrow('needs codes that can be standard normal.');
  });

  test('a time budget alone sets no number of epochs', () => {
    expect(plan({ seconds: 10 })).toMatchObject({ seconds: 10, epochs: Number.MAX_SAFE_INTEGER });
    expect(plan({ seconds: 10, epochs: 3 })).toMatchObject({ seconds: 10, epochs: 3 });
  });
});

test('few images get smaller batches and more epochs, never a batch larger than the set', () => {
  const few = plan({}, digits, 80);
  expect(few.batchSize).toBe(16);
  expect(few.epochs).toBe(200);
  expect(plan({}, digits, 3).batchSize).toBe(3);
  expect(plan({ batchSize: 500 }, digits, 80).batchSize).toBe(80);
});

test('many images get fewer epochs, so that no preset takes more than 10,000 steps by itself', () => {
  const steps = ({ epochs, batchSize }: ReturnType<typeof plan>, count: number) =>
    epochs * Math.floor(count / batchSize);
  expect(plan({ preset: 'conv' }, digits, 10_000).epochs).toBe(30);
  for (const preset of presetNames) {
    expect(steps(plan({ preset }, digits, 60_000), 60_000)).toBeLessThanOrEqual(10_000);
    expect(plan({ preset }, digits, 10_000_000).epochs).toBe(1);
  }
  expect(plan({ preset: 'conv', epochs: 500 }, digits, 60_000).epochs).toBe(500);
});
