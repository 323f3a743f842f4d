// The rate is too high: steps jump over what they look for, and training undoes what it had, without exploding outright.
import { bestOf, scoreOf } from '../../contract/metrics.ts';
import { keptWords, lowerRate, trainingLosses } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';
import { ratio } from './words.ts';

// No schedule here raises a sound run's error by more than a few tenths. What memorises lowers its training loss meanwhile,
// and by more than this.
const limits = { rise: 3, trainingLoss: 0.5 };

export const rateTooHigh: Diagnosis = {
  name: 'rate-too-high',
  limits,
  canJudge: ({ epochs }) => epochs.length > 1,
  judge(evidence) {
    const { epochs, plan } = evidence;
    const best = bestOf(epochs)!;
    // From the best on: what training has got over was a detour.
    const later = epochs.slice(epochs.indexOf(best) + 1);
    const worst = later.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), best);
    const rise = scoreOf(worst) / scoreOf(best);
    const [first = Number.POSITIVE_INFINITY] = trainingLosses(epochs);
    if (!(rise >= limits.rise) || (worst.trainLoss ?? 0) < limits.trainingLoss * first) return null;
    const kept = keptWords(evidence);
    return {
      figures: { rise, best: best.validationMse, worst: worst.validationMse, learningRate: plan.learningRate },
      message: `Held-out errors rose to ${ratio(rise)} times the best of before, and training errors with them: the learning rate is too high.`,
      advice: `${kept} Choose a lower learning rate.`,
      remedies: [{ learningRate: lowerRate(evidence) }],
      silences: ['rate-too-low', 'mean-image', 'worse-than-pca', 'overfitting', 'plateau'],
    };
  },
};
