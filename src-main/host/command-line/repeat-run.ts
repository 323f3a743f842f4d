// Trains a recorded run again: finds its images or imports them, trains with its settings, and says whether it came out the same.
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { Core, Run } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Context, Dataset, EpochMetrics } from '../../contract/records.ts';
import {
  type ImportRequest,
  type TrainingRequest,
  type TrainingSettings,
  trainingSettingsSchema,
} from '../../contract/settings.ts';
import type { RecordedRun } from '../../exports/run-record.ts';
import { loadModel, type ModelInfo } from '../../training/model-files.ts';
import { planTraining } from '../../training/presets.ts';
import { readRunFile, runPaths } from '../../training/run-files.ts';

/**
 * How far a repetition may be off and still count as the same course, relative to the recorded error. Sums in another order
 * (other threads, another processor or device) part step by step: tests hold the first 20 on every device to 1e-3, and
 * this leaves room for what thousands make of that.
 */
export const repetitionTolerance = 0.03;

export interface RepeatRequest {
  /** Where the images are; none where the workspace has them. */
  sources: readonly string[];
  testSources?: readonly string[];
  /** Trains on them even if they are others. */
  otherData?: boolean;
  device?: TrainingSettings['device'];
  threads?: number;
}

/** `other-data`: the same training of other images, which says nothing about the recorded run. */
export type Verdict = 'same' | 'within-tolerance' | 'differs' | 'other-data';

export interface Repetition {
  run: Run;
  /** The recorded run. */
  repeats: string;
  verdict: Verdict;
  tolerance: number;
  /** SHA-256 of model.safetensors. */
  weights: { recorded: string; repeated: string };
  /** Held-out mean-squared error of the kept model; `difference` is relative to the recorded one. */
  bestMse: { recorded: number; repeated: number; difference: number };
  /** The largest relative difference of the held-out error at any evaluation; null where a clock decided the course. */
  curve: { difference: number; step: number; evaluations: number } | null;
  /** What was not as it was then, in words. */
  changed: string[];
  seconds: number;
}

/** Errors: `not-found` where the images are not here, `usage` where others are, and those of import and training. */
export async function repeatRun(
  core: Core,
  record: RecordedRun,
  request: RepeatRequest,
  context: Context = {},
): Promise<Repetition> {
  const { dataset, sameData } = await findData(core, record, request, context);
  const settings = repeatedSettings(record, dataset, request);
  const begun = await interruptedRepetition(core, dataset, settings);
  const options = begun ? { runId: begun.id } : { fresh: true };
  const trained = await core.train(dataset.id, settings as TrainingRequest, options, context);
  const { run } = await core.encode(trained.run.id, {}, context);
  return { ...(await compare(core, record, run, sameData)), seconds: trained.seconds };
}

// ---- images -------------------------------------------------------------------------------------------------------

async function findData(core: Core, record: RecordedRun, request: RepeatRequest, context: Context) {
  if (request.sources.length === 0) return { dataset: await knownData(core, record, context), sameData: true };
  const { preprocessing, division, hash } = record.data;
  const { dataset } = await core.import(
    {
      ...{ sources: [...request.sources], testSources: [...(request.testSources ?? [])], preprocessing },
      ...(division as Partial<ImportRequest>),
    },
    context,
  );
  const sameData = (await core.contentHash(dataset.id, context)) === hash;
  if (!sameData && !request.otherData) throw await otherImages(core, record, dataset);
  return { dataset, sameData };
}

/** A data set of this workspace with the same pixels and splits, wherever its files lie. */
async function knownData(core: Core, { run, data }: RecordedRun, context: Context): Promise<Dataset> {
  const { height, width, channels, images, hash, sourcesHash } = data;
  const total = images.train + images.validation + images.test;
  const alike = (await core.datasets()).filter(
    (one) =>
      one.state === 'ready' &&
      one.count === total &&
      isDeepStrictEqual([one.height, one.width, one.channels], [height, width, channels]),
  );
  const likelyFirst = alike.toSorted((a, b) => Number(b.hash === sourcesHash) - Number(a.hash === sourcesHash));
  for (const dataset of likelyFirst) if ((await core.contentHash(dataset.id, context)) === hash) return dataset;
  throw new PinholeError(
    'not-found',
    `This workspace does not hold the ${total} images that ${run.id} was trained on (“${data.name}”).`,
    'Name the folder they are in: pinhole repeat FILE FOLDER.',
  );
}

async function otherImages(core: Core, { run, data }: RecordedRun, { id }: Dataset): Promise<PinholeError> {
  const items = await core.items(id);
  const found = { train: 0, validation: 0, test: 0 };
  for (const { split } of items) found[split]++;
  const inWords = ({ train, validation, test }: typeof found) =>
    `${train} to learn from, ${validation} to choose by and ${test} of a test split`;
  const fault = isDeepStrictEqual(found, data.images)
    ? 'as many, but with other pixels, or in another order'
    : `${inWords(found)} instead of ${inWords(data.images)}`;
  return new PinholeError(
    'usage',
    `These are not the images that ${run.id} was trained on: ${fault}.`,
    'Name all folders that it was trained on, a separate test source with --test; or train on these regardless with --other-data.',
  );
}

// ---- settings -----------------------------------------------------------------------------------------------------

/** Those of the recorded run, on its device; spelled out where a preset has changed since. */
function repeatedSettings(record: RecordedRun, dataset: Dataset, request: RepeatRequest): TrainingSettings {
  const place = {
    device: request.device ?? record.device.kind,
    threads: request.threads ?? Math.min(record.device.threads, availableParallelism()),
  };
  const given = checked({ ...record.settings, ...place });
  const { images } = record.data;
  const isAsRecorded = (settings: TrainingSettings) =>
    isDeepStrictEqual(plain(planTraining(settings, dataset, images.train)), plain(record.plan));
  if (isAsRecorded(given)) return given;
  const spelledOut = checked({ ...spellOut(record.plan), ...place });
  if (isAsRecorded(spelledOut)) return spelledOut;
  throw new PinholeError(
    'usage',
    `This version of Pinhole cannot train as ${record.run.id} was trained.`,
    `Use the version that recorded it: ${record.versions.pinhole}.`,
  );
}

/** Every choice of a plan that is also a setting. */
function spellOut(plan: RecordedRun['plan']): Record<string, unknown> {
  const isVariational = plan.spec.code.type === 'variational';
  const useless = new Set([
    ...(isVariational ? [] : ['beta', 'klWarmup']),
    // With a time budget, the plan's epochs are no limit.
    ...(plan.seconds === null ? [] : ['epochs']),
  ]);
  const known = Object.keys(trainingSettingsSchema.entries).filter((name) => !useless.has(name));
  return Object.fromEntries(known.flatMap((name) => (plan[name] == null ? [] : [[name, plan[name]]])));
}

function checked(settings: unknown): TrainingSettings {
  const result = v.safeParse(trainingSettingsSchema, settings);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new PinholeError(
    'usage',
    `The recorded settings do not fit this version of Pinhole: expected ${issue.expected ?? 'another value'} for ${v.getDotPath(issue)}, received ${issue.received}.`,
    'Use the version that recorded it.',
  );
}

/** One that was cut off goes on; one that was finished says nothing about whether it would come out like that again. */
async function interruptedRepetition(
  core: Core,
  dataset: Dataset,
  settings: TrainingSettings,
): Promise<Run | undefined> {
  for (const run of await core.runs()) {
    if (run.state !== 'interrupted' || run.datasetId !== dataset.id) continue;
    const file = await readRunFile(run.folder).catch(notThere);
    if (isDeepStrictEqual(plain(file?.settings), plain(settings))) return run;
  }
  return undefined;
}

/** A run that was cut off before it had chosen its device left no file. */
function notThere(error: unknown): undefined {
  if (!(error instanceof PinholeError) || error.code !== 'not-found') throw error;
}

/** As it comes back from a file: without fields that are undefined. */
const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

// ---- what came of it ----------------------------------------------------------------------------------------------

async function compare(
  core: Core,
  record: RecordedRun,
  run: Run,
  sameData: boolean,
): Promise<Omit<Repetition, 'seconds'>> {
  const { info } = await loadModel(runPaths(run.folder).model);
  const judged = judgeRepetition(record, info, await core.metrics(run.id));
  return {
    ...judged,
    run,
    repeats: record.run.id,
    verdict: sameData ? judged.verdict : 'other-data',
    changed: changes(record, await readRunFile(run.folder)),
  };
}

/** By the bits of the kept model, else by its held-out error and that of every evaluation on the way. */
export function judgeRepetition(
  record: Pick<RecordedRun, 'best' | 'metrics' | 'plan' | 'weights'>,
  { weightsHash, validationMse }: Pick<ModelInfo, 'weightsHash' | 'validationMse'>,
  metrics: readonly EpochMetrics[],
): Pick<Repetition, 'verdict' | 'tolerance' | 'weights' | 'bestMse' | 'curve'> {
  const weights = { recorded: record.weights.sha256, repeated: weightsHash };
  const [recorded, repeated] = [record.best.validationMse, validationMse];
  const bestMse = { recorded, repeated, difference: relativeDifference(repeated, recorded) };
  const hasClock = record.plan.seconds !== null;
  const curve = hasClock ? null : compareCurves(record.metrics, metrics);
  const difference = Math.max(curve?.difference ?? 0, bestMse.difference);
  return { verdict: verdictOf(weights, difference), tolerance: repetitionTolerance, weights, bestMse, curve };
}

function verdictOf({ recorded, repeated }: Repetition['weights'], difference: number): Verdict {
  if (recorded === repeated) return 'same';
  return difference <= repetitionTolerance ? 'within-tolerance' : 'differs';
}

/** At the steps that both were evaluated at. */
function compareCurves(recorded: readonly EpochMetrics[], repeated: readonly EpochMetrics[]): Repetition['curve'] {
  const errors = new Map(recorded.map(({ step, validationMse }) => [step, validationMse]));
  const both = repeated.filter(({ step }) => errors.has(step));
  const differences = both.map(({ step, validationMse }) => ({
    step,
    difference: relativeDifference(validationMse, errors.get(step)!),
  }));
  const none = { step: 0, difference: 0 };
  const largest = differences.reduce((most, one) => (one.difference > most.difference ? one : most), none);
  return { ...largest, evaluations: both.length };
}

function relativeDifference(value: number, reference: number): number {
  return value === reference ? 0 : Math.abs(value - reference) / Math.abs(reference);
}

/** Why the bits may differ. */
function changes(record: RecordedRun, { device, versions, reason }: Awaited<ReturnType<typeof readRunFile>>): string[] {
  const said: string[] = [];
  if (device.name !== record.device.name)
    said.push(`It was trained on ${record.device.name}, and now on ${device.name}.`);
  for (const { name, step } of record.lostDevices) said.push(`It lost ${name} at step ${step} and went on elsewhere.`);
  for (const [name, version] of Object.entries(record.versions))
    if (versions[name] !== version) said.push(`${name} was ${version} and is now ${versions[name] ?? 'unknown'}.`);
  if (record.plan.seconds !== null) said.push('It had a time budget, so the clock decided how far it got.');
  else if (record.reason !== reason) said.push(`It ended for another reason: ${record.reason} then, ${reason} now.`);
  return said;
}
