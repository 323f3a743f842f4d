// The doctor: what a person should be told while a run trains, from its course so far, with a remedy for one click.
import { bestOf } from '../contract/metrics.ts';
import type { Baselines, EpochMetrics, Warning } from '../contract/records.ts';
import type { TrainingPlan } from './presets.ts';

export interface Course {
  plan: TrainingPlan;
  epochs: readonly EpochMetrics[];
  baselines: Baselines | null;
  rollbacks: number;
  /** Null where a time budget ends the run, or before an epoch has shown how many steps it has. */
  totalSteps: number | null;
}

// Held-out errors wander by a few percent from epoch to epoch; five without a new best, and this far above it, is a trend.
const staleEvaluations = 5;
const risenBy = 1.05;
// Before this much of the schedule is done, a network is still far from where it will end.
const judgedAfter = 0.6;
const meanImageShare = 0.95;
const pcaTolerance = 1.001;

/** How much of the run is done, 0–1. */
function shareDone({ plan, epochs, totalSteps }: Course): number {
  const { step = 0, seconds = 0 } = epochs.at(-1) ?? {};
  if (plan.seconds !== null) return seconds / plan.seconds;
  return totalSteps === null ? 0 : step / totalSteps;
}

/** Most serious first; empty where there is nothing to say. */
export function diagnose(course: Course): Warning[] {
  return [exploding, flat, memorising, behindPca].flatMap((check) => check(course) ?? []);
}

function exploding({ plan, rollbacks }: Course): Warning | null {
  if (rollbacks === 0) return null;
  return {
    code: 'diverged',
    message: `The loss exploded, ${rollbacks}× so far: the learning rate is too high for this model.`,
    advice: 'Choose a learning rate ten times lower, or clip gradients.',
    remedy: { learningRate: plan.learningRate / 10 },
  };
}

function flat(course: Course): Warning | null {
  const { epochs, baselines } = course;
  const last = epochs.at(-1);
  if (
    !last ||
    !baselines ||
    shareDone(course) < judgedAfter / 2 ||
    last.validationMse < baselines.meanImage * meanImageShare
  )
    return null;
  return {
    code: 'mean-image',
    message: `What comes back is hardly better than the mean image so far (error ${last.validationMse.toPrecision(3)} against ${baselines.meanImage.toPrecision(3)}).`,
    advice: 'Use the recommended preset, which starts at the PCA solution.',
    remedy: { preset: 'recommended' },
  };
}

function memorising({ plan, epochs }: Course): Warning | null {
  const [best, last] = [bestOf(epochs), epochs.at(-1)];
  if (!best || !last) return null;
  const sinceBest = epochs.length - 1 - epochs.indexOf(best);
  if (sinceBest < staleEvaluations || last.validationMse < best.validationMse * risenBy) return null;
  return {
    code: 'overfitting',
    message: `The error of images it has not seen was lowest ${sinceBest} evaluations ago and rises: it has begun to memorise.`,
    advice: 'The best model is kept. Stop now, or train again with noise on the input, which makes memorising harder.',
    remedy: plan.noise > 0 ? { noise: Math.min(2, plan.noise * 2), patience: 10 } : { noise: 0.1, patience: 10 },
  };
}

function behindPca(course: Course): Warning | null {
  const { plan, baselines } = course;
  const best = bestOf(course.epochs)?.validationMse ?? Number.POSITIVE_INFINITY;
  if (!baselines || shareDone(course) < judgedAfter || best <= baselines.pca * pcaTolerance) return null;
  return {
    code: 'worse-than-pca',
    message: `Plain PCA with as many numbers per image does better so far (error ${baselines.pca.toPrecision(3)}, the model ${best.toPrecision(3)}).`,
    advice: 'Use the recommended preset, which starts at the PCA solution, or train longer.',
    remedy: plan.spec.pcaStart ? { epochs: 2 * Math.min(plan.epochs, 500) } : { preset: 'recommended' },
  };
}
