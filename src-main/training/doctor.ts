// The doctor: what a person should be told of a run, while it trains and at its end, with a remedy for one click.
import * as v from 'valibot';
import { buildModel } from '../compiler/model.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Baselines, EpochMetrics, Warning } from '../contract/records.ts';
import { withRemedy } from '../contract/remedy.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../contract/settings.ts';
import type { OpenDataset } from '../dataset/open.ts';
import { deadEntries } from './diagnoses/dead-entries.ts';
import { deadOutputs } from './diagnoses/dead-outputs.ts';
import { deadUnits } from './diagnoses/dead-units.ts';
import type { Diagnosis, Evidence, Finding } from './diagnoses/diagnosis.ts';
import { diverged } from './diagnoses/diverged.ts';
import { fewImages } from './diagnoses/few-images.ts';
import { meanImage } from './diagnoses/mean-image.ts';
import { nothingHeldOut } from './diagnoses/nothing-held-out.ts';
import { overfitting } from './diagnoses/overfitting.ts';
import { plateau } from './diagnoses/plateau.ts';
import { posteriorCollapse } from './diagnoses/posterior-collapse.ts';
import { rateTooHigh } from './diagnoses/rate-too-high.ts';
import { rateTooLow } from './diagnoses/rate-too-low.ts';
import { worseThanPca } from './diagnoses/worse-than-pca.ts';
import { planTraining, type TrainingPlan } from './presets.ts';
import type { RunFile } from './run-files.ts';

export type { Evidence, Finished } from './diagnoses/diagnosis.ts';

/** Most serious first, and causes before what follows from them: a finding silences others only where it is said itself. */
export const diagnoses: readonly Diagnosis[] = [
  nothingHeldOut,
  fewImages,
  diverged,
  rateTooHigh,
  rateTooLow,
  posteriorCollapse,
  deadUnits,
  deadEntries,
  deadOutputs,
  meanImage,
  worseThanPca,
  overfitting,
  plateau,
];

/** Empty where there is nothing to say. */
export function diagnose(evidence: Evidence): Warning[] {
  const warnings: Warning[] = [];
  const silenced = new Set<string>();
  for (const { name, canJudge, judge } of diagnoses) {
    const finding = !silenced.has(name) && canJudge(evidence) && judge(evidence);
    if (!finding) continue;
    for (const other of finding.silences ?? []) silenced.add(other);
    const { figures, message, advice } = finding;
    const remedy = chooseRemedy(finding, evidence);
    warnings.push({ code: name, message, advice, figures, ...(remedy && { remedy }) });
  }
  return warnings;
}

/** What the course of a run shows so far. */
export function courseEvidence(
  { settings, plan, image }: Pick<RunFile, 'settings' | 'plan' | 'image'>,
  dataset: Pick<OpenDataset, 'split'>,
  course: { epochs: readonly EpochMetrics[]; baselines: Baselines | null; rollbacks: number },
): Evidence {
  const [trainCount, heldOutCount] = [dataset.split('train').length, dataset.split('validation').length];
  return {
    ...{ settings, plan, image, trainCount, ...course },
    evaluatedCount: heldOutCount || trainCount,
    heldOut: heldOutCount > 0 ? 'validation' : 'none',
    done: shareDone(plan, course.epochs),
    finished: null,
  };
}

/** By the clock where there is a time budget. */
function shareDone({ epochs, seconds }: TrainingPlan, evaluations: readonly EpochMetrics[]): number {
  const last = evaluations.at(-1);
  if (!last) return 0;
  if (seconds !== null) return Math.min(1, last.seconds / seconds);
  return epochs === 0 ? 1 : last.epoch / epochs;
}

/** The first that this model can be trained with: a model of one's own takes no code size beside its spec, for example. */
function chooseRemedy({ remedies }: Finding, evidence: Evidence): TrainingRequest | undefined {
  return remedies.find((remedy) => canBeTrained(withRemedy(evidence.settings, remedy), evidence));
}

function canBeTrained(request: TrainingRequest, { image, trainCount }: Evidence): boolean {
  const settings = v.safeParse(trainingSettingsSchema, request);
  if (!settings.success) return false;
  try {
    buildModel(planTraining(settings.output, image, trainCount).spec, image);
    return true;
  } catch (error) {
    if (error instanceof PinholeError && (error.code === 'usage' || error.code === 'spec-invalid')) return false;
    throw error;
  }
}
