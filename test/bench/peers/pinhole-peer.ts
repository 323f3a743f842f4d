// Pinhole itself: the stages as the command line runs them, on the CPU with as many threads as there are cores.
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { buildModel, type Model } from '../../../src-main/compiler/model.ts';
import type { Item } from '../../../src-main/contract/records.ts';
import { type PresetName, trainingSettingsSchema } from '../../../src-main/contract/settings.ts';
import type { Trainer } from '../../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../../src-main/engine/onnx-runtime.ts';
import { writeCsv } from '../../../src-main/exports/csv.ts';
import { readNpy } from '../../../src-main/files/npy.ts';
import { createRandom } from '../../../src-main/numerics/random.ts';
import { createBatches } from '../../../src-main/training/batches.ts';
import { trainingProgram } from '../../../src-main/training/graphs.ts';
import { planTraining } from '../../../src-main/training/presets.ts';
import { repeat, serve } from './protocol.ts';

const image = { height: 28, width: 28, channels: 1 } as const;
const pixelCount = 784;
const codeSize = 64;

const executor = await createOnnxExecutor({ device: 'cpu' });
const pixelFiles = new Map<string, Uint8Array>();
const trainings = new Map<string, Training>();

interface Training {
  trainer: Trainer;
  batchSize: number;
  steps: number;
}

interface StepRequest {
  preset: PresetName;
  pixels: string;
  seconds: number;
}

/** uint8 N×784, wholly in memory. */
async function pixelsOf(path: string): Promise<Uint8Array> {
  const known = pixelFiles.get(path) ?? ((await readNpy(path)).data as Uint8Array);
  pixelFiles.set(path, known);
  return known;
}

function planOf(preset: PresetName, trainCount: number) {
  return planTraining(v.parse(trainingSettingsSchema, { preset, codeSize }), image, trainCount);
}

async function trainingOf(preset: PresetName): Promise<Training> {
  const known = trainings.get(preset);
  if (known !== undefined) return known;
  const plan = planOf(preset, 54_000);
  const model = buildModel(plan.spec, image);
  const trainer = await executor.train(trainingProgram(model, plan), startOf(model));
  const training = { trainer, batchSize: plan.batchSize, steps: 0 };
  trainings.set(preset, training);
  return training;
}

/** Random weights as the model asks for; in place of PCA, constants of the same size. */
function startOf(model: Model): Map<string, Float32Array> {
  const random = createRandom(1);
  const uniform = (limit: number) => () => limit * (2 * random.next() - 1);
  const values = new Map<string, Float32Array>();
  for (const { name, shape, start } of model.parameters) {
    const fill = { zeros: () => 0, ones: () => 1, uniform: uniform(start.type === 'uniform' ? start.limit : 0) }[
      start.type
    ];
    values.set(name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, fill));
  }
  for (const { name, shape } of model.constants) {
    const fill = name === 'pca.deviation' ? () => 1 : uniform(0.06);
    values.set(name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, fill));
  }
  return values;
}

/** Batches that lie ready as bytes, which is what a step takes. */
async function step({ preset, pixels, seconds }: StepRequest) {
  const training = await trainingOf(preset);
  const { trainer, batchSize } = training;
  const all = await pixelsOf(pixels);
  const shape = [batchSize, image.height, image.width, image.channels];
  const batches = Array.from({ length: 32 }, (_, index) => {
    const data = all.subarray(index * batchSize * pixelCount, (index + 1) * batchSize * pixelCount);
    return { images: { dtype: 'uint8' as const, shape, data } };
  });
  return repeat(seconds, async () => {
    const count = ++training.steps;
    await trainer.step(batches[count % batches.length]!, 1e-4, count);
    return batchSize;
  });
}

/** 60,000 items as the catalogue would give them. */
function items(count: number): Item[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    path: `${id % 10}/${String(id).padStart(5, '0')}.png`,
    label: String(id % 10),
    split: id % 10 === 0 ? ('validation' as const) : ('train' as const),
    width: 28,
    height: 28,
    bytes: 300,
    sha256: id.toString(16).padStart(64, '0'),
  }));
}

async function csv({ codes, errors, out }: { codes: string; errors: string; out: string }) {
  const source = { items: items(60_000), codesFile: codes, errorsFile: errors };
  const start = performance.now();
  const { rows, bytes } = await writeCsv(out, source);
  return { units: rows, seconds: (performance.now() - start) / 1000, bytes };
}

await serve({}, { step, csv });
void [mkdir, rm, availableParallelism, createBatches];
