// What can be found among the codes of a run: maps, neighbours, groups, duplicates, outliers. Plain data only.
import type { MapColor, MapMethod } from './tasks.ts';

/** An image of the run's data set, by which screens and files name it. */
export interface FoundImage {
  id: number;
  path: string;
  label: string | null;
}

/** How true a map is; see `mapQuality`. All are 0–1. */
export interface MapQuality {
  /** 1 where no point has a neighbour on the map that is none among the codes. Venna and Kaski 2001. */
  trustworthiness: number;
  /** 1 where every neighbour among the codes is one on the map. The same with the roles exchanged. */
  continuity: number;
  /** Share of the k nearest codes that are among the k nearest points of the map. */
  preserved: number;
  /** Neighbours that were looked at, and for how many points. */
  k: number;
  points: number;
}

export interface MapResult {
  run: string;
  method: MapMethod;
  points: number;
  seconds: number;
  /** Share of the codes' variance on both axes; null for other methods than PCA. */
  explained: number | null;
  quality: MapQuality;
  /** float32 N×2, in the order of the ids of the codes. */
  file: string;
}

/** Images of another data set on the map of a run's own. */
export interface PlaceResult {
  run: string;
  datasetId: string;
  method: MapMethod;
  /** Neighbours among which each was placed. */
  k: number;
  images: (FoundImage & {
    x: number;
    y: number /** Euclidean, of its code to the nearest one on the map. */;
    distance: number;
  })[];
  /** Share of the k nearest codes that are among the k nearest points of the map, over so many of the new images. */
  preserved: number;
  points: number;
  seconds: number;
}

export interface NeighbourResult {
  run: string;
  of: FoundImage;
  /** Nearest first; distances are Euclidean, between codes. */
  neighbours: (FoundImage & { rank: number; distance: number })[];
}

/** How alike two runs see the same images. */
export interface OverlapResult {
  runs: readonly [string, string];
  /** Nearest others of each image that were looked at. */
  k: number;
  /** Share of the k nearest by the codes of one run that are among the k nearest by those of the other, 0–1: the mean of images. */
  overlap: number;
  /** What codes that have nothing to do with each other would give: k / (images − 1). */
  chance: number;
  /** Images that both runs have, among which neighbours are looked for, and of how many of these the overlap is the mean. */
  images: number;
  points: number;
  seconds: number;
}

export const overlapNeighbours = 15;

/** Of so many images or more a seeded sample is looked at, each among all: the mean is then known to about 0.01. */
export const overlapSample = { from: 20_000, points: 2000 };

export interface ClusterSettings {
  /** Neighbours of each image in the graph. */
  neighbours: number;
  /** Above 1 clusters are more and smaller. */
  resolution: number;
  seed: number;
}

export const usualClusters: ClusterSettings = { neighbours: 15, resolution: 1, seed: 1 };

export interface FoundCluster {
  /** From 0 on, from the largest to the smallest. */
  cluster: number;
  size: number;
  /** The most frequent label and its share, 0–1; null where no image has one. */
  label: string | null;
  share: number | null;
  /** The most central ones first. */
  central: FoundImage[];
}

export interface ClusterResult {
  run: string;
  method: 'PhenoGraph';
  images: number;
  /** −½ to 1, at resolution 1. */
  modularity: number;
  clusters: FoundCluster[];
  /** Of each image, in the order of its ids: its cluster. */
  assignment: { ids: Int32Array; cluster: Int32Array };
  seconds: number;
}

export interface DuplicateGroup {
  /** What is worth keeping: most pixels, then the largest file, then the path that comes first. */
  keep: CopyOfImage;
  others: CopyOfImage[];
}

export interface CopyOfImage extends FoundImage {
  width: number;
  height: number;
  bytes: number;
}

export interface DuplicateResult {
  run: string;
  images: number;
  /** Pairs of near codes that were compared by their pixels, and those that are the same image. */
  candidates: number;
  confirmed: number;
  groups: DuplicateGroup[];
  seconds: number;
}

export interface FoundOutlier extends FoundImage {
  /** Mean-squared error of the reconstruction, pixels 0–1. */
  mse: number;
  /** Mean Mahalanobis distance of its code to the 15 nearest others. */
  distance: number;
  /** Robust deviations from the median of both, and the larger of them, by which they are ranked. */
  errorScore: number;
  distanceScore: number;
  score: number;
}

export const findings = ['duplicates', 'outliers', 'clusters'] as const;
export type Finding = (typeof findings)[number];

export interface FoundCopies {
  keep: number;
  others: number[];
  /** Of the files: of the one to keep, then of the others. */
  bytes: number[];
}

/** What a person decided of a group of copies; `kept` are some of `ids`. */
export interface DecidedCopies {
  ids: Int32Array;
  kept: Int32Array;
}

/** What was found among the codes of a run, as a screen needs it: images by their ids. */
export type FoundView =
  | FoundDuplicates
  /** Of all images, from the one that stands out most, with the scores that rank them. */
  | { what: 'outliers'; ids: Int32Array; scores: Float32Array }
  | FoundClusters;

export interface FoundDuplicates {
  what: 'duplicates';
  groups: FoundCopies[];
}

/** Of each image its cluster, of which 0 is the largest; of each cluster its most central images. */
export interface FoundClusters {
  what: 'clusters';
  ids: Int32Array;
  cluster: Int32Array;
  count: number;
  central: number[][];
}

/** What pictures of a run's images show; what was not looked for is null. */
export interface ExportSubject {
  /** Null for the one that shows most of those that were made. */
  map: MapMethod | null;
  /** Null for labels where there are several, else errors. */
  color: MapColor | null;
  /** Only these images; null for all. */
  ids: Int32Array | null;
  clusters: FoundClusters | null;
  duplicates: FoundDuplicates | null;
}

/** An image with a higher score is usually called an outlier (Iglewicz and Hoaglin 1993). */
export const outlierScore = 3.5;

export interface OutlierResult {
  run: string;
  images: number;
  /** Those that stand out most come first; as many as were asked for. */
  outliers: FoundOutlier[];
  seconds: number;
}

/** Images that are to be copied into one folder; its name is made safe, and an empty one stands for no label. */
export interface ImageFolder {
  name: string;
  ids: readonly number[];
}

/** An original as it is to be copied. */
export interface Original {
  name: string;
  bytes: Uint8Array;
  /** Milliseconds since 1970; 0 for what is a part of a file. */
  modified: number;
  /** Equal for images that are pages of one file. */
  key: string;
}

/** An image whose original cannot be copied; `detail` is what was said of it, where it can be told. */
export interface MissedImage {
  path: string;
  why: 'gone' | 'changed' | 'unreadable';
  detail: string;
}

export interface CopyResult {
  folder: string;
  /** In the order that was asked for, under the names that they got, with how many of their images are in them now. */
  folders: { name: string; images: number }[];
  /** Images whose files were written, and ones whose files were there already. */
  copied: number;
  present: number;
  missed: MissedImage[];
  seconds: number;
}

/** The same for a window: how many were missed, and the first hundred of them. */
export interface CopySummary extends CopyResult {
  missing: number;
}
