// What is no part of a run by itself, for tables and reports: places on a map, groups, copies. Made where it is not there yet.
import { isDeepStrictEqual } from 'node:util';
import type { ClusterSettings, FoundClusters, FoundDuplicates } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import type { MapSettings } from '../contract/tasks.ts';
import type { Choice } from '../exports/chosen-table.ts';
import { readNpy } from '../files/npy.ts';
import { readCodes } from '../latent/encode.ts';
import { runPaths } from '../training/run-files.ts';
import {
  clustersOf,
  clusterView,
  duplicatesOf,
  duplicateView,
  type Explored,
  makeMap,
  mapFiles,
  readMapNote,
} from './explore.ts';

/** Which of them are wanted; null for none. */
export interface Wanted {
  readonly map: MapSettings | null;
  readonly clusters: ClusterSettings | null;
  readonly duplicates: boolean;
}

export type MoreColumns = Pick<Choice, 'map' | 'cluster'> & { readonly mapSettings: MapSettings | null };

export interface Beside {
  /** Null where there are none. */
  readonly columns: MoreColumns | null;
  readonly clusters: FoundClusters | null;
  readonly duplicates: FoundDuplicates | null;
}

export async function makeBeside(explored: Explored, wanted: Wanted, context: Context): Promise<Beside> {
  const { map } = wanted;
  const places = map && (await placesOf(explored, map, context));
  const clusters = wanted.clusters && clusterView(await clustersOf(explored, wanted.clusters, context));
  const duplicates = wanted.duplicates ? duplicateView(await duplicatesOf(explored, context)) : null;
  const columns = { map: places, mapSettings: map, cluster: clusters && groupsById(clusters) };
  return { columns: (places ?? clusters) === null ? null : columns, clusters, duplicates };
}

/** float32 N×2 by the ids of the images. */
export function placesById({ ids, xy }: { ids: Int32Array; xy: Float32Array }): NonNullable<Choice['map']> {
  return new Map(Array.from(ids, (id, row) => [id, [xy[2 * row]!, xy[2 * row + 1]!] as const]));
}

export function groupsById({ ids, cluster }: { ids: Int32Array; cluster: Int32Array }): NonNullable<Choice['cluster']> {
  return new Map(Array.from(ids, (id, row) => [id, cluster[row]!]));
}

/** A map of the same codes by the same settings is the same map: it is not made again. */
async function placesOf(explored: Explored, settings: MapSettings, context: Context) {
  const { run } = explored;
  const codes = await readCodes(runPaths(run.folder).codes);
  const note = await readMapNote(run, settings.method, codes);
  if (!isDeepStrictEqual(note?.settings, settings)) await makeMap(explored, settings, context);
  const xy = (await readNpy(mapFiles(run, settings.method).positions)).data as Float32Array;
  return placesById({ ids: Int32Array.from(codes.ids), xy });
}
