// The service: everything that a window, a browser or the command line can ask Pinhole to do.
import type { Context, Dataset, EpochMetrics, ImportFailure, Item, Report } from './records.ts';
import type { ImportRequest, TrainingRequest } from './settings.ts';

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
  rows: number;
  seconds: number;
}

export type ExportFormat = 'csv' | 'npy' | 'parquet' | 'model' | 'contact-sheet' | 'loss-plot' | 'tensorboard';

export interface DeviceReport {
  kind: string;
  name: string;
  software: boolean;
  usable: boolean;
  /** Why it is or is not usable, and what the self-test said. */
  reason: string;
}

/** Long calls take a Context: a cancel makes them reject with `cancelled` and leaves work that can be resumed. */
export interface Service {
  readonly workspace: string;
  import(request: ImportRequest, context?: Context): Promise<ImportResult>;
  /** Resumes an interrupted run with the same data, settings and seed; `fresh` starts a new one regardless. */
  train(
    datasetId: string,
    request: TrainingRequest,
    options?: { fresh?: boolean },
    context?: Context,
  ): Promise<TrainResult>;
  /** Encodes the run's own data set and makes its report, or encodes another one with the run's preprocessing. */
  encode(runId: string, options?: { datasetId?: string }, context?: Context): Promise<EncodeResult>;
  /** Codes (CSV or NPY) back to images: one PNG per row, named after the row's path. */
  decode(runId: string, codesFile: string, outFolder: string, context?: Context): Promise<ExportResult>;
  /** Of the run's own images, or of others that it has encoded. */
  export(
    runId: string,
    outFolder: string,
    formats: ExportFormat[],
    context?: Context,
    options?: { datasetId?: string },
  ): Promise<ExportResult>;
  datasets(): Promise<Dataset[]>;
  items(datasetId: string): Promise<Item[]>;
  failures(datasetId: string): Promise<ImportFailure[]>;
  runs(): Promise<Run[]>;
  metrics(runId: string): Promise<EpochMetrics[]>;
  devices(context?: Context): Promise<DeviceReport[]>;
  /** Releases the writer lock and everything native. */
  close(): Promise<void>;
}
