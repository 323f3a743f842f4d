// The best linear code of as many numbers rebuilds the images better than the model does.
import { hasPrior } from '../objective.ts';
import type { TrainingPlan } from '../presets.ts';
import { errorsOf, longer, sinceBest } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';
import { figure, ratio } from './words.ts';

// PCA is a reference, not a rival to beat by rounding. A model that was asked for more than a small error (a prior, sparse
// codes, structure instead of squares) pays for it with some of that error: only what is far beyond such a price is a fault.
const limits = { tolerance: 1.01, price: 3, done: 0.6 };

export const worseThanPca: Diagnosis = {
  name: 'worse-than-pca',
  limits,
  /** Whole numbers of a few bits are not as many numbers as PCA has. */
  canJudge: ({ finished, done, plan: { spec } }) =>
    spec.code.type !== 'vq' && spec.code.type !== 'fsq' && (finished !== null || done >= limits.done),
  judge(evidence) {
    const errors = errorsOf(evidence);
    const { plan, settings } = evidence;
    const asksForMore = !onlySquaredError(plan);
    if (!errors || errors.model <= errors.pca * (asksForMore ? limits.price : limits.tolerance)) return null;
    const [pca, model, times] = [figure(errors.pca), figure(errors.model), ratio(errors.model / errors.pca)];
    const usual = plan.preset === 'recommended' && settings.spec === undefined;
    return {
      figures: { model: errors.model, pca: errors.pca },
      message: asksForMore
        ? `Plain PCA with as many numbers per image does much better (error ${pca}, the model ${model}, ${times} times as much): more than what else this model is asked for should cost.`
        : `Plain PCA with as many numbers per image does better (error ${pca}, the model ${model}, ${times} times as much).`,
      advice: asksForMore
        ? 'Weigh what it is asked for beside a small error less, use the recommended preset, or train longer.'
        : 'Use the recommended preset, which starts at the PCA solution, or train longer.',
      remedies: [
        ...(usual ? [] : [{ preset: 'recommended' as const }]),
        // Of use only to one that was still getting better.
        ...(sinceBest(evidence.epochs) <= 1 ? [longer(evidence)] : []),
      ],
    };
  },
};

function onlySquaredError(plan: TrainingPlan): boolean {
  const { loss, ssimWeight, noise, codeL1 } = plan;
  return loss === 'mse' && ssimWeight === 0 && noise === 0 && codeL1 === 0 && !hasPrior(plan);
}
