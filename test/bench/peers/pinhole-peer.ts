// Pinhole itself: the stages as the command line runs them, on the CPU with the threads that training chooses.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { parse } from 'valibot';
import { openPacked, packIntegers, type Rows } from '../../../src-main/archive/packed-integers.ts';
import type { Feeds } from '../../../src-main/compiler/graph.ts';
import { buildModel, type Model } from '../../../src-main/compiler/model.ts';
import type { NamedShape } from '../../../src-main/compiler/training-step.ts';
import type { EpochMetrics } from '../../../src-main/contract/records.ts';
import { importSettingsSchema, type PresetName, trainingSettingsSchema } from '../../../src-main/contract/settings.ts';
import { openCatalogue } from '../../../src-main/dataset/catalogue.ts';
import { importDataset } from '../../../src-main/dataset/import.ts';
import type { OpenDataset } from '../../../src-main/dataset/open.ts';
import type { Trainer } from '../../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../../src-main/engine/onnx-runtime.ts';
import { createSessionPool, toOrt } from '../../../src-main/engine/onnx-session.ts';
import { toOrtTensors } from '../../../src-main/engine/runner.ts';
import { writeCsv } from '../../../src-main/exports/csv.ts';
import { createNpyWriter } from '../../../src-main/files/npy.ts';
import { encodeDataset } from '../../../src-main/latent/encode.ts';
import { createRandom } from '../../../src-main/numerics/random.ts';
import { createBatches } from '../../../src-main/training/batches.ts';
import { trainingProgram } from '../../../src-main/training/graphs.ts';
import { planTraining } from '../../../src-main/training/presets.ts';
import { runPaths } from '../../../src-main/training/run-files.ts';
import { usefulThreads } from '../../../src-main/training/threads.ts';
import { train } from '../../../src-main/training/train.ts';
import { items, pixelDataset } from './pixel-dataset.ts';
import { repeat, serve } from './protocol.ts';

const codeSize = 64;

const executor = await createOnnxExecutor({ device: 'cpu' });
const datasets = new Map<string, OpenDataset>();
const stepping = new Map<string, Stepping>();
const gradientRuns = new Map<string, Awaited<ReturnType<typeof openGradients>>>();

interface Stepping {
  trainer: Trainer;
  batchSize: number;
  steps: number;
}

function datasetOf(pixels: string): OpenDataset {
  const known = datasets.get(pixels) ?? pixelDataset(pixels);
  datasets.set(pixels, known);
  return known;
}

interface Network {
  preset: PresetName;
  /** Hidden widths; left out: the preset's own. */
  hidden?: number[];
}

function settingsOf({ preset, hidden }: Network, epochs = 1) {
  return parse(trainingSettingsSchema, { preset, hidden, codeSize, epochs, device: 'cpu' });
}

function modelOf(network: Network, { info, split }: OpenDataset) {
  const plan = planTraining(settingsOf(network), info, split('train').length);
  const model = buildModel(plan.spec, info);
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

async function steppingOf(network: Network, threads: number | undefined, dataset: OpenDataset): Promise<Stepping> {
  const key = JSON.stringify([network, threads, dataset.pixels.shape]);
  const known = stepping.get(key);
  if (known !== undefined) return known;
  const { plan, model, values } = modelOf(network, dataset);
  const program = trainingProgram(model, plan);
  const onThreads = await createOnnxExecutor({ device: 'cpu', threads: threads ?? usefulThreads(program) });
  const trainer = await onThreads.train(program, values);
  const created = { trainer, batchSize: plan.batchSize, steps: 0 };
  stepping.set(key, created);
  return created;
}

interface StepRequest extends Network {
  /** Left out: one per core, as a run has it. */
  threads?: number;
  pixels: string;
  seconds: number;
}

/** Batches that lie ready as bytes, which is what a step takes. */
async function step({ threads, pixels, seconds, ...network }: StepRequest) {
  const dataset = datasetOf(pixels);
  const run = await steppingOf(network, threads, dataset);
  const batches = readyBatches(dataset, run.batchSize);
  return repeat(seconds, async () => {
    run.steps++;
    await run.trainer.step(batches[run.steps % batches.length]!, 1e-4, run.steps);
    return run.batchSize;
  });
}

function readyBatches({ pixels }: OpenDataset, batchSize: number): Feeds[] {
  const [count, ...image] = pixels.shape;
  const size = image.reduce((product, side) => product * side, 1);
  return Array.from({ length: Math.min(32, Math.floor(count / batchSize)) }, (_, index) => {
    const data = new Uint8Array(batchSize * size);
    pixels.read(
      Uint32Array.from({ length: batchSize }, (_, row) => index * batchSize + row),
      data,
    );
    return { images: { dtype: 'uint8' as const, shape: [batchSize, ...image], data } };
  });
}

/** The step's first half alone: the same gradients into the same arrays, and no update of anything. */
async function gradients({ pixels, seconds, ...network }: StepRequest) {
  const dataset = datasetOf(pixels);
  const key = JSON.stringify(network);
  const known = gradientRuns.get(key) ?? (await openGradients(network, dataset));
  gradientRuns.set(key, known);
  const batches = readyBatches(dataset, known.batchSize).map(toOrtTensors);
  return repeat(seconds, async () => {
    known.steps++;
    await known.session.run({ ...known.feeds, ...batches[known.steps % batches.length]! }, known.results);
    return known.batchSize;
  });
}

async function openGradients(network: Network, dataset: OpenDataset) {
  const { plan, model, values } = modelOf(network, dataset);
  const program = trainingProgram(model, plan);
  const pool = createSessionPool({ device: 'cpu', threads: usefulThreads(program) });
  const session = await pool.open(program.gradients);
  const tensor = ({ shape }: NamedShape, data: Float32Array) => toOrt({ dtype: 'float32', shape, data });
  const sizeOf = ({ shape }: NamedShape) => shape.reduce((product, side) => product * side, 1);
  const resident = [...program.parameters, ...program.constants];
  const feeds = Object.fromEntries(resident.map((named) => [named.name, tensor(named, values.get(named.name)!)]));
  const results = Object.fromEntries(
    program.parameters.map((named) => [`gradient:${named.name}`, tensor(named, new Float32Array(sizeOf(named)))]),
  );
  results.loss = tensor({ name: 'loss', shape: [] }, new Float32Array(1));
  return { session, feeds, results, batchSize: plan.batchSize, steps: 0 };
}

/** Steps on shuffled batches, as the training loop takes them: from memory, or from a file of which the system holds nothing. */
async function stream({ pixels, seconds, large, fromMemory, ...network }: StreamRequest) {
  await makeLarge(pixels, large);
  const key = `${large} ${fromMemory}`;
  const dataset = datasets.get(key) ?? pixelDataset(large, { memoryLimit: fromMemory ? Number.POSITIVE_INFINITY : 0 });
  datasets.set(key, dataset);
  const run = await steppingOf(network, undefined, dataset);
  const { plan } = modelOf(network, dataset);
  const batches = createBatches({
    ...plan,
    pixels: dataset.pixels,
    ids: dataset.split('train'),
    image: dataset.info,
    random: [],
    progress: false,
    seed: run.steps,
  });
  if (!fromMemory) forgetCached(large);
  let taken = 0;
  return repeat(seconds, async () => {
    taken++;
    run.steps++;
    await batches.ready(taken);
    const feeds = batches.at(taken, 0);
    batches.readAhead(taken + 1);
    await run.trainer.step(feeds, 1e-4, run.steps);
    return run.batchSize;
  });
}

interface StreamRequest extends StepRequest {
  /** The pixels over and over, 1.2 GB; made where it is not there yet. */
  large: string;
  fromMemory: boolean;
}

const largeCount = 100_000;

async function makeLarge(pixels: string, large: string): Promise<void> {
  if (existsSync(large)) return;
  const source = datasetOf(pixels).pixels;
  const [count, ...image] = source.shape;
  const rows = new Uint8Array(count * image.reduce((product, side) => product * side, 1));
  source.read(
    Uint32Array.from({ length: count }, (_, id) => id),
    rows,
  );
  const writer = await createNpyWriter(large, '|u1', image);
  while (writer.rows < largeCount) await writer.write(rows);
  await writer.commit();
}

/** Only the system can drop what it holds of a file; GNU dd asks it to. */
function forgetCached(path: string): void {
  execFileSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
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
  const dataset = datasetOf(pixels);
  const settings = settingsOf({ preset }, epochs);
  await train({ runId: 'bench', folder: out, dataset, settings, resume: false });
  const lines = (await readFile(runPaths(out).metrics, 'utf8')).trim().split('\n');
  const metrics = lines.map((line): EpochMetrics => JSON.parse(line));
  const [first, last] = [metrics.at(0)!, metrics.at(-1)!];
  const { batchSize } = planTraining(settings, dataset.info, dataset.split('train').length);
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
  const { model, values } = modelOf({ preset }, dataset);
  await mkdir(out, { recursive: true });
  const info = {} as never; // names the model in files; encoding does not read it
  const start = performance.now();
  const units = await encodeDataset(executor, { info, model, values }, dataset, out);
  return { units, seconds: (performance.now() - start) / 1000 };
}

async function csv({ codes, errors, out }: { codes: string; errors: string; out: string }) {
  const source = { items: items(60_000, { height: 28, width: 28 }), codesFile: codes, errorsFile: errors };
  const start = performance.now();
  const { rows, bytes } = await writeCsv(out, source);
  return { units: rows, seconds: (performance.now() - start) / 1000, bytes };
}

/** Codes of 16 numbers, most of them small, as a model's are after rounding. */
function roundedCodes(): Rows {
  const random = createRandom(1);
  const columns = 16;
  const spread = (place: number) => 1 + 2 * (place % columns);
  return {
    columns,
    values: Int32Array.from({ length: 2 ** 20 }, (_, place) => Math.round(spread(place) * random.normal())),
  };
}

const zstandard19 = { params: { [constants.ZSTD_c_compressionLevel]: 19 } };
/** The range coder on the numbers, the others on a byte for each of them. */
const coders = {
  range: {
    pack: packIntegers,
    unpack(packed: Uint8Array) {
      const opened = openPacked(packed, 'codes', { rows: 2 ** 20, columns: 16 });
      for (let block = 0; block < opened.blocks; block++) opened.unpackBlock(block);
    },
  },
  deflate: { pack: (codes: Rows) => deflateRawSync(bytesOf(codes), { level: 9 }), unpack: inflateRawSync },
  zstandard: { pack: (codes: Rows) => zstdCompressSync(bytesOf(codes), zstandard19), unpack: zstdDecompressSync },
};

const bytesOf = ({ values }: Rows) => Buffer.from(Int8Array.from(values).buffer);

interface Coding {
  coder: keyof typeof coders;
  seconds: number;
}

/** In megabytes of one byte a number, whoever packs them. */
async function pack({ coder, seconds }: Coding) {
  const codes = roundedCodes();
  const work = () => {
    coders[coder].pack(codes);
    return codes.values.length / 1e6;
  };
  work();
  return repeat(seconds, work);
}

async function unpack({ coder, seconds }: Coding) {
  const codes = roundedCodes();
  const packed = coders[coder].pack(codes);
  const work = () => {
    coders[coder].unpack(packed);
    return codes.values.length / 1e6;
  };
  work();
  return repeat(seconds, work);
}

await serve({}, { step, gradients, stream, loop, import: importFolder, encode, csv, pack, unpack });
