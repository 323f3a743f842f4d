// Collapse to the mean image: every image comes back as nearly the same picture.
import { errorsOf, longer, lowerPenalty, lowerRate } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';
import { figure } from './words.ts';

// A model this close to the mean image has learned nothing that a person could see. Images that do not differ have no mean
// image to be better than.
const limits = { shareOfMeanImage: 0.95, done: 0.3, leastError: 1e-8 };

export const meanImage: Diagnosis = {
  name: 'mean-image',
  limits,
  canJudge: ({ done, finished }) => finished !== null || done >= limits.done,
  judge(evidence) {
    const errors = errorsOf(evidence);
    if (!errors || errors.meanImage < limits.leastError) return null;
    if (errors.model < errors.meanImage * limits.shareOfMeanImage) return null;
    const { plan, settings } = evidence;
    const usual = plan.preset === 'recommended' && settings.spec === undefined;
    return {
      figures: { model: errors.model, meanImage: errors.meanImage },
      message: `What comes back is hardly better than the mean image (error ${figure(errors.model)} against ${figure(errors.meanImage)}).`,
      advice: 'Use the recommended preset, a lower learning rate, or train longer.',
      remedies: [
        ...(plan.codeL1 > 0 ? [{ codeL1: lowerPenalty(plan.codeL1) }] : []),
        ...(usual ? [{ learningRate: lowerRate(evidence) }] : [{ preset: 'recommended' as const }]),
        longer(evidence),
      ],
      silences: ['worse-than-pca', 'overfitting', 'plateau'],
    };
  },
};
