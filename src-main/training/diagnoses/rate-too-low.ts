// The rate is too low: the error goes down in a straight line that leads nowhere in the time there is, or does not move at all.
import { scoreOf } from '../../contract/metrics.ts';
import type { EpochMetrics } from '../../contract/records.ts';
import { higherRate } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';
import { figure } from './words.ts';

// A sound run jitters by more than a ten-thousandth, and makes most of its way early: the second half of the way that its
// rate allows gains a fraction of the first. As long as both gain the same, and little, it has hardly left the start.
const limits = { still: 1e-4, fall: 0.1, secondHalf: 0.7, falling: 0.9, evaluations: 6, done: 0.5, leastError: 1e-8 };

export const rateTooLow: Diagnosis = {
  name: 'rate-too-low',
  limits,
  canJudge: ({ epochs, done }) => epochs.length >= limits.evaluations && done >= limits.done,
  judge(evidence) {
    const { epochs, plan } = evidence;
    const [start, last] = [scoreOf(epochs[0]!), scoreOf(epochs.at(-1)!)];
    if (start < limits.leastError || !(isStill(epochs) || isStraight(epochs))) return null;
    return {
      figures: { start, last, learningRate: plan.learningRate },
      message: `The error has hardly moved from where it began (${figure(last)} against ${figure(start)}): the learning rate is too low for so few steps.`,
      advice: 'Choose a higher learning rate, or train for many more steps.',
      remedies: [{ learningRate: higherRate(evidence) }],
      silences: ['mean-image', 'worse-than-pca', 'dead-units', 'dead-entries', 'overfitting', 'plateau'],
    };
  },
};

function isStill(epochs: readonly EpochMetrics[]): boolean {
  const start = scoreOf(epochs[0]!);
  return epochs.every((metrics) => Math.abs(scoreOf(metrics) - start) < limits.still * start);
}

function isStraight(epochs: readonly EpochMetrics[]): boolean {
  const [start, last] = [scoreOf(epochs[0]!), scoreOf(epochs.at(-1)!)];
  const falling = epochs.slice(1).filter((metrics, index) => scoreOf(metrics) <= scoreOf(epochs[index]!)).length;
  const middle = scoreHalfWay(epochs);
  return (
    last < start &&
    start - last < limits.fall * start &&
    falling >= limits.falling * (epochs.length - 1) &&
    middle - last >= limits.secondHalf * (start - middle)
  );
}

/** The score where half of the way is done: of the sum of the learning rates of all steps, which is how far they can lead. */
function scoreHalfWay(epochs: readonly EpochMetrics[]): number {
  let sum = 0;
  const way = epochs.map(({ learningRate, step }, index) => {
    const before = sum;
    sum += learningRate * ((epochs[index + 1]?.step ?? step) - step);
    return before;
  });
  const half = sum / 2;
  const after = way.findIndex((reached) => reached >= half);
  const [from, to] = [way[after - 1]!, way[after]!];
  const share = (half - from) / (to - from);
  return scoreOf(epochs[after - 1]!) * (1 - share) + scoreOf(epochs[after]!) * share;
}
