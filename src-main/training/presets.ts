// The presets: named model specs and training settings with sensible defaults, and how a person's overrides change them.

import type { ImageShape } from '../compiler/model.ts';
import { PinholeError } from '../contract/errors.ts';
import type { PresetName, TrainingSettings } from '../contract/settings.ts';
import type { Activation, CodeSpec, Layer, ModelSpec, OptimizerSpec, ScheduleName } from '../contract/spec.ts';
import type { Objective } from './objective.ts';

/** Everything a run needs to know, with nothing left to default. */
export interface TrainingPlan extends Objective {
  preset: PresetName;
  spec: ModelSpec;
  optimizer: OptimizerSpec;
  learningRate: number;
  schedule: ScheduleName;
  warmup: number;
  batchSize: number;
  epochs: number;
  /** Null: as many epochs as were asked for. Otherwise the budget decides when training ends. */
  seconds: number | null;
  patience: number;
  augment: { crop: number; flip: boolean } | null;
  seed: number;
}

interface Preset extends Objective {
  /** One sentence for `--help` and the window. */
  description: string;
  codeSize: number;
  code: CodeSpec;
  hidden: number[];
  filters: number;
  activation: Activation;
  pcaStart: boolean;
  optimizer: OptimizerSpec;
  learningRate: number;
  schedule: ScheduleName;
  warmup: number;
  batchSize: number;
  epochs: number;
  build(preset: Preset, image: ImageShape, codeSize: number): Pick<ModelSpec, 'encoder' | 'decoder' | 'output'>;
}

const adamw: OptimizerSpec = { type: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

const squaredError: Objective = {
  loss: 'mse',
  ssimWeight: 0,
  noise: 0,
  noiseKind: 'gaussian',
  codeL1: 0,
  beta: 0,
  klWarmup: 0,
  mmd: 0,
};

const recommended: Preset = {
  ...squaredError,
  description: 'Starts at the PCA solution and learns what PCA cannot express; the kept model is never worse than PCA.',
  codeSize: 64,
  code: { type: 'plain' },
  hidden: [512, 256],
  filters: 0,
  activation: 'silu',
  pcaStart: true,
  optimizer: adamw,
  learningRate: 2e-3,
  schedule: 'one-cycle',
  warmup: 0.1,
  batchSize: 256,
  epochs: 20,
  build: dense,
};

const resconv: Preset = {
  ...recommended,
  description: 'A small residual convolutional network on top of PCA, for images of 32 pixels and more: photographs.',
  hidden: [],
  filters: 16,
  learningRate: 1e-3,
  batchSize: 64,
  epochs: 30,
  build: residualConvolutional,
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  recommended,
  deep: {
    ...recommended,
    description: 'A deep dense autoencoder, 1000-500-250 and mirrored (Hinton and Salakhutdinov 2006).',
    codeSize: 30,
    hidden: [1000, 500, 250],
    activation: 'relu',
    pcaStart: false,
    learningRate: 1e-3,
  },
  conv: {
    ...resconv,
    description: 'A plain convolutional network: halves the image step by step and builds it up again.',
    build: plainConvolutional,
  },
  resconv,
  denoising: {
    ...recommended,
    description: 'Learns to remove noise, which makes codes that do not hang on single pixels (Vincent et al. 2010).',
    noise: 0.2,
  },
  sparse: {
    ...recommended,
    description: 'Pushes most numbers of every code towards zero, so that each stands for something of its own.',
    codeL1: 1e-4,
  },
  variational: {
    ...recommended,
    description: 'Learns the distribution of the images: draws new ones, and codes that go over into each other (VAE).',
    codeSize: 16,
    code: { type: 'variational' },
    beta: 12,
    klWarmup: 0.2,
  },
  vq: {
    ...recommended,
    description: 'Describes an image by a few whole numbers that name entries of a learned codebook (VQ-VAE).',
    codeSize: 16,
    code: { type: 'vq', entries: 256, size: 8, decay: 0.99, commitment: 0.25 },
    pcaStart: false,
  },
  fsq: {
    ...recommended,
    description: 'Rounds every number of the code to one of a few levels, without a codebook (FSQ).',
    codeSize: 32,
    code: { type: 'fsq', levels: [16] },
    pcaStart: false,
  },
  wae: {
    ...recommended,
    description: 'Brings all codes together to the shape of a prior, with sharper images than a VAE (Wasserstein).',
    codeSize: 16,
    pcaStart: false,
    mmd: 10,
  },
  // The TensorFlow 2.0 autoencoder tutorial by A. F. Agarap, faults included: a rectified output cannot recover once dead.
  agarap2019: {
    ...recommended,
    description: 'The small dense autoencoder of the TensorFlow 2.0 tutorial (Agarap 2019), faithful, faults included.',
    hidden: [64],
    activation: 'relu',
    pcaStart: false,
    optimizer: { type: 'sgd', momentum: 0.9, nesterov: false },
    learningRate: 0.01,
    schedule: 'constant',
    warmup: 0,
    batchSize: 128,
    epochs: 10,
    build: tutorialDense,
  },
};

/**
 * The plan that a preset and a person's overrides make for images of one shape.
 * The code size is lowered to what the data can carry only by the preset's default, never against an explicit choice.
 */
export function planTraining(settings: TrainingSettings, image: ImageShape, trainCount: number): TrainingPlan {
  const preset: Preset = {
    ...presets[settings.preset],
    ...definedOnly(pick(settings, ['hidden', 'filters', 'activation', 'pcaStart'])),
  };
  expectUsed(settings);
  const spec = settings.spec ?? presetSpec(settings, preset, image);
  expectPrior(settings.mmd ?? preset.mmd, spec);
  const epochs =
    settings.epochs ?? (settings.seconds === undefined ? defaultEpochs(preset, trainCount) : Number.MAX_SAFE_INTEGER);
  return {
    ...pick(preset, objectiveSettings),
    ...definedOnly(pick(settings, objectiveSettings)),
    ...divergenceOf(settings, spec),
    preset: settings.preset,
    spec,
    optimizer: settings.optimizer ?? preset.optimizer,
    learningRate: settings.learningRate ?? preset.learningRate,
    schedule: settings.schedule ?? preset.schedule,
    warmup: settings.warmup ?? preset.warmup,
    batchSize: Math.min(settings.batchSize ?? batchFor(preset, trainCount), trainCount),
    epochs,
    seconds: settings.seconds ?? null,
    patience: settings.patience ?? 0,
    augment: settings.augment ?? null,
    seed: settings.seed,
  };
}

const objectiveSettings = ['loss', 'ssimWeight', 'noise', 'noiseKind', 'codeL1', 'beta', 'klWarmup', 'mmd'] as const;

function presetSpec(settings: TrainingSettings, preset: Preset, image: ImageShape): ModelSpec {
  const pixels = pixelCount(image);
  const codeSize = settings.codeSize ?? Math.min(preset.codeSize, Math.max(1, Math.floor(pixels / 2)));
  if (codeSize > pixels) {
    throw new PinholeError(
      'spec-invalid',
      `The code size ${codeSize} is larger than the image: ${image.height}×${image.width}×${image.channels} is ${pixels} values.`,
      `Choose a code size below ${pixels}, or import the images at a larger size.`,
    );
  }
  const { entries, levels } = settings;
  const code = { ...preset.code, ...(entries && { entries }), ...(levels && { levels: [levels] }) } as CodeSpec;
  const complete = { ...preset, code };
  return {
    name: settings.preset,
    codeSize,
    code,
    pcaStart: preset.pcaStart,
    ...preset.build(complete, image, codeSize),
  };
}

/** A variational model of one's own is trained like the preset of that name, whatever preset it comes with. */
function divergenceOf({ beta, klWarmup, preset }: TrainingSettings, spec: ModelSpec) {
  if (spec.code.type !== 'variational') return {};
  const { beta: usual, klWarmup: rise } = presets[presets[preset].beta > 0 ? preset : 'variational'];
  return { beta: beta ?? usual, klWarmup: klWarmup ?? rise };
}

/** The prior is standard normal: whole numbers and codes in pixel units cannot come near it. */
function expectPrior(mmd: number, { name, code, pcaStart }: ModelSpec): void {
  const comparable = code.type === 'variational' || (code.type === 'plain' && !pcaStart);
  if (mmd === 0 || comparable) return;
  throw new PinholeError(
    'spec-invalid',
    `Model "${name}": a discrepancy from the prior (mmd) needs codes that can be standard normal.`,
    'Choose a plain code without a PCA start.',
  );
}

/** What a setting changes, and which presets have it. */
const partial: Readonly<Record<string, { what: string; has: (preset: Preset) => boolean }>> = {
  hidden: { what: 'hidden widths', has: ({ hidden }) => hidden.length > 0 },
  filters: { what: 'filters', has: ({ filters }) => filters > 0 },
  entries: { what: 'codebook', has: ({ code }) => code.type === 'vq' },
  levels: { what: 'levels', has: ({ code }) => code.type === 'fsq' },
  beta: { what: 'divergence from a prior to weigh', has: ({ code }) => code.type === 'variational' },
  klWarmup: { what: 'divergence from a prior to weigh', has: ({ code }) => code.type === 'variational' },
};
/** What a spec of one's own says itself. */
const ofTheSpec = ['codeSize', 'hidden', 'filters', 'activation', 'pcaStart', 'entries', 'levels'] as const;

/** A setting that a model has no use for is refused: ignoring it would look as if it had worked. */
function expectUsed(settings: TrainingSettings): void {
  const { spec, preset } = settings;
  const twice = spec && ofTheSpec.find((name) => settings[name] !== undefined);
  if (twice) {
    throw new PinholeError(
      'usage',
      `The model's own spec says what ${twice} would: only one of them can hold.`,
      'Change it in the spec, or leave the spec out.',
    );
  }
  const model = spec ? { ...presets[preset], code: spec.code } : presets[preset];
  for (const [name, { what, has }] of Object.entries(partial)) {
    if (settings[name as keyof TrainingSettings] === undefined || has(model)) continue;
    throw new PinholeError(
      'usage',
      `The preset ${preset} has no ${what}.`,
      'Leave the setting out, or choose another preset.',
    );
  }
}

/** Fewer steps leave a network half trained; more keep a person waiting for hours where convolutions meet many images. */
const defaultSteps = { least: 1000, most: 10_000 };

/** Few images need more passes for the same number of steps, up to 1,000; many need fewer. */
function defaultEpochs(preset: Preset, trainCount: number): number {
  const stepsPerEpoch = Math.max(1, Math.floor(trainCount / batchFor(preset, trainCount)));
  const least = Math.min(1000, Math.ceil(defaultSteps.least / stepsPerEpoch));
  const most = Math.max(1, Math.floor(defaultSteps.most / stepsPerEpoch));
  return Math.max(least, Math.min(most, preset.epochs));
}

/** The preset's batch, halved while it would leave fewer than eight steps an epoch; 16 is where hardware starts to idle. */
function batchFor(preset: Preset, trainCount: number): number {
  let batchSize = preset.batchSize;
  while (batchSize > 16 && trainCount / batchSize < 8) batchSize /= 2;
  return batchSize;
}

// ---- model specs --------------------------------------------------------------------------------------------------

function tutorialDense({ hidden, activation }: Preset, image: ImageShape, codeSize: number) {
  const widths = [...hidden, codeSize];
  const encoder = widths.map((units, index) => denseLayer(units, activation, index < hidden.length ? 'he' : 'glorot'));
  const decoder = [...hidden].reverse().map((units) => denseLayer(units, activation, 'he'));
  return {
    encoder,
    decoder: [...decoder, denseLayer(pixelCount(image), activation, 'glorot')],
    output: 'linear' as const,
  };
}

/** On top of PCA the last layers start silent, so that training starts at its solution. */
function dense(preset: Preset, image: ImageShape, codeSize: number) {
  const { hidden, activation } = preset;
  const inner = (widths: readonly number[]) => widths.map((units) => denseLayer(units, activation));
  return {
    encoder: [...inner(hidden), codeLayer(preset, codeSize)],
    decoder: [...inner(hidden.toReversed()), denseLayer(pixelCount(image), 'linear', lastStart(preset))],
    output: 'clip' as const,
  };
}

/**
 * Halves the image down to 8 pixels or an odd size, doubling the filters each time, with a residual block at every size
 * but the largest, where it would cost as much as all others together; the decoder mirrors it with depth-to-space.
 */
function residualConvolutional(preset: Preset, image: ImageShape, codeSize: number) {
  const { filters, activation } = preset;
  const encoder: Layer[] = [];
  const decoder: Layer[] = [];
  const smallest = halve(image, filters, ({ wider, narrower, first }) => {
    encoder.push(halving(wider, 'linear'));
    decoder.unshift(doubling(narrower, activation));
    if (first) return;
    encoder.push({ type: 'residual', activation });
    decoder.unshift({ type: 'residual', activation });
  });
  return convolutional(preset, image, codeSize, smallest, [...encoder, { type: 'activation', activation }], decoder);
}

/** The same sizes without residual blocks, normalised behind every convolution but the first (Wu and He 2018). */
function plainConvolutional(preset: Preset, image: ImageShape, codeSize: number) {
  const { filters, activation } = preset;
  const encoder: Layer[] = [];
  const decoder: Layer[] = [];
  const smallest = halve(image, filters, ({ wider, narrower, first }) => {
    const normed = (channels: number): Layer[] => (first ? [] : [{ type: 'groupNorm', groups: groupsOf(channels) }]);
    encoder.push(halving(wider, 'linear'), ...normed(wider), { type: 'activation', activation });
    decoder.unshift(doubling(narrower, 'linear'), ...normed(narrower), { type: 'activation', activation });
  });
  return convolutional(preset, image, codeSize, smallest, encoder, decoder);
}

interface Halving {
  /** Filters behind and before it. */
  wider: number;
  narrower: number;
  first: boolean;
}

/** Calls `onHalving` for every size on the way down, and gives the smallest maps. */
function halve(image: ImageShape, filters: number, onHalving: (halving: Halving) => void): ImageShape {
  let { height, width, channels } = image;
  for (let wider = filters; height % 2 === 0 && width % 2 === 0 && Math.min(height, width) > 8; wider *= 2) {
    const first = wider === filters;
    onHalving({ wider, narrower: first ? filters : channels, first });
    [channels, height, width] = [wider, height / 2, width / 2];
  }
  return { height, width, channels };
}

function convolutional(
  preset: Preset,
  image: ImageShape,
  codeSize: number,
  { height, width, channels }: ImageShape,
  encoder: readonly Layer[],
  decoder: readonly Layer[],
) {
  const last: Layer = {
    type: 'conv',
    filters: image.channels,
    kernel: 3,
    stride: 1,
    activation: 'linear',
    start: lastStart(preset),
  };
  return {
    encoder: [...encoder, codeLayer(preset, codeSize)],
    decoder: [
      denseLayer(height * width * channels, preset.activation),
      { type: 'reshape' as const, height, width, channels },
      ...decoder,
      last,
    ],
    output: 'clip' as const,
  };
}

function halving(filters: number, activation: Activation): Layer {
  return { type: 'conv', filters, kernel: 3, stride: 2, activation, start: undefined };
}

function doubling(filters: number, activation: Activation): Layer {
  return { type: 'upsample', filters, factor: 2, activation, start: undefined };
}

/** Groups of eight channels, or of as many as divide them. */
function groupsOf(channels: number): number {
  return channels % 8 === 0 ? channels / 8 : 1;
}

/** What the bottleneck takes: the numbers of the code, or what they are made of. */
function codeLayer(preset: Preset, codeSize: number): Layer {
  const { code } = preset;
  const values = code.type === 'variational' ? 2 : code.type === 'vq' ? code.size : 1;
  return denseLayer(values * codeSize, 'linear', lastStart(preset));
}

function lastStart({ pcaStart }: Preset): 'zero' | 'glorot' {
  return pcaStart ? 'zero' : 'glorot';
}

function denseLayer(units: number, activation: Activation, start?: 'he' | 'glorot' | 'zero'): Layer {
  return { type: 'dense', units, activation, start };
}

function pixelCount({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}

function definedOnly<T extends object>(from: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as never;
}
