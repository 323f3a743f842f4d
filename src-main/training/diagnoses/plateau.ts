// A plateau: evaluation after evaluation the error is what it was.
import { scoreOf } from '../../contract/metrics.ts';
import { keepsStart, keptWords, lowerRate, lowestScore } from './course.ts';
import type { Diagnosis, Evidence, Finding } from './diagnosis.ts';
import { figure, percent } from './words.ts';

// Schedules that lower the rate gain several percent in their last part; half a percent over that long is nothing.
const limits = { evaluations: 10, window: 0.4, gain: 0.005, done: 0.5, leastError: 1e-8 };

export const plateau: Diagnosis = {
  name: 'plateau',
  limits,
  // Whoever asked for patience has the remedy, and it ends the run for this very reason.
  canJudge: ({ plan, epochs, done }) =>
    epochs.length > limits.evaluations && done >= limits.done && plan.patience === 0,
  judge(evidence) {
    const { epochs } = evidence;
    const window = Math.round(limits.window * (epochs.length - 1));
    const before = lowestScore(epochs.slice(0, -window));
    const gain = 1 - lowestScore(epochs.slice(-window)) / before;
    if (before < limits.leastError || gain >= limits.gain) return null;
    return keepsStart(evidence) ? neverBetter(evidence) : level(evidence, window);
  },
};

function level(evidence: Evidence, window: number): Finding {
  const { plan, epochs } = evidence;
  const kept = keptWords(evidence);
  return {
    figures: { evaluations: window, last: scoreOf(epochs.at(-1)!) },
    message: `The error has not got better by ${percent(limits.gain)} in the last ${window} evaluations: it has reached a plateau.`,
    advice:
      plan.schedule === 'constant'
        ? `${kept} Let the rate fall towards the end (one-cycle), which often gets below it.`
        : `${kept} Longer training gains nothing: a larger code or wider layers would. Patience ends it in time.`,
    remedies: [plan.schedule === 'constant' ? { schedule: 'one-cycle' } : { patience: 10 }],
  };
}

function neverBetter(evidence: Evidence): Finding {
  const start = evidence.epochs[0]!.validationMse;
  const kept = keptWords(evidence);
  return {
    figures: { start, evaluations: evidence.epochs.length - 1 },
    message: `No evaluation was better than the start (error ${figure(start)}).`,
    advice: `${kept} Choose a lower learning rate, which takes finer steps.`,
    remedies: [{ learningRate: lowerRate(evidence) }],
  };
}
