// The doctor's checks on made-up courses of runs: when each speaks, when it does not yet, and that its remedy can be trained.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import { trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import { type Course, diagnose } from '../../src-main/training/doctor.ts';
import { planTraining } from '../../src-main/training/presets.ts';

const image = { height: 16, width: 16, channels: 1 };
const planOf = (request: object) => planTraining(v.parse(trainingSettingsSchema, request), image, 1000);
const plan = planOf({ codeSize: 8, epochs: 20 });

/** Evaluations with these errors, 10 steps and a second apart. */
function epochsOf(...errors: number[]): EpochMetrics[] {
  return errors.map((validationMse, epoch) => ({
    ...{ epoch, step: 10 * epoch, trainLoss: epoch === 0 ? null : validationMse, validationMse },
    ...{ learningRate: 1e-3, imagesPerSecond: 1000, seconds: epoch },
  }));
}

const good: Course = {
  plan,
  epochs: epochsOf(0.05, 0.02, 0.01, 0.008),
  baselines: { pca: 0.009, meanImage: 0.06 },
  rollbacks: 0,
  totalSteps: 40,
};
const codes = (changes: Partial<Course>) => diagnose({ ...good, ...changes }).map(({ code }) => code);

test('a good course has nothing to be told, nor has one that has not begun', () => {
  expect(diagnose(good)).toEqual([]);
  expect(diagnose({ ...good, epochs: [], baselines: null, totalSteps: null })).toEqual([]);
});

describe('speaks', () => {
  const rising = epochsOf(0.05, 0.008, ...Array(5).fill(0.0085));
  const flat = epochsOf(0.06, 0.06, 0.059, 0.0595);

  test.each<[string, Partial<Course>, string[], Record<string, unknown>]>([
    ['the loss exploded', { rollbacks: 2 }, ['diverged'], { learningRate: plan.learningRate / 10 }],
    ['nothing but the mean image', { epochs: flat }, ['mean-image', 'worse-than-pca'], { preset: 'recommended' }],
    ['held-out errors rise', { epochs: rising, totalSteps: 60 }, ['overfitting'], { noise: 0.1, patience: 10 }],
    ['worse than PCA', { epochs: epochsOf(0.05, 0.02, 0.012) }, [], {}],
    ['worse than PCA late', { epochs: epochsOf(0.05, 0.03, 0.02, 0.012) }, ['worse-than-pca'], { epochs: 40 }],
  ])('%s', (_, changes, expected, remedy) => {
    const warnings = diagnose({ ...good, ...changes });
    expect(warnings.map(({ code }) => code)).toEqual(expected);
    if (expected.length > 0) expect(warnings[0]!.remedy).toEqual(remedy);
    for (const { remedy, message, advice } of warnings) {
      expect([message, advice]).not.toContain('');
      // What the button applies is a run that can be trained.
      expect(() => planOf({ codeSize: 8, ...remedy })).not.toThrow();
    }
  });

  test('most serious first', () => {
    expect(codes({ rollbacks: 1, epochs: epochsOf(0.059, ...Array(7).fill(0.063)), totalSteps: 70 })).toEqual([
      ...['diverged', 'mean-image', 'overfitting', 'worse-than-pca'],
    ]);
  });

  test('noise that was there is doubled, up to its limit; a preset without the PCA start is left', () => {
    const noisy = { ...plan, noise: 1.5 };
    expect(diagnose({ ...good, plan: noisy, epochs: rising, totalSteps: 60 })[0]!.remedy).toMatchObject({ noise: 2 });
    const deep = planOf({ preset: 'deep', codeSize: 8 });
    const [warning] = diagnose({ ...good, plan: deep, epochs: epochsOf(0.05, 0.03, 0.02, 0.012) });
    expect(warning!.remedy).toEqual({ preset: 'recommended' });
  });
});

describe('waits', () => {
  test('until enough of the run is done to tell, by steps or by its time budget', () => {
    const epochs = epochsOf(0.06, 0.06);
    expect(codes({ epochs, totalSteps: 100 })).toEqual([]);
    expect(codes({ epochs, totalSteps: null })).toEqual([]);
    expect(codes({ epochs, plan: { ...plan, seconds: 100 } })).toEqual([]);
    expect(codes({ epochs, plan: { ...plan, seconds: 1.2 } })).toEqual(['mean-image', 'worse-than-pca']);
  });

  test('until errors have risen five times, by more than they wander', () => {
    expect(codes({ epochs: epochsOf(0.05, 0.008, ...Array(4).fill(0.009)), totalSteps: 50 })).toEqual([]);
    expect(codes({ epochs: epochsOf(0.05, 0.008, ...Array(6).fill(0.0083)), totalSteps: 70 })).toEqual([]);
  });

  test('as good as PCA within rounding is not worse', () => {
    expect(codes({ epochs: epochsOf(0.05, 0.02, 0.01, 0.009005) })).toEqual([]);
  });
});
