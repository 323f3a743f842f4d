// The loss exploded: training was taken back, with a lower rate, and after one time too many it was ended.
import { keptWords, lowerRate } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';

const limits = { explosions: 1 };

export const diverged: Diagnosis = {
  name: 'diverged',
  limits,
  canJudge: () => true,
  judge(evidence) {
    const { rollbacks, finished, plan } = evidence;
    if (rollbacks < limits.explosions) return null;
    const kept = keptWords(evidence);
    return {
      figures: { explosions: rollbacks, learningRate: plan.learningRate },
      message: finished?.gaveUp
        ? `The loss exploded ${rollbacks} times, and training was ended.`
        : `The loss exploded, ${rollbacks}× so far: the learning rate is too high for this model.`,
      advice: `${kept} Choose a lower learning rate, or clip gradients.`,
      remedies: [{ learningRate: lowerRate(evidence) }],
      silences: ['rate-too-high', 'rate-too-low', 'mean-image', 'worse-than-pca', 'plateau'],
    };
  },
};
