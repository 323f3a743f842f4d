// The job process: everything that runs a model, in a child that can be killed. It reads the catalogue and never writes it.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { append } from '../archive/append.ts';
import { type BrowsedImages, openBrowser } from '../archive/browse.ts';
import { compress } from '../archive/compress.ts';
import { measureCurve } from '../archive/curve.ts';
import type { ArchiveInput } from '../archive/encoded.ts';
import { type DecompressInput, decompress } from '../archive/restore.ts';
import { verify } from '../archive/verify.ts';
import type { DeviceModel, DeviceReport } from '../contract/api.ts';
import type {
  AppendResult,
  AppendSettings,
  CompressionCurve,
  CompressResult,
  CompressSettings,
  DecompressResult,
  VerifyResult,
} from '../contract/archive.ts';
import type { Context, Report } from '../contract/records.ts';
import type { TrainingSettings } from '../contract/settings.ts';
import { plainFile } from '../dataset/locate.ts';
import type { OpenDataset } from '../dataset/open.ts';
import { probeDevices } from '../engine/devices.ts';
import type { DeviceKind, Executor, Runner } from '../engine/executor.ts';
import { createExecutor } from '../engine/executors.ts';
import { readCodeTable } from '../exports/code-table.ts';
import { createImageNames } from '../files/image-names.ts';
import { encodePng } from '../files/png.ts';
import { decodeCodes, encodeDataset, readCodes } from '../latent/encode.ts';
import { makeReport } from '../latent/report.ts';
import { samplePrior, walkBetween } from '../latent/traversal.ts';
import type { ImageBatch } from '../numerics/image-grid.ts';
import type { ErrorCurve } from '../training/code-size-advice.ts';
import { decoderGraph, inferenceGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import { loadModel, type SavedModel } from '../training/model-files.ts';
import { loadPca, readBaselines, readMetrics, readRunFile, runPaths } from '../training/run-files.ts';
import { measureSpectrum } from '../training/spectrum.ts';
import { Steering, type SteeringCommand } from '../training/steering.ts';
import { type LostDevice, type TrainingOutcome, train } from '../training/train.ts';
import { versions } from '../training/versions.ts';
import { yardstick } from '../training/yardstick.ts';
import { type JobContext, runJob } from './job.ts';
import { withDataset } from './with-dataset.ts';

export type JobInput =
  | {
      kind: 'train';
      workspace: string;
      datasetId: string;
      runId: string;
      folder: string;
      settings: TrainingSettings;
      resume: boolean;
      lost: readonly LostDevice[];
      patience: number;
    }
  | { kind: 'encode'; workspace: string; datasetId: string; runFolder: string; codesFolder: string }
  | { kind: 'report'; workspace: string; datasetId: string; runFolder: string }
  | { kind: 'reconstruct'; workspace: string; datasetId: string; runFolder: string; ids: number[] }
  | { kind: 'session'; workspace: string; datasetId: string; runFolder: string }
  | { kind: 'archive-session'; file: string }
  | { kind: 'sample'; runFolder: string; count: number; seed: number }
  | { kind: 'walk'; workspace: string; datasetId: string; runFolder: string; ids: number[]; steps: number }
  | { kind: 'decode'; runFolder: string; codesFile: string; outFolder: string }
  | { kind: 'spectrum'; workspace: string; datasetId: string; seed: number }
  | ({ kind: 'compress'; settings: CompressSettings } & ArchiveJob)
  | ({ kind: 'curve'; compare: boolean } & ArchiveJob)
  | ({ kind: 'append'; settings: AppendSettings } & ArchiveJob)
  | ({ kind: 'decompress' } & Omit<DecompressInput, 'threads'>)
  | { kind: 'verify'; file: string; against: { workspace: string; datasetId: string } | null }
  | { kind: 'devices'; model: DeviceModel };

interface ArchiveJob {
  workspace: string;
  datasetId: string;
  runId: string;
  preset: string;
  runFolder: string;
}

/** What each kind of job gives back. */
export interface JobResults {
  train: TrainingOutcome;
  encode: { images: number; seconds: number };
  report: Report;
  reconstruct: { originals: Uint8Array; reconstructions: Uint8Array };
  session: undefined;
  'archive-session': undefined;
  sample: ImageBatch;
  walk: ImageBatch;
  decode: { files: number };
  spectrum: ErrorCurve;
  compress: CompressResult;
  curve: CompressionCurve;
  append: AppendResult;
  decompress: DecompressResult;
  verify: VerifyResult;
  devices: DeviceReport[];
}

/** What is asked of sessions, and what they answer. */
export interface Sessions {
  /** Ids of images, or codes N×K; what the model makes of them as uint8 N×H×W×C. */
  session: { asked: { ids: number[] } | { codes: Float32Array }; answer: Uint8Array };
  /** Rows. */
  'archive-session': { asked: number[]; answer: BrowsedImages };
}
export type SessionKind = keyof Sessions;
export interface SessionQuestion<K extends SessionKind> {
  question: number;
  asked: Sessions[K]['asked'];
}
export interface SessionAnswer<K extends SessionKind> {
  question: number;
  answer: Sessions[K]['answer'];
}

type Input<K extends JobInput['kind']> = Extract<JobInput, { kind: K }>;

runJob((input: JobInput, context: JobContext<unknown>): Promise<JobResults[JobInput['kind']]> => {
  switch (input.kind) {
    case 'train':
      return withDataset(input, (dataset) => trainSteered(input, dataset, context));
    case 'encode':
      return withDataset(input, (dataset) => encode(input, dataset, context));
    case 'report':
      return withDataset(input, (dataset) => report(input, dataset, context));
    case 'reconstruct':
      return withDataset(input, (dataset) => reconstruct(input, dataset));
    case 'session':
      return withDataset(input, (dataset) => answerOfModel(input, dataset, context));
    case 'archive-session':
      return answerOfArchive(input.file, context);
    case 'sample':
      return withModel(input.runFolder, (executor, saved) => samplePrior(executor, saved, input, context));
    case 'walk':
      return withDataset(input, (dataset) => walk(input, dataset, context));
    case 'decode':
      return decode(input, context);
    case 'spectrum':
      return withDataset(input, (dataset) => spectrum(input, dataset, context));
    case 'compress':
      return withArchiveInput(input, (images) => compress({ ...images, settings: input.settings }, context));
    case 'curve':
      return withArchiveInput(input, (images) => measureCurve({ ...images, compare: input.compare }, context));
    case 'append':
      return withArchiveInput(input, (images) => append({ ...images, settings: input.settings }, context));
    case 'decompress':
      return decompress({ ...input, threads: availableParallelism() }, context);
    case 'verify':
      return verifyArchive(input, context);
    case 'devices':
      return probeDevices(context, yardstick(input.model));
    default:
      return input satisfies never;
  }
});

/** Its course goes to the parent as events; pause, resume and finish come from there as commands. */
function trainSteered(
  input: Input<'train'>,
  dataset: OpenDataset,
  context: JobContext<unknown>,
): Promise<TrainingOutcome> {
  const steering = new Steering();
  context.listen?.((command) => steering.hear(command as SteeringCommand));
  return train(
    { ...input, dataset, steering, watch: context.watch },
    { ...context, onRunEvent: (event) => context.onEvent?.(event) },
  );
}

async function encode(input: Input<'encode'>, dataset: OpenDataset, context: Context) {
  const started = performance.now();
  const images = await withModel(input.runFolder, async (executor, saved) => {
    await mkdir(input.codesFolder, { recursive: true });
    return encodeDataset(executor, saved, dataset, input.codesFolder, context);
  });
  return { images, seconds: (performance.now() - started) / 1000 };
}

async function report(input: Input<'report'>, dataset: OpenDataset, context: Context): Promise<Report> {
  const paths = runPaths(input.runFolder);
  const pca = await loadPca(paths.pca);
  const codes = await readCodes(paths.codes);
  const run = await readRunFile(input.runFolder);
  const epochs = await readMetrics(input.runFolder);
  const baselines = await readBaselines(input.runFolder);
  return withModel(input.runFolder, (executor, saved) =>
    makeReport({ executor, saved, dataset, codes, pca: pca!, run, epochs, baselines }, context),
  );
}

async function reconstruct(input: Input<'reconstruct'>, dataset: OpenDataset) {
  return withModel(input.runFolder, async (executor, saved) => {
    const runner = await executor.compile(inferenceGraph(saved.model, ['reconstruction']), saved.values);
    return reconstructAll(runner, dataset, saved, input.ids);
  });
}

async function walk(input: Input<'walk'>, dataset: OpenDataset, context: Context): Promise<ImageBatch> {
  const { height, width, channels } = dataset.info;
  const ends = new Uint8Array(2 * height * width * channels);
  dataset.pixels.read(input.ids, ends);
  return withModel(input.runFolder, (executor, saved) => walkBetween(executor, saved, ends, input.steps, context));
}

/** Originals and reconstructions of these images, as uint8 N×H×W×C. */
async function reconstructAll(runner: Runner, dataset: OpenDataset, { model }: SavedModel, wanted: readonly number[]) {
  const ids = Uint32Array.from(wanted);
  const size = dataset.info.height * dataset.info.width * dataset.info.channels;
  const originals = new Uint8Array(ids.length * size);
  const reconstructions = new Uint8Array(ids.length * size);
  for await (const { first, images, results } of runBlocks(runner, dataset.pixels, ids, model.image)) {
    originals.set(images.data as Uint8Array, first * size);
    reconstructions.set(results.reconstruction!.data as Uint8Array, first * size);
  }
  return { originals, reconstructions };
}

async function answerOfModel(
  input: Input<'session'>,
  dataset: OpenDataset,
  context: JobContext<unknown>,
): Promise<undefined> {
  await withModel(input.runFolder, async (executor, saved) => {
    const rebuild = await executor.compile(inferenceGraph(saved.model, ['reconstruction']), saved.values);
    let decoder: Runner | undefined;
    await answerQuestions<'session'>(context, async (asked) => {
      if ('ids' in asked) return (await reconstructAll(rebuild, dataset, saved, asked.ids)).reconstructions;
      // Few who look at reconstructions also decode: it is made when it is first needed.
      decoder ??= await executor.compile(decoderGraph(saved.model), saved.values);
      const { codeSize } = saved.model.spec;
      const shape = [asked.codes.length / codeSize, codeSize];
      const { image } = await decoder.run({ code: { dtype: 'float32', shape, data: asked.codes } });
      return image!.data as Uint8Array;
    });
    await decoder?.dispose();
    await rebuild.dispose();
  });
  return undefined;
}

async function answerOfArchive(file: string, context: JobContext<unknown>): Promise<undefined> {
  const browser = await openBrowser(file, availableParallelism());
  await answerQuestions<'archive-session'>(context, (rows) => browser.images(rows));
  await browser.release();
  return undefined;
}

/** One question after the other, until the session is cancelled; one that cannot be answered ends it. */
async function answerQuestions<K extends SessionKind>(
  context: JobContext<unknown>,
  answer: (asked: Sessions[K]['asked']) => Promise<Sessions[K]['answer']>,
): Promise<void> {
  let working = Promise.resolve();
  const over = Promise.withResolvers<void>();
  context.listen?.((command) => {
    const { question, asked } = command as SessionQuestion<K>;
    working = working.then(async () => {
      context.onEvent?.({ question, answer: await answer(asked) } satisfies SessionAnswer<K>);
    });
    working.catch(over.reject);
  });
  context.signal?.addEventListener('abort', () => over.resolve(), { once: true });
  await over.promise;
}

/** On the processor: it is done before another device would be ready. */
async function spectrum(input: Input<'spectrum'>, dataset: OpenDataset, context: Context): Promise<ErrorCurve> {
  const executor = await createExecutor({ device: 'cpu', threads: availableParallelism() });
  try {
    return await measureSpectrum(executor, dataset, input.seed, context);
  } finally {
    await executor.dispose();
  }
}

async function decode(input: Input<'decode'>, context: Context) {
  const { codes, names } = await readCodeTable(input.codesFile);
  const nameOf = createImageNames();
  await withModel(input.runFolder, (executor, saved) => {
    const { height, width, channels } = saved.model.image;
    const size = height * width * channels;
    return decodeCodes(
      executor,
      saved,
      codes,
      async (images, first) => {
        for (let row = 0; row < images.length / size; row++) {
          const path = join(input.outFolder, nameOf(names[first + row] ?? null, first + row));
          const data = images.subarray(row * size, (row + 1) * size);
          await mkdir(dirname(path), { recursive: true });
          // Not fsynced one by one, which would cost more than everything else: they can be decoded again.
          await writeFile(path, encodePng({ data, width, height, channels: channels as 1 | 3 }));
        }
      },
      context,
    );
  });
  return { files: codes.count };
}

function withArchiveInput<T>(
  input: ArchiveJob,
  work: (images: Omit<ArchiveInput, 'settings'>) => Promise<T>,
): Promise<T> {
  return withDataset(input, (dataset, catalogue) =>
    withModel(input.runFolder, (executor, saved) =>
      work({
        executor,
        saved,
        dataset,
        items: catalogue.storedItems(dataset.info.id).filter(({ gone }) => !gone),
        failures: catalogue.failures(dataset.info.id),
        run: { id: input.runId, preset: input.preset },
        pinhole: versions().pinhole!,
        threads: availableParallelism(),
        fileOf: ({ path, modified }) => (modified > 0 ? plainFile(dataset.info, path) : undefined),
      }),
    ),
  );
}

function verifyArchive({ file, against }: Input<'verify'>, context: Context): Promise<VerifyResult> {
  const check = (dataset: OpenDataset | null) =>
    verify({ file, threads: availableParallelism(), against: dataset }, context);
  return against ? withDataset(against, check) : check(null);
}

/** On the device that the run was trained on. */
async function withModel<T>(
  runFolder: string,
  work: (executor: Executor, saved: SavedModel) => Promise<T>,
): Promise<T> {
  const { device, settings } = await readRunFile(runFolder);
  const saved = await loadModel(runPaths(runFolder).model);
  const threads = settings.threads ?? availableParallelism();
  const executor = await createExecutor({ device: device.kind as DeviceKind, threads });
  try {
    return await work(executor, saved);
  } finally {
    await executor.dispose();
  }
}
