// What a training step makes small: reconstruction losses, penalties on the code, divergence from the prior; and noise.
//
// Reconstruction losses are means over batch and pixel values: the learning rate and the norm that gradients are clipped at
// then suit images of any size, and the squared error is the figure that is reported. A likelihood is a sum over the
// D pixel values of an image. Terms that are one number per image (divergence, MMD) are therefore divided by D, which leaves
// their ratio to the reconstruction as it is in the papers.
import type { RandomFeed, TrainingInputs } from '../compiler/bottleneck.ts';
import type { Value } from '../compiler/builder.ts';
import {
  abs,
  add,
  clip,
  concat,
  conv2d,
  divide,
  greaterEqual,
  keep,
  log,
  matmul,
  maximum,
  minimum,
  multiply,
  negate,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  square,
  subtract,
  transpose,
  where,
} from '../compiler/functions.ts';
import type { ImageShape, Model } from '../compiler/model.ts';
import type { NoiseKind } from '../contract/settings.ts';
import type { Loss } from '../contract/spec.ts';
import { gaussianWindow, stabilisers } from '../numerics/image-quality.ts';

/** A weight or amount of 0 leaves its term out. */
export interface Objective {
  loss: Loss;
  /** Of 1 − SSIM, beside the loss. */
  ssimWeight: number;
  noise: number;
  noiseKind: NoiseKind;
  /** Of the mean absolute code. */
  codeL1: number;
  /** Of the divergence from the prior (Higgins et al. 2017); 1 is the bound of Kingma and Welling (2014). */
  beta: number;
  /** Share of the run in which β rises from 0 (Bowman et al. 2016). */
  klWarmup: number;
  /** λ of Tolstikhin et al. (2018). */
  mmd: number;
}

/** Beside the images: random numbers, and `progress`, the share of the run that is done, where a term depends on it. */
export function randomFeeds(model: Model, objective: Objective, batchSize: number): RandomFeed[] {
  const { codeSize } = model.spec;
  const feeds = [...model.bottleneck.feeds(batchSize)];
  if (objective.noise > 0) {
    const draw = objective.noiseKind === 'gaussian' ? 'normal' : 'uniform';
    feeds.push({ name: 'noise', shape: [batchSize, valuesOf(model.image)], draw });
  }
  if (objective.mmd > 0) feeds.push({ name: 'prior', shape: [batchSize, codeSize], draw: 'normal' });
  return feeds;
}

/** Whether codes are held to the standard normal, so that new ones can be drawn from it. */
export function hasPrior({ beta, mmd }: Objective): boolean {
  return beta > 0 || mmd > 0;
}

export function needsProgress({ beta, klWarmup }: Objective): boolean {
  return beta > 0 && klWarmup > 0;
}

/** The loss of a batch of clean pixels N×D, 0–1. */
export function trainingLoss(model: Model, objective: Objective, inputs: TrainingInputs, pixels: Value): Value {
  const { lookup, feed } = inputs;
  const encoded = model.embed(lookup, objective.noise > 0 ? spoil(pixels, feed('noise'), objective) : pixels);
  const { decoded, codes, penalty } = model.bottleneck.train(inputs, encoded);
  const rebuilt = model.rebuild(lookup, decoded);
  const terms = [reconstructionLoss(objective.loss, rebuilt, pixels, model.image)];
  if (objective.ssimWeight > 0)
    terms.push(multiply(subtract(1, structuralSimilarity(rebuilt, pixels, model.image)), objective.ssimWeight));
  if (objective.codeL1 > 0) terms.push(multiply(reduceMean(abs(codes)), objective.codeL1));
  if (penalty) terms.push(penalty);
  const divergence = model.bottleneck.posterior?.divergence(encoded);
  if (divergence && objective.beta > 0) {
    const weight = divergenceWeight(objective, objective.loss, model.image);
    const share = needsProgress(objective) ? minimum(divide(feed('progress'), objective.klWarmup), 1) : 1;
    terms.push(multiply(multiply(reduceMean(divergence), weight), share));
  }
  if (objective.mmd > 0) terms.push(multiply(discrepancy(codes, feed('prior')), objective.mmd / valuesOf(model.image)));
  return terms.reduce((sum, term) => add(sum, term));
}

// ---- noise (Vincent et al. 2010) ----------------------------------------------------------------------------------

/** What the encoder sees instead: `noise` is the deviation of Gaussian noise, or the share of values that are lost. */
function spoil(pixels: Value, random: Value, { noise, noiseKind }: Objective): Value {
  switch (noiseKind) {
    case 'gaussian':
      return add(pixels, multiply(random, noise));
    case 'masking':
      return keep(greaterEqual(random, noise), pixels);
    case 'salt-and-pepper':
      return where(greaterEqual(random, 1 - noise / 2), 1, keep(greaterEqual(random, noise / 2), pixels));
    default:
      return noiseKind satisfies never;
  }
}

// ---- reconstruction -----------------------------------------------------------------------------------------------

// Errors of a tenth of the range are edges that are off by a fraction of a pixel: from there on they count only linearly.
const huberLimit = 0.1;

/** Both N×D, pixels 0–1; a scalar. */
export function reconstructionLoss(loss: Loss, rebuilt: Value, target: Value, image: ImageShape): Value {
  switch (loss) {
    case 'mse':
      return reduceMean(square(subtract(rebuilt, target)));
    case 'mae':
      return reduceMean(abs(subtract(rebuilt, target)));
    case 'huber': {
      // With m = min(|e|, δ), m·(|e| − m/2) is ½e² up to δ and δ·(|e| − ½δ) from there on (Huber 1964).
      const error = abs(subtract(rebuilt, target));
      const near = minimum(error, huberLimit);
      return reduceMean(multiply(near, subtract(error, multiply(near, 0.5))));
    }
    case 'bce': {
      // Kept off 0 and 1 by what float32 can still tell from them, where the logarithm would be infinite.
      const p = clip(rebuilt, 1e-6, 1 - 1e-6);
      const inverse = (x: Value) => subtract(1, x);
      return negate(reduceMean(add(multiply(target, log(p)), multiply(inverse(target), log(inverse(p))))));
    }
    case 'ssim':
      return subtract(1, structuralSimilarity(rebuilt, target, image));
    default:
      return loss satisfies never;
  }
}

/**
 * Mean structural similarity of two batches N×(H·W·C), −1 to 1 (Wang et al. 2004):
 * (2·μx·μy + c₁)(2·σxy + c₂) / ((μx² + μy² + c₁)(σx² + σy² + c₂)), with local means under the Gaussian window that
 * numerics/image-quality.ts reports with.
 */
export function structuralSimilarity(x: Value, y: Value, { height, width, channels }: ImageShape): Value {
  const window = gaussianWindow(height, width);
  const [batch] = x.shape as readonly number[];
  const planes = (value: Value) =>
    reshape(transpose(reshape(value, [batch!, height, width, channels]), [0, 3, 1, 2]), [
      batch! * channels,
      1,
      height,
      width,
    ]);
  const [a, b] = [planes(x), planes(y)];
  const stacked = concat([a, b, add(square(a), square(b)), multiply(a, b)], 0);
  // Separable: along the rows, then down the columns.
  const filter = (shape: number[]) => x.builder.constant(window, shape);
  const blurred = conv2d(conv2d(stacked, filter([1, 1, 1, window.length])), filter([1, 1, window.length, 1]));
  const [, , rows, columns] = blurred.shape as readonly number[];
  const count = batch! * channels;
  const [meanX, meanY, squares, products] = [0, 1, 2, 3].map((part) =>
    slice(blurred, [part * count, 0, 0, 0], [count, 1, rows!, columns!]),
  ) as [Value, Value, Value, Value];
  const { c1, c2 } = stabilisers;
  const meanProduct = multiply(meanX, meanY);
  const meanSquares = add(square(meanX), square(meanY));
  const numerator = multiply(add(multiply(meanProduct, 2), c1), add(multiply(subtract(products, meanProduct), 2), c2));
  const denominator = multiply(add(meanSquares, c1), add(subtract(squares, meanSquares), c2));
  return reduceMean(divide(numerator, denominator));
}

// ---- priors -------------------------------------------------------------------------------------------------------

/**
 * What one nat is worth in a mean loss before it is divided by D, from the decoder's distribution that the loss belongs to:
 * squared errors are a normal distribution with a deviation of 0.1 (an error that codes of the usual sizes leave), absolute
 * ones a Laplace distribution of that scale; cross-entropies are nats. SSIM has no distribution and is taken as a
 * squared error.
 */
const natWorth: Readonly<Record<Loss, number>> = { mse: 0.02, huber: 0.01, mae: 0.1, bce: 1, ssim: 0.02 };

/** What a nat of divergence per image adds to the loss, once β has risen. */
export function divergenceWeight({ beta }: Objective, loss: Loss, image: ImageShape): number {
  return (beta * natWorth[loss]) / valuesOf(image);
}

// Tolstikhin et al. 2018, appendix B: kernels of several widths, as the right one changes while it learns.
const kernelScales = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/**
 * Maximum mean discrepancy between codes and samples of the prior, both N×K, with the inverse multiquadratic kernel
 * C / (C + |a − b|²), C = 2·K·scale; the unbiased estimate, which may be below 0 (Tolstikhin et al. 2018, algorithm 2).
 */
export function discrepancy(codes: Value, prior: Value): Value {
  const [count, size] = codes.shape as readonly [number, number];
  const within = (x: Value) => divide(withoutDiagonal(kernels(x, x, size), count), count * (count - 1));
  const across = divide(reduceSum(kernels(codes, prior, size)), count * count);
  return subtract(add(within(codes), within(prior)), multiply(across, 2));
}

/** N×K and N×K → N×N. */
function kernels(a: Value, b: Value, size: number): Value {
  const lengths = (x: Value) => reduceSum(square(x), { axes: [1], keepDims: true });
  const products = matmul(a, b, { transposeB: true });
  const distances = subtract(add(lengths(a), transpose(lengths(b), [1, 0])), multiply(products, 2));
  // Rounding may leave a little less than nothing.
  const positive = maximum(distances, 0);
  return kernelScales
    .map((scale) => 2 * size * scale)
    .map((constant) => divide(constant, add(positive, constant)))
    .reduce((sum, kernel) => add(sum, kernel));
}

/** The diagonal of a batch with itself is known: distance 0, and every kernel 1. */
function withoutDiagonal(kernel: Value, count: number): Value {
  return subtract(reduceSum(kernel), count * kernelScales.length);
}

function valuesOf({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}
