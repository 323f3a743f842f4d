// The doctor's rules on made-up runs: when each diagnosis speaks and when it does not, what silences what, and remedies.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type DiagnosisName, diagnosisNames, type EpochMetrics } from '../../src-main/contract/records.ts';
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
    ['of a variational code that is half in use', variational({ activeUnits: 8, kl: 9 })],
    ['of a code that has switched off before β has risen', variational({ activeUnits: 0, kl: 0 }, { done: 0.15 })],
    ['of a codebook of which a quarter is used', evidence({ preset: 'vq' }, {}, { levelShare: 0.25 })],
    ['of a codebook, by too few images', codebook(0.01, { evaluatedCount: 100 })],
    ['of an error that doubles for a while', withErrors([0.009, 0.018, 0.012, 0.008, 0.006, 0.005, 0.004])],
    ['of errors that rose and fell below what they were', withErrors([0.009, 0.09, 0.05, 0.02, 0.008, 0.006])],
    ['of a run that learns most at its beginning', withErrors([0.009, 0.0088, 0.0086, 0.0085, 0.0085, 0.0084, 0.0084])],
    ['of a rate that has only begun', withErrors(Array(8).fill(0.009), { done: 0.3 })],
    ['of a plateau that patience waits for', evidence({ patience: 5 }, { epochs: course([0.05, ...level(0.004)]) })],
    ['of small gains to the end', withErrors(Array.from({ length: 30 }, (_, epoch) => 0.008 * 0.99 ** epoch))],
    ['of an error of nothing', withErrors([0.05, ...level(1e-12)])],
    ['of what sparse codes cost', evidence({ preset: 'sparse' }, {}, { mse: 0.018 })],
  ])('%s', (_, of) => {
    expect(diagnose(of)).toEqual([]);
  });
});

function withErrors(errors: readonly number[], changes: Partial<Evidence> = {}): Evidence {
  return evidence({}, { epochs: course(errors), ...changes });
}

function variational(last: Partial<EpochMetrics>, changes: Partial<Evidence> = {}): Evidence {
  const epochs = course([0.009, 0.008, 0.007, 0.006], (epoch) =>
    epoch === 3 ? { score: 0.01, ...last } : { score: 1 },
  );
  return evidence({ preset: 'variational', codeSize: 16, beta: 1000 }, { epochs, ...changes });
}

function codebook(share: number, changes: Partial<Evidence> = {}): Evidence {
  const epochs = course([0.05, 0.02], () => ({ codebookUse: { share, perplexity: 1 } }));
  return evidence({ preset: 'vq', entries: 256 }, { epochs, evaluatedCount: 5000, ...changes });
}

/** Twenty evaluations that differ by no more than what a course wanders. */
function level(error: number): number[] {
  return Array.from({ length: 20 }, (_, epoch) => error * (1 + 0.001 * (epoch % 3)));
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
  'rate-too-high': {
    of: evidence({ learningRate: 0.01 }, { epochs: course([0.009, 0.2, 0.3, 0.28, 0.3, 0.25, 0.2]) }),
    message:
      'Held-out errors rose to 33 times the best of before, and training errors with them: the learning rate is too high.',
    remedy: { learningRate: 2e-3 },
  },
  'rate-too-low': {
    of: evidence({ preset: 'deep', learningRate: 1e-7 }, { epochs: course(Array(8).fill(0.19)) }),
    message:
      'The error has hardly moved from where it began (0.190 against 0.190): the learning rate is too low for so few steps.',
    remedy: { learningRate: 1e-3 },
  },
  'posterior-collapse': {
    of: variational({ activeUnits: 1, kl: 0.01 }),
    message: 'Only 1 of 16 numbers of the code are in use: the prior outweighs the images (posterior collapse).',
    remedy: { beta: 12, klWarmup: 0.5 },
  },
  'dead-units': {
    of: evidence({}, {}, { codeDeviations: Float64Array.of(2, 0, 1e-9, 1) }),
    message: '2 of 4 code units never change: they carry nothing.',
    remedy: { codeSize: 2 },
  },
  'dead-entries': {
    of: codebook(0.02),
    message: 'Only 5 of the 256 entries of the codebook are ever used.',
    remedy: { entries: 8 },
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
  plateau: {
    of: evidence({ schedule: 'constant' }, { epochs: course([0.05, ...level(0.004)]) }),
    message: 'The error has not got better by 0.5 % in the last 8 evaluations: it has reached a plateau.',
    remedy: { schedule: 'one-cycle' },
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

  test('a rate that is too low, by a line that leads nowhere', () => {
    const errors = Array.from({ length: 8 }, (_, epoch) => 0.19 - 0.0005 * epoch);
    const [warning] = diagnose(evidence({ preset: 'deep', learningRate: 3e-4 }, { epochs: course(errors) }));
    expect(warning).toMatchObject({ code: 'rate-too-low', remedy: { learningRate: 1e-3 } });
  });

  test('levels that nothing uses, while it trains and at the end', () => {
    const [warning] = diagnose(evidence({ preset: 'fsq', levels: 1000 }, {}, { levelShare: 0.02 }));
    expect(warning).toMatchObject({
      message: 'Only 20 of the 1000 levels of each number are ever used, on average.',
      remedy: { levels: 32 },
    });
  });

  test('a plateau that patience would end, and a start that nothing was better than', () => {
    const [flat] = diagnose(evidence({}, { epochs: course([0.05, ...level(0.004)]) }));
    expect(flat!.remedy).toEqual({ patience: 10 });
    const [start] = diagnose(evidence({}, { epochs: course([0.008, ...level(0.00805)]) }));
    expect(start).toMatchObject({
      message: 'No evaluation was better than the start (error 0.00800).',
      advice: 'The kept model is the start of training. Choose a lower learning rate, which takes finer steps.',
    });
    expect(start!.remedy!.learningRate).toBeCloseTo(2e-4, 9);
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
    ['a rate that is too low has not collapsed to anything yet', withErrors(Array(20).fill(0.07)), ['rate-too-low']],
    [
      'a rate that is too high memorises nothing and reaches no plateau',
      withErrors([0.009, ...Array(20).fill(0.3)]),
      ['rate-too-high'],
    ],
    [
      'a collapsed posterior gives a mean image',
      variational({ activeUnits: 0, kl: 0 }, { baselines: { pca: 0.001, meanImage: 0.006 } }),
      ['posterior-collapse'],
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
