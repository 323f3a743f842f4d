// Pinhole itself: the stages as the command line runs them, on the CPU with the threads that training chooses.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { parse } from 'valibot';
import { buildModel, type Model } from '../../../src-main/compiler/model.ts';
import type { EpochMetrics } from '../../../src-main/contract/records.ts';
import { importSettingsSchema, type PresetName, trainingSettingsSchema } from '../../../src-main/contract/settings.ts';
import { openCatalogue } from '../../../src-main/dataset/catalogue.ts';
import { importDataset } from '../../../src-main/dataset/import.ts';
import type { OpenDataset } from '../../../src-main/dataset/open.ts';
import type { Trainer } from '../../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../../src-main/engine/onnx-runtime.ts';
import { writeCsv } from '../../../src-main/exports/csv.ts';
import { encodeDataset } from '../../../src-main/latent/encode.ts';
import { createRandom } from '../../../src-main/numerics/random.ts';
import { trainingProgram } from '../../../src-main/training/graphs.ts';
import { planTraining } from '../../../src-main/training/presets.ts';
import { runPaths } from '../../../src-main/training/run-files.ts';
import { usefulThreads } from '../../../src-main/training/threads.ts';
import { train } from '../../../src-main/training/train.ts';
import { image, mnistDataset, mnistItems, pixelCount } from './mnist-dataset.ts';
import { repeat, serve } from './protocol.ts';

const codeSize = 64;

const executor = await createOnnxExecutor({ device: 'cpu' });
const datasets = new Map<string, OpenDataset>();
const stepping = new Map<string, Stepping>();

interface Stepping {
  trainer: Trainer;
  batchSize: number;
  steps: number;
}

function datasetOf(pixels: string): OpenDataset {
  const known = datasets.get(pixels) ?? mnistDataset(pixels);
  datasets.set(pixels, known);
  return known;
}

function settingsOf(preset: PresetName, epochs = 1) {
  return parse(trainingSettingsSchema, { preset, codeSize, epochs, device: 'cpu' });
}

function modelOf(preset: PresetName, trainCount: number) {
  const plan = planTraining(settingsOf(preset), image, trainCount);
  const model = buildModel(plan.spec, image);
  return { plan, model, values: startOf(model) };
}

/** Random weights as the model asks for; in place of PCA, random constants of the same size. */
function startOf(model: Model): Map<string, Float32Array> {
  const random = createRandom(1);
  const filled = (shape: readonly number[], draw: () => number) =>
    Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, draw);
  const uniform = (limit: number) => () => limit * (2 * random.next() - 1);
  const values = new Map<string, Float32Array>();
  for (const { name, shape, start } of model.parameters) {
    const limit = start.type === 'uniform' ? start.limit : 0;
    values.set(name, filled(shape, start.type === 'ones' ? () => 1 : uniform(limit)));
  }
  for (const { name, shape } of model.constants) {
    values.set(name, filled(shape, name === 'pca.deviation' ? () => 1 : uniform(0.06)));
  }
  return values;
}

async function steppingOf(preset: PresetName, threads: number | undefined, trainCount: number): Promise<Stepping> {
  const key = `${preset} ${threads}`;
  const known = stepping.get(key);
  if (known !== undefined) return known;
  const { plan, model, values } = modelOf(preset, trainCount);
  const program = trainingProgram(model, plan);
  const onThreads = await createOnnxExecutor({ device: 'cpu', threads: threads ?? usefulThreads(program) });
  const trainer = await onThreads.train(program, values);
  const created = { trainer, batchSize: plan.batchSize, steps: 0 };
  stepping.set(key, created);
  return created;
}

interface StepRequest {
  preset: PresetName;
  /** Left out: one per core, as a run has it. */
  threads?: number;
  pixels: string;
  seconds: number;
}

/** Batches that lie ready as bytes, which is what a step takes. */
async function step({ preset, threads, pixels, seconds }: StepRequest) {
  const dataset = datasetOf(pixels);
  const run = await steppingOf(preset, threads, dataset.split('train').length);
  const shape = [run.batchSize, image.height, image.width, image.channels];
  const batches = Array.from({ length: 32 }, (_, index) => {
    const data = new Uint8Array(run.batchSize * pixelCount);
    dataset.pixels.read(
      Uint32Array.from({ length: run.batchSize }, (_, row) => index * run.batchSize + row),
      data,
    );
    return { images: { dtype: 'uint8' as const, shape, data } };
  });
  return repeat(seconds, async () => {
    run.steps++;
    await run.trainer.step(batches[run.steps % batches.length]!, 1e-4, run.steps);
    return run.batchSize;
  });
}

/**
 * A whole run, timed from the evaluation of step 0 to that of the last epoch: batches, steps, evaluations, checkpoints, event
 * files. Choosing a device and PCA come before, and saving the model after; nobody else does those here.
 */
async function loop({
  preset,
  pixels,
  epochs,
  out,
}: {
  preset: PresetName;
  pixels: string;
  epochs: number;
  out: string;
}) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const settings = settingsOf(preset, epochs);
  await train({ runId: 'bench', folder: out, dataset: datasetOf(pixels), settings, resume: false });
  const lines = (await readFile(runPaths(out).metrics, 'utf8')).trim().split('\n');
  const metrics = lines.map((line): EpochMetrics => JSON.parse(line));
  const [first, last] = [metrics.at(0)!, metrics.at(-1)!];
  const { batchSize } = planTraining(settings, image, datasetOf(pixels).split('train').length);
  return { units: last.step * batchSize, seconds: last.seconds - first.seconds };
}

/** Into a new workspace: scan, decode, hash, split, store, catalogue. */
async function importFolder({ folder, size, out }: { folder: string; size: number; out: string }) {
  await rm(out, { recursive: true, force: true });
  const catalogue = openCatalogue(out);
  const start = performance.now();
  const { decoded } = await importDataset(catalogue, out, parse(importSettingsSchema, { sources: [folder], size }));
  const seconds = (performance.now() - start) / 1000;
  catalogue.close();
  return { units: decoded, seconds };
}

/** Every image's code and reconstruction error, written to disk. */
async function encode({ preset, pixels, out }: { preset: PresetName; pixels: string; out: string }) {
  const dataset = datasetOf(pixels);
  const { model, values } = modelOf(preset, dataset.split('train').length);
  await mkdir(out, { recursive: true });
  const info = {} as never; // names the model in files; encoding does not read it
  const start = performance.now();
  const units = await encodeDataset(executor, { info, model, values }, dataset, out);
  return { units, seconds: (performance.now() - start) / 1000 };
}

async function csv({ codes, errors, out }: { codes: string; errors: string; out: string }) {
  const source = { items: mnistItems(60_000), codesFile: codes, errorsFile: errors };
  const start = performance.now();
  const { rows, bytes } = await writeCsv(out, source);
  return { units: rows, seconds: (performance.now() - start) / 1000, bytes };
}

await serve({}, { step, loop, import: importFolder, encode, csv });
