// The folder of a run: where its files are, and reading and writing run.json, metrics and checkpoints.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageShape } from '../compiler/model.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Baselines, EpochMetrics, Preprocessing, Report, StepMetrics, Warning } from '../contract/records.ts';
import type { TrainingSettings } from '../contract/settings.ts';
import { removeLeftovers, writeAtomic } from '../files/atomic.ts';
import { appendJsonLine, ifThere, readJsonLines, writeJsonLines } from '../files/json-lines.ts';
import { readSafetensors, writeSafetensors } from '../files/safetensors.ts';
import type { Pca } from './pca.ts';
import type { TrainingPlan } from './presets.ts';

/** `run.json`: everything that is needed to repeat the run, and what came of it. */
export interface RunFile {
  id: string;
  datasetId: string;
  datasetHash: string;
  image: ImageShape;
  preprocessing: Preprocessing;
  settings: TrainingSettings;
  plan: TrainingPlan;
  /** What it trains on, or trained on last. */
  device: DeviceRecord;
  /** Devices that failed in mid-training, in order; training went on elsewhere from the step named. */
  lostDevices?: (DeviceRecord & { step: number; error: string })[];
  versions: Record<string, string>;
  /** Ids of the images whose reconstructions are logged at every evaluation. */
  probes: number[];
  parameterCount: number;
  /** What the doctor says of its course; the report, where there is one, has the final word. */
  warnings?: Warning[];
  /** How often its loss exploded and it was taken back, once it has ended. */
  rollbacks?: number;
  /** Why training ended; null while it has not. */
  reason: StopReason | null;
  /**
   * `processor` sums up every core that the training process used, which a busy machine hardly changes; of an interrupted run
   * it is that of the last process alone. Runs from before it was measured lack it.
   */
  seconds: { train: number; encode: number; evaluate: number; processor?: number };
  report: Report | null;
}

export interface DeviceRecord {
  kind: string;
  name: string;
  threads: number;
  /** Why it was chosen. */
  reason: string;
}

/** `stopped`: a person ended it early and kept the best model. */
export type StopReason = 'epochs' | 'seconds' | 'plateau' | 'diverged' | 'stopped' | 'cancelled';

/** Where training stands. Parameters, optimiser state and these numbers continue a run bit for bit on the CPU. */
export interface Progress {
  step: number;
  bestMse: number;
  /** What the best model was chosen by; lower is better. */
  bestScore: number;
  bestStep: number;
  /** Evaluations without improvement. */
  stale: number;
  rollbacks: number;
  /** What rollbacks have left of the learning rate. */
  rateFactor: number;
  /** Seconds of training so far, over all interruptions. */
  seconds: number;
  /** Training losses since the last evaluation. */
  lossSum: number;
  lossSteps: number;
  /** What a loss is called exploded against: the mean of the first ones. Null (or missing in older files) until then. */
  firstLoss?: number | null;
}

export interface Checkpoint {
  values: Map<string, Float32Array>;
  progress: Progress;
}

export function runPaths(folder: string) {
  return {
    run: join(folder, 'run.json'),
    metrics: join(folder, 'metrics.jsonl'),
    steps: join(folder, 'steps.jsonl'),
    baselines: join(folder, 'baselines.json'),
    probes: { array: join(folder, 'probes.npy'), steps: join(folder, 'probes.jsonl') },
    probeMap: join(folder, 'probe-map'),
    events: join(folder, 'events'),
    last: join(folder, 'checkpoints', 'last.safetensors'),
    best: join(folder, 'checkpoints', 'best.safetensors'),
    pca: join(folder, 'checkpoints', 'pca.safetensors'),
    model: join(folder, 'model'),
    codes: join(folder, 'codes'),
  };
}

/** Also clears away what a killed process had half written. */
export async function createRunFolders(folder: string): Promise<void> {
  const { last, events, model, codes } = runPaths(folder);
  for (const path of [folder, join(last, '..'), events, model, codes]) {
    await mkdir(path, { recursive: true });
    await removeLeftovers(path);
  }
}

export async function writeRunFile(folder: string, run: RunFile): Promise<void> {
  await writeAtomic(runPaths(folder).run, `${JSON.stringify(run, null, 2)}\n`);
}

/** Throws `not-found` where there is no run, `file-damaged` where run.json cannot be parsed. */
export async function readRunFile(folder: string): Promise<RunFile> {
  const path = runPaths(folder).run;
  const text = await readText(path);
  if (text === null) throw new PinholeError('not-found', `No run in ${folder}: run.json is missing.`);
  try {
    return JSON.parse(text) as RunFile;
  } catch (cause) {
    throw new PinholeError('file-damaged', `${path} is not valid JSON.`, 'Train again; the data set is not affected.', {
      cause,
    });
  }
}

/** Null before training has got as far as to write one. Errors: as `readRunFile`. */
export async function findRunFile(folder: string): Promise<RunFile | null> {
  return (await readText(runPaths(folder).run)) === null ? null : readRunFile(folder);
}

export async function saveCheckpoint(
  path: string,
  { values, progress }: Checkpoint,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const tensors = new Map([...values].map(([name, data]) => [name, { shape: shapes.get(name)!, data }]));
  await writeSafetensors(path, tensors, { progress: JSON.stringify(progress) });
}

/** Null where none was written yet; throws `file-damaged` where one cannot be read. */
export async function loadCheckpoint(path: string): Promise<Checkpoint | null> {
  const content = await ifThere(readSafetensors(path));
  if (content === null) return null;
  const values = new Map([...content.tensors].map(([name, { data }]) => [name, data as Float32Array]));
  return { values, progress: JSON.parse(content.metadata.progress!) as Progress };
}

/** The baseline that the report holds the model against, and what a PCA start is made of. */
export async function savePca(path: string, pca: Pca): Promise<void> {
  const { mean, basis, deviation, variance, totalVariance } = pca;
  const tensors = new Map([
    ['mean', { shape: [mean.length], data: mean }],
    ['basis', { shape: [mean.length, deviation.length], data: basis }],
    ['deviation', { shape: [deviation.length], data: deviation }],
    ['variance', { shape: [variance.length], data: variance }],
  ]);
  await writeSafetensors(path, tensors, { totalVariance: String(totalVariance) });
}

/** Null where none was written yet. */
export async function loadPca(path: string): Promise<Pca | null> {
  const content = await ifThere(readSafetensors(path));
  if (content === null) return null;
  const data = (name: string) => content.tensors.get(name)!.data;
  return {
    mean: data('mean') as Float32Array,
    basis: data('basis') as Float32Array,
    deviation: data('deviation') as Float32Array,
    variance: data('variance') as Float64Array,
    totalVariance: Number(content.metadata.totalVariance),
  };
}

export async function appendMetrics(folder: string, metrics: EpochMetrics): Promise<void> {
  await appendJsonLine(runPaths(folder).metrics, metrics);
}

export async function readMetrics(folder: string): Promise<EpochMetrics[]> {
  return readJsonLines<EpochMetrics>(runPaths(folder).metrics);
}

export async function appendSteps(folder: string, steps: StepMetrics): Promise<void> {
  await appendJsonLine(runPaths(folder).steps, steps);
}

export async function readSteps(folder: string): Promise<StepMetrics[]> {
  return readJsonLines<StepMetrics>(runPaths(folder).steps);
}

/** Forgets metrics after a step: training goes on from there and will write them again. Gives the evaluations that stay. */
export async function truncateMetrics(folder: string, step: number): Promise<EpochMetrics[]> {
  const { metrics, steps } = runPaths(folder);
  const kept = (await readMetrics(folder)).filter((line) => line.step <= step);
  await writeJsonLines(metrics, kept);
  await writeJsonLines(
    steps,
    (await readSteps(folder)).filter((line) => line.step <= step),
  );
  return kept;
}

export async function writeBaselines(folder: string, baselines: Baselines): Promise<void> {
  await writeAtomic(runPaths(folder).baselines, `${JSON.stringify(baselines)}\n`);
}

/** Null where training has not got there yet. */
export async function readBaselines(folder: string): Promise<Baselines | null> {
  const text = await readText(runPaths(folder).baselines);
  return text === null ? null : (JSON.parse(text) as Baselines);
}

async function readText(path: string): Promise<string | null> {
  return ifThere(readFile(path, 'utf8'));
}
