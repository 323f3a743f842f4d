// Posterior collapse: a variational code says of every image what the prior says anyway, and the decoder does without it.
import { presets } from '../presets.ts';
import { judgedEvaluation } from './course.ts';
import type { Diagnosis } from './diagnosis.ts';

// Units that a variational model does not need switch off one by one, which is its virtue; hardly one in eight left is not.
// Over fewer images than that, a unit may vary little by chance.
const limits = { activeShare: 0.125, images: 8, done: 0.3 };

export const posteriorCollapse: Diagnosis = {
  name: 'posterior-collapse',
  limits,
  canJudge: ({ plan, epochs, evaluatedCount, done }) =>
    plan.spec.code.type === 'variational' &&
    plan.beta > 0 &&
    epochs.length > 1 &&
    evaluatedCount >= limits.images &&
    done >= Math.max(limits.done, plan.klWarmup),
  judge(evidence) {
    const { beta, spec } = evidence.plan;
    const usual = presets.variational.beta;
    const { activeUnits: active = spec.codeSize, kl = 0 } = judgedEvaluation(evidence)!;
    if (active > limits.activeShare * spec.codeSize) return null;
    return {
      figures: { active, units: spec.codeSize, kl, beta },
      message: `Only ${active} of ${spec.codeSize} numbers of the code are in use: the prior outweighs the images (posterior collapse).`,
      advice: 'Choose a smaller β, and let it rise more slowly.',
      remedies: [{ beta: beta > usual ? usual : beta / 10, klWarmup: 0.5 }],
      silences: ['dead-units', 'mean-image', 'worse-than-pca', 'overfitting', 'plateau'],
    };
  },
};
