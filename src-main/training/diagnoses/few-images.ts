// Fewer images than it takes to learn so many numbers of each.
import { fewImages as adviseCodeSize, imagesPerNumber } from '../../contract/remedy.ts';
import type { Diagnosis } from './diagnosis.ts';

export const fewImages: Diagnosis = {
  name: 'few-images',
  limits: { imagesPerNumber: imagesPerNumber.few },
  // Before the first step: it is a matter of counting.
  canJudge: () => true,
  judge({ trainCount, plan: { spec } }) {
    const codeSize = adviseCodeSize(trainCount, spec.codeSize);
    if (codeSize === null) return null;
    return {
      figures: { trainingImages: trainCount, codeSize: spec.codeSize },
      message: `${trainCount} images are few for ${spec.codeSize} numbers per image.`,
      advice: `Choose a code size of ${codeSize} or less, or add images.`,
      remedies: codeSize < spec.codeSize ? [{ codeSize }] : [],
    };
  },
};
