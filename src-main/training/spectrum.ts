// The errors of PCA at every code size that matters, on held-out images: what a model's code size is judged by.
import type { Context } from '../contract/records.ts';
import type { SizeError } from '../contract/search.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Executor } from '../engine/executor.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import { measureBaselines } from './baselines.ts';
import { type ErrorCurve, floorOf } from './code-size-advice.ts';
import { fitPca, type Pca } from './pca.ts';
import { heldOutImages, pcaSamples, trainingImages } from './train.ts';

// All components of small images take a second; of larger ones, each takes its share of passes through the images.
const wholePixels = 1024;
const mostComponents = 256;
// Pixels of all images together that components are learned from and measured on: more would cost minutes and change little.
const learnedPixels = 2 ** 25;
const measuredImages = 2000;
// Errors between two sizes are interpolated, which a factor of 1.2 leaves nothing to be seen of.
const growth = 1.2;

/** Errors: as `train`. */
export async function measureSpectrum(
  executor: Executor,
  dataset: OpenDataset,
  seed: number,
  context: Context = {},
): Promise<ErrorCurve> {
  const { info, pixels } = dataset;
  const image = { height: info.height, width: info.width, channels: info.channels };
  const size = image.height * image.width * image.channels;
  const learned = sample(trainingImages(dataset), Math.max(2 * mostComponents, Math.floor(learnedPixels / size)), seed);
  const measured = sample(heldOutImages(dataset), measuredImages, seed);
  // Images less one are the dimensions that they span around their mean.
  const components = Math.max(1, Math.min(size, learned.length - 1));
  const wanted = size <= wholePixels ? components : Math.min(components, mostComponents);
  const pca = await fitPca(executor, pcaSamples(dataset, { augment: null, seed }, learned), wanted, seed, context);
  const errors: SizeError[] = [];
  for (const codeSize of sizesUpTo(wanted)) {
    const baselines = await measureBaselines(executor, leading(pca, codeSize), pixels, measured, image);
    if (errors.length === 0) errors.push({ codeSize: 0, error: baselines.meanImage });
    errors.push({ codeSize, error: baselines.pca });
    context.onProgress?.({ stage: 'evaluate', done: errors.length - 1, total: sizesUpTo(wanted).length, rate: 0 });
  }
  return { errors, floor: floorOf(errors, components, size) };
}

function sizesUpTo(largest: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < largest; size = Math.max(size + 1, Math.round(size * growth))) sizes.push(size);
  return [...sizes, largest];
}

function leading(pca: Pca, count: number): Pca {
  const all = pca.deviation.length;
  const basis = Float32Array.from(
    { length: pca.mean.length * count },
    (_, index) => pca.basis[Math.floor(index / count) * all + (index % count)]!,
  );
  return { ...pca, basis, deviation: pca.deviation.subarray(0, count), variance: pca.variance.subarray(0, count) };
}

function sample(ids: Uint32Array, most: number, seed: number): Uint32Array {
  if (ids.length <= most) return ids;
  return permutation(ids.length, createRandom(seed))
    .subarray(0, most)
    .map((index) => ids[index]!);
}
