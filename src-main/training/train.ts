// One training run, from data set to model files: analyse, choose a device, train, keep the best. The report comes later.
import { buildModel, countParameters, type Model, modelValues, type Start } from '../compiler/model.ts';
import { elements } from '../compiler/ops/shapes.ts';
import { PinholeError } from '../contract/errors.ts';
import { bestOf } from '../contract/metrics.ts';
import type { Baselines, Context, EpochMetrics, Warning } from '../contract/records.ts';
import type { TrainingSettings } from '../contract/settings.ts';
import type { OpenDataset } from '../dataset/open.ts';
import { chooseDevice } from '../engine/devices.ts';
import type { DeviceKind, Executor, Trainer } from '../engine/executor.ts';
import { residents } from '../engine/values.ts';
import { watchExecutor } from '../engine/watch.ts';
import { createRandom, permutation, type Random } from '../numerics/random.ts';
import { measureBaselines } from './baselines.ts';
import { augmentImages, createBatches } from './batches.ts';
import { courseEvidence, diagnose } from './doctor.ts';
import { evaluatedOutputs, evaluateModel } from './evaluation.ts';
import { createEventLog, readProbeImages } from './event-log.ts';
import { inferenceGraph, trainingProgram } from './graphs.ts';
import { blockBatch } from './inference.ts';
import { runTrainingLoop } from './loop.ts';
import { saveModel } from './model-files.ts';
import { hasPrior, needsProgress, randomFeeds } from './objective.ts';
import { fitPca, type Pca, type Samples } from './pca.ts';
import { planTraining, type TrainingPlan } from './presets.ts';
import { openProbeMap } from './probe-map.ts';
import {
  appendMetrics,
  appendSteps,
  createRunFolders,
  type DeviceRecord,
  loadCheckpoint,
  loadPca,
  type Progress,
  type RunFile,
  readBaselines,
  readRunFile,
  runPaths,
  type StopReason,
  saveCheckpoint,
  savePca,
  truncateMetrics,
  writeBaselines,
  writeRunFile,
} from './run-files.ts';
import type { Steering } from './steering.ts';
import { openStepLog } from './step-log.ts';
import { usefulThreads } from './threads.ts';
import { versions } from './versions.ts';

export interface TrainingJob {
  runId: string;
  folder: string;
  dataset: OpenDataset;
  settings: TrainingSettings;
  /** Go on from the last checkpoint of this folder. */
  resume: boolean;
  /** Devices that have failed in this run so far, the last one last. */
  lost?: readonly LostDevice[];
  /** Milliseconds after which a device other than the CPU that does not answer is taken for lost. */
  patience?: number;
  /** Told so that what blocks this thread is noticed elsewhere. */
  watch?: ((milliseconds: number) => void) | undefined;
  steering?: Steering;
}

export interface LostDevice {
  kind: DeviceKind;
  /** What went wrong, in words. */
  error: string;
}

export interface TrainingOutcome {
  run: RunFile;
  reason: StopReason;
  /** Whole ones. */
  epochs: number;
  bestStep: number;
  bestMse: number;
  /** Of training, PCA included, over all interruptions. */
  seconds: number;
  /** As in `RunFile`. */
  processorSeconds: number;
}

const probeCount = 10;

// For the random crops of an augmented run, PCA sees each image about this often: enough crops to fit their covariance,
// few enough to stay a small share of the training time.
const augmentedSamples = 4096;

/**
 * Trains to the end of the plan, or until cancelled (the last checkpoint then holds all that was learned).
 * Errors: `spec-invalid`, `source-empty` (fewer than two images), `device-unavailable`, `device-lost`, `cancelled`.
 */
export async function train(job: TrainingJob, context: Context = {}): Promise<TrainingOutcome> {
  const started = performance.now();
  const usage = process.cpuUsage();
  const { dataset, folder, settings } = job;
  const image = { height: dataset.info.height, width: dataset.info.width, channels: dataset.info.channels };
  const trainIds = trainingImages(dataset);
  const previous = job.resume ? await readRunFile(folder) : null;
  const plan = previous?.plan ?? planTraining(settings, image, trainIds.length);
  const model = buildModel(plan.spec, image);
  const program = trainingProgram(model, plan);
  await createRunFolders(folder);

  const random = randomFeeds(model, plan, plan.batchSize);
  const progress = needsProgress(plan);
  const batches = createBatches({ ...plan, pixels: dataset.pixels, ids: trainIds, image, random, progress });
  const threads = previous?.device.threads ?? settings.threads ?? usefulThreads(program);
  const { executor: chosen, reason } = await chooseDevice({
    lost: job.lost?.map(({ kind }) => kind) ?? [],
    requested: (previous?.device.kind as DeviceKind | undefined) ?? settings.device,
    threads,
    program,
    values: blankValues(model),
    feeds: batches.at(1, 0),
    context,
  });
  const executor = watched(chosen, job);
  try {
    const checkpoint = job.resume ? await loadCheckpoint(runPaths(folder).last) : null;
    const device = { kind: executor.device.kind, name: executor.device.name, threads, reason };
    const run = previous
      ? moveRun(previous, device, job, checkpoint?.progress.step ?? 0, context)
      : describeRun(job, plan, model, device);
    if (run !== previous) await writeRunFile(folder, run);
    const pca = await pcaOf(executor, job, plan, trainIds, context);
    const baselines = await baselinesOf(executor, job, pca, image);
    context.onRunEvent?.({ type: 'baselines', baselines });
    const trainer = await executor.train(program, checkpoint?.values ?? initialValues(model, pca, plan.seed));
    try {
      return await trainOn(
        trainer,
        { job, plan, model, run, batches, started, usage, checkpoint, baselines, shapes: shapesOf(program) },
        context,
      );
    } finally {
      await trainer.dispose();
    }
  } finally {
    await executor.dispose();
  }
}

interface Prepared {
  job: TrainingJob;
  plan: TrainingPlan;
  model: Model;
  run: RunFile;
  batches: ReturnType<typeof createBatches>;
  started: number;
  /** The process's, at the start. */
  usage: NodeJS.CpuUsage;
  checkpoint: Awaited<ReturnType<typeof loadCheckpoint>>;
  baselines: Baselines;
  shapes: ReadonlyMap<string, readonly number[]>;
}

async function trainOn(trainer: Trainer, prepared: Prepared, context: Context): Promise<TrainingOutcome> {
  const { job, plan, model, run, batches, checkpoint, shapes } = prepared;
  const { folder, dataset, settings } = job;
  const paths = runPaths(folder);
  const held = heldOutImages(dataset);
  const evaluator = await trainer.evaluator(inferenceGraph(model, evaluatedOutputs(model), blockBatch(held.length)));
  const painter = await trainer.evaluator(inferenceGraph(model, ['reconstruction'], run.probes.length));
  const lastStep = checkpoint?.progress.step ?? -1;
  const originals = readProbeImages(dataset.pixels, run.probes, model.image);
  const log = await createEventLog(paths.events, originals, model.image, checkpoint?.progress.step ?? null);
  const { height, width, channels } = model.image;
  const reconstructed = { dtype: '|u1', row: [height, width, channels], perStep: run.probes.length } as const;
  const probes = await openStepLog(paths.probes, reconstructed, lastStep);
  const map = await openProbeMap(paths.probeMap, { trainer, model, dataset, held, seed: plan.seed }, lastStep);
  const course = new Course(prepared, await truncateMetrics(folder, lastStep), context);
  context.onRunEvent?.({ type: 'rewind', step: lastStep });
  try {
    const result = await runTrainingLoop(
      {
        plan,
        trainer,
        batches,
        evaluate: () =>
          evaluateModel(evaluator, model, plan, dataset.pixels, held, (ids, codes) => map.see(ids, codes)),
        resume: checkpoint?.progress ?? null,
        secondsBefore: (performance.now() - prepared.started) / 1000,
        checkpointSeconds: settings.checkpointSeconds,
        saveLast: (last) => saveCheckpoint(paths.last, last, shapes),
        saveBest: ({ values, progress }) =>
          saveCheckpoint(paths.best, { values: ofModel(values, model), progress }, shapes),
        async onMetrics(metrics) {
          const { reconstruction } = await painter.run({ images: originals });
          await probes.add({ step: metrics.step }, reconstruction!.data as Uint8Array);
          const placed = await map.add(metrics.step);
          await appendMetrics(folder, metrics);
          await log.write(metrics, reconstruction!);
          context.onRunEvent?.({
            type: 'probes',
            step: metrics.step,
            data: (reconstruction!.data as Uint8Array).slice(),
            map: placed,
          });
          await course.add(metrics);
        },
        async onSteps(steps) {
          await appendSteps(folder, steps);
          context.onRunEvent?.({ type: 'steps', steps: [steps] });
        },
        async onRewind(step, rollbacks) {
          await truncateMetrics(folder, step);
          context.onRunEvent?.({ type: 'rewind', step });
          await course.rewind(step, rollbacks);
        },
        ...(job.steering && { steering: job.steering }),
      },
      context,
    );
    if (result.reason === 'cancelled')
      throw new PinholeError('cancelled', 'Training was stopped.', 'Run the same again to go on from here.');
    return await finish({ ...prepared, run: course.run }, result.reason, result.progress);
  } finally {
    await log.close();
    probes.close();
    await Promise.all([evaluator.dispose(), painter.dispose(), map.close()]);
  }
}

/** The evaluations so far and what the doctor says of them; says it when it has changed, and keeps it with the run. */
class Course {
  readonly #prepared: Prepared;
  readonly #context: Context;
  #epochs: EpochMetrics[];
  #rollbacks: number;
  #run: RunFile;

  constructor(prepared: Prepared, epochs: EpochMetrics[], context: Context) {
    this.#prepared = prepared;
    this.#context = context;
    this.#epochs = epochs;
    this.#rollbacks = prepared.checkpoint?.progress.rollbacks ?? 0;
    this.#run = prepared.run;
  }

  get run(): RunFile {
    return this.#run;
  }

  async add(metrics: EpochMetrics): Promise<void> {
    this.#epochs.push(metrics);
    this.#context.onRunEvent?.({ type: 'epoch', metrics, bestStep: bestOf(this.#epochs)!.step });
    await this.#diagnose();
  }

  async rewind(step: number, rollbacks: number): Promise<void> {
    this.#epochs = this.#epochs.filter((metrics) => metrics.step <= step);
    this.#rollbacks = rollbacks;
    await this.#diagnose();
  }

  async #diagnose(): Promise<void> {
    const { job, baselines } = this.#prepared;
    const course = { epochs: this.#epochs, baselines, rollbacks: this.#rollbacks };
    const warnings = diagnose(courseEvidence(this.#run, job.dataset, course));
    const { warnings: before = [] } = this.#run;
    if (JSON.stringify(warnings) === JSON.stringify(before)) return;
    this.#run = { ...this.#run, warnings };
    // Figures change with every evaluation: the file follows when there is something else to say, before anybody hears of it.
    if (namesOf(warnings) !== namesOf(before)) await writeRunFile(job.folder, this.#run);
    this.#context.onRunEvent?.({ type: 'warnings', warnings });
  }
}

function namesOf(warnings: readonly Warning[]): string {
  return warnings.map(({ code }) => code).join();
}

/** The kept model is the best one; its files are what every later stage reads. */
async function finish(
  { job, model, run, batches, plan, usage }: Prepared,
  reason: StopReason,
  { step, seconds, rollbacks }: Progress,
): Promise<TrainingOutcome> {
  const paths = runPaths(job.folder);
  const best = await loadCheckpoint(paths.best);
  if (best === null) throw new PinholeError('internal', 'internal: training ended without a best checkpoint');
  await saveModel(paths.model, model, best.values, {
    pinhole: run.versions.pinhole!,
    preset: plan.preset,
    prior: hasPrior(plan) ? 'normal' : null,
    preprocessing: run.preprocessing,
    datasetHash: run.datasetHash,
    seed: plan.seed,
    step: best.progress.bestStep,
    validationMse: best.progress.bestMse,
  });
  const spent = process.cpuUsage(usage);
  return {
    run: { ...run, rollbacks },
    reason,
    // A time budget may end in the middle of one.
    epochs: Math.floor(step / batches.stepsPerEpoch),
    bestStep: best.progress.bestStep,
    bestMse: best.progress.bestMse,
    seconds,
    processorSeconds: (spent.user + spent.system) / 1e6,
  };
}

// ---- what training starts from ------------------------------------------------------------------------------------

export function trainingImages(dataset: OpenDataset): Uint32Array {
  const ids = dataset.split('train');
  const total = ids.length + dataset.split('validation').length;
  if (total >= 2 && ids.length >= 1) return ids;
  throw new PinholeError(
    'source-empty',
    `Training needs at least two images, one to learn from and one to check with; ${dataset.info.name} has ${total}.`,
    'Add images to the folder and import it again.',
  );
}

/** Validation images choose the checkpoint; a separate test source never does. */
export function heldOutImages(dataset: OpenDataset): Uint32Array {
  const validation = dataset.split('validation');
  return validation.length > 0 ? validation : dataset.split('train');
}

async function pcaOf(
  executor: Executor,
  job: TrainingJob,
  plan: TrainingPlan,
  ids: Uint32Array,
  context: Context,
): Promise<Pca> {
  const path = runPaths(job.folder).pca;
  const known = await loadPca(path);
  if (known) return known;
  const pca = await fitPca(executor, pcaSamples(job.dataset, plan, ids), plan.spec.codeSize, plan.seed, context);
  await savePca(path, pca);
  return pca;
}

/** Measured once, and kept beside the run. */
async function baselinesOf(executor: Executor, job: TrainingJob, pca: Pca, image: Model['image']): Promise<Baselines> {
  const known = await readBaselines(job.folder);
  if (known) return known;
  const baselines = await measureBaselines(executor, pca, job.dataset.pixels, heldOutImages(job.dataset), image);
  await writeBaselines(job.folder, baselines);
  return baselines;
}

/** The training images as PCA sees them: as they are, or the same random crops and flips that the network is given. */
export function pcaSamples(
  dataset: OpenDataset,
  plan: Pick<TrainingPlan, 'augment' | 'seed'>,
  ids: Uint32Array,
): Samples {
  const { height, width, channels } = dataset.info;
  const copies = plan.augment ? Math.max(1, Math.ceil(augmentedSamples / ids.length)) : 1;
  return {
    count: ids.length * copies,
    pixels: height * width * channels,
    read(first, count, out) {
      const wanted = Uint32Array.from({ length: count }, (_, index) => ids[(first + index) % ids.length]!);
      dataset.pixels.read(wanted, out);
      if (plan.augment) {
        const rows = out.subarray(0, count * height * width * channels);
        augmentImages(rows, dataset.info, plan.augment, createRandom(plan.seed, first));
      }
    },
  };
}

function initialValues(model: Model, pca: Pca, seed: number): Map<string, Float32Array> {
  const drawn = model.parameters.map(({ name, shape, start }, index) => {
    const draw = drawer(start, createRandom(seed, index));
    return [name, Float32Array.from({ length: elements(shape) }, draw)] as const;
  });
  const constants = { 'pca.mean': pca.mean, 'pca.basis': pca.basis, 'pca.deviation': pca.deviation };
  const frozen = model.constants.map(({ name }) => [name, constants[name as keyof typeof constants]] as const);
  return new Map([...drawn, ...frozen]);
}

function drawer(start: Start, random: Random): () => number {
  switch (start.type) {
    case 'zeros':
      return () => 0;
    case 'ones':
      return () => 1;
    case 'uniform':
      return () => start.limit * (2 * random.next() - 1);
    default:
      return start satisfies never;
  }
}

/** Stand-ins of the right size for timing devices before PCA has run on one of them. */
function blankValues(model: Model): Map<string, Float32Array> {
  const named = [...model.parameters, ...model.constants];
  return new Map(named.map(({ name, shape }) => [name, new Float32Array(elements(shape)).fill(0.01)]));
}

function ofModel(values: ReadonlyMap<string, Float32Array>, model: Model): Map<string, Float32Array> {
  return new Map(modelValues(model).map(({ name }) => [name, values.get(name)!]));
}

function shapesOf(program: ReturnType<typeof trainingProgram>): Map<string, readonly number[]> {
  return new Map(residents(program).map(({ name, shape }) => [name, shape]));
}

/** The CPU answers when it is done; whatever else is waited for no longer than a person would. */
function watched(executor: Executor, { patience, watch }: TrainingJob): Executor {
  if (executor.device.kind === 'cpu' || patience === undefined) return executor;
  watch?.(patience);
  return watchExecutor(executor, patience);
}

/** The run itself, or, where its device was lost, the run as it goes on elsewhere; says so. */
function moveRun(run: RunFile, device: DeviceRecord, { lost }: TrainingJob, step: number, context: Context): RunFile {
  const fault = lost?.findLast(({ kind }) => kind === run.device.kind);
  if (device.kind === run.device.kind || fault === undefined) return run;
  context.onNotice?.({
    level: 'warning',
    message: `${run.device.name} was lost. Training goes on from step ${step} on ${device.name}.`,
    advice: device.reason,
  });
  const lostDevices = [...(run.lostDevices ?? []), { ...run.device, step, error: fault.error }];
  return { ...run, device, lostDevices };
}

function describeRun(job: TrainingJob, plan: TrainingPlan, model: Model, device: DeviceRecord): RunFile {
  const { dataset, settings, runId } = job;
  const held = heldOutImages(dataset);
  const order = permutation(held.length, createRandom(plan.seed, probeCount));
  return {
    id: runId,
    datasetId: dataset.info.id,
    datasetHash: dataset.info.hash,
    image: model.image,
    preprocessing: dataset.info.preprocessing,
    settings,
    plan,
    device,
    versions: versions(),
    probes: Array.from(order.subarray(0, probeCount), (index) => held[index]!),
    parameterCount: countParameters(model),
    reason: null,
    seconds: { train: 0, encode: 0, evaluate: 0 },
    report: null,
  };
}
