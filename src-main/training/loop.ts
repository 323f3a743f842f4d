// The training loop: steps, evaluations, checkpoints, rollbacks. It knows no model and no device, only what it is given.
import { setImmediate } from 'node:timers/promises';
import { learningRateAt } from '../compiler/schedules.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context, EpochMetrics, StepMetrics } from '../contract/records.ts';
import type { Trainer } from '../engine/executor.ts';
import type { Batches } from './batches.ts';
import type { Evaluation } from './evaluation.ts';
import type { TrainingPlan } from './presets.ts';
import type { Checkpoint, Progress, StopReason } from './run-files.ts';
import { Steering } from './steering.ts';

export interface LoopOptions {
  plan: TrainingPlan;
  trainer: Trainer;
  batches: Batches;
  /** Of the validation images with the trainer's present parameters. */
  evaluate(): Promise<Evaluation>;
  /** Where an interrupted run stands, or null at the start. */
  resume: Progress | null;
  /** Seconds already spent (on PCA) when a new run enters the loop; they count towards a time budget. */
  secondsBefore: number;
  checkpointSeconds: number;
  saveLast(checkpoint: Checkpoint): Promise<void>;
  saveBest(checkpoint: Checkpoint): Promise<void>;
  /** After every evaluation, step 0 included. */
  onMetrics(metrics: EpochMetrics): Promise<void>;
  /** Between evaluations, when losses were looked at. */
  onSteps?(steps: StepMetrics): Promise<void>;
  /** Training went back: what was reported after this step is not true any more. */
  onRewind?(step: number, rollbacks: number): Promise<void>;
  steering?: Steering;
}

export interface LoopResult {
  reason: StopReason;
  progress: Progress;
}

// A loss is looked at this often: seldom enough that reading it back costs nothing on a GPU, often enough that an
// exploding run loses seconds.
const stepsBetweenChecks = 50;

// A loss ten times the first one of the run is no noise: no schedule here raises it by more than about two.
const explosionFactor = 10;
// Few images are known by heart at a PCA start: next to that first loss every other one looks like an explosion. Ten times this
// is a tenth of the range of pixels.
const leastFirstLoss = 1e-3;
const allowedRollbacks = 3;
const rollbackRateFactor = 0.3;

// Messages (a cancel) arrive only when the loop lets go of the thread; a step can be shorter than this.
const yieldEveryMs = 50;
const reportEveryMs = 250;
// Four points a second are a smooth curve; more would only be drawn over each other.
const stepsEveryMs = 250;

/** Trains until epochs, time, patience or rollbacks run out, or until the signal is raised (after the current step). */
export async function runTrainingLoop(options: LoopOptions, context: Context = {}): Promise<LoopResult> {
  return new TrainingLoop(options, context).run();
}

class TrainingLoop {
  private readonly options: LoopOptions;
  private readonly context: Context;
  private readonly totalSteps: number;
  private startedAt = performance.now();
  private readonly steering: Steering;
  private lastSteps = performance.now();
  private recent = { loss: 0, steps: 0 };
  private readonly secondsBefore: number;
  private progress: Progress;
  private lastGood: Checkpoint | null = null;
  private lastSaved = performance.now();
  private lastYield = performance.now();
  private lastReport = 0;
  private rate = { images: 0, since: performance.now() };

  constructor(options: LoopOptions, context: Context) {
    this.options = options;
    this.context = context;
    this.steering = options.steering ?? new Steering();
    this.totalSteps = options.plan.epochs * options.batches.stepsPerEpoch;
    this.progress = options.resume ?? {
      step: 0,
      bestMse: Number.POSITIVE_INFINITY,
      bestScore: Number.POSITIVE_INFINITY,
      bestStep: 0,
      stale: 0,
      rollbacks: 0,
      rateFactor: 1,
      seconds: options.secondsBefore,
      lossSum: 0,
      lossSteps: 0,
    };
    this.secondsBefore = this.progress.seconds;
  }

  async run(): Promise<LoopResult> {
    if (this.options.resume === null) await this.evaluate();
    else this.lastGood = { values: await this.options.trainer.read(), progress: { ...this.progress } };
    let reason = this.reasonToStop();
    while (reason === null) {
      await this.step();
      reason = this.reasonToStop();
    }
    if (reason !== 'diverged' && !(await this.hasExploded())) {
      // A time budget ends between evaluations: what was learned since the last one must be able to become the best.
      if ((reason === 'seconds' || reason === 'stopped') && !this.atEpochEnd()) await this.evaluate();
      await this.saveLast();
    }
    return { reason, progress: this.progress };
  }

  private async step(): Promise<void> {
    const { trainer, batches } = this.options;
    const step = this.progress.step + 1;
    await batches.ready(step);
    const feeds = batches.at(step, this.share(step - 1));
    batches.readAhead(step + 1);
    await trainer.step(feeds, this.learningRate(step), step);
    this.progress.step = step;
    this.rate.images += this.options.plan.batchSize;

    const epochEnd = this.atEpochEnd();
    const saveDue = performance.now() - this.lastSaved > this.options.checkpointSeconds * 1000;
    if (epochEnd || saveDue || step % stepsBetweenChecks === 0) {
      if (await this.hasExploded()) return this.rollBack();
      await this.reportSteps();
      if (epochEnd) await this.evaluate();
      if (saveDue) await this.saveLast();
    }
    await this.letGo();
  }

  private learningRate(step: number): number {
    const { schedule, warmup, learningRate } = this.options.plan;
    const progress = this.share(step - 1);
    return this.progress.rateFactor * learningRateAt(schedule, { peak: learningRate, progress, warmup });
  }

  /** How much of the run is done, 0–1: by steps, or by the clock where there is a time budget. */
  private share(step: number): number {
    const { seconds } = this.options.plan;
    const bySteps = step / this.totalSteps;
    return Math.min(1, seconds === null ? bySteps : Math.max(bySteps, this.seconds() / seconds));
  }

  private seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }

  private atEpochEnd(): boolean {
    return this.progress.step % this.options.batches.stepsPerEpoch === 0;
  }

  private reasonToStop(): StopReason | null {
    const { epochs, seconds, patience } = this.options.plan;
    const { step, stale, rollbacks } = this.progress;
    if (this.context.signal?.aborted) return 'cancelled';
    if (this.steering.finishing) return 'stopped';
    if (rollbacks > allowedRollbacks) return 'diverged';
    if (step >= epochs * this.options.batches.stepsPerEpoch) return 'epochs';
    if (seconds !== null && this.seconds() >= seconds) return 'seconds';
    if (patience > 0 && stale >= patience) return 'plateau';
    return null;
  }

  /** Reads the losses since the last check; true if they are no numbers or far above where the run began. */
  private async hasExploded(): Promise<boolean> {
    const { sum, steps } = await this.options.trainer.takeLoss();
    if (steps === 0) return false;
    const mean = sum / steps;
    this.progress.firstLoss ??= mean;
    this.progress.lossSum += sum;
    this.progress.lossSteps += steps;
    this.recent = { loss: this.recent.loss + sum, steps: this.recent.steps + steps };
    return !Number.isFinite(mean) || mean > explosionFactor * Math.max(leastFirstLoss, this.progress.firstLoss);
  }

  private async rollBack(): Promise<void> {
    const { trainer } = this.options;
    const good = this.lastGood;
    if (good === null) throw new PinholeError('internal', 'internal: a rollback before the first evaluation');
    const rollbacks = this.progress.rollbacks + 1;
    const rateFactor = this.progress.rateFactor * rollbackRateFactor;
    const exploded = this.progress.step;
    await trainer.write(good.values);
    this.progress = { ...good.progress, rollbacks, rateFactor };
    const givingUp = rollbacks > allowedRollbacks;
    this.context.onNotice?.({
      level: 'warning',
      message: givingUp
        ? `The loss exploded again at step ${exploded}. Training stops with the best model so far (step ${good.progress.bestStep}).`
        : `The loss exploded at step ${exploded}: back to step ${good.progress.step} with ${Math.round(rateFactor * 100)} % of the learning rate.`,
      advice: givingUp ? 'Choose a learning rate ten times lower, or clip gradients.' : '',
    });
    this.recent = { loss: 0, steps: 0 };
    await this.options.onRewind?.(good.progress.step, rollbacks);
    if (!givingUp) await this.saveLast();
  }

  private async reportSteps(): Promise<void> {
    const { loss, steps } = this.recent;
    if (steps === 0 || performance.now() - this.lastSteps < stepsEveryMs) return;
    this.lastSteps = performance.now();
    this.recent = { loss: 0, steps: 0 };
    const { step } = this.progress;
    const [learningRate, imagesPerSecond] = [this.learningRate(step + 1), this.takeRate()];
    await this.options.onSteps?.({ step, loss: loss / steps, learningRate, imagesPerSecond });
  }

  private async evaluate(): Promise<void> {
    const { batches, trainer } = this.options;
    const { step, lossSum, lossSteps } = this.progress;
    const imagesPerSecond = this.takeRate();
    const evaluation = await this.options.evaluate();
    // The last steps before it may have exploded when the mean of their losses had not shown it yet. It is no place to go back to.
    if (this.lastGood !== null && !Number.isFinite(evaluation.validationMse)) return this.rollBack();
    const metrics: EpochMetrics = {
      epoch: step / batches.stepsPerEpoch,
      step,
      trainLoss: lossSteps > 0 ? lossSum / lossSteps : null,
      ...evaluation,
      learningRate: this.learningRate(step + 1),
      imagesPerSecond,
      seconds: this.seconds(),
    };
    const { validationMse, score = validationMse } = evaluation;
    const improved = score < this.progress.bestScore;
    this.progress = {
      ...this.progress,
      lossSum: 0,
      lossSteps: 0,
      seconds: this.seconds(),
      stale: improved ? 0 : this.progress.stale + 1,
      ...(improved && { bestMse: validationMse, bestScore: score, bestStep: step }),
    };
    this.lastGood = { values: await trainer.read(), progress: { ...this.progress } };
    if (improved) await this.options.saveBest(this.lastGood);
    await this.options.onMetrics(metrics);
    this.report(metrics.validationMse);
    this.rate = { images: 0, since: performance.now() };
  }

  private async saveLast(): Promise<void> {
    this.progress.seconds = this.seconds();
    await this.options.saveLast({ values: await this.options.trainer.read(), progress: { ...this.progress } });
    this.lastSaved = performance.now();
  }

  private takeRate(): number {
    const { images, since } = this.rate;
    return images === 0 ? 0 : images / ((performance.now() - since) / 1000);
  }

  private async letGo(): Promise<void> {
    const now = performance.now();
    if (now - this.lastReport > reportEveryMs) this.report(this.progress.bestMse);
    if (now - this.lastYield < yieldEveryMs) return;
    await setImmediate();
    if (this.steering.paused) await this.holdOn();
    this.lastYield = performance.now();
  }

  /** The time of a pause counts neither towards a time budget nor against the speed. */
  private async holdOn(): Promise<void> {
    await this.saveLast();
    const since = performance.now();
    await this.steering.resumed(this.context.signal);
    const paused = performance.now() - since;
    this.startedAt += paused;
    this.rate.since += paused;
    this.lastSaved += paused;
  }

  private report(mse: number): void {
    const { seconds, batchSize } = this.options.plan;
    const { step } = this.progress;
    this.lastReport = performance.now();
    const rate = this.takeRate();
    const expected = seconds === null ? this.totalSteps : Math.round(step / Math.max(this.share(step), 1e-6));
    const epoch = Math.floor(step / this.options.batches.stepsPerEpoch);
    this.context.onProgress?.({
      stage: 'train',
      done: step,
      total: expected,
      rate: rate / batchSize,
      detail: `epoch ${epoch}, ${Math.round(rate)} images/s, held-out error ${mse.toPrecision(3)}`,
    });
  }
}
