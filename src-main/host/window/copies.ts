// Originals copied into folders from a window. Where they may go is decided in access.ts, how they are copied in exports.
import * as v from 'valibot';
import type { Service } from '../../contract/api.ts';
import { copyRequestSchema } from '../../contract/tasks.ts';
import { clusterFolders, itemFolders } from '../image-groups.ts';
import { expectExtractOut } from './archives.ts';
import { noGroups } from './exports.ts';
import type { FindingPart } from './findings.ts';
import type { Surroundings } from './parts.ts';

export type CopyPart = Pick<Service, 'copyAs'>;

/** All of them are counted; a list of thousands nobody reads, and every window would get it with every change of a task. */
const mostMissed = 100;

export function copyPart(surroundings: Surroundings, { found }: Pick<FindingPart, 'found'>): CopyPart {
  const { catalogue, core } = surroundings;
  return {
    async copyAs(request, context = {}) {
      const { runId, folder, by, ids } = v.parse(copyRequestSchema, request);
      const out = expectExtractOut(surroundings, folder);
      const run = catalogue.getRun(runId);
      const clusters = by === 'cluster' ? await found(runId, 'clusters') : null;
      if (by === 'cluster' && clusters?.what !== 'clusters') throw noGroups(run);
      const all =
        clusters?.what === 'clusters'
          ? clusterFolders(clusters)
          : itemFolders(catalogue.items(run.datasetId), by as 'label' | 'split');
      const wanted = ids && new Set(ids);
      const folders = all
        .map((one) => ({ ...one, ids: one.ids.filter((id) => wanted === null || wanted.has(id)) }))
        .filter((one) => one.ids.length > 0);
      const { missed, ...result } = await core.copyImages(run.datasetId, folders, out, context);
      return { ...result, missed: missed.slice(0, mostMissed), missing: missed.length };
    },
  };
}
