// Pixel values that vary in the images and that a rectified output answers with one constant: it gets no gradient any more.
import type { Diagnosis } from './diagnosis.ts';

// One in fifty is what the eye begins to see. Where half are dark, that is why only a mean image comes back.
const limits = { share: 0.02, most: 0.5 };

export const deadOutputs: Diagnosis = {
  name: 'dead-outputs',
  limits,
  canJudge({ finished, plan: { spec } }) {
    const last = spec.decoder.at(-1);
    return finished !== null && last !== undefined && 'activation' in last && last.activation === 'relu';
  },
  judge({ finished }) {
    const { deadOutputs: dead, varyingOutputs: varying } = finished!;
    if (dead === 0 || dead < varying * limits.share) return null;
    return {
      figures: { dead, varying },
      message: `${dead} of the ${varying} pixel values that vary in the images are answered with one constant: those outputs are dead.`,
      advice:
        'A ReLU output that has gone dark gets no gradient and never recovers; use a linear output (any other preset).',
      remedies: [{ preset: 'recommended' }],
      silences: dead >= varying * limits.most ? ['mean-image', 'worse-than-pca', 'plateau'] : [],
    };
  },
};
