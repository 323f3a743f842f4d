// What was looked for among the codes of runs, kept while the service runs: duplicates, outliers, clusters; and what was decided of duplicates.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import { type DecidedCopies, type Finding, type FoundView, usualClusters } from '../../contract/explore.ts';
import type { Context } from '../../contract/records.ts';
import { writeDuplicates } from '../../exports/duplicates-table.ts';
import { realPath } from '../../files/paths.ts';
import { clusterView, duplicateView } from '../explore.ts';
import { expectOut } from './access.ts';
import type { Surroundings } from './parts.ts';

export type FindingPart = Pick<Service, 'find' | 'found' | 'saveDuplicates'>;

export function findingPart(surroundings: Surroundings): FindingPart {
  const { core, topics } = surroundings;
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
    saveDuplicates: (runId, out, groups) => saveDuplicates(surroundings, runId, out, groups),
  };
}

async function saveDuplicates(surroundings: Surroundings, runId: string, out: string, groups: DecidedCopies[]) {
  const started = performance.now();
  const { catalogue, written } = surroundings;
  const items = new Map(catalogue.items(catalogue.getRun(runId).datasetId).map((item) => [item.id, item]));
  const itemOf = (id: number) => {
    const item = items.get(id);
    if (item) return item;
    throw new PinholeError('not-found', `There is no image ${id} in this data set.`, 'Load the table again.');
  };
  const file = join(expectOut(surroundings, out), 'duplicates.csv');
  const decided = groups.map(({ ids, kept }) => ({ images: Array.from(ids, itemOf), kept: new Set(kept) }));
  const rows = await writeDuplicates(file, decided);
  written.add(realPath(file));
  const { size } = await stat(file);
  return { files: [file], bytes: [size], rows, seconds: (performance.now() - started) / 1000 };
}
