// The service: everything that a window, a browser or the command line can ask Pinhole to do.
import type {
  AppendResult,
  AppendSettings,
  ArchiveImages,
  ArchiveView,
  CompressionCurve,
  CompressResult,
  CompressSettings,
  DecompressResult,
} from './archive.ts';
import type { ColumnChoice, ColumnInfo, ColumnReport, ColumnView, ImageCell, ImportedColumn } from './columns.ts';
import type {
  ClusterResult,
  ClusterSettings,
  CopyResult,
  CopySummary,
  DecidedCopies,
  DuplicateResult,
  ExportSubject,
  Finding,
  FoundView,
  ImageFolder,
  MapResult,
  NeighbourResult,
  OutlierResult,
  OverlapResult,
  PlaceResult,
} from './explore.ts';
import type {
  Context,
  Dataset,
  EpochMetrics,
  ImportFailure,
  Item,
  LabelledImages,
  Report,
  Warning,
} from './records.ts';
import type { Advice, AdviceRequest, Comparison, Sweep, SweepContext, SweepRequest } from './search.ts';
import type { ImportRequest, PresetName, TrainingRequest } from './settings.ts';
import type {
  CompressRequest,
  CopyRequest,
  ExportRequest,
  ExtractRequest,
  exportFormats,
  MapColor,
  MapMethod,
  MapSettings,
  Task,
  TaskRequest,
} from './tasks.ts';
import type {
  CodeFacts,
  CodeRows,
  DatasetDetails,
  ExportPreview,
  FolderListing,
  ImageBlock,
  ImportPreview,
  ItemTable,
  MapView,
  ModelSummary,
  Preferences,
  ProbeHistory,
  ProbePlaces,
  RunDetails,
  SheetRequest,
  TargetView,
  TopicEvent,
  TopicName,
  UploadedFile,
  WorkspaceInfo,
} from './views.ts';

export interface Run {
  id: string;
  datasetId: string;
  preset: string;
  state: 'running' | 'interrupted' | 'finished' | 'failed';
  codeSize: number;
  epochs: number;
  device: string;
  /** Folder of the run: run.json, metrics, checkpoints, model files, event files. */
  folder: string;
  created: string;
  report: Report | null;
}

export interface ImportResult {
  dataset: Dataset;
  /** Of this call: decoded now, taken over unchanged from an earlier import, skipped with reasons. */
  decoded: number;
  reused: number;
  failures: ImportFailure[];
  seconds: number;
}

export interface TrainResult {
  run: Run;
  /** False where a finished run with the same data, settings and seed was there already. */
  trained: boolean;
  seconds: number;
}

export interface EncodeResult {
  run: Run;
  images: number;
  codesFile: string;
  /** Of encoding, as measured when it was done. */
  seconds: number;
  /** Of making the report (held-out error, baselines, neighbours); 0 for other data sets than the run's own. */
  evaluateSeconds: number;
}

export interface ExportResult {
  files: string[];
  /** Of each file. Exports of a window say it and name every file; those of the command line name folders as a whole. */
  bytes?: number[];
  rows: number;
  seconds: number;
}

export interface ExportOptions {
  datasetId?: string;
  /** CSV begins with a byte-order mark. */
  bom?: boolean;
  map?: MapSettings | null;
  clusters?: ClusterSettings | null;
  duplicates?: boolean;
  /** What the colours of a drawn map tell. */
  color?: MapColor | null;
  subject?: ExportSubject;
}

export type ExportFormat = (typeof exportFormats)[number];

export interface DeviceReport {
  kind: string;
  name: string;
  software: boolean;
  usable: boolean;
  /** Why it is or is not usable, and what the self-test said. */
  reason: string;
  /** What drives it, with its version where that is known; null where it needs none or it cannot be told. */
  driver?: string | null;
  /** Bytes of memory that it computes in; null where it cannot be told. */
  memory?: number | null;
  /** How far a few training steps came out from the reference, relative to 1; null where they could not be taken. */
  selfTest?: number | null;
  /** Training steps a second; null where it was not measured. */
  stepsPerSecond?: number | null;
  imagesPerSecond?: number | null;
  /** What was trained for it, e.g. `recommended, 64 codes, 28×28×1, batch 256`. */
  measuredOn?: string;
  /** Why a usable device was not measured. */
  unmeasured?: string;
}

/** What devices are measured on; what is left out is the recommended preset on images of MNIST's size. */
export interface DeviceModel {
  preset?: PresetName;
  codeSize?: number;
  /** Side of the square images. */
  size?: number;
  channels?: 1 | 3;
}

export interface KnownDevices {
  /** When they were measured, ISO 8601. */
  measured: string;
  devices: DeviceReport[];
}

/**
 * The main job, as the command line does it. Long calls take a Context: a cancel makes them reject with `cancelled`
 * and leaves work that can be resumed.
 */
export interface Core {
  readonly workspace: string;
  import(request: ImportRequest, context?: Context): Promise<ImportResult>;
  /** Resumes an interrupted run with the same data, settings and seed; `runId` a certain one; `fresh` starts a new one regardless. */
  train(
    datasetId: string,
    request: TrainingRequest,
    options?: { fresh?: boolean; runId?: string },
    context?: Context,
  ): Promise<TrainResult>;
  /** Encodes the run's own data set and makes its report, or encodes another one with the run's preprocessing. */
  encode(runId: string, options?: { datasetId?: string }, context?: Context): Promise<EncodeResult>;
  /** Codes (CSV or NPY) back to images: one PNG per row, named after the row's path. */
  decode(runId: string, codesFile: string, outFolder: string, context?: Context): Promise<ExportResult>;
  /**
   * Of the run's own images, or of others that it has encoded. `map`, `clusters` and `duplicates` are made where they are
   * not there yet, for the run's own images alone: columns of CSV and Parquet, and parts of the report. `subject` says
   * instead what is known and what pictures show.
   */
  export(
    runId: string,
    outFolder: string,
    formats: ExportFormat[],
    context?: Context,
    options?: ExportOptions,
  ): Promise<ExportResult>;
  /** Of the run's own images, or of others, into one archive. Throws `usage` where the goal cannot be reached. */
  compress(
    runId: string,
    settings: CompressSettings,
    options?: { datasetId?: string },
    context?: Context,
  ): Promise<CompressResult>;
  /** What archives of the run's own images would take and lose; `compare` also says what other formats would. */
  measureCurve(runId: string, options: { compare: boolean }, context?: Context): Promise<CompressionCurve>;
  /**
   * Further images into an archive of this run. Those that it has already are passed over. Throws `file-damaged` where it is
   * not whole, `usage` where it is of another model or has other images of the same paths.
   */
  append(
    runId: string,
    settings: AppendSettings,
    options?: { datasetId?: string },
    context?: Context,
  ): Promise<AppendResult>;
  /** A map of the run's codes, kept in its folder; encodes first where that was not done. */
  layOut(runId: string, settings: MapSettings, context?: Context): Promise<MapResult>;
  /**
   * Images of another data set on a map of the run's own images, which stays as it is; they are encoded first. Throws
   * `not-found` where there is no such map.
   */
  place(runId: string, datasetId: string, method: MapMethod, context?: Context): Promise<PlaceResult>;
  /** Of an image, named by its id or path, those whose codes are nearest. */
  neighbours(runId: string, image: string, count: number, context?: Context): Promise<NeighbourResult>;
  /** Of two runs of the same images; throws `usage` for runs of different data sets, or twice the same. */
  neighbourOverlap(runId: string, otherId: string, k: number, context?: Context): Promise<OverlapResult>;
  clusters(runId: string, settings: ClusterSettings, context?: Context): Promise<ClusterResult>;
  /** Images that are nearly the same, by their codes and confirmed by their pixels. */
  duplicates(runId: string, context?: Context): Promise<DuplicateResult>;
  outliers(runId: string, count: number, context?: Context): Promise<OutlierResult>;
  /**
   * Copies of the originals of a data set, in folders below one. Originals, and what else is there, stay as they are; the same
   * once more copies what is missing. Throws `usage` for a folder that is a source of a data set.
   */
  copyImages(
    datasetId: string,
    folders: readonly ImageFolder[],
    outFolder: string,
    context?: Context,
  ): Promise<CopyResult>;
  /** Draws new images from the model's prior into a PNG. Throws `usage` for a model without one. */
  sample(runId: string, options: { count: number; seed: number }, file: string, context?: Context): Promise<void>;
  /** The way between two images of the run's data set, each named by its id or path, as a strip in a PNG. */
  walk(
    runId: string,
    options: { from: string; to: string; steps: number },
    file: string,
    context?: Context,
  ): Promise<void>;
  /**
   * Trains and encodes every cell of a grid, one after the other, and stops what the median stopping rule gives up. The same
   * sweep once more skips what is there and goes on where it was cancelled.
   */
  sweep(datasetId: string, request: SweepRequest, context?: SweepContext): Promise<Sweep>;
  /** Newest first. */
  sweeps(): Promise<Sweep[]>;
  /**
   * Finished runs of one data set beside each other, encoded where they are not yet; with a folder, also as plot and sheet.
   * Throws `usage` for runs of different data sets.
   */
  compare(runIds: string[], outFolder: string | null, context?: Context): Promise<Comparison>;
  /** How many numbers 95 % and 99 % of the achievable reduction cost, from the errors of PCA and two short runs, which stay. */
  advise(datasetId: string, request: AdviceRequest, context?: Context): Promise<Advice>;
  datasets(): Promise<Dataset[]>;
  /** Gives labels to images, or takes them away; the answer, given back, undoes it. Sources stay as they are. */
  labelImages(datasetId: string, groups: LabelledImages[]): Promise<LabelledImages[]>;
  /**
   * Columns about the images of a data set from a CSV, by path or id; a column `label` gives labels. All or nothing: `usage`
   * where names are ambiguous, none fits, or a column is called as one of Pinhole's own.
   */
  importColumns(datasetId: string, file: string, choice?: ColumnChoice, context?: Context): Promise<ColumnReport>;
  /** Those that were imported. */
  columns(datasetId: string): Promise<ColumnInfo[]>;
  /** With its values; `not-found` where there is none of this name. */
  importedColumn(datasetId: string, name: string): Promise<ImportedColumn>;
  /** `restoreColumn` undoes it until the workspace is opened again. */
  removeColumn(datasetId: string, name: string): Promise<void>;
  /** Of the prepared pixels and their splits: equal ones train alike, whatever files they came from. SHA-256. */
  contentHash(datasetId: string, context?: Context): Promise<string>;
  items(datasetId: string): Promise<Item[]>;
  failures(datasetId: string): Promise<ImportFailure[]>;
  runs(): Promise<Run[]>;
  metrics(runId: string): Promise<EpochMetrics[]>;
  /** What the doctor says of a run: of its course so far, or of the kept model where that has been encoded. */
  warnings(runId: string): Promise<Warning[]>;
  devices(context?: Context): Promise<DeviceReport[]>;
  /** Releases the writer lock and everything native. */
  close(): Promise<void>;
}

/** All that windows and browsers can ask for; methods.ts says which of it may come over a port. */
export interface Service extends Core {
  info(): Promise<WorkspaceInfo>;
  /** What `devices` found the last time with these versions on this machine; null where it was not asked yet. */
  knownDevices(): Promise<KnownDevices | null>;
  preferences(): Promise<Preferences>;
  /** Changes the named fields. */
  setPreferences(changes: Partial<Preferences>): Promise<Preferences>;

  /** Starts a task, or queues it behind one that uses the processor; it goes on when the caller is gone. Gives its id. */
  startTask(request: TaskRequest): Promise<string>;
  tasks(): Promise<Task[]>;
  /** Acknowledged at once; the task ends `interrupted` after its current step and can be started again. */
  cancelTask(id: string): Promise<void>;
  /** Training only: holds after the current step, keeping everything; a checkpoint is written first. */
  pauseTask(id: string): Promise<void>;
  resumeTask(id: string): Promise<void>;
  /** Training only: ends now and keeps the best model so far; encoding and report follow. */
  finishTask(id: string): Promise<void>;
  /** Starts an interrupted or failed task again from where it stands. Gives the new task's id. */
  retryTask(id: string): Promise<string>;
  /** Takes an ended task off the list. */
  dismissTask(id: string): Promise<void>;

  /** Folders a person may choose from; null lists the first root. Throws `usage` outside the allowed roots. */
  listFolder(path: string | null): Promise<FolderListing>;
  /** A folder in the workspace for files that a browser sends; files appear there as they arrive. */
  beginUpload(): Promise<string>;
  /** Appends to a file of the upload; `path` is relative, `/`-separated. Chunks of one file come in order. */
  upload(id: string, path: string, offset: number, data: Uint8Array): Promise<void>;
  /** Whole files at once, at most 4096 with 8 MiB: small ones would spend their time on the way. */
  uploadFiles(id: string, files: UploadedFile[]): Promise<void>;
  /** The folder that can now be imported. */
  endUpload(id: string): Promise<string>;
  /** Removes what has arrived: the person thought better of it. */
  dropUpload(id: string): Promise<void>;
  /** At most 4 MiB of a file that an export wrote since the service began, or of a run: for a browser on another machine. */
  download(file: string, offset: number): Promise<{ size: number; data: Uint8Array }>;

  previewImport(request: ImportRequest, context?: Context): Promise<ImportPreview>;
  datasetDetails(id: string): Promise<DatasetDetails>;
  renameDataset(id: string, name: string): Promise<Dataset>;
  /** The values of an imported column. */
  column(datasetId: string, name: string): Promise<ColumnView>;
  /** What imported columns say of one image, in their order; null for nothing. */
  imageColumns(datasetId: string, id: number): Promise<ImageCell[]>;
  restoreColumn(datasetId: string, name: string): Promise<void>;
  /** Puts it aside with its runs; `restoreDataset` undoes that until the service is closed, which removes it for good. */
  deleteDataset(id: string): Promise<void>;
  restoreDataset(id: string): Promise<Dataset>;
  /** The source was moved: same content elsewhere. Throws `usage` where fewer than half of the images are found there. */
  relocateDataset(id: string, source: string, movedTo: string): Promise<Dataset>;
  itemTable(datasetId: string): Promise<ItemTable>;
  /** Pixels as the model sees them; at most 4096 images a call. */
  images(datasetId: string, ids: Int32Array): Promise<ImageBlock>;
  /** The original picture in a format that browsers show, at most 1024 px; throws `source-missing` where its file is gone. */
  original(datasetId: string, id: number): Promise<{ type: string; data: Uint8Array }>;

  describeTraining(datasetId: string, request: TrainingRequest): Promise<ModelSummary>;
  runDetails(id: string): Promise<RunDetails>;
  /** Like `deleteDataset`. */
  deleteRun(id: string): Promise<void>;
  restoreRun(id: string): Promise<Run>;
  probes(runId: string): Promise<ProbeHistory>;
  /** Reconstructions of the probes at `steps[index]`. */
  probeImages(runId: string, index: number): Promise<Uint8Array>;
  /** Where the mapped images lie at `map.steps[index]`. */
  probeMap(runId: string, index: number): Promise<ProbePlaces>;
  /** By the run's kept model, of its own data set; at most 256 a call. */
  reconstructions(runId: string, ids: Int32Array): Promise<ImageBlock>;
  /** Images from codes N×K, 1 to 256 of them; their ids count from 0. Throws `usage` for codes that the model cannot have. */
  decodeCodes(runId: string, codes: Float32Array): Promise<ImageBlock>;
  /** `steps` images on the way between two of the run's images; ids count from 0. */
  decodeWalk(runId: string, from: number, to: number, steps: number): Promise<ImageBlock>;
  /** `count` images drawn from the prior; the same seed gives the same. Throws `usage` for a model without a prior. */
  decodeSamples(runId: string, count: number, seed: number): Promise<ImageBlock>;

  /** Null where it was not made; `pca` is made on the spot where the run is encoded. */
  map(runId: string, method: MapMethod): Promise<MapView | null>;
  codeRows(runId: string, ids: Int32Array): Promise<CodeRows>;
  codeFacts(runId: string): Promise<CodeFacts>;
  /** The mean of these images' codes, K. Throws `usage` where none of them is encoded, or codes have no mean. */
  meanCode(runId: string, ids: Int32Array): Promise<Float32Array>;
  /** One value of all codes, in the order of ids: what a table is sorted by. */
  codeColumn(runId: string, column: number): Promise<Float32Array>;
  /** Makes (or takes over) a map; the task `map` calls it. */
  makeMap(runId: string, settings: MapSettings, context?: Context): Promise<MapResult>;
  /** Looks for something among the codes, and keeps what was found; the task `find` calls it. */
  find(runId: string, what: Finding, context?: Context): Promise<{ seconds: number }>;
  /** Null where it was not looked for since the service began, or images have come or gone since. */
  found(runId: string, what: Finding): Promise<FoundView | null>;
  /** Writes `duplicates.csv` into a folder: every image of the groups, and whether it is to be kept. Images stay as they are. */
  saveDuplicates(runId: string, out: string, groups: DecidedCopies[]): Promise<ExportResult>;
  /** Measures the overlap of the 15 nearest and keeps it; the task `overlap` calls it. */
  measureOverlap(runId: string, otherId: string, context?: Context): Promise<OverlapResult>;
  /** Of both, in whichever order; null where it was not measured since the service began, or images have come or gone since. */
  overlap(runId: string, otherId: string): Promise<OverlapResult | null>;
  previewExport(request: ExportRequest): Promise<ExportPreview>;
  exportAs(request: ExportRequest, context?: Context): Promise<ExportResult>;
  /** Writes images as one PNG, enlarged by a whole number. Gives its path. */
  saveSheet(request: SheetRequest): Promise<string>;
  /** By `copyImages`. Throws `usage` for clusters that were not looked for. */
  copyAs(request: CopyRequest, context?: Context): Promise<CopySummary>;

  /** Measures and keeps it; the task `curve` calls it. */
  makeCurve(runId: string, options: { compare: boolean }, context?: Context): Promise<CompressionCurve>;
  /** Null where it was not measured since the service began, or images have come or gone since. */
  compressionCurve(runId: string): Promise<CompressionCurve | null>;
  compressAs(request: CompressRequest, context?: Context): Promise<CompressResult>;
  /** Throws `usage` for a folder that is a source of a data set. */
  extract(request: ExtractRequest, context?: Context): Promise<DecompressResult>;
  /** Writes nothing. */
  lookAtTarget(path: string, kind: 'archive' | 'folder'): Promise<TargetView>;
  /** Throws `source-missing`, and `file-damaged` where nothing can be had from it. */
  openArchive(file: string): Promise<ArchiveView>;
  /** As they come back; at most 256 a call. */
  archiveImages(file: string, rows: Int32Array): Promise<ArchiveImages>;
  /** Calls the listener after every event until the returned function is called. `tasks` begins with an event at once. */
  subscribe<T extends TopicName>(topic: T, listener: (event: TopicEvent<T>) => void): () => void;
  /** Running tasks are interrupted; the workspace remembers them. */
  close(): Promise<void>;
}
