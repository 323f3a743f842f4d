// What is found among the codes of a run, by the names of its images. The work itself runs in a job process.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../contract/api.ts';
import { PinholeError } from '../contract/errors.ts';
import type {
  ClusterResult,
  ClusterSettings,
  CopyOfImage,
  DuplicateResult,
  FoundCluster,
  FoundClusters,
  FoundDuplicates,
  FoundImage,
  MapResult,
  NeighbourResult,
  OutlierResult,
  OverlapResult,
  PlaceResult,
} from '../contract/explore.ts';
import type { Context, Item } from '../contract/records.ts';
import type { MapMethod, MapSettings } from '../contract/tasks.ts';
import type { MapView } from '../contract/views.ts';
import { writeAtomic } from '../files/atomic.ts';
import { ifThere } from '../files/json-lines.ts';
import { readNpy } from '../files/npy.ts';
import { type Codes, readCodeIds, readCodes } from '../latent/encode.ts';
import { runPaths } from '../training/run-files.ts';
import type { ExploreInput, ExploreResults } from './explore-job.ts';
import { startJob } from './job.ts';

/** A run that is encoded, and the images that it was trained on. */
export interface Explored {
  workspace: string;
  run: Run;
  items: readonly Item[];
}

/** What is known of a map beside its positions. */
export interface MapNote extends Pick<MapResult, 'explained' | 'seconds' | 'quality'> {
  settings: MapSettings;
  /** Of ids and codes: a map of other codes is not shown. */
  codesHash: string;
}

export function mapFiles(run: Pick<Run, 'folder'>, method: MapMethod): { positions: string; note: string } {
  const base = join(run.folder, 'maps', method);
  return { positions: `${base}.npy`, note: `${base}.json` };
}

export function hashOfCodes({ ids, codes }: Codes): string {
  return createHash('sha256').update(ids).update(codes).digest('hex');
}

/** What is known of the map of that method; null where it was not made, or of other codes. */
export async function readMapNote(run: Pick<Run, 'folder'>, method: MapMethod, codes: Codes): Promise<MapNote | null> {
  const text = await ifThere(readFile(mapFiles(run, method).note, 'utf8'));
  if (text === null) return null;
  const note = JSON.parse(text) as MapNote;
  return note.codesHash === hashOfCodes(codes) ? note : null;
}

/** As it was made; null where it was not, or of other codes. */
export async function readMap(run: Pick<Run, 'folder'>, method: MapMethod, codes: Codes): Promise<MapView | null> {
  const note = await readMapNote(run, method, codes);
  if (note === null) return null;
  const { settings, explained, seconds, quality = null } = note;
  const xy = (await readNpy(mapFiles(run, method).positions)).data as Float32Array;
  return { method, settings, ids: new Int32Array(codes.ids), xy, errors: codes.errors, explained, quality, seconds };
}

/** Made on the spot, and so without figures. */
export async function pcaMap(codes: Codes): Promise<MapView> {
  const started = performance.now();
  // Loaded when first needed: the service starts sooner without.
  const { pcaLayout } = await import('../latent/map.ts');
  const layout = await pcaLayout(codes);
  const seconds = (performance.now() - started) / 1000;
  const shown = { ids: new Int32Array(codes.ids), errors: codes.errors, quality: null, seconds };
  return { method: 'pca', settings: { method: 'pca' }, ...shown, ...layout };
}

/** As screens and pages need them: images by their ids. */
export const clusterView = ({ assignment, clusters }: ClusterResult): FoundClusters => ({
  what: 'clusters',
  ...assignment,
  count: clusters.length,
  central: clusters.map(({ central }) => central.map(({ id }) => id)),
});

export const duplicateView = ({ groups }: DuplicateResult): FoundDuplicates => ({
  what: 'duplicates',
  groups: groups.map(({ keep, others }) => ({
    keep: keep.id,
    others: others.map(({ id }) => id),
    bytes: [keep, ...others].map(({ bytes }) => bytes),
  })),
});

export async function makeMap({ run }: Explored, settings: MapSettings, context: Context): Promise<MapResult> {
  const started = performance.now();
  const { positions, note } = mapFiles(run, settings.method);
  const codes = await readCodes(runPaths(run.folder).codes);
  const { explained, quality } = await explore<'map'>(run, { kind: 'map', file: positions, settings }, context);
  const seconds = (performance.now() - started) / 1000;
  const about: MapNote = { settings, explained, seconds, quality, codesHash: hashOfCodes(codes) };
  await writeAtomic(note, `${JSON.stringify(about)}\n`);
  return {
    run: run.id,
    method: settings.method,
    points: codes.ids.length,
    seconds,
    explained,
    quality,
    file: positions,
  };
}

/** `added` are encoded images of another data set: their codes lie in `codesFolder`. */
export async function placeImages(
  { run }: Explored,
  method: MapMethod,
  added: { datasetId: string; items: readonly Item[]; codesFolder: string },
  context: Context,
): Promise<PlaceResult> {
  const started = performance.now();
  const note = await readMapNote(run, method, await readCodes(runPaths(run.folder).codes));
  if (note === null) {
    throw new PinholeError(
      'not-found',
      `The run ${run.id} has no map by ${method} yet.`,
      `Make it first: pinhole map ${run.id} --method ${method}`,
    );
  }
  const { positions } = mapFiles(run, method);
  const k = note.settings.method === 'umap' ? note.settings.neighbours : usualPlaced;
  const input = { kind: 'place', added: added.codesFolder, positions, k } as const;
  const { xy, distances, preserved, points } = await explore<'place'>(run, input, context);
  const nameOf = namesOf(added.items);
  const ids = await readCodeIds(added.codesFolder);
  const images = Array.from(ids, (id, row) => {
    return { ...nameOf(id), x: xy[2 * row]!, y: xy[2 * row + 1]!, distance: distances[row]! };
  });
  const seconds = (performance.now() - started) / 1000;
  return { run: run.id, datasetId: added.datasetId, method, k, images, preserved, points, seconds };
}

/** Neighbours for methods that were made with none. */
const usualPlaced = 15;

export async function neighboursOf(
  { run, items }: Explored,
  of: Item,
  count: number,
  context: Context,
): Promise<NeighbourResult> {
  const ids = await readCodeIds(runPaths(run.folder).codes);
  const row = ids.indexOf(of.id);
  const { rows, distances } = await explore<'neighbours'>(run, { kind: 'neighbours', row, count }, context);
  const nameOf = namesOf(items);
  const neighbours = rows.map((other, place) => ({
    rank: place + 1,
    distance: distances[place]!,
    ...nameOf(ids[other]!),
  }));
  return { run: run.id, of: nameOf(of.id), neighbours };
}

export async function overlapOf(
  { run }: Explored,
  { run: other }: Explored,
  wanted: number,
  context: Context,
): Promise<OverlapResult> {
  const started = performance.now();
  const input = { kind: 'overlap', otherFolder: runPaths(other.folder).codes, k: wanted } as const;
  const { k, overlap, images, points } = await explore<'overlap'>(run, input, context);
  return {
    runs: [run.id, other.id],
    ...{ k, overlap, images, points },
    chance: k / (images - 1),
    seconds: (performance.now() - started) / 1000,
  };
}

export async function clustersOf(
  { run, items }: Explored,
  settings: ClusterSettings,
  context: Context,
): Promise<ClusterResult> {
  const started = performance.now();
  const ids = await readCodeIds(runPaths(run.folder).codes);
  const { cluster, clusters, modularity } = await explore<'clusters'>(run, { kind: 'clusters', settings }, context);
  const nameOf = namesOf(items);
  return {
    run: run.id,
    method: 'PhenoGraph',
    images: ids.length,
    modularity,
    clusters: clusters.map(
      ({ members, central }, index): FoundCluster => ({
        cluster: index,
        size: members.length,
        ...commonLabel(Array.from(members, (row) => nameOf(ids[row]!).label)),
        central: central.map((row) => nameOf(ids[row]!)),
      }),
    ),
    assignment: { ids: Int32Array.from(ids), cluster },
    seconds: (performance.now() - started) / 1000,
  };
}

export function commonLabel(labels: readonly (string | null)[]): Pick<FoundCluster, 'label' | 'share'> {
  const counts = new Map<string, number>();
  for (const label of labels) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most ? { label: most[0], share: most[1] / labels.length } : { label: null, share: null };
}

export async function duplicatesOf({ workspace, run, items }: Explored, context: Context): Promise<DuplicateResult> {
  const started = performance.now();
  const ids = await readCodeIds(runPaths(run.folder).codes);
  const input = { kind: 'duplicates', workspace, datasetId: run.datasetId } as const;
  const { groups, candidates, confirmed } = await explore<'duplicates'>(run, input, context);
  const known = new Map(items.map((item) => [item.id, item]));
  const copy = (row: number): CopyOfImage => {
    const { id, path, label, width, height, bytes } = known.get(ids[row]!)!;
    return { id, path, label, width, height, bytes };
  };
  return {
    run: run.id,
    images: ids.length,
    candidates,
    confirmed,
    groups: groups.map(([keep, ...others]) => ({ keep: copy(keep!), others: others.map(copy) })),
    seconds: (performance.now() - started) / 1000,
  };
}

export async function outliersOf(
  { workspace, run, items }: Explored,
  count: number,
  context: Context,
): Promise<OutlierResult> {
  const started = performance.now();
  const ids = await readCodeIds(runPaths(run.folder).codes);
  const input = { kind: 'outliers', workspace, datasetId: run.datasetId, count } as const;
  const found = await explore<'outliers'>(run, input, context);
  const nameOf = namesOf(items);
  return {
    run: run.id,
    images: ids.length,
    outliers: found.map(({ row, ...figures }) => ({ ...nameOf(ids[row]!), ...figures })),
    seconds: (performance.now() - started) / 1000,
  };
}

function namesOf(items: readonly Item[]): (id: number) => FoundImage {
  const known = new Map(items.map(({ id, path, label }) => [id, { id, path, label }]));
  return (id) => known.get(id) ?? { id, path: '', label: null };
}

type Asked<K extends ExploreInput['kind']> = Omit<Extract<ExploreInput, { kind: K }>, 'codesFolder'>;

function explore<K extends ExploreInput['kind']>(
  { folder }: Run,
  asked: Asked<K>,
  context: Context,
): Promise<ExploreResults[K]> {
  const input = { ...asked, codesFolder: runPaths(folder).codes };
  return startJob<ExploreResults[K]>(new URL('./explore-job.ts', import.meta.url), input, context);
}
