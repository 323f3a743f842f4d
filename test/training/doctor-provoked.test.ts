// Every fault that the doctor knows, made for real: a training that has it by orders of magnitude, and its remedy applied.
import { beforeAll, describe, expect, test } from 'vitest';
import { type DiagnosisName, diagnosisNames, type Warning } from '../../src-main/contract/records.ts';
import { withRemedy } from '../../src-main/contract/remedy.ts';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import type { OpenDataset } from '../../src-main/dataset/index.ts';
import { disc, type Examined, examine, fog, painted } from './examined-runs.ts';

const discs = painted(125, disc);
const small: TrainingRequest = { codeSize: 6, hidden: [24], epochs: 20, batchSize: 20 };

/** Seconds on an idle machine. */
const patience = { timeout: 300_000 };

interface Provocation {
  images: OpenDataset;
  request: TrainingRequest;
  /** What the doctor offers. */
  remedy: TrainingRequest | undefined;
  /** What may be said beside it: as true, or what it leads to. */
  beside?: DiagnosisName[];
  /** The run is tried again with the remedy, and with what keeps that short, and must then rebuild the images better. */
  again?: TrainingRequest;
}

const provocations: Record<DiagnosisName, Provocation> = {
  // The remedy is another import.
  'nothing-held-out': { images: painted(60, disc, 0), request: { ...small, epochs: 2 }, remedy: undefined },
  'few-images': {
    images: painted(15, disc),
    request: { ...small, codeSize: 12, epochs: 2 },
    remedy: { codeSize: 3 },
    beside: ['diverged', 'rate-too-high', 'overfitting'],
  },
  diverged: {
    images: discs,
    request: { ...small, learningRate: 1e6 },
    remedy: { learningRate: 2e-3 },
    again: {},
  },
  // Its output is limited to the range of pixels: the loss cannot explode, however far the weights are gone.
  'rate-too-high': {
    images: discs,
    request: { ...small, learningRate: 10 },
    remedy: { learningRate: 2e-3 },
    again: {},
  },
  'rate-too-low': {
    images: discs,
    request: { ...small, learningRate: 1e-8 },
    remedy: { learningRate: 2e-3 },
    again: {},
  },
  'posterior-collapse': {
    images: discs,
    request: { ...small, preset: 'variational', pcaStart: false, beta: 1e5 },
    remedy: { beta: 12, klWarmup: 0.5 },
    again: { epochs: 60 },
  },
  // A rectified code under a penalty that is a thousand times the error: all of it goes dark.
  'dead-units': {
    images: discs,
    request: { ...small, preset: 'agarap2019', optimizer: { type: 'adamw' }, codeL1: 100 },
    remedy: { codeL1: 1e-4 },
  },
  // More entries than all images together could name: 125 × 6 of 8192.
  'dead-entries': {
    images: discs,
    request: { ...small, preset: 'vq', entries: 8192, epochs: 2 },
    remedy: { entries: expect.toSatisfy((entries: number) => entries <= 1024) },
    beside: ['mean-image'],
    again: { epochs: 20 },
  },
  // As it was published: a tenth to a half of its pixels never light up.
  'dead-outputs': {
    images: discs,
    request: { ...small, preset: 'agarap2019' },
    remedy: { preset: 'recommended' },
    beside: ['mean-image', 'dead-units'],
    again: { ...small, epochs: 2 },
  },
  'mean-image': {
    images: discs,
    request: { ...small, preset: 'sparse', pcaStart: false, codeL1: 1e4 },
    remedy: { codeL1: 1e-4 },
    again: { epochs: 60 },
  },
  'worse-than-pca': {
    images: discs,
    request: { ...small, preset: 'deep', hidden: [64], epochs: 60 },
    remedy: { preset: 'recommended' },
    again: { ...small, epochs: 2 },
  },
  // It learns the noise of forty images by heart, to a hundredth of their error.
  overfitting: {
    images: painted(50, fog),
    request: { codeSize: 12, hidden: [256], epochs: 60, batchSize: 12, learningRate: 1e-2 },
    remedy: { noise: 0.1, patience: 10 },
  },
  // A linear model of one number for what one number can say: after a while there is nothing left to learn.
  plateau: {
    images: painted(80, fog),
    request: {
      spec: {
        ...{ name: 'line', codeSize: 1 },
        encoder: [{ type: 'dense', units: 1 }],
        decoder: [{ type: 'dense', units: 256 }],
      },
      ...{ epochs: 200, batchSize: 32, optimizer: { type: 'adam' }, schedule: 'constant', learningRate: 0.05 },
    },
    remedy: { schedule: 'one-cycle' },
    beside: ['worse-than-pca'],
  },
};

const namesOf = (warnings: readonly Warning[]) => warnings.map(({ code }) => code);

describe.each(diagnosisNames)('%s', patience, (name) => {
  const { images, request, remedy, beside = [], again } = provocations[name];
  let run: Examined;
  beforeAll(async () => {
    run = await examine(images, request);
  }, patience.timeout);

  test('is said of a run that has it', () => {
    const said = namesOf(run.warnings);
    expect(said).toContain(name);
    expect(said.filter((other) => other !== name && !beside.includes(other))).toEqual([]);
  });

  test('offers its remedy, which changes the settings as said', () => {
    const { remedy: offered } = run.warnings.find(({ code }) => code === name)!;
    expect(offered).toEqual(remedy);
    if (offered) expect(withRemedy(request, offered)).toMatchObject(offered);
  });

  if (!again) return;
  test('is gone with the remedy, and the model is better', async () => {
    const { remedy: offered } = run.warnings.find(({ code }) => code === name)!;
    const remedied = await examine(images, { ...withRemedy(request, offered!), ...again });
    expect(namesOf(remedied.warnings)).not.toContain(name);
    expect(remedied.mse).toBeLessThan(run.mse);
  });
});

describe('while it trains', patience, () => {
  test('what shows in its course is said, and run.json keeps it', async () => {
    const { meanwhile, kept } = await examine(discs, { ...small, learningRate: 10 });
    expect(namesOf(meanwhile)).toEqual(['rate-too-high']);
    expect(namesOf(kept)).toEqual(['rate-too-high']);
  });

  test('what takes only counting is said at the start', async () => {
    const { meanwhile } = await examine(painted(15, disc), { ...small, codeSize: 12, epochs: 0 });
    expect(namesOf(meanwhile)).toEqual(['few-images']);
  });
});

describe('a model that was not trained', patience, () => {
  test('is PCA itself, no better and no worse, although its output is limited to the range of pixels', async () => {
    // Much black and white, beyond which PCA's reconstructions would go.
    const stark = painted(60, (random) => {
      const shade = disc(random);
      return (x, y) => 2.5 * shade(x, y) - 190;
    });
    const { mse, pca, warnings } = await examine(stark, { ...small, epochs: 0 });
    expect(mse / pca).toBeCloseTo(1, 4);
    expect(warnings).toEqual([]);
  });
});

describe('a run that is well', patience, () => {
  test('has nothing to be told', async () => {
    const { warnings, mse, pca } = await examine(painted(1000, disc), { ...small, hidden: [64], batchSize: 50 });
    expect(mse).toBeLessThan(0.8 * pca);
    expect(warnings).toEqual([]);
  });
});
