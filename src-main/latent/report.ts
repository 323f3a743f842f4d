// The honest account of a run: held-out error beside PCA and the mean image, neighbour accuracy, and what the doctor finds.
import type { ImageShape } from '../compiler/model.ts';
import type { Baselines, Context, EpochMetrics, Item, Quality, Report } from '../contract/records.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Executor } from '../engine/executor.ts';
import { createQualityMeter, peakSignalToNoise } from '../numerics/image-quality.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import { errorOfMean, pcaValues } from '../training/baselines.ts';
import { courseEvidence, diagnose, type Finished } from '../training/doctor.ts';
import { levelUse } from '../training/evaluation.ts';
import { inferenceGraph, pcaGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import type { SavedModel } from '../training/model-files.ts';
import type { Pca } from '../training/pca.ts';
import type { RunFile } from '../training/run-files.ts';
import type { Codes } from './encode.ts';
import { neighbourAccuracy, type Vectors } from './neighbours.ts';

export interface ReportInput {
  executor: Executor;
  saved: SavedModel;
  dataset: OpenDataset;
  codes: Codes;
  pca: Pca;
  run: RunFile;
  /** The course of the run, and what it was held against. */
  epochs: readonly EpochMetrics[];
  baselines: Baselines | null;
}

// The references become part of a graph, which may not exceed 2 GB.
const referenceBytes = 2 ** 30;

// Brute force over more would take minutes for a figure whose standard error is already below 0.3 points; a sample is
// seeded, and `knnCount` says its size.
const neighbourQueries = 10_000;
const neighbourReferences = 100_000;

/** Measures everything on the test images where there is a separate source, otherwise on the validation images. */
export async function makeReport(input: ReportInput, context: Context = {}): Promise<Report> {
  const { dataset, codes } = input;
  const items = [...dataset.items()];
  const split = heldOutSplit(items);
  const held = idsOf(items.filter((item) => item.split === split));
  const heldIds = held.length > 0 ? held : idsOf(items);
  const trainIds = dataset.split('train');

  const model = await modelQuality(input, heldIds, context);
  const baselines = await pcaQuality(input, heldIds, context);
  const accuracies = await neighbourAccuracies(input, items, split, context);
  const report: Omit<Report, 'warnings'> = {
    heldOut: held.length > 0 ? split : 'none',
    heldOutCount: heldIds.length,
    model: model.quality,
    pca: baselines.pca,
    meanImage: baselines.meanImage,
    ...accuracies,
  };
  const finished: Finished = {
    mse: report.model.mse,
    pcaMse: report.pca.mse,
    meanImageMse: report.meanImage.mse,
    trainMse: meanOf(codes, trainIds),
    codeDeviations: deviations(codes),
    levelShare: levelShare(input),
    varyingOutputs: model.varyingOutputs,
    deadOutputs: model.deadOutputs,
    gaveUp: input.run.reason === 'diverged',
  };
  const course = courseEvidence(input.run, dataset, { ...input, rollbacks: input.run.rollbacks ?? 0 });
  return { ...report, warnings: diagnose({ ...course, heldOut: report.heldOut, finished }) };
}

type HeldOut = 'validation' | 'test';

/** What figures are of: the test images where there are any. */
export function heldOutSplit(items: readonly Item[]): HeldOut {
  return items.some((item) => item.split === 'test') ? 'test' : 'validation';
}

/** Over all images, however few: an entry that none of them uses is one too many. */
function levelShare({ saved: { model }, codes }: ReportInput): number | null {
  const { numbers } = model.bottleneck;
  if (numbers.type !== 'integers') return null;
  const use = levelUse(model.spec.code.type === 'vq', numbers);
  use.add(codes.codes);
  return use.result().share;
}

// ---- quality of pixels --------------------------------------------------------------------------------------------

async function modelQuality({ executor, saved, dataset, codes }: ReportInput, ids: Uint32Array, context: Context) {
  const { image } = saved.model;
  const seen = createRange(image);
  const answered = createRange(image);
  const similarity = createQualityMeter(image);
  const runner = await executor.compile(inferenceGraph(saved.model, ['reconstruction']), saved.values);
  try {
    for await (const { images, results } of runBlocks(runner, dataset.pixels, ids, image, 'evaluate', context)) {
      const reconstruction = results.reconstruction!.data as Uint8Array;
      seen.add(images.data as Uint8Array);
      answered.add(reconstruction);
      similarity.add(images.data as Uint8Array, reconstruction);
    }
  } finally {
    await runner.dispose();
  }
  const varying = seen.varies();
  const constant = answered.varies().map((varies) => !varies);
  return {
    quality: quality(meanOf(codes, ids), similarity.result().ssim),
    varyingOutputs: varying.filter(Boolean).length,
    deadOutputs: varying.filter((varies, index) => varies && constant[index]).length,
  };
}

async function pcaQuality({ executor, saved, dataset, pca }: ReportInput, ids: Uint32Array, context: Context) {
  const { image, spec } = saved.model;
  const meanPixels = Uint8Array.from(pca.mean, (value) => Math.round(value * 255));
  const [pcaError, meanError] = [createMean(), createMean()];
  const [pcaSimilarity, meanSimilarity] = [createQualityMeter(image), createQualityMeter(image)];
  const runner = await executor.compile(pcaGraph(image, spec.codeSize), pcaValues(pca));
  try {
    for await (const { images, results } of runBlocks(runner, dataset.pixels, ids, image, 'evaluate', context)) {
      const count = images.shape[0]!;
      const originals = images.data as Uint8Array;
      pcaError.add(average(results.error!.data), count);
      pcaSimilarity.add(originals, results.reconstruction!.data as Uint8Array);
      meanError.add(errorOfMean(originals, pca.mean), count);
      meanSimilarity.add(originals, repeat(meanPixels, count));
    }
  } finally {
    await runner.dispose();
  }
  return {
    pca: quality(pcaError.value(), pcaSimilarity.result().ssim),
    meanImage: quality(meanError.value(), meanSimilarity.result().ssim),
  };
}

function quality(mse: number, similarity: number): Quality {
  return { mse, psnr: mse === 0 ? null : peakSignalToNoise(mse), ssim: similarity };
}

// ---- neighbours ---------------------------------------------------------------------------------------------------

type Accuracies = Pick<Report, 'knn' | 'pcaKnn' | 'rawKnn' | 'knnCount'>;

/** k = 5, held-out queries against everything else that has a label; null without at least two labels. */
async function neighbourAccuracies(
  input: ReportInput,
  items: readonly Item[],
  split: HeldOut,
  context: Context,
): Promise<Accuracies> {
  const { references, queries } = labelledImages(items, split, input.saved.model.image);
  if (queries.length === 0) return { knn: null, pcaKnn: null, rawKnn: null, knnCount: 0 };
  const accuracy = async (vectors: (ids: Uint32Array) => Promise<Vectors> | Vectors) =>
    neighbourAccuracy(
      input.executor,
      await vectors(idsOf(references)),
      references.map((item) => item.label!),
      await vectors(idsOf(queries)),
      queries.map((item) => item.label!),
      5,
      context,
    );
  return {
    knn: await accuracy((ids) => comparableCodes(input.saved, input.codes, ids)),
    pcaKnn: await accuracy((ids) => pcaCodesOf(input, ids, context)),
    rawKnn: await accuracy((ids) => pixelsOf(input.dataset, ids)),
    knnCount: queries.length,
  };
}

/** Held-out images that have a label, and all others to learn labels from; both empty without at least two labels. */
export function labelledImages(items: readonly Item[], split: HeldOut, image: ImageShape) {
  const labelled = items.filter((item) => item.label !== null);
  const ofSplit = (held: boolean) => labelled.filter((item) => (item.split === split) === held);
  const references = sample(ofSplit(false), referenceLimit(image));
  if (new Set(references.map((item) => item.label)).size < 2) return { references: [], queries: [] };
  return { references, queries: sample(ofSplit(true), neighbourQueries) };
}

function referenceLimit({ height, width, channels }: ImageShape): number {
  return Math.min(neighbourReferences, Math.floor(referenceBytes / (4 * height * width * channels)));
}

function sample(items: Item[], limit: number): Item[] {
  if (items.length <= limit) return items;
  return Array.from(permutation(items.length, createRandom(limit)).subarray(0, limit), (index) => items[index]!);
}

function codesOf(codes: Codes, ids: Uint32Array): Vectors {
  const data = new Float32Array(ids.length * codes.size);
  positions(codes, ids).forEach((position, row) => {
    data.set(codes.codes.subarray(position * codes.size, (position + 1) * codes.size), row * codes.size);
  });
  return { count: ids.length, size: codes.size, data };
}

/** Codes of images. Places in a codebook are no distances: they are compared by the entries that stand there. */
export function comparableCodes({ model: { spec }, values }: SavedModel, all: Codes, ids: Uint32Array): Vectors {
  const codes = codesOf(all, ids);
  if (spec.code.type !== 'vq') return codes;
  const { size } = spec.code;
  const codebook = values.get('codebook')!;
  const data = new Float32Array(codes.data.length * size);
  codes.data.forEach((entry, place) => {
    data.set(codebook.subarray(entry * size, (entry + 1) * size), place * size);
  });
  return { count: codes.count, size: codes.size * size, data };
}

/** Coordinates along as many principal components as the model's code has numbers. */
export async function pcaCodesOf(
  { executor, dataset, saved, pca }: Pick<ReportInput, 'executor' | 'dataset' | 'saved' | 'pca'>,
  ids: Uint32Array,
  context: Context,
): Promise<Vectors> {
  const size = saved.model.spec.codeSize;
  const data = new Float32Array(ids.length * size);
  const runner = await executor.compile(pcaGraph(saved.model.image, size), pcaValues(pca));
  try {
    for await (const { first, results } of runBlocks(
      runner,
      dataset.pixels,
      ids,
      saved.model.image,
      'evaluate',
      context,
    )) {
      data.set(results.codes!.data as Float32Array, first * size);
    }
  } finally {
    await runner.dispose();
  }
  return { count: ids.length, size, data };
}

function pixelsOf({ pixels, info }: OpenDataset, ids: Uint32Array): Vectors {
  const size = info.height * info.width * info.channels;
  const bytes = new Uint8Array(ids.length * size);
  pixels.read(ids, bytes);
  return { count: ids.length, size, data: Float32Array.from(bytes) };
}

// ---- small statistics ---------------------------------------------------------------------------------------------

function idsOf(items: readonly Item[]): Uint32Array {
  return Uint32Array.from(items, (item) => item.id);
}

/** Where each id stands in the codes, which are in ascending order of ids. */
function positions({ ids }: Codes, wanted: Uint32Array): Uint32Array {
  const places = new Map(Array.from(ids, (id, position) => [id, position]));
  return wanted.map((id) => places.get(id)!);
}

function meanOf(codes: Codes, ids: Uint32Array): number {
  return positions(codes, ids).reduce((sum, position) => sum + codes.errors[position]!, 0) / ids.length;
}

/** Standard deviation of every code unit over all images. */
function deviations({ codes, size }: Codes): Float64Array {
  const count = codes.length / size;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  codes.forEach((value, index) => {
    sums[index % size]! += value;
    squares[index % size]! += value * value;
  });
  return sums.map((sum, unit) => Math.sqrt(Math.max(0, squares[unit]! / count - (sum / count) ** 2)));
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

function createMean() {
  let sum = 0;
  let weight = 0;
  return {
    add(value: number, count: number) {
      sum += value * count;
      weight += count;
    },
    value: () => sum / weight,
  };
}

/** Smallest and largest value of every pixel over many images. */
function createRange({ height, width, channels }: ImageShape) {
  const size = height * width * channels;
  const low = new Uint8Array(size).fill(255);
  const high = new Uint8Array(size);
  return {
    add(images: Uint8Array) {
      images.forEach((value, index) => {
        const pixel = index % size;
        if (value < low[pixel]!) low[pixel] = value;
        if (value > high[pixel]!) high[pixel] = value;
      });
    },
    varies: () => Array.from(low, (value, index) => value < high[index]!),
  };
}

function repeat(pixels: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(pixels.length * count);
  for (let index = 0; index < count; index++) all.set(pixels, index * pixels.length);
  return all;
}
