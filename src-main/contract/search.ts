// Searching and comparing: a grid of runs, and runs beside each other. Plain data only.
import type { Run } from './api.ts';
import type { Context, Report } from './records.ts';
import type { PresetName, TrainingRequest } from './settings.ts';

/** Every preset with every code size and every seed. */
export interface SweepRequest {
  presets: PresetName[];
  /** Empty: each preset's own. */
  codeSizes: number[];
  seeds: number[];
  /** What all runs have in common. */
  settings: Omit<TrainingRequest, 'preset' | 'codeSize' | 'seed'>;
}

/** One cell of the grid. */
export interface Trial {
  /** Of a spec of one's own, its name. */
  preset: string;
  codeSize: number;
  seed: number;
  /** `stopped`: ended early because there was no hope for it; its run is a finished one with the best model so far. */
  state: 'waiting' | 'finished' | 'stopped';
  /** Null while it waits, in the middle of its training too. */
  run: string | null;
  /** Why it was stopped; null where it was not. */
  stop: MedianStop | null;
}

/** What the median stopping rule found: errors are held-out mean-squared errors. */
export interface MedianStop {
  /** Passes over the images when it was stopped; not whole with a time budget. */
  epoch: number;
  /** The lowest error of the run so far. */
  best: number;
  /** The median of what the others had on average by then. */
  median: number;
  others: number;
}

/** `sweeps/<id>.json` in the workspace. */
export interface Sweep {
  id: string;
  datasetId: string;
  created: string;
  request: SweepRequest;
  trials: Trial[];
}

export interface SweepContext extends Context {
  /** When a trial begins and when it ends, then with its run. `number` counts from 1. */
  onTrial?: (trial: Trial, number: number, run: Run | null) => void;
}

/** Runs of one data set beside each other. */
export interface Comparison {
  datasetId: string;
  heldOut: Report['heldOut'];
  heldOutCount: number;
  /** Held-out mean-squared error of the mean image: what no number at all would give. */
  meanImageError: number;
  runs: ComparedRun[];
  /** Written: `comparison.svg` and `comparison.png`; none without a folder. */
  files: string[];
}

export interface ComparedRun {
  run: string;
  preset: string;
  codeSize: number;
  seed: number;
  /** Held-out mean-squared error, and that of PCA with as many numbers. */
  error: number;
  pcaError: number;
  /** How often the five nearest neighbours agree, 0–1; null without labels. */
  knn: number | null;
  epochs: number;
  /** Of training. */
  seconds: number;
  device: string;
  /** Why training ended, as in run.json. */
  ended: string;
  /** In which it differs from the others, by dotted name; what its preset decides is left out. */
  settings: Record<string, unknown>;
}

/** A held-out mean-squared error with so many numbers. */
export interface SizeError {
  codeSize: number;
  error: number;
}

/** What a share of the achievable reduction costs in numbers, from `low` to `high`; null: more than were looked at. */
export interface CodeSizeCost {
  /** 0–1 */
  share: number;
  size: number | null;
  low: number | null;
  high: number | null;
}

/** How the short runs are trained: everything but the code size, which is what it is about. */
export type AdviceRequest = Omit<TrainingRequest, 'codeSize' | 'spec'>;

export interface Advice {
  datasetId: string;
  /** What the code sizes are held against: no numbers at all, and any number of them with PCA. */
  meanImageError: number;
  pcaFloor: number;
  /** PCA's held-out errors, to the largest code size that was looked at. */
  pca: SizeError[];
  runs: {
    run: string;
    codeSize: number;
    error: number;
    pcaError: number;
    steps: number;
    /** Of a training of the usual length. */
    usualSteps: number;
    seconds: number;
  }[];
  /** For 95 % and for 99 %: of PCA alone, and of the model. */
  costs: (CodeSizeCost & { pca: number | null })[];
}
