// Nothing was held out: all figures are of images that the model learns from.
import type { Diagnosis } from './diagnosis.ts';

export const nothingHeldOut: Diagnosis = {
  name: 'nothing-held-out',
  limits: { heldOutImages: 1 },
  canJudge: () => true,
  judge({ heldOut, trainCount }) {
    if (heldOut !== 'none') return null;
    return {
      figures: { heldOutImages: 0, trainingImages: trainCount },
      message: 'No image was held out: these figures are of images that it learned from, and say nothing about others.',
      advice: 'Import with a validation share above 0, or name a separate held-out source (--test).',
      // No setting of training: it takes another import.
      remedies: [],
      silences: ['overfitting'],
    };
  },
};
