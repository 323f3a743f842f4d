// The shape that all diagnoses share, and what they are made from. What each of them says is in its own file.
import type { ImageShape } from '../../compiler/model.ts';
import type { Baselines, DiagnosisName, EpochMetrics, Report } from '../../contract/records.ts';
import type { TrainingRequest } from '../../contract/settings.ts';
import type { TrainingPlan } from '../presets.ts';

export interface Diagnosis {
  readonly name: DiagnosisName;
  /** The thresholds of its rule, as resources/docs/doctor.md names them. */
  readonly limits: Readonly<Record<string, number>>;
  /** Whether enough is known, and enough of the run is done, to tell. */
  canJudge(evidence: Evidence): boolean;
  /** Null where all is well. */
  judge(evidence: Evidence): Finding | null;
}

export interface Finding {
  /** What shows it. */
  figures: Record<string, number>;
  /** In a sentence, with the figures. */
  message: string;
  /** What to do, in words. */
  advice: string;
  /** Changes of the settings, the best one first: the doctor offers the first that this run's model can be trained with. */
  remedies: readonly TrainingRequest[];
  /** What follows from this, and what would contradict it: not said beside it. */
  silences?: readonly DiagnosisName[];
}

/** What is known of a run, while it trains or when it is done. */
export interface Evidence {
  /** As they were asked for: remedies change them. */
  settings: TrainingRequest;
  plan: TrainingPlan;
  image: ImageShape;
  /** Images that it learns from, and images that every evaluation of its course looks at. */
  trainCount: number;
  evaluatedCount: number;
  heldOut: Report['heldOut'];
  /** Evaluations so far, step 0 included. */
  epochs: readonly EpochMetrics[];
  /** Of the images that the course is evaluated on. */
  baselines: Baselines | null;
  rollbacks: number;
  /** How much of the schedule is done, 0–1. */
  done: number;
  /** Null while it trains. */
  finished: Finished | null;
}

/** What only the kept model can show. Mean-squared errors, pixels in 0–1. */
export interface Finished {
  /** Of the held-out images that the report is about. */
  mse: number;
  pcaMse: number;
  meanImageMse: number;
  /** Of the images that it learned from. */
  trainMse: number;
  /** Standard deviation of each number of the code over all images. */
  codeDeviations: Float64Array;
  /** Codes of whole numbers: the share of entries or levels that any image uses; null for others. */
  levelShare: number | null;
  /** Pixel values that vary in the held-out images, and how many of them the model answers with one constant. */
  varyingOutputs: number;
  deadOutputs: number;
  /** It exploded once too often and was ended. */
  gaveUp: boolean;
}
