// Hand-made evidence for the doctor: a run that goes well, to be changed where a fault should be.
import * as v from 'valibot';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { Evidence, Finished } from '../../src-main/training/doctor.ts';
import { planTraining } from '../../src-main/training/presets.ts';

const image = { height: 16, width: 16, channels: 1 };

/** Evaluations with these errors, 10 steps and a second apart; the training loss is a little lower, as it usually is. */
export function course(errors: readonly number[], changes: (epoch: number) => Partial<EpochMetrics> = () => ({})) {
  return errors.map((validationMse, epoch): EpochMetrics => {
    const trainLoss = epoch === 0 ? null : 0.9 * validationMse;
    const figures = { learningRate: 1e-3, imagesPerSecond: 1000, seconds: epoch };
    return { epoch, step: 10 * epoch, trainLoss, validationMse, ...figures, ...changes(epoch) };
  });
}

const well: Finished = {
  mse: 0.004,
  pcaMse: 0.009,
  meanImageMse: 0.06,
  trainMse: 0.0038,
  codeDeviations: Float64Array.of(2, 1, 0.5, 0.1),
  levelShare: null,
  varyingOutputs: 200,
  deadOutputs: 0,
  gaveUp: false,
};

/** Of the settings, at the end of its schedule and still training; `finished` names what the report then shows otherwise. */
export function evidence(
  request: TrainingRequest = {},
  changes: Partial<Evidence> = {},
  finished?: Partial<Finished>,
): Evidence {
  const settings = v.parse(trainingSettingsSchema, { codeSize: 4, epochs: 20, ...request });
  return {
    settings,
    plan: planTraining(settings, image, 900),
    image,
    trainCount: 900,
    evaluatedCount: 100,
    heldOut: 'validation',
    epochs: course([0.009, 0.008, 0.007, 0.006, 0.005, 0.0045, 0.004]),
    baselines: { pca: 0.009, meanImage: 0.06 },
    rollbacks: 0,
    done: 1,
    finished: finished ? { ...well, trainMse: 0.95 * (finished.mse ?? well.mse), ...finished } : null,
    ...changes,
  };
}
