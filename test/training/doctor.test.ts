// The doctor's rules on made-up runs: when each diagnosis speaks and when it does not, what silences what, and remedies.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type DiagnosisName, diagnosisNames } from '../../src-main/contract/records.ts';
import { withRemedy } from '../../src-main/contract/remedy.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { ModelSpec } from '../../src-main/contract/spec.ts';
import { diagnose, diagnoses, type Evidence } from '../../src-main/training/doctor.ts';
import { planTraining } from '../../src-main/training/presets.ts';
import { course, evidence } from './evidence.ts';

const names = (of: Evidence) => diagnose(of).map(({ code }) => code);

test('every diagnosis has one file and one name, most serious first', () => {
  expect(diagnoses.map(({ name }) => name)).toEqual(diagnosisNames);
});

describe('nothing is said', () => {
  const rising = course([0.05, 0.008, 0.009, 0.009, 0.009, 0.009]);
  test.each<[string, Evidence]>([
    ['of a good run while it trains', evidence()],
    ['of a good run at its end', evidence({}, {}, {})],
    ['of a run that has not begun', evidence({}, { epochs: [], baselines: null, done: 0 })],
    ['of one that was asked not to train', evidence({ epochs: 0 }, { epochs: course([0.009]) }, { mse: 0.009 })],
    ['of a model near the mean image before a third of it is done', withErrors([0.06, 0.06], { done: 0.1 })],
    ['of a model behind PCA before it has had its time', withErrors([0.05, 0.02], { done: 0.5 })],
    ['of one as good as PCA within rounding', evidence({}, {}, { mse: 0.009004 })],
    ['of errors that rise for less than five evaluations', withErrors(rising.map((epoch) => epoch.validationMse))],
    ['of errors that wander', withErrors([0.05, 0.008, ...Array(6).fill(0.0083)])],
    ['of outputs that are constant without a ReLU', evidence({}, {}, { deadOutputs: 100 })],
    ['of images that do not differ', evidence({}, {}, { mse: 0, pcaMse: 0, meanImageMse: 0, trainMse: 0 })],
    ['of whole numbers that rebuild less well than PCA’s', evidence({ preset: 'vq' }, {}, { mse: 0.02 })],
    ['of what a prior costs', evidence({ preset: 'variational' }, {}, { mse: 0.018 })],
    ['of what sparse codes cost', evidence({ preset: 'sparse' }, {}, { mse: 0.018 })],
  ])('%s', (_, of) => {
    expect(diagnose(of)).toEqual([]);
  });
});

function withErrors(errors: readonly number[], changes: Partial<Evidence> = {}): Evidence {
  return evidence({}, { epochs: course(errors), ...changes });
}

/** What is wrong, what is said of it, and what the button changes. */
interface Fault {
  of: Evidence;
  message: string;
  remedy: TrainingRequest | undefined;
}
const faults: Readonly<Record<string, Fault>> = {
  'nothing-held-out': {
    of: evidence({}, { heldOut: 'none' }, { mse: 0.02, pcaMse: 0.03 }),
    message: 'No image was held out: these figures are of images that it learned from, and say nothing about others.',
    remedy: undefined,
  },
  'few-images': {
    of: evidence({}, { trainCount: 5 }),
    message: '5 images are few for 4 numbers per image.',
    remedy: { codeSize: 1 },
  },
  diverged: {
    of: evidence({ learningRate: 50 }, { rollbacks: 2 }),
    message: 'The loss exploded, 2× so far: the learning rate is too high for this model.',
    remedy: { learningRate: 2e-3 },
  },
  'dead-units': {
    of: evidence({}, {}, { codeDeviations: Float64Array.of(2, 0, 1e-9, 1) }),
    message: '2 of 4 code units never change: they carry nothing.',
    remedy: { codeSize: 2 },
  },
  'dead-outputs': {
    of: evidence({ preset: 'agarap2019' }, {}, { deadOutputs: 50 }),
    message:
      '50 of the 200 pixel values that vary in the images are answered with one constant: those outputs are dead.',
    remedy: { preset: 'recommended' },
  },
  'mean-image': {
    of: evidence({ preset: 'deep' }, {}, { mse: 0.06 }),
    message: 'What comes back is hardly better than the mean image (error 0.0600 against 0.0600).',
    remedy: { preset: 'recommended' },
  },
  'worse-than-pca': {
    of: evidence({ preset: 'deep' }, {}, { mse: 0.018 }),
    message:
      'Plain PCA with as many numbers per image does better (error 0.00900, the model 0.0180, 2.0 times as much).',
    remedy: { preset: 'recommended' },
  },
  overfitting: {
    of: withErrors(
      [0.05, 0.008, ...Array(5).fill(0.0085)].map((error) => error),
      {
        epochs: course([0.05, 0.008, ...Array(5).fill(0.0085)], (epoch) =>
          epoch === 0 ? {} : { trainLoss: 0.008 / epoch },
        ),
      },
    ),
    message: 'The error of images it has not seen was lowest 5 evaluations ago and rises: it has begun to memorise.',
    remedy: { noise: 0.1, patience: 10 },
  },
};

describe('is said, with figures and with what to change', () => {
  test('of every diagnosis', () => {
    expect(Object.keys(faults)).toEqual(diagnosisNames);
  });

  test.each(Object.entries(faults))('%s', (name, { of, message, remedy }) => {
    const [warning, ...others] = diagnose(of);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ code: name, message });
    expect(warning!.remedy).toEqual(remedy);
    expect(warning!.advice).not.toBe('');
    expect(Object.values(warning!.figures).every(Number.isFinite)).toBe(true);
  });

  test('memorising, by the errors of the kept model alone', () => {
    const [warning] = diagnose(evidence({ noise: 0.3 }, {}, { trainMse: 0.001 }));
    expect(warning).toMatchObject({
      message:
        'Images it has not seen come back 4.0 times worse than the 900 it learned from: it has begun to memorise.',
      remedy: { noise: 0.6, patience: 10 },
    });
    const [byHeart] = diagnose(evidence({}, {}, { trainMse: 0 }));
    expect(byHeart!.message).toContain('come back 1000+ times worse than the 900');
  });

  test('worse than PCA, by more than what a prior costs', () => {
    const [warning] = diagnose(evidence({ preset: 'variational' }, {}, { mse: 0.04 }));
    expect(warning!.message).toContain('more than what else this model is asked for should cost');
  });

  test('of a run that was ended because it exploded', () => {
    const [warning] = diagnose(evidence({}, { rollbacks: 4 }, { gaveUp: true, mse: 0.06 }));
    expect(warning).toMatchObject({ code: 'diverged', message: 'The loss exploded 4 times, and training was ended.' });
    expect(warning!.remedy!.learningRate).toBeCloseTo(2e-4, 9);
  });

  test('which model is kept, where that is the start', () => {
    const [warning] = diagnose(withErrors([0.009, 0.5], { rollbacks: 1 }));
    expect(warning!.advice).toMatch(/^The kept model is the start of training\. /);
  });
});

describe('does not contradict itself', () => {
  test.each<[string, Evidence, DiagnosisName[]]>([
    [
      'an exploded run is no plateau, and near the mean image for that reason',
      withErrors([0.059, ...Array(12).fill(0.063)], { rollbacks: 1 }),
      ['diverged'],
    ],
    [
      'a code of which nothing is left gives a mean image',
      evidence({ codeL1: 1 }, {}, { mse: 0.06, codeDeviations: new Float64Array(4) }),
      ['dead-units'],
    ],
    [
      'outputs of which most are dark give a mean image',
      evidence({ preset: 'agarap2019' }, {}, { mse: 0.06, deadOutputs: 150 }),
      ['dead-outputs'],
    ],
    ['a mean image is worse than PCA', evidence({}, {}, { mse: 0.06 }), ['mean-image']],
    [
      'what was not held out cannot show memorising',
      evidence({}, { heldOut: 'none' }, { trainMse: 0.001 }),
      ['nothing-held-out'],
    ],
  ])('%s', (_, of, expected) => {
    expect(names(of)).toEqual(expected);
  });

  test('longer is no remedy for a model that has stopped getting better', () => {
    const still = evidence({}, {}, { mse: 0.012 });
    expect(diagnose(still)[0]!.remedy).toEqual({ epochs: 40 });
    expect(diagnose({ ...still, epochs: course([0.05, 0.02, 0.012, 0.013, 0.013]) })[0]!.remedy).toBeUndefined();
  });
});

describe('a remedy', () => {
  test.each(Object.entries(faults).filter(([, { remedy }]) => remedy))('of %s can be trained', (_, { of, remedy }) => {
    const settings = v.parse(trainingSettingsSchema, withRemedy(of.settings, remedy!));
    expect(() => planTraining(settings, of.image, of.trainCount)).not.toThrow();
    expect(settings).not.toEqual(v.parse(trainingSettingsSchema, of.settings));
  });

  test('fits a model of one’s own, which takes no code size beside its spec', () => {
    const spec: ModelSpec = {
      ...{ name: 'mine', codeSize: 4, code: { type: 'plain' }, pcaStart: false, output: 'linear' },
      encoder: [{ type: 'dense', units: 4, activation: 'linear', start: undefined }],
      decoder: [{ type: 'dense', units: 256, activation: 'linear', start: undefined }],
    };
    const own = { codeSize: undefined, spec };
    expect(diagnose(evidence(own, { trainCount: 5 }))[0]).not.toHaveProperty('remedy');
    const [warning] = diagnose(evidence(own, {}, { mse: 0.06 }));
    expect(warning!.remedy).toEqual({ preset: 'recommended' });
    expect(withRemedy({ spec, seed: 7 }, warning!.remedy!)).toEqual({ preset: 'recommended', codeSize: 4, seed: 7 });
  });
});
