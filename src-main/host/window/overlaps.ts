// How alike two runs see the same images, kept while the service runs.
import type { Service } from '../../contract/api.ts';
import { type OverlapResult, overlapNeighbours } from '../../contract/explore.ts';
import type { Surroundings } from './parts.ts';

export type OverlapPart = Pick<Service, 'measureOverlap' | 'overlap'>;

export function overlapPart({ core, topics }: Surroundings): OverlapPart {
  const known = new Map<string, OverlapResult>();
  topics.listen('workspace', ({ what }) => {
    if (what.includes('datasets')) known.clear();
  });
  /** The overlap is the same both ways. */
  const keyOf = (...runs: [string, string]) => runs.sort().join(' ');
  return {
    async measureOverlap(runId, otherId, context = {}) {
      const measured = await core.neighbourOverlap(runId, otherId, overlapNeighbours, context);
      known.set(keyOf(runId, otherId), measured);
      return measured;
    },
    overlap: async (runId, otherId) => known.get(keyOf(runId, otherId)) ?? null,
  };
}
