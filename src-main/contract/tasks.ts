// Tasks: long work that belongs to the workspace, not to the window that asked for it. Windows come and go; tasks go on.
import * as v from 'valibot';
import type { ExportResult, ImportResult, Run } from './api.ts';
import { type CompressResult, type DecompressResult, restoredFormats } from './archive.ts';
import type { SerializedError } from './errors.ts';
import { type CopySummary, type Finding, findings } from './explore.ts';
import type { Notice, Progress } from './records.ts';
import { importSettingsSchema, trainingSettingsSchema } from './settings.ts';

const count = (low: number, high: number) => v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));
/** Of data sets, runs, tasks and uploads; the former keep the letters of the folder they came from. */
export const idSchema = v.pipe(v.string(), v.regex(/^(?!\.)[\p{L}\p{N}_.-]{1,120}$/u));
/** Ids of images: rows of `pixels.npy`. */
export const idsSchema = v.instance(Int32Array);

export const exportFormats = [
  'csv',
  'parquet',
  'npy',
  'model',
  'contact-sheet',
  'loss-plot',
  'map-svg',
  'map-png',
  'html',
  'tensorboard',
  'projector',
  'run-record',
] as const satisfies readonly string[];

/**
 * Columns of CSV and Parquet beside `image_id`, which is always there; `map` is x and y of the map that is shown, and
 * `cluster` the number of the group, where groups were looked for.
 */
export const exportColumns = ['path', 'label', 'split', 'size', 'sha256', 'mse', 'map', 'cluster', 'codes'] as const;
export type ExportColumn = (typeof exportColumns)[number];

/** Of those, the ones that a run does not have by itself: they are there once somebody has had them made. */
export const madeColumns = ['map', 'cluster'] as const satisfies readonly ExportColumn[];
export type MadeColumn = (typeof madeColumns)[number];

export const isMade = (column: ExportColumn): column is MadeColumn =>
  (madeColumns as readonly ExportColumn[]).includes(column);

export const ownColumns: readonly ExportColumn[] = exportColumns.filter((column) => !isMade(column));

export const mapSettingsSchema = v.variant('method', [
  v.strictObject({ method: v.literal('pca') }),
  /** McInnes, Healy and Melville 2018. */
  v.strictObject({
    method: v.literal('umap'),
    /** More neighbours show the large structure, fewer the small. */
    neighbours: v.optional(count(2, 200), 15),
    /** How tightly points may lie together, in units of the map. */
    minDistance: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
    seed: v.optional(count(0, 2 ** 32 - 1), 1),
  }),
  /** van der Maaten and Hinton 2008. */
  v.strictObject({
    method: v.literal('tsne'),
    /** About how many neighbours count for each image. */
    perplexity: v.optional(v.pipe(v.number(), v.minValue(2), v.maxValue(100)), 30),
  }),
  /** The codes themselves, where they have two numbers. */
  v.strictObject({ method: v.literal('codes') }),
]);
export type MapSettings = v.InferOutput<typeof mapSettingsSchema>;
export type MapMethod = MapSettings['method'];
export const mapMethods = ['pca', 'umap', 'tsne', 'codes'] as const satisfies readonly MapMethod[];

/** What the colours of a drawn map tell. */
export const mapColors = ['label', 'split', 'mse', 'cluster', 'none'] as const;
/** Or an imported column, by its name behind `column:`. */
export type MapColor = (typeof mapColors)[number] | `column:${string}`;

export function isMapColor(text: unknown): text is MapColor {
  return mapColors.some((one) => one === text) || (typeof text === 'string' && /^column:.{1,255}$/su.test(text));
}

/** Images: more would take minutes, and lie as well by UMAP. */
export const mostForTsne = 20_000;

export const exportRequestSchema = v.strictObject({
  runId: idSchema,
  /** Absolute path of a folder, made where it is not there. */
  out: v.pipe(v.string(), v.minLength(1)),
  formats: v.pipe(v.array(v.picklist(exportFormats)), v.minLength(1)),
  columns: v.optional(v.array(v.picklist(exportColumns)), [...ownColumns]),
  /** Names of imported columns that CSV and Parquet do without; they have all others. */
  leaveOut: v.optional(v.array(v.pipe(v.string(), v.maxLength(255))), []),
  /** The map whose coordinates go into the column `map`, and that is drawn. */
  map: v.optional(v.picklist(mapMethods), 'pca'),
  /** What the colours of a drawn map tell; null for labels where there are several, else errors. */
  color: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(263), v.guard(isMapColor))), null),
  /** CSV begins with a byte-order mark, without which some spreadsheets take UTF-8 for something else. */
  bom: v.optional(v.boolean(), false),
  /** Only these images; null for all. The row order is always that of ids. */
  ids: v.optional(v.nullable(idsSchema), null),
});
export type ExportRequest = v.InferInput<typeof exportRequestSchema>;

const decibels = v.pipe(v.number(), v.minValue(1), v.maxValue(100));
const namedPath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

/** An archive of a run's own images; see `CompressSettings`. */
export const compressRequestSchema = v.strictObject({
  runId: idSchema,
  file: namedPath,
  goal: v.variant('kind', [
    v.strictObject({ kind: v.literal('quality'), quality: v.pipe(v.number(), v.minValue(0), v.maxValue(100)) }),
    v.strictObject({ kind: v.literal('psnr'), psnr: decibels }),
    v.strictObject({ kind: v.literal('bytes'), bytes: count(1, Number.MAX_SAFE_INTEGER) }),
  ]),
  maxError: v.optional(v.nullable(decibels), null),
  keepOriginals: v.optional(v.boolean(), false),
});
export type CompressRequest = v.InferInput<typeof compressRequestSchema>;

export const extractRequestSchema = v.strictObject({
  archive: namedPath,
  folder: namedPath,
  format: v.optional(v.picklist(restoredFormats), 'png'),
  /** Paths of images, or of folders of them, as the archive has them; none for all. */
  only: v.optional(v.array(v.pipe(v.string(), v.maxLength(4096))), []),
});
export type ExtractRequest = v.InferInput<typeof extractRequestSchema>;

/** What the folders of copies are made by. */
export const copyGroupings = ['label', 'cluster', 'split'] as const;
export type CopyGrouping = (typeof copyGroupings)[number];

/** Copies of the originals of a run's images, in folders below one. */
export const copyRequestSchema = v.strictObject({
  runId: idSchema,
  folder: namedPath,
  by: v.picklist(copyGroupings),
  /** Only these images; null for all. */
  ids: v.optional(v.nullable(idsSchema), null),
});
export type CopyRequest = v.InferInput<typeof copyRequestSchema>;

export const taskRequestSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('import'), request: importSettingsSchema }),
  /** Draws sample images into the workspace and imports them. */
  v.strictObject({ kind: v.literal('samples'), count: v.optional(count(10, 100_000), 3000) }),
  /** Trains, encodes the data set and makes the report. `runId` goes on with that interrupted run. */
  v.strictObject({
    kind: v.literal('train'),
    datasetId: idSchema,
    request: trainingSettingsSchema,
    fresh: v.optional(v.boolean(), false),
    runId: v.optional(idSchema),
  }),
  v.strictObject({ kind: v.literal('map'), runId: idSchema, settings: mapSettingsSchema }),
  v.strictObject({ kind: v.literal('find'), runId: idSchema, what: v.picklist(findings) }),
  /** How alike two runs of the same images see them. */
  v.strictObject({ kind: v.literal('overlap'), runId: idSchema, otherId: idSchema }),
  v.strictObject({ kind: v.literal('export'), request: exportRequestSchema }),
  /** Measures what archives of a run's images would take and lose. */
  v.strictObject({ kind: v.literal('curve'), runId: idSchema, compare: v.optional(v.boolean(), true) }),
  v.strictObject({ kind: v.literal('compress'), request: compressRequestSchema }),
  v.strictObject({ kind: v.literal('extract'), request: extractRequestSchema }),
  v.strictObject({ kind: v.literal('copy'), request: copyRequestSchema }),
]);
export type TaskRequest = v.InferInput<typeof taskRequestSchema>;
export type CheckedTaskRequest = v.InferOutput<typeof taskRequestSchema>;
export type TaskKind = TaskRequest['kind'];

/**
 * Of tasks with the same one, one is at work at a time, so that none slows the other down; a paused one gives its place
 * away. Exports, copies and what is unpacked, which have none, never wait.
 */
export const lanes: Readonly<Record<TaskKind, 'images' | 'models' | null>> = {
  import: 'images',
  samples: 'images',
  train: 'models',
  map: 'models',
  find: 'models',
  overlap: 'models',
  export: null,
  curve: 'models',
  compress: 'models',
  extract: null,
  copy: null,
};

/** How long a window offers to undo a deletion. */
export const undoSeconds = 40;

/**
 * `waiting`: for the task `waitsFor`, which has the same lane, or works on the same data set.
 * `interrupted`: cancelled, or cut off with the program; the same request goes on from there.
 */
export type TaskState = 'waiting' | 'running' | 'paused' | 'stopping' | 'done' | 'interrupted' | 'failed';

export interface TaskResults {
  import: ImportResult;
  samples: ImportResult;
  train: { run: Run; trained: boolean; seconds: number };
  map: { runId: string; method: MapMethod; seconds: number };
  find: { runId: string; what: Finding; seconds: number };
  overlap: { runId: string; otherId: string; seconds: number };
  export: ExportResult;
  curve: { runId: string; seconds: number };
  compress: CompressResult;
  extract: DecompressResult;
  copy: CopySummary;
}

export interface Task<K extends TaskKind = TaskKind> {
  id: string;
  kind: K;
  request: Extract<CheckedTaskRequest, { kind: K }>;
  state: TaskState;
  /** What it works on, for a sentence: name of the data set, id of the run. */
  subject: string;
  datasetId: string | null;
  /** For `train` known as soon as the run exists. */
  runId: string | null;
  progress: Progress | null;
  /** While it waits: the id of the task that must end, or be paused, first. */
  waitsFor: string | null;
  /** The last 50. */
  notices: Notice[];
  /** ISO 8601. */
  created: string;
  ended: string | null;
  result: TaskResults[K] | null;
  error: SerializedError | null;
}
