// Advice on the code size: two short runs where PCA's errors say that they tell most, and what follows from both.
import * as v from 'valibot';
import type { Core } from '../contract/api.ts';
import { bestOf } from '../contract/metrics.ts';
import type { Context, Dataset } from '../contract/records.ts';
import type { Advice, AdviceRequest } from '../contract/search.ts';
import { type TrainingSettings, trainingSettingsSchema } from '../contract/settings.ts';
import { costOf, type ErrorCurve, pcaCostOf, probedSizes, type ShortRun } from '../training/code-size-advice.ts';
import { planTraining } from '../training/presets.ts';
import { readBaselines } from '../training/run-files.ts';

type Trainer = Pick<Core, 'train' | 'metrics' | 'items'>;

const shares = [0.95, 0.99];
// As many as the least training of any set: fewer leave large codes half trained, more are no short run.
const shortSteps = 1000;

/** The runs stay in the workspace; asked for again, they are there. Errors: as training. */
export async function adviseCodeSize(
  service: Trainer,
  dataset: Dataset,
  request: AdviceRequest,
  pca: ErrorCurve,
  context: Context,
): Promise<Advice> {
  const items = await service.items(dataset.id);
  const training = items.filter(({ split }) => split === 'train').length;
  const runs: Advice['runs'] = [];
  for (const codeSize of probedSizes(pca)) {
    const settings = v.parse(trainingSettingsSchema, { ...request, codeSize });
    runs.push(await trainShortly(service, dataset, settings, training, context));
  }
  return {
    datasetId: dataset.id,
    meanImageError: pca.errors[0]!.error,
    pcaFloor: pca.floor,
    pca: [...pca.errors],
    runs,
    costs: shares.map((share) => ({ ...costOf(share, pca, runs), pca: pcaCostOf(share, pca) })),
  };
}

/** As short as it was asked to be, or as `shortSteps` say. */
async function trainShortly(
  service: Trainer,
  dataset: Dataset,
  settings: TrainingSettings,
  training: number,
  context: Context,
): Promise<Advice['runs'][number]> {
  const { epochs: _, seconds: __, ...usual } = settings;
  const { epochs, batchSize } = planTraining(usual, dataset, training);
  const stepsPerEpoch = Math.max(1, Math.floor(training / batchSize));
  const isLimited = settings.epochs !== undefined || settings.seconds !== undefined;
  const short = isLimited ? {} : { epochs: Math.min(epochs, Math.max(1, Math.round(shortSteps / stepsPerEpoch))) };
  const { run, seconds } = await service.train(dataset.id, { ...settings, ...short }, {}, context);
  const course = await service.metrics(run.id);
  const baselines = await readBaselines(run.folder);
  const found: ShortRun = {
    codeSize: settings.codeSize!,
    error: bestOf(course)!.validationMse,
    pcaError: baselines!.pca,
    steps: course.at(-1)!.step,
    usualSteps: epochs * stepsPerEpoch,
  };
  return { run: run.id, ...found, seconds };
}
