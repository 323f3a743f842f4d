// Columns of a table that are no part of a run by themselves: places on a map and groups, made where they are not there yet.
import { isDeepStrictEqual } from 'node:util';
import type { ClusterSettings } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import type { MapSettings } from '../contract/tasks.ts';
import type { Choice } from '../exports/chosen-table.ts';
import { readNpy } from '../files/npy.ts';
import { readCodes } from '../latent/encode.ts';
import { runPaths } from '../training/run-files.ts';
import { clustersOf, type Explored, makeMap, mapFiles, readMapNote } from './explore.ts';

/** Which of them are wanted; null for none. */
export interface WantedColumns {
  readonly map: MapSettings | null;
  readonly clusters: ClusterSettings | null;
}

export type MoreColumns = Pick<Choice, 'map' | 'cluster'> & { readonly mapSettings: MapSettings | null };

export async function makeColumns(
  explored: Explored,
  { map, clusters }: WantedColumns,
  context: Context,
): Promise<MoreColumns> {
  const places = map && (await placesOf(explored, map, context));
  const groups = clusters && (await clustersOf(explored, clusters, context)).assignment;
  return { map: places, mapSettings: map, cluster: groups && groupsById(groups) };
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
