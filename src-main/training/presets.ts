// The presets: named model specs and training settings with sensible defaults, and how a person's overrides change them.

import type { ImageShape } from '../compiler/model.ts';
import { PinholeError } from '../contract/errors.ts';
import type { PresetName, TrainingSettings } from '../contract/settings.ts';
import type { Activation, Layer, Loss, ModelSpec, OptimizerSpec, ScheduleName } from '../contract/spec.ts';

/** Everything a run needs to know, with nothing left to default. */
export interface TrainingPlan {
  preset: PresetName;
  spec: ModelSpec;
  loss: Loss;
  optimizer: OptimizerSpec;
  learningRate: number;
  schedule: ScheduleName;
  warmup: number;
  batchSize: number;
  epochs: number;
  /** Null: as many epochs as were asked for. Otherwise the budget decides when training ends. */
  seconds: number | null;
  patience: number;
  noise: number;
  codeL1: number;
  augment: { crop: number; flip: boolean } | null;
  seed: number;
}

interface Preset {
  /** One sentence for `--help` and the window. */
  description: string;
  codeSize: number;
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

export const presets: Readonly<Record<PresetName, Preset>> = {
  recommended: {
    description:
      'Starts at the PCA solution and learns what PCA cannot express; the kept model is never worse than PCA.',
    codeSize: 64,
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
    build: residualDense,
  },
  // The TensorFlow 2.0 autoencoder tutorial by A. F. Agarap, faults included: a rectified output cannot recover once dead.
  agarap2019: {
    description: 'The small dense autoencoder of the TensorFlow 2.0 tutorial (Agarap 2019), faithful, faults included.',
    codeSize: 64,
    hidden: [64],
    filters: 0,
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
  deep: {
    description: 'A deep dense autoencoder, 1000-500-250 and mirrored (Hinton and Salakhutdinov 2006).',
    codeSize: 30,
    hidden: [1000, 500, 250],
    filters: 0,
    activation: 'relu',
    pcaStart: false,
    optimizer: adamw,
    learningRate: 1e-3,
    schedule: 'one-cycle',
    warmup: 0.1,
    batchSize: 256,
    epochs: 20,
    build: plainDense,
  },
  conv: {
    description: 'A small residual convolutional network on top of PCA, for images of 32 pixels and more: photographs.',
    codeSize: 64,
    hidden: [],
    filters: 16,
    activation: 'silu',
    pcaStart: true,
    optimizer: adamw,
    learningRate: 1e-3,
    schedule: 'one-cycle',
    warmup: 0.1,
    batchSize: 64,
    epochs: 30,
    build: residualConvolutional,
  },
};

/**
 * The plan that a preset and a person's overrides make for images of one shape.
 * The code size is lowered to what the data can carry only by the preset's default, never against an explicit choice.
 */
export function planTraining(settings: TrainingSettings, image: ImageShape, trainCount: number): TrainingPlan {
  const preset = {
    ...presets[settings.preset],
    ...definedOnly(pick(settings, ['hidden', 'filters', 'activation', 'pcaStart'])),
  };
  expectUsed(settings);
  const pixels = image.height * image.width * image.channels;
  const codeSize = settings.codeSize ?? Math.min(preset.codeSize, Math.max(1, Math.floor(pixels / 2)));
  if (codeSize > pixels) {
    throw new PinholeError(
      'spec-invalid',
      `The code size ${codeSize} is larger than the image: ${image.height}×${image.width}×${image.channels} is ${pixels} values.`,
      `Choose a code size below ${pixels}, or import the images at a larger size.`,
    );
  }
  const epochs =
    settings.epochs ?? (settings.seconds === undefined ? defaultEpochs(preset, trainCount) : Number.MAX_SAFE_INTEGER);
  return {
    preset: settings.preset,
    spec: { name: settings.preset, codeSize, pcaStart: preset.pcaStart, ...preset.build(preset, image, codeSize) },
    loss: settings.loss ?? 'mse',
    optimizer: settings.optimizer ?? preset.optimizer,
    learningRate: settings.learningRate ?? preset.learningRate,
    schedule: settings.schedule ?? preset.schedule,
    warmup: settings.warmup ?? preset.warmup,
    batchSize: Math.min(settings.batchSize ?? batchFor(preset, trainCount), trainCount),
    epochs,
    seconds: settings.seconds ?? null,
    patience: settings.patience ?? 0,
    noise: settings.noise ?? 0,
    codeL1: settings.codeL1 ?? 0,
    augment: settings.augment ?? null,
    seed: settings.seed,
  };
}

/** A setting that a preset has no use for is refused: ignoring it would look as if it had worked. */
function expectUsed({ preset, hidden, filters }: TrainingSettings): void {
  const { hidden: widths, filters: first } = presets[preset];
  const [unused, instead] = hidden && widths.length === 0 ? ['hidden widths', 'filters'] : ['filters', 'hidden widths'];
  if (!(hidden && widths.length === 0) && !(filters && first === 0)) return;
  throw new PinholeError(
    'usage',
    `The preset ${preset} has no ${unused}.`,
    `It has ${instead}; or choose another preset.`,
  );
}

/** Small sets need more passes for the same number of steps: at least 1,000 steps, at most 1,000 epochs. */
function defaultEpochs(preset: Preset, trainCount: number): number {
  const stepsPerEpoch = Math.max(1, Math.floor(trainCount / batchFor(preset, trainCount)));
  return Math.max(preset.epochs, Math.min(1000, Math.ceil(1000 / stepsPerEpoch)));
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
  const encoder = widths.map((units, index) => dense(units, activation, index < hidden.length ? 'he' : 'glorot'));
  const decoder = [...hidden].reverse().map((units) => dense(units, activation, 'he'));
  return { encoder, decoder: [...decoder, dense(pixelCount(image), activation, 'glorot')], output: 'linear' as const };
}

function plainDense({ hidden, activation }: Preset, image: ImageShape, codeSize: number) {
  return {
    encoder: [...hidden.map((units) => dense(units, activation)), dense(codeSize, 'linear')],
    decoder: [...[...hidden].reverse().map((units) => dense(units, activation)), dense(pixelCount(image), 'linear')],
    output: 'clip' as const,
  };
}

function residualDense({ hidden, activation, pcaStart }: Preset, image: ImageShape, codeSize: number) {
  const last = pcaStart ? 'zero' : 'glorot';
  return {
    encoder: [...hidden.map((units) => dense(units, activation)), dense(codeSize, 'linear', last)],
    decoder: [
      ...[...hidden].reverse().map((units) => dense(units, activation)),
      dense(pixelCount(image), 'linear', last),
    ],
    output: 'clip' as const,
  };
}

/**
 * Halves the image down to 8 pixels or an odd size, doubling the filters each time, with a residual block at every size
 * but the largest, where it would cost as much as all others together; the decoder mirrors it with depth-to-space.
 */
function residualConvolutional({ filters, activation, pcaStart }: Preset, image: ImageShape, codeSize: number) {
  const last = pcaStart ? ('zero' as const) : ('glorot' as const);
  const encoder: Layer[] = [];
  const decoder: Layer[] = [];
  let { height, width, channels } = image;
  for (let wider = filters; height % 2 === 0 && width % 2 === 0 && Math.min(height, width) > 8; wider *= 2) {
    const narrower = encoder.length === 0 ? filters : channels;
    encoder.push({ type: 'conv', filters: wider, kernel: 3, stride: 2, activation: 'linear', start: undefined });
    decoder.unshift({ type: 'upsample', filters: narrower, factor: 2, activation, start: undefined });
    if (encoder.length > 1) {
      encoder.push({ type: 'residual', activation });
      decoder.unshift({ type: 'residual', activation });
    }
    [channels, height, width] = [wider, height / 2, width / 2];
  }
  const smallest = height * width * channels;
  return {
    encoder: [...encoder, { type: 'activation' as const, activation }, dense(codeSize, 'linear', last)],
    decoder: [
      dense(smallest, activation),
      { type: 'reshape' as const, height, width, channels },
      ...decoder,
      {
        type: 'conv' as const,
        filters: image.channels,
        kernel: 3 as const,
        stride: 1 as const,
        activation: 'linear' as const,
        start: last,
      },
    ],
    output: 'clip' as const,
  };
}

function dense(units: number, activation: Activation, start?: 'he' | 'glorot' | 'zero'): Layer {
  return { type: 'dense', units, activation, start };
}

function pixelCount({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

function pick<T extends object, K extends keyof T>(from: T, keys: K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}

function definedOnly<T extends object>(from: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as never;
}
