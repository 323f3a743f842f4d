// What a person chooses for an import and for a training run, with defaults, ranges and schemas.
import * as v from 'valibot';
import { activations, lossSchema, modelSpecSchema, optimizerSchema, schedules } from './spec.ts';

const count = (low: number, high: number) => v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));

/** As in `Preprocessing` of records.ts. */
export const preprocessingSchema = v.strictObject({
  width: count(1, 65536),
  height: count(1, 65536),
  channels: v.picklist([1, 3]),
  fit: v.picklist(['cover', 'contain', 'stretch']),
  background: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i)),
  intensity: v.nullable(
    v.strictObject({ mode: v.picklist(['full', 'percentile']), low: v.number(), high: v.number() }),
  ),
});

export const importSettingsSchema = v.strictObject({
  /** Absolute paths of folders, images, archives, IDX and array files. */
  sources: v.pipe(v.array(v.string()), v.minLength(1)),
  name: v.optional(v.string()),
  /** A separate held-out source: its items get split `test`. */
  testSources: v.optional(v.array(v.string()), []),
  /**
   * Pixels of the square the images are brought to. `auto`: images that all have one size of at most 64 × 64 keep it, square or
   * not; else the median of their shorter sides, at most 64.
   */
  size: v.optional(v.union([v.literal('auto'), count(2, 1024)]), 'auto'),
  color: v.optional(v.picklist(['auto', 'grey', 'rgb']), 'auto'),
  fit: v.optional(v.picklist(['cover', 'contain', 'stretch']), 'cover'),
  background: v.optional(v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i)), '#ffffff'),
  intensity: v.optional(v.picklist(['full', 'percentile']), 'percentile'),
  /** Share of the training source held out for validation. */
  validation: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.9)), 0.1),
  /** `[i, n]`: the i-th (from 1) of n seeded folds is the test split, measured on alone (cross-validation). */
  fold: v.optional(v.tuple([count(1, 100), count(2, 100)])),
  labels: v.optional(v.boolean(), true),
  seed: v.optional(count(0, 2 ** 32 - 1), 1),
  /** Images with more pixels than this are refused (decompression bombs). */
  pixelLimit: v.optional(count(1, 2 ** 40), 268_402_689),
  /** Exactly these pixels instead of size, colour, fit, background and intensity: what a saved model was trained on. */
  preprocessing: v.optional(preprocessingSchema),
});
export type ImportSettings = v.InferOutput<typeof importSettingsSchema>;
export type ImportRequest = v.InferInput<typeof importSettingsSchema>;

export const presetNames = [
  'recommended',
  'deep',
  'conv',
  'resconv',
  'denoising',
  'sparse',
  'variational',
  'vq',
  'fsq',
  'wae',
  'agarap2019',
] as const;
export type PresetName = (typeof presetNames)[number];

export const noiseKinds = ['gaussian', 'masking', 'salt-and-pepper'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

const weight = v.pipe(v.number(), v.minValue(0));

/** Overrides of a preset; what is left out is the preset's own choice. */
export const trainingSettingsSchema = v.strictObject({
  preset: v.optional(v.picklist(presetNames), 'recommended'),
  codeSize: v.optional(count(1, 65536)),
  /** A model of one's own in place of the preset's; the preset still says how it is trained. */
  spec: v.optional(modelSpecSchema),
  /** Hidden widths of the encoder, mirrored in the decoder (dense presets). */
  hidden: v.optional(v.array(count(1, 65536))),
  /** First layer's filters (convolutional presets). */
  filters: v.optional(count(1, 1024)),
  activation: v.optional(v.picklist(activations)),
  /** Entries of the codebook (vq). */
  entries: v.optional(count(2, 65536)),
  /** Values that each number of a code can have (fsq). */
  levels: v.optional(count(2, 65536)),
  loss: v.optional(lossSchema),
  /** Weight of 1 − SSIM beside the loss. */
  ssimWeight: v.optional(weight),
  optimizer: v.optional(optimizerSchema),
  learningRate: v.optional(positive),
  schedule: v.optional(v.picklist(schedules)),
  /** Share of all steps spent warming up (one-cycle). */
  warmup: v.optional(fraction),
  batchSize: v.optional(count(1, 65536)),
  epochs: v.optional(count(0, 1_000_000)),
  /** Time budget for training in seconds; the schedule is fitted to what is measured. */
  seconds: v.optional(positive),
  /** Stop after this many epochs without improvement; 0 never stops early. */
  patience: v.optional(count(0, 1_000_000)),
  /**
   * Noise on the input that the model learns to remove (denoising): the standard deviation of Gaussian noise in pixel
   * values 0–1, or the share of pixel values that become 0 (masking), or 0 or 1 (salt and pepper).
   */
  noise: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  noiseKind: v.optional(v.picklist(noiseKinds)),
  /** Weight of the mean absolute code (sparse). */
  codeL1: v.optional(weight),
  /** Weight of the divergence from the prior (variational); 1 is the evidence lower bound. */
  beta: v.optional(weight),
  /** Share of the run in which β rises from 0 (variational). */
  klWarmup: v.optional(fraction),
  /** Weight of the discrepancy between codes and the prior (Wasserstein). */
  mmd: v.optional(weight),
  /** Random crops (down to this share of the side) and left-right flips while training. */
  augment: v.optional(v.strictObject({ crop: v.pipe(v.number(), v.minValue(0.3), v.maxValue(1)), flip: v.boolean() })),
  pcaStart: v.optional(v.boolean()),
  seed: v.optional(count(0, 2 ** 32 - 1), 1),
  device: v.optional(v.picklist(['auto', 'cpu', 'webgpu', 'tensorflow']), 'auto'),
  threads: v.optional(count(1, 256)),
  /** Seconds between checkpoints. */
  checkpointSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(30)), 20),
});
export type TrainingSettings = v.InferOutput<typeof trainingSettingsSchema>;
export type TrainingRequest = v.InferInput<typeof trainingSettingsSchema>;
