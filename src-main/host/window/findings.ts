// What was looked for among the codes of runs, kept while the service runs: duplicates, outliers, clusters.
import type { Service } from '../../contract/api.ts';
import { type Finding, type FoundView, usualClusters } from '../../contract/explore.ts';
import type { Context } from '../../contract/records.ts';
import { clusterView, duplicateView } from '../explore.ts';
import type { Surroundings } from './parts.ts';

export type FindingPart = Pick<Service, 'find' | 'found'>;

export function findingPart({ core, topics }: Surroundings): FindingPart {
  const known = new Map<string, FoundView>();
  topics.listen('workspace', ({ what }) => {
    if (what.includes('datasets')) known.clear();
  });

  async function look(runId: string, what: Finding, context: Context): Promise<FoundView> {
    if (what === 'duplicates') return duplicateView(await core.duplicates(runId, context));
    if (what === 'outliers') {
      const { outliers } = await core.outliers(runId, Number.MAX_SAFE_INTEGER, context);
      return {
        what,
        ids: Int32Array.from(outliers, ({ id }) => id),
        scores: Float32Array.from(outliers, ({ score }) => score),
      };
    }
    return clusterView(await core.clusters(runId, usualClusters, context));
  }

  return {
    async find(runId, what, context = {}) {
      const started = performance.now();
      known.set(`${what} ${runId}`, await look(runId, what, context));
      return { seconds: (performance.now() - started) / 1000 };
    },
    found: async (runId, what) => known.get(`${what} ${runId}`) ?? null,
  };
}
