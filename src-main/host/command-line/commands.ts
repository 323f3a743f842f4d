// What each command does with the service. Reading options and reporting errors is not theirs.
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import * as v from 'valibot';
import type { ImageShape } from '../../compiler/model.ts';
import type {
  Core,
  DeviceModel,
  DeviceReport,
  EncodeResult,
  ExportFormat,
  ExportResult,
  ImportResult,
  Run,
  TrainResult,
} from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import { usualClusters } from '../../contract/explore.ts';
import type { Context, Dataset, Notice, Warning } from '../../contract/records.ts';
import {
  type ImportRequest,
  type PresetName,
  presetNames,
  type TrainingRequest,
  trainingSettingsSchema,
} from '../../contract/settings.ts';
import { type MapColor, type MapMethod, mapSettingsSchema } from '../../contract/tasks.ts';
import { drawSamples, type SampleSettings } from '../../dataset/samples.ts';
import { makeFolder } from '../../files/folder.ts';
import { planTraining, presets } from '../../training/presets.ts';
import { parse } from '../parse-settings.ts';
import { pickSettings } from './options.ts';
import {
  describeDatasets,
  describeDevice,
  describeImport,
  describeReport,
  describeRuns,
  describeTraining,
  describeWarning,
  printable,
} from './summary.ts';
import type { Terminal } from './terminal.ts';
import { formatCount, formatDuration, plural } from './words.ts';

/** What a command works with. `warnings` are the notices of that level so far, for the JSON result. */
export interface Work extends LoneWork {
  service: Core;
}

export interface LoneWork {
  terminal: Terminal;
  context: Context;
  warnings: Notice[];
  /** The workspace's folder, whether it is opened or not, and the command line as the lock names it. */
  workspace: string;
  command: string;
  findDevices: (context: Context, model: DeviceModel) => Promise<DeviceReport[]>;
  /** The exit code of a command that did all it was asked to, with a result that scripts should not take for a success. */
  endAs: (outcome: 'differs') => void;
}

export type Options = Record<string, unknown>;

export const exportFormats: ExportFormat[] = ['csv', 'npy', 'parquet', 'model', 'contact-sheet', 'loss-plot'];

export async function importImages(work: Work, sources: string[], options: Options): Promise<void> {
  const result = await work.service.import(importRequest(work, sources, options), work.context);
  work.terminal.say(describeImport(result));
  work.terminal.say(`Data set ${result.dataset.id}. Next: pinhole train ${result.dataset.id}`);
  work.terminal.result(result);
}

export async function train(work: Work, datasetId: string | undefined, options: Options): Promise<void> {
  const dataset = findOne('data set', await work.service.datasets(), datasetId);
  work.terminal.say(`Training on ${printable(dataset.name)} (${dataset.id}).`);
  const result = await trainOn(work, dataset, options);
  const { run } = await work.service.encode(result.run.id, {}, work.context);
  sayReport(work, run);
  work.terminal.say(`Run ${run.id}. Next: pinhole export ${run.id} --out FOLDER`);
  work.terminal.result({ ...result, run });
}

export async function encode(work: Work, runId: string, sources: string[], options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const dataset = sources.length > 0 ? await importAs(work, run, sources, options) : undefined;
  const images = dataset ? { datasetId: dataset.id } : {};
  const result = await work.service.encode(run.id, images, work.context);
  work.terminal.say(
    `Encoded ${plural(result.images, 'image')} in ${formatDuration(result.seconds)}: ${result.codesFile}`,
  );
  if (options.out === undefined) return work.terminal.result(result);
  const out = await makeOutFolder(options);
  const exported = await work.service.export(run.id, out, ['csv', 'npy', 'parquet'], work.context, images);
  sayFiles(work, exported);
  work.terminal.result({ ...result, files: exported.files });
}

export async function decode(work: Work, runId: string, codesFile: string, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const out = await makeOutFolder(options);
  const result = await work.service.decode(run.id, resolve(codesFile), out, work.context);
  work.terminal.say(`Decoded ${plural(result.rows, 'image')} in ${formatDuration(result.seconds)}: ${out}`);
  work.terminal.result(result);
}

/** New images from the prior of a run's model, as a sheet. */
export async function sample(work: Work, runId: string, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const file = resolve(options.out as string);
  const { count = 64, seed = 1 } = options as { count?: number; seed?: number };
  await work.service.sample(run.id, { count, seed }, file, work.context);
  work.terminal.say(`Drew ${plural(count, 'image')}: ${file}`);
  work.terminal.result({ run: run.id, count, seed, file });
}

/** The way between two images, as a strip. */
export async function walk(work: Work, runId: string, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const file = resolve(options.out as string);
  const { from, to, steps = 10 } = options as { from: string; to: string; steps?: number };
  await work.service.walk(run.id, { from, to, steps }, file, work.context);
  work.terminal.say(`Walked from ${printable(from)} to ${printable(to)} in ${steps} images: ${file}`);
  work.terminal.result({ run: run.id, from, to, steps, file });
}

/** Lists the presets, or prints one as a spec of layers for images of a size. */
export async function showPresets(work: LoneWork, name: string | undefined, options: Options): Promise<void> {
  if (name === undefined) {
    for (const preset of presetNames) work.terminal.say(`${preset}: ${presets[preset].description}`);
    work.terminal.result({ presets: presetNames.map((preset) => ({ preset, ...presets[preset] })) });
    return;
  }
  const request = { preset: name, codeSize: options.codes };
  const settings = v.safeParse(trainingSettingsSchema, request);
  if (!settings.success)
    throw new PinholeError('usage', `There is no preset "${name}".`, `Choose one of ${presetNames.join(', ')}.`);
  const image = (options.image as ImageShape | undefined) ?? { height: 28, width: 28, channels: 1 };
  const { spec } = planTraining(settings.output, image, 60_000);
  work.terminal.say(JSON.stringify(spec, null, 2));
  work.terminal.result({ spec });
}

export async function exportFeatures(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const out = await makeOutFolder(options);
  const encoded = await work.service.encode(run.id, {}, work.context);
  const formats = (options.formats as ExportFormat[] | undefined) ?? exportFormats;
  const { map: method, color = null } = options as { map?: MapMethod; color?: MapColor };
  const { bom = false, duplicates = false } = options as { bom?: boolean; duplicates?: boolean };
  const map = method === undefined ? null : parse(mapSettingsSchema, { method });
  const clusters = options.clusters === true || color === 'cluster' ? usualClusters : null;
  const wanted = { bom, map, clusters, duplicates, color };
  const result = await work.service.export(run.id, out, formats, work.context, wanted);
  sayReport(work, encoded.run);
  sayFiles(work, result);
  work.terminal.result(result);
}

/** The whole job: images in, learned features out. */
export async function reduce(work: Work, given: string[], options: Options): Promise<void> {
  const out = resolve(options.out as string);
  const drawn = join(out, 'samples');
  const request = importRequest(work, options.samples ? [...given, drawn] : given, options);
  await makeFolder(out);
  if (options.samples) await drawInto(work, drawn, options.samples);
  const imported = await work.service.import(request, work.context);
  work.terminal.say(describeImport(imported));
  const trained = await trainOn(work, imported.dataset, options);
  const encoded = await work.service.encode(trained.run.id, {}, work.context);
  work.terminal.say(`Encoded ${plural(encoded.images, 'image')} in ${formatDuration(encoded.seconds)}.`);
  const exported = await work.service.export(trained.run.id, out, exportFormats, work.context);
  sayReport(work, encoded.run);
  sayFiles(work, exported);
  work.terminal.result(reduceResult(work, out, imported, trained, encoded, exported));
}

export async function showInfo(work: Work, id: string | undefined): Promise<void> {
  const [datasets, runs] = [await work.service.datasets(), await work.service.runs()];
  if (id === undefined) {
    work.terminal.say(`Workspace ${work.service.workspace}`);
    work.terminal.say(`${describeDatasets(datasets)}\n${describeRuns(runs)}`);
    work.terminal.result({ workspace: work.service.workspace, datasets, runs });
    return;
  }
  const dataset = datasets.find((candidate) => candidate.id === id || candidate.name === id);
  if (dataset) await showDataset(work, dataset);
  else await showRun(work, findOne('data set or run', runs, id));
}

/** Needs no workspace. */
export async function listDevices(work: LoneWork, { preset, codes, size, color }: Options): Promise<void> {
  const model = {
    ...(preset !== undefined && { preset: preset as PresetName }),
    ...(codes !== undefined && { codeSize: codes as number }),
    ...(size !== undefined && { size: size as number }),
    ...(color !== undefined && { channels: color === 'rgb' ? (3 as const) : (1 as const) }),
  };
  const devices = await work.findDevices(work.context, model);
  for (const device of devices) work.terminal.say(describeDevice(device));
  work.terminal.result({ devices });
}

/** Draws sample images; needs no workspace. */
export async function samples({ terminal, context }: LoneWork, folder: string, options: Options): Promise<void> {
  const started = performance.now();
  await makeFolder(folder);
  const { count } = await drawSamples(options as SampleSettings, resolve(folder), context);
  const seconds = (performance.now() - started) / 1000;
  terminal.say(`Drew ${plural(count, 'image')} in ${formatDuration(seconds)}: ${resolve(folder)}`);
  terminal.result({ images: count, folder: resolve(folder), seconds });
}

/** Serves browsers until it is interrupted, which is its end and no failure. */
export async function serveBrowsers(work: LoneWork, options: Options): Promise<void> {
  const { terminal, context, workspace, command } = work;
  const roots = (options.root as string[] | undefined)?.map((root) => resolve(root)) ?? [homedir()];
  // Loaded on demand, as the only one that needs it.
  const { serve } = await import('../serve.ts');
  const port = options.port as number | undefined;
  await serve({ workspace, command, roots, port, open: options.open === true }, context, (address) => {
    terminal.say(`Pinhole is at ${address}`);
    terminal.result({ address, workspace });
  });
}

async function showDataset(work: Work, dataset: Dataset): Promise<void> {
  const failures = await work.service.failures(dataset.id);
  work.terminal.say(describeDatasets([dataset]));
  work.terminal.say(
    `Made ${dataset.created} from\n${dataset.sources.map((source) => `  ${printable(source)}`).join('\n')}`,
  );
  for (const { path, reason } of failures) work.terminal.say(`  skipped ${printable(path)}: ${reason}`);
  work.terminal.result({ dataset, failures });
}

async function showRun(work: Work, run: Run): Promise<void> {
  const metrics = await work.service.metrics(run.id);
  work.terminal.say(describeRuns([run]));
  work.terminal.say(`Made ${run.created} on ${run.device}; files in ${run.folder}`);
  const warnings = await work.service.warnings(run.id);
  if (run.report) work.terminal.say(describeReport(run.report, run.preset));
  else for (const warning of warnings) work.terminal.say(describeWarning(warning));
  work.terminal.result({ run, metrics, warnings });
}

export async function trainOn(work: Work, dataset: Dataset, options: Options): Promise<TrainResult> {
  const request = pickSettings('train', options) as TrainingRequest;
  const result = await work.service.train(dataset.id, request, { fresh: options.fresh === true }, work.context);
  work.terminal.say(describeTraining(result.run, result.trained, result.seconds));
  return result;
}

/** Images that the run has not seen, brought to the pixels that its model was trained on; nothing of them is held out. */
export async function importAs(work: Work, run: Run, sources: string[], options: Options): Promise<Dataset> {
  const trainedOn = findOne('data set', await work.service.datasets(), run.datasetId);
  const { preprocessing } = trainedOn;
  const result = await work.service.import(
    { ...importRequest(work, sources, { out: options.out }), preprocessing, validation: 0 },
    work.context,
  );
  work.terminal.say(describeImport(result));
  return result.dataset;
}

export function importRequest({ service }: Work, sources: string[], options: Options): ImportRequest {
  if (sources.length === 0) {
    throw new PinholeError(
      'usage',
      'No source was named.',
      'Name folders or files of images, or draw some with --samples.',
    );
  }
  const settings = pickSettings('import', options) as Partial<ImportRequest>;
  const tests = settings.testSources ? { testSources: settings.testSources.map((source) => resolve(source)) } : {};
  const request = { ...settings, ...tests, sources: sources.map((source) => resolve(source)) };
  expectSourcesOutside({ service }, request, options);
  return request;
}

export function expectSourcesOutside(
  { service }: Pick<Work, 'service'>,
  request: ImportRequest,
  { out }: Options,
): void {
  expectOutside('workspace', service.workspace, request);
  if (out) expectOutside('output folder', resolve(out as string), request);
}

/** The data set or run with this id (its beginning is enough) or name; the newest one where none is named. */
export function findOne<T extends { id: string; created: string; name?: string }>(
  what: string,
  all: T[],
  id: string | undefined,
): T {
  const newest = all.toSorted((a, b) => (a.created < b.created ? 1 : -1))[0];
  if (id === undefined && newest) return newest;
  const exact = all.find((candidate) => candidate.id === id || candidate.name === id);
  const similar = id ? all.filter((candidate) => candidate.id.startsWith(id)) : [];
  const found = exact ?? (similar.length === 1 ? similar[0] : undefined);
  if (found) return found;
  const message = id ? `There is no ${what} "${id}" in this workspace.` : `There is no ${what} in this workspace yet.`;
  throw new PinholeError(
    'not-found',
    message,
    '"pinhole info" lists what there is; --workspace names another workspace.',
  );
}

/** What Pinhole writes must never come back as images to learn from. */
function expectOutside(what: string, folder: string, { sources, testSources = [] }: ImportRequest): void {
  for (const source of [...sources, ...testSources]) {
    const [first] = relative(source, folder).split(sep);
    if (first === '..' || isAbsolute(first!)) continue;
    throw new PinholeError(
      'usage',
      `The ${what} ${folder} lies inside the source ${source}: what is written there would be imported as images.`,
      'Choose a folder outside of the images.',
    );
  }
}

async function makeOutFolder(options: Options): Promise<string> {
  const out = resolve(options.out as string);
  await makeFolder(out);
  return out;
}

/** `wanted` is a number, or true where none was given. */
async function drawInto(work: Work, folder: string, wanted: unknown): Promise<void> {
  const { count } = await drawSamples(typeof wanted === 'number' ? { count: wanted } : {}, folder, work.context);
  work.terminal.say(`Drew ${plural(count, 'sample image')}: ${folder}`);
}

function sayReport(work: Work, { report, preset }: Run): void {
  if (report) work.terminal.say(describeReport(report, preset));
}

function sayFiles(work: Work, { files, rows, seconds }: ExportResult): void {
  const listed = files.map((file) => `  ${file}`).join('\n');
  work.terminal.say(`Wrote ${formatCount(rows)} rows in ${formatDuration(seconds)}:\n${listed}`);
}

/** Names and meaning are relied on by scripts: add to them, never change them. Null where a figure does not apply. */
function reduceResult(
  { service, warnings }: Work,
  out: string,
  { dataset, failures, seconds: importSeconds }: ImportResult,
  { run: trainedRun, seconds: trainSeconds }: TrainResult,
  { run, seconds: encodeSeconds, evaluateSeconds }: EncodeResult,
  { files, seconds: exportSeconds }: ExportResult,
) {
  const report = run.report;
  const said: (Warning | Notice)[] = [...(report?.warnings ?? []), ...warnings];
  return {
    images: dataset.count,
    skipped: failures.length,
    size: dataset.width,
    channels: dataset.channels,
    codes: run.codeSize,
    preset: run.preset,
    device: trainedRun.device,
    epochs: run.epochs,
    importSeconds,
    trainSeconds,
    encodeSeconds,
    evaluateSeconds,
    exportSeconds,
    heldOut: report?.heldOut ?? null,
    heldOutCount: report?.heldOutCount ?? null,
    heldOutMse: report?.model.mse ?? null,
    pcaMse: report?.pca.mse ?? null,
    meanImageMse: report?.meanImage.mse ?? null,
    psnr: report?.model.psnr ?? null,
    ssim: report?.model.ssim ?? null,
    knn: report?.knn ?? null,
    pcaKnn: report?.pcaKnn ?? null,
    rawKnn: report?.rawKnn ?? null,
    warnings: said.map(({ message, advice }) => (advice ? `${message} ${advice}` : message)),
    findings: report?.warnings ?? [],
    workspace: service.workspace,
    dataset: dataset.id,
    run: run.id,
    out,
    files,
  };
}
