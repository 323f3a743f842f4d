// Model and training settings as a person can write them (JSON), with schemas. Presets are values of these types.
import * as v from 'valibot';

export const activations = ['linear', 'relu', 'leakyRelu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus'] as const;
export type Activation = (typeof activations)[number];

const units = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65536));
const activation = v.optional(v.picklist(activations), 'linear');
/** How weights start: He et al. 2015 for rectifiers, Glorot and Bengio 2010 otherwise, or zero for a branch that starts silent. */
const start = v.optional(v.picklist(['he', 'glorot', 'zero']));

/**
 * One layer. Images flow as N×H×W×C to the encoder, which ends in N×codeSize; the decoder runs the other way.
 * `dense` flattens what comes in; `reshape` brings it back to height×width×channels.
 */
export const layerSchema = v.variant('type', [
  v.strictObject({ type: v.literal('dense'), units, activation, start }),
  v.strictObject({
    type: v.literal('conv'),
    filters: units,
    kernel: v.optional(v.picklist([1, 3, 4, 5, 7]), 3),
    stride: v.optional(v.picklist([1, 2, 4]), 1),
    activation,
    start,
  }),
  /** Two 3×3 convolutions around a skip connection, pre-activation, group-normalised (He et al. 2016; Wu and He 2018). */
  v.strictObject({ type: v.literal('residual'), activation: v.optional(v.picklist(activations), 'silu') }),
  /** A convolution to filters·factor² channels, then depth-to-space (Shi et al. 2016): learned upsampling without holes. */
  v.strictObject({
    type: v.literal('upsample'),
    filters: units,
    factor: v.optional(v.picklist([2, 4]), 2),
    activation,
    start,
  }),
  v.strictObject({ type: v.literal('groupNorm'), groups: v.optional(units, 8) }),
  v.strictObject({ type: v.literal('layerNorm') }),
  v.strictObject({ type: v.literal('activation'), activation: v.picklist(activations) }),
  v.strictObject({ type: v.literal('reshape'), height: units, width: units, channels: units }),
]);
export type Layer = v.InferOutput<typeof layerSchema>;

const levels = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(65536));

/**
 * The bottleneck: what the encoder must end in, and what a code is.
 * - `plain`: codeSize numbers, as they are.
 * - `variational`: codeSize means, then codeSize logarithms of variances; the code is the means (Kingma and Welling 2014).
 * - `vq`: codeSize × `size` values; the code is, for every `size` of them, which of the `entries` of a codebook that all
 *   share is nearest (van den Oord et al. 2017). `decay` is how much of the codebook's moving averages a step keeps, and
 *   `commitment` weighs the mean-squared distance of the encoder's values to their entries in the loss.
 * - `fsq`: codeSize numbers; the code is each of them, bounded and rounded to one of as many `levels`, one number for all
 *   or one for each (Mentzer et al. 2024).
 */
export const codeSchema = v.variant('type', [
  v.strictObject({ type: v.literal('plain') }),
  v.strictObject({ type: v.literal('variational') }),
  v.strictObject({
    type: v.literal('vq'),
    entries: v.optional(levels, 256),
    size: v.optional(units, 8),
    decay: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.99),
    commitment: v.optional(v.pipe(v.number(), v.minValue(0)), 0.25),
  }),
  v.strictObject({ type: v.literal('fsq'), levels: v.pipe(v.array(levels), v.minLength(1)) }),
]);
export type CodeSpec = v.InferOutput<typeof codeSchema>;

export const modelSpecSchema = v.strictObject({
  name: v.string(),
  codeSize: units,
  code: v.optional(codeSchema, { type: 'plain' }),
  /**
   * Adds a frozen whitened PCA projection to the code (to the means, where it is variational) and its back-projection to
   * the reconstruction. Codes of whole numbers have no use for it.
   */
  pcaStart: v.optional(v.boolean(), false),
  /** `clip` limits reconstructions to the range of pixels; its gradient is passed straight through, so no pixel gets stuck. */
  output: v.optional(v.picklist(['linear', 'clip']), 'linear'),
  encoder: v.array(layerSchema),
  decoder: v.array(layerSchema),
});
export type ModelSpec = v.InferOutput<typeof modelSpecSchema>;

const rate = v.pipe(v.number(), v.minValue(0));
/** Shares of an average that is kept from step to step; from 1 on it would grow without end. */
const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
export const optimizerSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('sgd'),
    momentum: v.optional(share, 0),
    nesterov: v.optional(v.boolean(), false),
    clipNorm: v.optional(rate),
  }),
  v.strictObject({
    type: v.literal('adam'),
    beta1: v.optional(share, 0.9),
    beta2: v.optional(share, 0.999),
    epsilon: v.optional(rate, 1e-8),
    clipNorm: v.optional(rate),
  }),
  v.strictObject({
    type: v.literal('adamw'),
    beta1: v.optional(share, 0.9),
    beta2: v.optional(share, 0.999),
    epsilon: v.optional(rate, 1e-8),
    weightDecay: v.optional(rate, 0.01),
    clipNorm: v.optional(rate),
  }),
]);
export type OptimizerSpec = v.InferOutput<typeof optimizerSchema>;

export const schedules = ['constant', 'cosine', 'one-cycle'] as const;
export type ScheduleName = (typeof schedules)[number];

/** Reconstruction losses, averaged over batch and pixel values; `bce` needs a decoder that ends in 0–1. */
export const lossSchema = v.picklist(['mse', 'mae', 'huber', 'bce', 'ssim']);
export type Loss = v.InferOutput<typeof lossSchema>;
