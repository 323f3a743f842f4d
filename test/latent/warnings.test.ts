import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { type Evidence, warningsFor } from '../../src-main/latent/warnings.ts';
import { planTraining } from '../../src-main/training/presets.ts';

const quality = (mse: number) => ({ mse, psnr: -10 * Math.log10(mse), ssim: 0.5 });
const good: Evidence = {
  report: {
    heldOut: 'validation',
    heldOutCount: 100,
    model: quality(0.004),
    pca: quality(0.009),
    meanImage: quality(0.06),
    knn: null,
    pcaKnn: null,
    rawKnn: null,
    knnCount: 0,
  },
  trainMse: 0.0038,
  trainCount: 900,
  codeDeviations: Float64Array.of(2, 1, 0.5, 0.1),
  varyingOutputs: 700,
  deadOutputs: 0,
  rectifiedOutput: true,
  gaveUp: false,
  plan: { preset: 'recommended', learningRate: 1e-3, epochs: 20, seconds: null, noise: 0 },
};
const withModel = (mse: number): Partial<Evidence> => ({
  report: { ...good.report, model: quality(mse) },
  trainMse: mse,
});

test('a good run has nothing to be warned of', () => {
  expect(warningsFor(good)).toEqual([]);
});

describe('each fault has its warning, in words, with what to change', () => {
  test.each<[string, Partial<Evidence>, string]>([
    [
      'nothing-held-out',
      { report: { ...good.report, heldOut: 'none' } },
      'No image was held out: these figures are of images that it learned from, and say nothing about others.',
    ],
    [
      'mean-image',
      withModel(0.06),
      'What comes back is hardly better than the mean image (error 0.0600 against 0.0600).',
    ],
    [
      'worse-than-pca',
      withModel(0.018),
      'Plain PCA with as many numbers per image does better (error 0.00900, the model 0.0180, 2.0 times as much).',
    ],
    [
      'dead-units',
      { codeDeviations: Float64Array.of(2, 0, 1e-9, 1) },
      '2 of 4 code units never change: they carry nothing.',
    ],
    [
      'dead-outputs',
      { deadOutputs: 100 },
      '100 of the 700 pixel values that vary in the images are answered with one constant: those outputs are dead.',
    ],
    [
      'overfitting',
      { trainMse: 0.001 },
      'Images it has not seen come back 4.0 times worse than the 900 it learned from: it has begun to memorise.',
    ],
    [
      'few-images',
      { trainCount: 5 },
      '5 images are few for 4 numbers per image; the 100 held-out ones are what its error rests on.',
    ],
    ['diverged', { gaveUp: true }, 'The loss exploded four times; the model is the best one from before.'],
  ])('%s', (code, change, message) => {
    const warnings = warningsFor({ ...good, ...change });
    expect(warnings.map((warning) => warning.code)).toContain(code);
    const warning = warnings.find((candidate) => candidate.code === code)!;
    expect(warning.message).toBe(message);
    expect(warning.advice).not.toBe('');
  });
});

describe('a button', () => {
  const remedyOf = (code: string, change: Partial<Evidence>) =>
    warningsFor({ ...good, ...change }).find((warning) => warning.code === code)!.remedy;
  const deep = { ...good.plan, preset: 'deep' as const };

  test.each<[string, Partial<Evidence>, Record<string, unknown> | undefined]>([
    ['nothing-held-out', { report: { ...good.report, heldOut: 'none' } }, undefined],
    ['mean-image', withModel(0.06), { learningRate: 1e-4 }],
    ['mean-image', { ...withModel(0.06), plan: deep }, { preset: 'recommended' }],
    ['worse-than-pca', withModel(0.018), { epochs: 40 }],
    ['worse-than-pca', { ...withModel(0.018), plan: { ...good.plan, seconds: 30 } }, { seconds: 60 }],
    ['worse-than-pca', { ...withModel(0.018), plan: deep }, { preset: 'recommended' }],
    ['dead-units', { codeDeviations: Float64Array.of(2, 0, 1e-9, 1) }, { codeSize: 2 }],
    ['dead-outputs', { deadOutputs: 100 }, { preset: 'recommended' }],
    ['overfitting', { trainMse: 0.001 }, { noise: 0.1, patience: 10 }],
    ['overfitting', { trainMse: 0.001, plan: { ...good.plan, noise: 0.3 } }, { noise: 0.6, patience: 10 }],
    ['few-images', { trainCount: 5 }, { codeSize: 1 }],
    ['diverged', { gaveUp: true }, { learningRate: 1e-4 }],
  ])('of %s applies what can be trained', (code, change, expected) => {
    const remedy = remedyOf(code, change);
    expect(remedy).toEqual(expected);
    const settings = v.parse(trainingSettingsSchema, { ...remedy });
    expect(() => planTraining(settings, { height: 16, width: 16, channels: 1 }, 900)).not.toThrow();
  });
});

test('images learned by heart, and held-out images that do not vary, are told without absurd figures', () => {
  const [warning, ...others] = warningsFor({ ...good, trainMse: 0, varyingOutputs: 0 });
  expect(warning!.message).toContain('come back 1000+ times worse than the 900');
  expect(others).toEqual([]);
});

test('outputs that are constant without a ReLU are no fault', () => {
  expect(warningsFor({ ...good, deadOutputs: 100, rectifiedOutput: false })).toEqual([]);
});

test('as good as PCA within rounding is not worse', () => {
  expect(warningsFor({ ...good, ...withModel(0.009004) }).map(({ code }) => code)).not.toContain('worse-than-pca');
});
