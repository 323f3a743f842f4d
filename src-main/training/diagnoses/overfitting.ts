// It memorises: images that it has not seen come back worse and worse, or much worse than those that it learned from.
import { bestOf, scoreOf } from '../../contract/metrics.ts';
import type { EpochMetrics } from '../../contract/records.ts';
import { keptWords, sinceBest } from './course.ts';
import type { Diagnosis, Evidence, Finding } from './diagnosis.ts';
import { ratio } from './words.ts';

// Held-out errors wander by a few percent from epoch to epoch; five without a new best, and this far above it, is a trend.
// The training loss falls meanwhile; where it does not, something else is wrong. Held-out errors are always a little higher
// than those of the training images; half as much again is memorising.
const limits = { evaluations: 5, rise: 1.05, trainingFall: 0.98, ratio: 1.5 };

export const overfitting: Diagnosis = {
  name: 'overfitting',
  limits,
  canJudge: ({ epochs, heldOut }) => epochs.length > 1 && heldOut !== 'none',
  judge: (evidence) => byCourse(evidence) ?? byRatio(evidence),
};

/** Held-out errors rise while the training loss does not. */
function byCourse(evidence: Evidence): Finding | null {
  const { epochs } = evidence;
  const [best, last] = [bestOf(epochs)!, epochs.at(-1)!];
  const since = sinceBest(epochs);
  const rise = scoreOf(last) / scoreOf(best);
  if (since < limits.evaluations || rise < limits.rise || !trainingFell(epochs, best, last)) return null;
  const kept = keptWords(evidence);
  return {
    figures: { evaluationsSinceBest: since, best: best.validationMse, last: last.validationMse },
    message: `The error of images it has not seen was lowest ${since} evaluations ago and rises: it has begun to memorise.`,
    advice: evidence.finished
      ? `${kept} Add images, or train again with noise on the input, which makes memorising harder.`
      : `${kept} Stop now, or train again with noise on the input, which makes memorising harder.`,
    remedies: remedies(evidence),
    silences: ['plateau'],
  };
}

function byRatio(evidence: Evidence): Finding | null {
  const { finished, trainCount } = evidence;
  if (!finished || finished.mse <= finished.trainMse * limits.ratio) return null;
  return {
    figures: { heldOut: finished.mse, training: finished.trainMse },
    message: `Images it has not seen come back ${ratio(finished.mse / finished.trainMse)} times worse than the ${trainCount} it learned from: it has begun to memorise.`,
    advice:
      'Add images, use a smaller code or narrower layers, noise on the input, or random crops and flips (--augment).',
    remedies: remedies(evidence),
    silences: ['plateau'],
  };
}

/** At the start there is no training loss yet: the first one stands for it. */
function trainingFell(epochs: readonly EpochMetrics[], best: EpochMetrics, last: EpochMetrics): boolean {
  const then = best.trainLoss ?? epochs.find(({ trainLoss }) => trainLoss !== null)?.trainLoss;
  return then !== undefined && then !== null && last.trainLoss !== null && last.trainLoss < limits.trainingFall * then;
}

function remedies({ plan: { noise } }: Evidence) {
  return [{ noise: noise > 0 ? Math.min(2, noise * 2) : 0.1, patience: 10 }];
}
