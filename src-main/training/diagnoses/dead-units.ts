// Numbers of the code that never change, whatever the image.
import { lowerPenalty } from './course.ts';
import type { Diagnosis, Evidence } from './diagnosis.ts';

// Below this share of the largest unit's deviation a unit carries no information that float32 codes would keep. Over fewer
// images than that, while it trains, a unit may well be still by chance.
const limits = { shareOfLargest: 1e-4, done: 0.6, images: 50 };

export const deadUnits: Diagnosis = {
  name: 'dead-units',
  limits,
  canJudge: ({ done, finished, evaluatedCount, epochs }) =>
    finished !== null || (done >= limits.done && evaluatedCount >= limits.images && epochs.length > 1),
  judge(evidence) {
    const { spec, codeL1 } = evidence.plan;
    const dead = countDead(evidence);
    if (dead === 0) return null;
    const alive = spec.codeSize - dead;
    return {
      figures: { dead, units: spec.codeSize },
      message: `${dead} of ${spec.codeSize} code units never change: they carry nothing.`,
      advice:
        alive === 0
          ? 'Weigh the penalty on the code less, or use the recommended preset.'
          : `Choose a code size of ${alive} or less, or an activation other than ReLU for the code.`,
      remedies:
        alive === 0
          ? [...(codeL1 > 0 ? [{ codeL1: lowerPenalty(codeL1) }] : []), { preset: 'recommended' }]
          : [{ codeSize: alive }],
      // Where nothing is left of the code, one image is all that can come back.
      silences: alive === 0 ? ['dead-entries', 'dead-outputs', 'mean-image', 'worse-than-pca', 'plateau'] : [],
    };
  },
};

function countDead({ finished, epochs }: Evidence): number {
  if (!finished) return epochs.at(-1)?.deadUnits ?? 0;
  const largest = finished.codeDeviations.reduce((a, b) => Math.max(a, b), 0);
  return finished.codeDeviations.filter((deviation) => deviation <= largest * limits.shareOfLargest).length;
}
