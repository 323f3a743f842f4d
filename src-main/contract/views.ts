// What the screens look at: tables, pictures and figures in the shape in which they are shown. Arrays are typed arrays.
import * as v from 'valibot';
import type { ColumnInfo } from './columns.ts';
import type { SerializedError } from './errors.ts';
import type { MapQuality } from './explore.ts';
import type { Baselines, EpochMetrics, ImportFailure, Preprocessing, StepMetrics, Warning } from './records.ts';
import type { ImportSettings } from './settings.ts';
import type { MadeColumn, MapMethod, MapSettings, Task } from './tasks.ts';

export interface WorkspaceInfo {
  folder: string;
  /** Bytes of the workspace, and free on its disk. */
  bytes: number;
  freeBytes: number;
  versions: Record<string, string>;
  /** Runtime packages with their licences, for the About page. */
  licences: { name: string; version: string; licence: string }[];
  platform: string;
  cpu: string;
  threads: number;
  /** Bytes. */
  memory: number;
}

export const themes = ['system', 'light', 'dark'] as const;
export const languages = ['system', 'en', 'zh'] as const;

/** Kept in the workspace, so that every window and browser on it agrees. Unknown fields are refused. */
export const preferencesSchema = v.strictObject({
  theme: v.optional(v.picklist(themes), 'system'),
  language: v.optional(v.picklist(languages), 'system'),
  /** The first-run guide was seen or put away. */
  guideSeen: v.optional(v.boolean(), false),
  /** Training goes on when the last window is closed. */
  keepTraining: v.optional(v.boolean(), true),
  notifications: v.optional(v.boolean(), true),
  /** Newest first, at most ten. */
  recentSources: v.optional(v.pipe(v.array(v.string()), v.maxLength(10)), []),
  /** The last choices on the export screen, as that screen wrote them. */
  lastExport: v.optional(
    v.nullable(
      v.strictObject({
        out: v.string(),
        formats: v.array(v.string()),
        columns: v.array(v.string()),
        leaveOut: v.optional(v.array(v.string()), []),
        map: v.string(),
        color: v.optional(v.nullable(v.string()), null),
        bom: v.optional(v.boolean(), true),
      }),
    ),
    null,
  ),
});
export type Preferences = v.InferOutput<typeof preferencesSchema>;

/** A folder as the folder browser shows it; only allowed roots and what lies in them can be listed. */
export interface FolderListing {
  path: string;
  /** Null at a root. */
  parent: string | null;
  roots: string[];
  /** Folders first, then files, by name. */
  entries: { name: string; path: string; kind: 'folder' | 'image' | 'archive' | 'array' | 'other'; bytes: number }[];
}

/** Images of one size: uint8 count × height × width × channels. */
export interface ImageBlock {
  ids: Int32Array;
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** What an import would do, from a scan of the sources and a look at a dozen of the images. */
export interface ImportPreview {
  /** Without those that were looked at and are none; of up to 240 files all are looked at, of more a sample. */
  images: number;
  /** Images of each label, most frequent first; empty without labels. At most 1000 labels. */
  labels: { label: string; count: number }[];
  /** The sample: path, size of the original, the original as PNG or JPEG (at most 256 px) and what the model will see. */
  samples: { path: string; label: string | null; width: number; height: number; original: Uint8Array; type: string }[];
  /** One image for each sample, in the same order. */
  seen: ImageBlock;
  preprocessing: Preprocessing;
  failures: ImportFailure[];
  estimate: {
    /** Of pixels.npy and catalogue. */
    diskBytes: number;
    freeBytes: number;
    /** While training with the recommended preset. */
    memoryBytes: number;
    importSeconds: number;
    trainingSeconds: number;
  };
}

/** All items of a data set, as columns; row n of every column is one image. */
export interface ItemTable {
  ids: Int32Array;
  /** UTF-8 of all paths, one after the other; path n is `paths[offsets[n]..offsets[n + 1]]`. */
  paths: Uint8Array;
  offsets: Uint32Array;
  labels: string[];
  /** Index into `labels`; −1 without one. */
  label: Int32Array;
  /** 0 train, 1 validation, 2 test. */
  split: Uint8Array;
  width: Int32Array;
  height: Int32Array;
  /** Those that were imported; `column` fetches their values. */
  columns: ColumnInfo[];
}

export interface DatasetDetails {
  bytes: number;
  labels: { label: string; count: number }[];
  /** Those that were imported. */
  columns: ColumnInfo[];
  splits: { train: number; validation: number; test: number };
  /** Sources that are not where they were: the images can be relocated. */
  missingSources: string[];
  /** What its last import was asked for, with which one that was not finished goes on; null where that is unknown. */
  request: ImportSettings | null;
}

/** What a training request would train; costs are per image, forward only. */
export interface ModelSummary {
  layers: { name: string; kind: string; part: 'encoder' | 'decoder'; output: number[]; parameters: number }[];
  input: number[];
  codeSize: number;
  parameters: number;
  modelBytes: number;
  multiplyAdds: number;
  /** Rough, of training: parameters, gradients, optimiser state, activations of a batch. */
  memoryBytes: number;
  /** The values that the preset and the request give together, by name of the setting. */
  resolved: Record<string, unknown>;
  steps: number;
  /** Rough, on this machine's processor, all of its steps or the time budget. */
  seconds: number;
  /** It would learn from. */
  trainingImages: number;
}

/** The fixed images whose reconstructions are logged; `steps[n]` is when the n-th set of reconstructions was made. */
export interface ProbeHistory {
  originals: ImageBlock;
  steps: number[];
  /** Null for a run from before such maps were made. */
  map: ProbeMapHistory | null;
}

/** The map of a larger fixed set of images; `steps[n]` is when its n-th one was made, nearly always those of the reconstructions. */
export interface ProbeMapHistory {
  /** Images that are not learned from, at most 1,000; where there are fewer than 100 of those, some that are. Ascending. */
  ids: Int32Array;
  /** How many of them are learned from. */
  learned: number;
  steps: number[];
  /** Of the whole data set, in their order, and how many images have each. */
  labels: string[];
  labelCounts: Uint32Array;
  /** Of every id: index into `labels`; −1 without one. */
  label: Int32Array;
}

/** Where the codes of the mapped images lie at a step: by PCA, turned onto the step before. */
export interface ProbePlaces {
  /** float32 N×2, in the units of the codes, with their mean at 0. */
  xy: Float32Array;
  /** Share of the codes' variance that both axes show. */
  explained: number;
}

/** Everything a run's page shows; live changes come through the topic `run:ID`. */
export interface RunDetails {
  settings: Record<string, unknown>;
  summary: { parameters: number; codeSize: number; image: [height: number, width: number, channels: number] } | null;
  device: { kind: string; name: string; threads: number; reason: string } | null;
  bytes: number;
  epochs: EpochMetrics[];
  steps: StepMetrics[];
  baselines: Baselines | null;
  warnings: Warning[];
  bestStep: number | null;
  totalSteps: number | null;
}

export type RunEvent =
  | { type: 'steps'; steps: StepMetrics[] }
  | { type: 'epoch'; metrics: EpochMetrics; bestStep: number }
  | { type: 'baselines'; baselines: Baselines }
  /** `map` is null where codes are no finite numbers. */
  | { type: 'probes'; step: number; data: Uint8Array; map: ProbePlaces | null }
  | { type: 'warnings'; warnings: Warning[] }
  /** Metrics after this step are no longer true: training rolled back, or went on from a checkpoint. */
  | { type: 'rewind'; step: number };

/** Positions of all points; `xy` is float32 N×2, isotropic, about −1…1. */
export interface MapView {
  method: MapMethod;
  settings: MapSettings;
  ids: Int32Array;
  xy: Float32Array;
  /** Mean-squared reconstruction error of each image. */
  errors: Float32Array;
  /** Share of the codes' variance that both axes show; null for other methods than PCA. */
  explained: number | null;
  /** Null where it is shown as soon as it is asked for, with nobody waiting for figures. */
  quality: MapQuality | null;
  seconds: number;
}

/** What the codes of a run are made of, and how far they reach. */
export interface CodeFacts {
  codeSize: number;
  /** `levels`: whole numbers in an order; `entries`: numbers of entries of a codebook, between which there is nothing. */
  kind: 'continuous' | 'levels' | 'entries';
  /** Of each unit: whole numbers run from 0 to one below this; null where codes are continuous. */
  levels: number[] | null;
  /** Whether new codes can be drawn. */
  prior: boolean;
  preset: string;
  /** Of each unit, its 1st and 99th percentile and its standard deviation: of all codes, or of 20,000 evenly among more. */
  low: Float32Array;
  high: Float32Array;
  deviation: Float32Array;
}

/** A picture file of images side by side. */
export interface SheetRequest {
  /** Absolute path of a folder, made where it is not there. */
  out: string;
  /** Without ending; a number is added where such a file is there already. */
  name: string;
  images: Omit<ImageBlock, 'ids'>;
  /** Images in a row. */
  columns: number;
}

export interface CodeRows {
  ids: Int32Array;
  codeSize: number;
  /** float32 ids.length × codeSize. */
  codes: Float32Array;
}

/** What is known of a path before anything is written to it. */
export interface TargetView {
  /** Why nothing can be written there. */
  problem: SerializedError | null;
  /** An archive of that name, or a folder with something in it, is there already. */
  exists: boolean;
  /** On its disk. */
  freeBytes: number;
}

export interface ExportPreview {
  header: string[];
  /** The first rows, as they will stand in the file; none where the run is not encoded yet, which the export then does first. */
  rows: string[][];
  total: number;
  encoded: boolean;
  /** Columns that are wanted and not there yet: the map was not made, the groups were not looked for. */
  missing: MadeColumn[];
  /** Names of the columns that were imported, whether they are wanted or not. */
  imported: string[];
  /** Of each format, about; 0 where it cannot be told. */
  bytes: Record<string, number>;
  folder: {
    /** Why nothing can be written there. */
    problem: SerializedError | null;
    /** Names of what is there and will be written anew. */
    replaces: string[];
    /** On its disk. */
    freeBytes: number;
  };
}

/** Topics a window can subscribe to, and what each of their events carries. */
export interface Topics {
  /** All tasks, at once and after every change, at most ten times a second. */
  tasks: Task[];
  /** Something was added, changed or removed: fetch again what you show. */
  workspace: { what: ('datasets' | 'labels' | 'columns' | 'runs' | 'maps' | 'preferences' | 'devices')[] };
  /** Live course of a run; the topic's name carries the id: `run:ID`. */
  run: RunEvent;
}
export type TopicName = 'tasks' | 'workspace' | `run:${string}`;
export type TopicEvent<T extends TopicName> = T extends 'tasks'
  ? Topics['tasks']
  : T extends 'workspace'
    ? Topics['workspace']
    : RunEvent;

/** A whole file that a browser sends; `path` is relative, `/`-separated. */
export interface UploadedFile {
  path: string;
  data: Uint8Array;
}
