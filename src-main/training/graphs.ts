// The graphs of a model: the loss to train, and the forward graphs that evaluate, encode, decode and export it.

import type { Lookup } from '../compiler/bottleneck.ts';
import { GraphBuilder, type Value } from '../compiler/builder.ts';
import { cast, clip, matmul, multiply, reduceMean, reshape, round, square, subtract } from '../compiler/functions.ts';
import type { Dim, Graph, TensorType } from '../compiler/graph.ts';
import { type ImageShape, type Model, modelValues, scaledPixels } from '../compiler/model.ts';
import { simplify } from '../compiler/simplify.ts';
import { composeTraining, type TrainingProgram } from '../compiler/training-step.ts';
import { needsProgress, randomFeeds, trainingLoss } from './objective.ts';
import type { TrainingPlan } from './presets.ts';

/** Feeds are `images` (uint8 N×H×W×C), the random numbers of the plan's objective and, where it changes in time, `progress`. */
export function trainingProgram(model: Model, plan: TrainingPlan): TrainingProgram {
  const { parameters, constants, bottleneck } = model;
  const feeds: { name: string; type: TensorType }[] = [
    { name: 'images', type: { dtype: 'uint8', shape: imageShape(model.image, plan.batchSize) } },
    ...randomFeeds(model, plan, plan.batchSize).map(
      ({ name, shape }) => ({ name, type: { dtype: 'float32', shape } }) as const,
    ),
    ...(needsProgress(plan) ? [{ name: 'progress', type: { dtype: 'float32', shape: [] } } as const] : []),
  ];
  const ofKind = (named: readonly { name: string }[]) => new Set(named.map(({ name }) => name));
  const [learned, followed] = [ofKind(parameters), ofKind(bottleneck.buffers)];
  return composeTraining({
    name: plan.preset,
    batchSize: plan.batchSize,
    parameters,
    constants,
    buffers: bottleneck.buffers,
    feeds,
    optimizer: plan.optimizer,
    loss({ feed, parameter, constant, buffer, setBuffer }) {
      const lookup: Lookup = (name) =>
        learned.has(name) ? parameter(name) : followed.has(name) ? buffer(name) : constant(name);
      return trainingLoss(model, plan, { lookup, feed, setBuffer }, scaledPixels(feed('images')));
    },
  });
}

export type Output = 'codes' | 'error' | 'reconstruction' | 'divergence' | 'drawnError';

/**
 * `images` (uint8 N×H×W×C) → what is asked for: `codes` N×K, `error` N (mean-squared error of each image, pixels in
 * 0–1 and limited to that range, before rounding), `reconstruction` uint8 N×H×W×C; where codes have a prior, `divergence` N
 * (nats from it) and `drawnError` N (as `error`, of a code drawn with the input `codeNoise` N×K, standard normal).
 */
export function inferenceGraph(model: Model, outputs: readonly Output[], batch: Dim = 'N'): Graph {
  const { builder, lookup, images } = open(model, 'images', batch);
  const pixels = scaledPixels(images);
  const embedded = model.embed(lookup, pixels);
  const codes = model.bottleneck.encode(lookup, embedded);
  const reconstruction = model.decode(lookup, codes);
  const results: Record<Output, () => Value> = {
    divergence: () => model.bottleneck.posterior!.divergence(embedded),
    drawnError() {
      const noise = builder.input('codeNoise', { dtype: 'float32', shape: [batch, model.spec.codeSize] });
      return squaredErrors(model.rebuild(lookup, model.bottleneck.posterior!.draw(embedded, noise)), pixels);
    },
    codes: () => codes,
    error: () => squaredErrors(reconstruction, pixels),
    reconstruction: () => toImages(reconstruction, model.image),
  };
  return simplify(builder.build('inference', Object.fromEntries(outputs.map((output) => [output, results[output]()]))));
}

/** `image`, uint8 N×H×W×C → `code`, float32 N×K. */
export function encoderGraph(model: Model): Graph {
  const { builder, lookup, images } = open(model, 'image');
  return simplify(builder.build('encoder', { code: model.encode(lookup, scaledPixels(images)) }));
}

/** `code`, float32 N×K → `image`, uint8 N×H×W×C. */
export function decoderGraph(model: Model): Graph {
  const builder = new GraphBuilder();
  const code = builder.input('code', { dtype: 'float32', shape: ['N', model.spec.codeSize] });
  return simplify(
    builder.build('decoder', { image: toImages(model.decode(lookupInputs(builder, model), code), model.image) }),
  );
}

/** The baseline: `images` (uint8 N×H×W×C), `mean` D and `basis` D×K → `codes`, `error`, `reconstruction` of plain PCA, as `inferenceGraph` has them. */
export function pcaGraph(image: ImageShape, components: number): Graph {
  const builder = new GraphBuilder();
  const size = pixelCount(image);
  const images = builder.input('images', { dtype: 'uint8', shape: imageShape(image, 'N') });
  const center = builder.input('mean', { dtype: 'float32', shape: [size] });
  const basis = builder.input('basis', { dtype: 'float32', shape: [size, components] });
  const pixels = scaledPixels(images);
  const codes = matmul(subtract(pixels, center), basis);
  const reconstruction = matmul(codes, basis, { transposeB: true, bias: center });
  const error = squaredErrors(reconstruction, pixels);
  return builder.build('pca', { codes, error, reconstruction: toImages(reconstruction, image) });
}

/** Back again: `codes` N×K, `mean` D and `basis` D×K → `reconstruction`, uint8 N×H×W×C, of whatever the codes have become. */
export function pcaDecoderGraph(image: ImageShape, components: number): Graph {
  const builder = new GraphBuilder();
  const size = pixelCount(image);
  const codes = builder.input('codes', { dtype: 'float32', shape: ['N', components] });
  const center = builder.input('mean', { dtype: 'float32', shape: [size] });
  const basis = builder.input('basis', { dtype: 'float32', shape: [size, components] });
  const reconstruction = matmul(codes, basis, { transposeB: true, bias: center });
  return builder.build('pca-decoder', { reconstruction: toImages(reconstruction, image) });
}

// ---- pieces -------------------------------------------------------------------------------------------------------

function open(model: Model, name = 'images', batch: Dim = 'N') {
  const builder = new GraphBuilder();
  const images = builder.input(name, { dtype: 'uint8', shape: imageShape(model.image, batch) });
  return { builder, images, lookup: lookupInputs(builder, model) };
}

/** Parameters, constants and buffers become graph inputs of their own name, once each. */
function lookupInputs(builder: GraphBuilder, model: Model): Lookup {
  const shapes = new Map(modelValues(model).map(({ name, shape }) => [name, shape]));
  const inputs = new Map<string, Value>();
  return (name) => {
    const input = inputs.get(name) ?? builder.input(name, { dtype: 'float32', shape: shapes.get(name)! });
    inputs.set(name, input);
    return input;
  };
}

function imageShape({ height, width, channels }: ImageShape, batch: Dim): Dim[] {
  return [batch, height, width, channels];
}

function pixelCount({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

/**
 * N×D → N. What is shown and exported has no pixels beyond black and white: errors, of PCA too, are those of what it shows,
 * or a model whose output is limited would be better than PCA by that alone.
 */
function squaredErrors(reconstruction: Value, target: Value): Value {
  return reduceMean(square(subtract(clip(reconstruction, 0, 1), target)), { axes: [1] });
}

/** Pixels 0–1 to uint8 images, rounded to the nearest. */
function toImages(pixels: Value, image: ImageShape): Value {
  const bytes = cast(round(clip(multiply(pixels, 255), 0, 255)), 'uint8');
  return reshape(bytes, imageShape(image, pixels.shape[0]!));
}
