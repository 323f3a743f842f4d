// The job process of what is looked for among codes: maps, neighbours, clusters, duplicates, outliers. It writes maps alone.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PinholeError } from '../contract/errors.ts';
import type { ClusterSettings, MapQuality } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import type { MapSettings } from '../contract/tasks.ts';
import { readNpy, writeNpy } from '../files/npy.ts';
import { type Clustering, findClusters } from '../latent/clusters.ts';
import { type Copy, type Duplicates, findDuplicates } from '../latent/duplicates.ts';
import { type Codes, readCodes } from '../latent/encode.ts';
import { codesLayout, type Layout, pcaLayout, tsneLayout, umapLayout } from '../latent/map.ts';
import { mapQuality } from '../latent/map-quality.ts';
import { nearestCodes, nearestTo } from '../latent/nearest-codes.ts';
import { findOutliers, type Outlier } from '../latent/outliers.ts';
import { neighbourOverlap, type Overlap, sharedCodes } from '../latent/overlap.ts';
import { type Placed, placeOnMap } from '../latent/place.ts';
import { whiten } from '../latent/principal-axes.ts';
import { runJob } from './job.ts';
import { withDataset } from './with-dataset.ts';

export type ExploreInput = { codesFolder: string } & (
  | { kind: 'map' /** float32 N×2. */; file: string; settings: MapSettings }
  | { kind: 'place' /** Of the new images, float32 N×2 of the map. */; added: string; positions: string; k: number }
  | { kind: 'neighbours'; row: number; count: number }
  | { kind: 'overlap'; otherFolder: string; k: number }
  | { kind: 'clusters'; settings: ClusterSettings }
  | { kind: 'duplicates'; workspace: string; datasetId: string }
  | { kind: 'outliers'; workspace: string; datasetId: string; count: number }
);

export interface ExploreResults {
  map: { explained: number | null; quality: MapQuality };
  place: Placed;
  /** Rows, nearest first. */
  neighbours: { rows: number[]; distances: number[] };
  overlap: Overlap;
  clusters: Clustering;
  duplicates: Duplicates;
  outliers: Outlier[];
}

/** Neighbours whose distance tells whether a code lies alone. */
const outlierNeighbours = 15;
/** A copy is among the nearest of its original, unless that has more copies than this. */
const duplicateNeighbours = 10;

runJob(async (input: ExploreInput, context): Promise<ExploreResults[ExploreInput['kind']]> => {
  const codes = await readCodes(input.codesFolder);
  switch (input.kind) {
    case 'map':
      return makeMap(codes, input, context);
    case 'place':
      return place(codes, input, context);
    case 'neighbours':
      return nearestTo(codes, input.row, input.count);
    case 'overlap':
      return overlap(codes, input, context);
    case 'clusters':
      return findClusters(await nearestCodes(codes, input.settings.neighbours, context), input.settings, context);
    case 'duplicates':
      return duplicates(codes, input, context);
    case 'outliers':
      return outliers(codes, input, context);
    default:
      return input satisfies never;
  }
});

type Input<K extends ExploreInput['kind']> = Extract<ExploreInput, { kind: K }>;

async function makeMap(codes: Codes, { file, settings }: Input<'map'>, context: Context) {
  const { xy, explained } = await layOut(codes, settings, context);
  await mkdir(dirname(file), { recursive: true });
  await writeNpy(file, xy, [xy.length / 2, 2]);
  return { explained, quality: await mapQuality(codes, xy, 15, context) };
}

async function place(
  { codes, size }: Codes,
  { added, positions, k }: Input<'place'>,
  context: Context,
): Promise<Placed> {
  const xy = (await readNpy(positions)).data as Float32Array;
  return placeOnMap({ codes, size, xy }, (await readCodes(added)).codes, k, context);
}

function layOut(codes: Codes, settings: MapSettings, context: Context): Promise<Layout> {
  switch (settings.method) {
    case 'pca':
      return pcaLayout(codes);
    case 'umap':
      return umapLayout(codes, settings, context);
    case 'tsne':
      return tsneLayout(codes, settings, context);
    case 'codes':
      return codesLayout(codes);
    default:
      return settings satisfies never;
  }
}

/** Of the images that both have. */
async function overlap(codes: Codes, { otherFolder, k }: Input<'overlap'>, context: Context): Promise<Overlap> {
  const [one, other] = sharedCodes(codes, await readCodes(otherFolder));
  return neighbourOverlap(one, other, k, context);
}

/** Distances are those of whitened codes. */
async function outliers(codes: Codes, input: Input<'outliers'>, context: Context): Promise<Outlier[]> {
  const neighbours = await nearestCodes(await whiten(codes), outlierNeighbours, context);
  return withDataset(input, async (dataset) => {
    const learned = new Set(dataset.split('train'));
    const isLearned = Uint8Array.from(codes.ids, (id) => Number(learned.has(id)));
    return findOutliers(codes.errors, neighbours, isLearned).slice(0, input.count);
  });
}

/** Pixels are those of the data set, at the model's size. */
function duplicates(codes: Codes, input: Input<'duplicates'>, context: Context): Promise<Duplicates> {
  return withDataset(input, async (dataset) => {
    const { height, width, channels } = dataset.info;
    const items = new Map(dataset.items().map((item) => [item.id, item]));
    const copies = Array.from(codes.ids, (id): Copy => {
      const item = items.get(id);
      if (item) return item;
      throw new PinholeError('internal', `internal: the image ${id} has a code but is not in the data set`);
    });
    const read = (rows: ArrayLike<number>) => {
      const data = new Uint8Array(rows.length * height * width * channels);
      dataset.pixels.read(
        Array.from(rows, (row) => codes.ids[row]!),
        data,
      );
      return { data, count: rows.length, height, width, channels };
    };
    return findDuplicates(read, await nearestCodes(codes, duplicateNeighbours, context), copies, context);
  });
}
