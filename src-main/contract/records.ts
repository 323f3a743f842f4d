// What the stages tell each other and the screens: data sets, items, runs, metrics, progress. Plain data only.
import type { TrainingRequest } from './settings.ts';
import type { RunEvent } from './views.ts';

/** `train` learns, `validation` chooses the checkpoint, `test` (only with a separate source) is measured on at the end. */
export type Split = 'train' | 'validation' | 'test';

/** One image of a data set. `id` is immutable and is the row of `pixels.npy`; a changed file becomes a new id. */
export interface Item {
  id: number;
  /** Relative to its source, `/`-separated; prefixed by a unique source name when there are several sources. */
  path: string;
  /** Null where no label is known; no label is ever required. */
  label: string | null;
  split: Split;
  /** Size of the original in pixels after orientation, before resizing. */
  width: number;
  height: number;
  /** Size of the original file (or archive member, or array slice) in bytes. */
  bytes: number;
  /** SHA-256 of those bytes, lower-case hexadecimal. */
  sha256: string;
}

/** Images of a data set that have the same label; null for none. */
export interface LabelledImages {
  label: string | null;
  ids: Int32Array;
}

export interface ImportFailure {
  path: string;
  code: string;
  reason: string;
}

/** A finished (or interrupted) import. Sizes in pixels; `channels` is 1 (grey) or 3 (colour). */
export interface Dataset {
  id: string;
  name: string;
  sources: string[];
  state: 'importing' | 'ready';
  count: number;
  skipped: number;
  height: number;
  width: number;
  channels: 1 | 3;
  /** SHA-256 over ids, hashes, splits and import settings: equal hashes mean equal training data. */
  hash: string;
  /** How images became pixels, as recorded in `model.json`. */
  preprocessing: Preprocessing;
  created: string;
}

export interface Preprocessing {
  width: number;
  height: number;
  channels: 1 | 3;
  fit: 'cover' | 'contain' | 'stretch';
  /** CSS-style `#rrggbb`; alpha is composited on it and `contain` pads with it. */
  background: string;
  /** Stored value range mapped to 0–255 for sources with more than 8 bits; null where every source had 8. */
  intensity: { mode: 'full' | 'percentile'; low: number; high: number } | null;
}

/** What decides which images are held out: see the settings of the same names. */
export interface Division {
  validation: number;
  fold?: [number, number] | undefined;
  seed: number;
}

/** Progress of long work, said at most ten times a second. `total` is null while it is not known yet. */
export interface Progress {
  stage:
    | 'draw'
    | 'scan'
    | 'import'
    | 'pca'
    | 'train'
    | 'evaluate'
    | 'encode'
    | 'decode'
    | 'export'
    | 'neighbours'
    | 'map'
    | 'clusters'
    | 'duplicates'
    | 'copy';
  done: number;
  total: number | null;
  /** Units a second over the last seconds. */
  rate: number;
  /** Whatever the stage wants to show beside the bar, e.g. `loss 0.0034`. */
  detail?: string;
}

/** Handed to every long operation. */
export interface Context {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Things worth saying in words, e.g. a rollback or a device fallback. Never swallowed by a caller. */
  onNotice?: (notice: Notice) => void;
  /** Training only: as soon as it is known which run this is. */
  onRun?: (runId: string) => void;
  /** Training only: its live course. */
  onRunEvent?: (event: RunEvent) => void;
  /** Training only: as soon as it can be steered. */
  onControls?: (controls: TrainingControls) => void;
}

export interface TrainingControls {
  /** After the current step; a checkpoint is written first. */
  pause(): void;
  resume(): void;
  /** Ends training after the current step and keeps the best model so far. */
  finish(): void;
}

export interface Notice {
  level: 'info' | 'warning';
  message: string;
  advice?: string;
}

/** One line of `metrics.jsonl`; losses are mean-squared errors on pixels in 0–1. */
export interface EpochMetrics {
  epoch: number;
  step: number;
  /** Mean of the training loss over the epoch, as optimised (with noise and penalties); null at step 0. */
  trainLoss: number | null;
  /** Mean-squared error of the validation split, clean images. */
  validationMse: number;
  learningRate: number;
  imagesPerSecond: number;
  seconds: number;
  /** What the kept model is chosen by where that is not the error alone: with the weighted divergence from the prior. */
  score?: number;
  /** Variational: nats from the prior, mean over the validation images. */
  kl?: number;
  /** Variational: codes whose mean varies by more than 0.01 over them (Burda et al. 2016). */
  activeUnits?: number;
  /** Numbers of the code that hardly vary over them. */
  deadUnits?: number;
  /** Codes of whole numbers: what of their levels or of the codebook is used, and how evenly, as a number of equal ones. */
  codebookUse?: { share: number; perplexity: number };
}

/** Between evaluations, about every 50 steps; one line of `steps.jsonl`. */
export interface StepMetrics {
  step: number;
  /** Mean training loss since the last such line, as optimised. */
  loss: number;
  learningRate: number;
  imagesPerSecond: number;
}

/** Mean-squared errors of the validation images, known as soon as training starts. */
export interface Baselines {
  pca: number;
  meanImage: number;
}

export interface Quality {
  /** Mean-squared error per pixel value on a 0–1 scale. */
  mse: number;
  /** Peak signal-to-noise ratio in dB, from the pooled mean-squared error; null (infinite) where that is 0. */
  psnr: number | null;
  /** Mean structural similarity, −1 to 1 (Wang et al. 2004). */
  ssim: number;
}

/** The honest account of a run: held-out error beside its baselines; kNN accuracies are null without labels. */
export interface Report {
  /** `none`: nothing was held out, and all figures are of the images that it learned from. */
  heldOut: 'validation' | 'test' | 'none';
  heldOutCount: number;
  model: Quality;
  pca: Quality;
  meanImage: Quality;
  knn: number | null;
  pcaKnn: number | null;
  rawKnn: number | null;
  /** Held-out images that were asked for their neighbours; fewer than heldOutCount where those were sampled. */
  knnCount: number;
  warnings: Warning[];
}

/** What the training doctor can find, the most serious first; resources/docs/doctor.md says how each is judged. */
export const diagnosisNames = [
  'nothing-held-out',
  'few-images',
  'diverged',
  'rate-too-high',
  'rate-too-low',
  'posterior-collapse',
  'dead-units',
  'dead-entries',
  'dead-outputs',
  'mean-image',
  'worse-than-pca',
  'overfitting',
  'plateau',
] as const;
export type DiagnosisName = (typeof diagnosisNames)[number];

export interface Warning {
  code: DiagnosisName;
  message: string;
  advice: string;
  /** The figures that show it, by name. */
  figures: Record<string, number>;
  /** Changes to the training settings that a person can apply with one click; absent where it takes other images. */
  remedy?: TrainingRequest;
}
