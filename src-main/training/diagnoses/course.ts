// What several diagnoses read from the course of a run: its errors, its best evaluation, where its rate stands. Pure functions.
import { bestOf, scoreOf } from '../../contract/metrics.ts';
import type { EpochMetrics } from '../../contract/records.ts';
import { presets } from '../presets.ts';
import type { Evidence } from './diagnosis.ts';

/** Errors of the model and of what it is held against: of the report where there is one, else the best of its course so far. */
export function errorsOf({ finished, epochs, baselines }: Evidence) {
  if (finished) return { model: finished.mse, pca: finished.pcaMse, meanImage: finished.meanImageMse };
  const best = bestOf(epochs);
  return best && baselines ? { model: best.validationMse, ...baselines } : null;
}

export function sinceBest(epochs: readonly EpochMetrics[]): number {
  const best = bestOf(epochs);
  return best ? epochs.length - 1 - epochs.indexOf(best) : 0;
}

/** The evaluation of the model that is kept, or, while it trains, of the one that is there now. */
export function judgedEvaluation({ epochs, finished }: Evidence): EpochMetrics | null {
  return (finished ? bestOf(epochs) : epochs.at(-1)) ?? null;
}

/** Training has begun, and nothing that it found was better than its start. */
export function keepsStart({ epochs }: Evidence): boolean {
  return epochs.length > 1 && bestOf(epochs)?.step === 0;
}

export function keptWords(evidence: Evidence): string {
  const message = keepsStart(evidence) ? 'The kept model is the start of training.' : 'The best model is kept.';
  return message;
}

/** Training losses, as optimised, in order; an evaluation at the start has none. */
export function trainingLosses(epochs: readonly EpochMetrics[]): number[] {
  return epochs.flatMap(({ trainLoss }) => trainLoss ?? []);
}

/** The best score among these evaluations. */
export function lowestScore(epochs: readonly EpochMetrics[]): number {
  return epochs.reduce((lowest, metrics) => Math.min(lowest, scoreOf(metrics)), Number.POSITIVE_INFINITY);
}

// A person's rate that is further from the preset's than this was the mistake; nearer, the preset's itself does not fit.
const farFromPreset = 2;

/** The preset's rate where this one is far above it, else a tenth of it. */
export function lowerRate({ plan }: Evidence): number {
  const usual = presets[plan.preset].learningRate;
  return plan.learningRate > farFromPreset * usual ? usual : plan.learningRate / 10;
}

/** The preset's rate where this one is far below it, else ten times it. */
export function higherRate({ plan }: Evidence): number {
  const usual = presets[plan.preset].learningRate;
  return plan.learningRate < usual / farFromPreset ? usual : plan.learningRate * 10;
}

/** A hundredth of the penalty on the code, or what the preset for sparse codes takes where that is less. */
export function lowerPenalty(codeL1: number): number {
  return Math.min(codeL1 / 100, presets.sparse.codeL1);
}

/** Twice as long, by whichever of both ends it. */
export function longer({ plan: { epochs, seconds } }: Evidence) {
  return seconds === null ? { epochs: Math.min(1_000_000, 2 * epochs) } : { seconds: 2 * seconds };
}
