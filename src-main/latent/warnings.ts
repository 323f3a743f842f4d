// What a finished run must be told about in words, from its numbers alone, with remedies for one click. Each check is one function.
import type { Report, Warning } from '../contract/records.ts';
import type { TrainingPlan } from '../training/presets.ts';

export interface Evidence {
  report: Omit<Report, 'warnings'>;
  /** Mean-squared errors of the images it learned from and of those held out. */
  trainMse: number;
  trainCount: number;
  /** Standard deviation of each code unit over all images. */
  codeDeviations: Float64Array;
  /** Pixel values that vary in the images, and how many of them the model answers with one constant. */
  varyingOutputs: number;
  deadOutputs: number;
  /** The decoder ends in a ReLU. */
  rectifiedOutput: boolean;
  gaveUp: boolean;
  /** What it was trained by: remedies change it. */
  plan: Pick<TrainingPlan, 'preset' | 'learningRate' | 'epochs' | 'seconds' | 'noise'>;
}

// A model this close to the mean image has learned nothing that a person could see.
const meanImageShare = 0.95;
// PCA is a reference, not a rival to beat by rounding: a tenth of a percent is noise.
const pcaTolerance = 1.001;
// Below this share of the largest unit's deviation a unit carries no information that float32 codes would keep.
const deadShare = 1e-4;
// Held-out errors are always a little higher; half as much again is memorising.
const overfittingRatio = 1.5;

/** Warnings, most serious first; empty where there is nothing to say. */
export function warningsFor(evidence: Evidence): Warning[] {
  return [nothingHeldOut, meanImage, worseThanPca, deadUnits, deadOutputs, overfitting, fewImages, diverged].flatMap(
    (check) => check(evidence) ?? [],
  );
}

function nothingHeldOut({ report }: Evidence): Warning | null {
  if (report.heldOut !== 'none') return null;
  return {
    code: 'nothing-held-out',
    message: 'No image was held out: these figures are of images that it learned from, and say nothing about others.',
    advice: 'Import with a validation share above 0, or name a separate held-out source (--test).',
  };
}

function meanImage({ report, plan }: Evidence): Warning | null {
  if (report.model.mse < report.meanImage.mse * meanImageShare) return null;
  return {
    code: 'mean-image',
    message: `What comes back is hardly better than the mean image (error ${figure(report.model.mse)} against ${figure(report.meanImage.mse)}).`,
    advice: 'Use the recommended preset, a lower learning rate, or train longer.',
    remedy: plan.preset === 'recommended' ? { learningRate: plan.learningRate / 10 } : { preset: 'recommended' },
  };
}

function worseThanPca({ report, plan }: Evidence): Warning | null {
  if (report.model.mse <= report.pca.mse * pcaTolerance) return null;
  return {
    code: 'worse-than-pca',
    message: `Plain PCA with as many numbers per image does better (error ${figure(report.pca.mse)}, the model ${figure(report.model.mse)}, ${ratio(report.model.mse / report.pca.mse)} times as much).`,
    advice: 'Use the recommended preset, which starts at the PCA solution, or train longer.',
    remedy: plan.preset === 'recommended' ? longer(plan) : { preset: 'recommended' },
  };
}

function deadUnits({ codeDeviations }: Evidence): Warning | null {
  const largest = codeDeviations.reduce((a, b) => Math.max(a, b), 0);
  const dead = codeDeviations.filter((deviation) => deviation <= largest * deadShare).length;
  if (dead === 0) return null;
  const total = codeDeviations.length;
  return {
    code: 'dead-units',
    message: `${dead} of ${total} code units never change: they carry nothing.`,
    advice: `Choose a code size of ${Math.max(1, total - dead)} or less, or an activation other than ReLU for the code.`,
    remedy: { codeSize: Math.max(1, total - dead) },
  };
}

function deadOutputs({ varyingOutputs, deadOutputs: dead, rectifiedOutput }: Evidence): Warning | null {
  if (!rectifiedOutput) return null;
  if (dead === 0 || dead < varyingOutputs * 0.02) return null;
  return {
    code: 'dead-outputs',
    message: `${dead} of the ${varyingOutputs} pixel values that vary in the images are answered with one constant: those outputs are dead.`,
    advice:
      'A ReLU output that has gone dark gets no gradient and never recovers; use a linear output (any other preset).',
    remedy: { preset: 'recommended' },
  };
}

function overfitting({ report, trainMse, trainCount, plan }: Evidence): Warning | null {
  if (report.model.mse <= trainMse * overfittingRatio) return null;
  return {
    code: 'overfitting',
    message: `Images it has not seen come back ${ratio(report.model.mse / trainMse)} times worse than the ${trainCount} it learned from: it has begun to memorise.`,
    advice:
      'Add images, use a smaller code or narrower layers, noise on the input, or random crops and flips (--augment).',
    remedy: { noise: plan.noise > 0 ? Math.min(2, plan.noise * 2) : 0.1, patience: 10 },
  };
}

function fewImages({ report, trainCount, codeDeviations }: Evidence): Warning | null {
  if (trainCount >= codeDeviations.length * 2) return null;
  return {
    code: 'few-images',
    message: `${trainCount} images are few for ${codeDeviations.length} numbers per image; the ${report.heldOutCount} held-out ones are what its error rests on.`,
    advice: `Choose a code size of ${Math.max(1, Math.floor(trainCount / 4))} or less, or add images.`,
    remedy: { codeSize: Math.max(1, Math.floor(trainCount / 4)) },
  };
}

function diverged({ gaveUp, plan }: Evidence): Warning | null {
  if (!gaveUp) return null;
  return {
    code: 'diverged',
    message: 'The loss exploded four times; the model is the best one from before.',
    advice: 'Choose a learning rate ten times lower, or clip gradients.',
    remedy: { learningRate: plan.learningRate / 10 },
  };
}

/** Twice as long, by whichever of both ended it. */
function longer({ epochs, seconds }: Evidence['plan']): Record<string, unknown> {
  return seconds === null ? { epochs: 2 * epochs } : { seconds: 2 * seconds };
}

function figure(mse: number): string {
  return mse.toPrecision(3);
}

function ratio(value: number): string {
  // Errors of zero, to rounding: how many times that is says nothing.
  if (value > 1000) return '1000+';
  return value.toFixed(value < 10 ? 1 : 0);
}
