// The graphs of a model: the loss to train, and the forward graphs that evaluate, encode, decode and export it.

import { GraphBuilder, type Value } from '../compiler/builder.ts';
import {
  abs,
  add,
  cast,
  clip,
  log,
  matmul,
  multiply,
  negate,
  reduceMean,
  reshape,
  round,
  square,
  subtract,
} from '../compiler/functions.ts';
import type { Dim, Graph, TensorType } from '../compiler/graph.ts';
import { type ImageShape, type Lookup, type Model, scaledPixels } from '../compiler/model.ts';
import { simplify } from '../compiler/simplify.ts';
import { composeTraining, type TrainingProgram } from '../compiler/training-step.ts';
import type { Loss } from '../contract/spec.ts';
import type { TrainingPlan } from './presets.ts';

/** The training program of a plan; feeds are `images` (uint8 N×H×W×C) and, with noise, `noise` (float32 N×(H·W·C)). */
export function trainingProgram(model: Model, plan: TrainingPlan): TrainingProgram {
  const shape = imageShape(model.image, plan.batchSize);
  const feeds = [{ name: 'images', type: { dtype: 'uint8', shape } as TensorType }];
  if (plan.noise > 0)
    feeds.push({ name: 'noise', type: { dtype: 'float32', shape: [plan.batchSize, pixelCount(model.image)] } });
  return composeTraining({
    name: plan.preset,
    batchSize: plan.batchSize,
    parameters: model.parameters,
    constants: model.constants,
    feeds,
    optimizer: plan.optimizer,
    loss: ({ feed, parameter, constant: frozen }) => {
      const lookup: Lookup = (name) =>
        model.constants.some((entry) => entry.name === name) ? frozen(name) : parameter(name);
      const target = scaledPixels(feed('images'));
      // Denoising: the model sees the noisy image and answers for the clean one (Vincent et al. 2010).
      const seen = plan.noise > 0 ? add(target, multiply(feed('noise'), plan.noise)) : target;
      const codes = model.encode(lookup, seen);
      const loss = reconstructionLoss(plan.loss, model.decode(lookup, codes), target);
      return plan.codeL1 > 0 ? add(loss, multiply(reduceMean(abs(codes)), plan.codeL1)) : loss;
    },
  });
}

export type Output = 'codes' | 'error' | 'reconstruction';

/**
 * `images` (uint8 N×H×W×C) → what is asked for: `codes` N×K, `error` N (mean-squared error of each image, pixels in
 * 0–1, before rounding), `reconstruction` uint8 N×H×W×C.
 */
export function inferenceGraph(model: Model, outputs: readonly Output[], batch: Dim = 'N'): Graph {
  const { builder, lookup, images } = open(model, 'images', batch);
  const pixels = scaledPixels(images);
  const codes = model.encode(lookup, pixels);
  const reconstruction = model.decode(lookup, codes);
  const results: Record<Output, () => Value> = {
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

/** The baseline: `images` (uint8 N×H×W×C), `mean` D and `basis` D×K → `codes`, `error`, `reconstruction` of plain PCA. */
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

// ---- pieces -------------------------------------------------------------------------------------------------------

function open(model: Model, name = 'images', batch: Dim = 'N') {
  const builder = new GraphBuilder();
  const images = builder.input(name, { dtype: 'uint8', shape: imageShape(model.image, batch) });
  return { builder, images, lookup: lookupInputs(builder, model) };
}

/** Parameters and constants become graph inputs of their own name, once each. */
function lookupInputs(builder: GraphBuilder, model: Model): Lookup {
  const shapes = new Map([...model.parameters, ...model.constants].map(({ name, shape }) => [name, shape]));
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

function reconstructionLoss(loss: Loss, reconstruction: Value, target: Value): Value {
  switch (loss) {
    case 'mse':
      return reduceMean(square(subtract(reconstruction, target)));
    case 'mae':
      return reduceMean(abs(subtract(reconstruction, target)));
    case 'bce': {
      // Kept off 0 and 1 by what float32 can still tell from them, where the logarithm would be infinite.
      const p = clip(reconstruction, 1e-6, 1 - 1e-6);
      const inverse = (x: Value) => subtract(1, x);
      return negate(reduceMean(add(multiply(target, log(p)), multiply(inverse(target), log(inverse(p))))));
    }
    default:
      return loss satisfies never;
  }
}

/** N×D → N. */
function squaredErrors(reconstruction: Value, target: Value): Value {
  return reduceMean(square(subtract(reconstruction, target)), { axes: [1] });
}

/** Pixels 0–1 to uint8 images, rounded to the nearest. */
function toImages(pixels: Value, image: ImageShape): Value {
  const bytes = cast(round(clip(multiply(pixels, 255), 0, 255)), 'uint8');
  return reshape(bytes, imageShape(image, pixels.shape[0]!));
}
