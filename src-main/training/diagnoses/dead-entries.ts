// Entries of a codebook, or levels of a number, that no image uses.
import type { Diagnosis, Evidence } from './diagnosis.ts';

// Good codebooks leave some of their entries to images that are yet to come; one in ten in use is a codebook that is ten times
// too large, or one that has died. Over few held-out images, while it trains, many entries have had no chance.
const limits = { share: 0.1, chances: 10, done: 0.6 };

export const deadEntries: Diagnosis = {
  name: 'dead-entries',
  limits,
  canJudge: ({ plan: { spec }, finished, epochs, evaluatedCount, done }) =>
    (spec.code.type === 'vq' || spec.code.type === 'fsq') &&
    (finished !== null ||
      (done >= limits.done && epochs.length > 1 && evaluatedCount >= limits.chances * availableIn({ spec }))),
  judge(evidence) {
    const { plan, finished, epochs } = evidence;
    const share = finished ? finished.levelShare : epochs.at(-1)!.codebookUse?.share;
    if (share === null || share === undefined || share >= limits.share) return null;
    const available = availableIn(plan);
    const used = Math.max(1, Math.round(share * available));
    // The next power of two: the customary sizes, with room for what is still to come.
    const enough = Math.max(2, 2 ** Math.ceil(Math.log2(used + 1)));
    const isCodebook = plan.spec.code.type === 'vq';
    return {
      figures: { used, available },
      message: isCodebook
        ? `Only ${used} of the ${available} entries of the codebook are ever used.`
        : `Only ${used} of the ${available} levels of each number are ever used, on average.`,
      advice: isCodebook
        ? 'Choose fewer entries: those that nothing uses cost time and memory.'
        : 'Choose fewer levels: those that nothing uses cost bits.',
      remedies: [isCodebook ? { entries: enough } : { levels: enough }],
    };
  },
};

/** Entries of the codebook; levels of a number, on average. */
function availableIn({ spec: { code } }: Pick<Evidence['plan'], 'spec'>): number {
  if (code.type === 'vq') return code.entries;
  return code.type === 'fsq' ? code.levels.reduce((sum, count) => sum + count, 0) / code.levels.length : 0;
}
