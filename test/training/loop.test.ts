import { describe, expect, test } from 'vitest';
import { bestOf } from '../../src-main/contract/metrics.ts';
import type { EpochMetrics, Notice } from '../../src-main/contract/records.ts';
import type { Trainer } from '../../src-main/engine/executor.ts';
import { type LoopOptions, runTrainingLoop } from '../../src-main/training/loop.ts';
import type { TrainingPlan } from '../../src-main/training/presets.ts';
import type { Checkpoint } from '../../src-main/training/run-files.ts';

const plan: TrainingPlan = {
  preset: 'recommended',
  spec: {
    name: 'test',
    codeSize: 1,
    code: { type: 'plain' },
    pcaStart: false,
    output: 'linear',
    encoder: [],
    decoder: [],
  },
  loss: 'mse',
  optimizer: { type: 'sgd', momentum: 0, nesterov: false },
  learningRate: 0.1,
  schedule: 'constant',
  warmup: 0,
  batchSize: 1,
  epochs: 4,
  seconds: null,
  patience: 0,
  ssimWeight: 0,
  noise: 0,
  noiseKind: 'gaussian',
  codeL1: 0,
  beta: 0,
  klWarmup: 0,
  mmd: 0,
  augment: null,
  seed: 1,
};

/** Batches that need no reading. */
const atOnce = { readAhead() {}, ready: async () => {} };

/** Gradient descent on w² from w = 1: the smallest thing that trains. `lossOf` may make it misbehave. */
function quadratic(lossOf = (w: number, _rate: number) => w * w) {
  let w = 1;
  let [sum, steps] = [0, 0];
  const rates: number[] = [];
  const trainer: Trainer = {
    async step(_feeds, rate) {
      sum += lossOf(w, rate);
      steps++;
      rates.push(rate);
      w = Math.fround(w - rate * 2 * w);
    },
    async takeLoss() {
      const taken = { sum, steps };
      [sum, steps] = [0, 0];
      return taken;
    },
    read: async () => new Map([['w', Float32Array.of(w)]]),
    async write(values) {
      w = values.get('w')![0]!;
    },
    evaluator: () => Promise.reject(new Error('not asked for here')),
    dispose: async () => {},
  };
  return { trainer, rates, value: () => w };
}

function setUp(changes: Partial<LoopOptions> = {}, quadraticLoss?: Parameters<typeof quadratic>[0]) {
  const model = quadratic(quadraticLoss);
  const saved = { last: [] as Checkpoint[], best: [] as Checkpoint[], metrics: [] as EpochMetrics[] };
  const notices: Notice[] = [];
  const options: LoopOptions = {
    plan,
    trainer: model.trainer,
    batches: { ...atOnce, stepsPerEpoch: 3, at: () => ({}) },
    evaluate: async () => ({ validationMse: model.value() ** 2 }),
    resume: null,
    secondsBefore: 0,
    checkpointSeconds: 1000,
    saveLast: async (checkpoint) => void saved.last.push(checkpoint),
    saveBest: async (checkpoint) => void saved.best.push(checkpoint),
    onMetrics: async (metrics) => void saved.metrics.push(metrics),
    ...changes,
  };
  return { options, model, saved, notices, context: { onNotice: (notice: Notice) => void notices.push(notice) } };
}

describe('an undisturbed run', () => {
  test('evaluates before the first step and after every epoch, and keeps the best', async () => {
    const { options, saved } = setUp();
    const { reason, progress } = await runTrainingLoop(options);
    expect(reason).toBe('epochs');
    expect(progress.step).toBe(12);
    expect(saved.metrics.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12]);
    expect(saved.metrics[0]!.trainLoss).toBeNull();
    expect(saved.best.at(-1)!.progress.bestStep).toBe(12);
    expect(saved.last.at(-1)!.progress.step).toBe(12);
  });

  test('the best is the one with the lowest score where there is one, and its error is kept beside it', async () => {
    const scores = [4, 2, 3, 1, 5];
    const evaluate = async () => {
      const score = scores.shift()!;
      return { validationMse: 10 - score, score };
    };
    const { options, saved } = setUp({ evaluate });
    const { progress } = await runTrainingLoop(options);
    expect(progress).toMatchObject({ bestStep: 9, bestScore: 1, bestMse: 9 });
    expect(saved.best.map(({ progress: { step } }) => step)).toEqual([0, 3, 9]);
    expect(bestOf(saved.metrics)!.step).toBe(9);
  });

  test('every step is told how much of the run is done before it', async () => {
    const told: number[] = [];
    const at = (_: number, done: number) => {
      told.push(done);
      return {};
    };
    const batches = { ...atOnce, stepsPerEpoch: 3, at };
    await runTrainingLoop(setUp({ batches }).options);
    expect(told).toEqual(Array.from({ length: 12 }, (_, index) => index / 12));
  });

  test('step 0 stays the best where nothing improves on it', async () => {
    const { options, saved } = setUp({ evaluate: async () => ({ validationMse: 5 }) });
    const { progress } = await runTrainingLoop(options);
    expect(saved.best).toHaveLength(1);
    expect(progress.bestStep).toBe(0);
  });

  test('no epochs: the model it starts with is evaluated and kept', async () => {
    const { options, saved } = setUp({ plan: { ...plan, epochs: 0 } });
    expect((await runTrainingLoop(options)).reason).toBe('epochs');
    expect(saved.best).toHaveLength(1);
    expect(saved.last).toHaveLength(1);
  });
});

describe('going on', () => {
  test('a run that was stopped and resumed ends with the same bits', async () => {
    const whole = setUp();
    await runTrainingLoop(whole.options);

    const controller = new AbortController();
    const first = setUp();
    const at = (step: number) => {
      if (step === 5) controller.abort();
      return {};
    };
    const stopAt = { ...atOnce, stepsPerEpoch: 3, at };
    const stopped = await runTrainingLoop({ ...first.options, batches: stopAt }, { signal: controller.signal });
    expect(stopped).toMatchObject({ reason: 'cancelled', progress: { step: 5 } });

    const { values, progress } = first.saved.last.at(-1)!;
    const second = setUp({ resume: progress });
    await second.model.trainer.write(values);
    await runTrainingLoop(second.options);
    expect(second.model.value()).toBe(whole.model.value());
    expect(second.saved.metrics.at(-1)!.validationMse).toBe(whole.saved.metrics.at(-1)!.validationMse);
    expect(second.saved.metrics[0]!.trainLoss).toBe(whole.saved.metrics[2]!.trainLoss);
  });
});

describe('stopping early', () => {
  test('patience counts evaluations without improvement', async () => {
    const errors = [5, 4, 4, 4, 4, 4];
    const { options } = setUp({
      plan: { ...plan, epochs: 50, patience: 2 },
      evaluate: async () => ({ validationMse: errors.shift() ?? 4 }),
    });
    expect(await runTrainingLoop(options)).toMatchObject({ reason: 'plateau', progress: { step: 9, bestStep: 3 } });
  });

  test('a time budget ends the run, evaluates what was learned last, and brings the rate down with the clock', async () => {
    const { options, model, saved } = setUp({
      plan: { ...plan, epochs: Number.MAX_SAFE_INTEGER, seconds: 0.2, schedule: 'cosine' },
      batches: { ...atOnce, stepsPerEpoch: 1000, at: () => pause() },
    });
    const { reason, progress } = await runTrainingLoop(options);
    expect(reason).toBe('seconds');
    expect(progress.seconds).toBeGreaterThanOrEqual(0.2);
    expect(saved.metrics.at(-1)!.step).toBe(progress.step);
    expect(model.rates.at(-1)).toBeLessThan(0.02);
  });
});

describe('an exploding loss', () => {
  test('goes back to the last good checkpoint with a lower rate, says so, and goes on', async () => {
    // Anything above a rate of 0.05 explodes from the second epoch on.
    let steps = 0;
    const { options, saved, notices, context, model } = setUp({}, (w, rate) =>
      ++steps > 3 && rate > 0.05 ? Number.NaN : w * w,
    );
    const { reason, progress } = await runTrainingLoop(options, context);
    expect(reason).toBe('epochs');
    expect(progress).toMatchObject({ rollbacks: 1, rateFactor: 0.3, step: 12 });
    expect(model.rates.at(-1)).toBeCloseTo(0.03);
    expect(notices.map(({ message }) => message)).toEqual([
      'The loss exploded at step 6: back to step 3 with 30 % of the learning rate.',
    ]);
    expect(saved.metrics.every(({ validationMse }) => Number.isFinite(validationMse))).toBe(true);
  });

  test('is none where the first loss was next to nothing, as that of few images at a PCA start', async () => {
    const { options } = setUp({}, (w) => (w === 1 ? 1e-12 : 1e-4));
    expect((await runTrainingLoop(options)).progress.rollbacks).toBe(0);
  });

  test('is seen in an evaluation that is no number, which is no place to go back to', async () => {
    const errors = [1, Number.NaN, 0.9, 0.8, 0.7, 0.6];
    const { options, saved, notices, context } = setUp({ evaluate: async () => ({ validationMse: errors.shift()! }) });
    const { reason, progress } = await runTrainingLoop(options, context);
    expect(reason).toBe('epochs');
    expect(progress).toMatchObject({ rollbacks: 1, bestMse: 0.6 });
    expect(notices[0]!.message).toBe('The loss exploded at step 3: back to step 0 with 30 % of the learning rate.');
    expect(saved.metrics.map(({ validationMse }) => validationMse)).toEqual([1, 0.9, 0.8, 0.7, 0.6]);
  });

  test('gives up after three rollbacks and keeps the best model', async () => {
    let steps = 0;
    const { options, saved, notices, context } = setUp({}, (w) => (++steps > 3 ? 1e9 : w * w));
    const { reason } = await runTrainingLoop(options, context);
    expect(reason).toBe('diverged');
    expect(notices).toHaveLength(4);
    expect(notices.at(-1)!.message).toBe(
      'The loss exploded again at step 6. Training stops with the best model so far (step 3).',
    );
    expect(saved.best.at(-1)!.progress.bestStep).toBe(3);
  });
});

function pause() {
  const until = performance.now() + 2;
  while (performance.now() < until);
  return {};
}
