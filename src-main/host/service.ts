// The service behind every door: it owns the workspace and the catalogue, and sends heavy work to job processes.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildModel } from '../compiler/model.ts';
import type {
  Core,
  DeviceModel,
  DeviceReport,
  EncodeResult,
  ExportFormat,
  ExportOptions,
  ExportResult,
  ImportResult,
  Run,
  TrainResult,
} from '../contract/api.ts';
import type {
  AppendResult,
  AppendSettings,
  CompressionCurve,
  CompressResult,
  CompressSettings,
} from '../contract/archive.ts';
import type { ColumnChoice } from '../contract/columns.ts';
import { PinholeError } from '../contract/errors.ts';
import type { ClusterSettings, ImageFolder } from '../contract/explore.ts';
import type { Context, Dataset, Item, LabelledImages, Warning } from '../contract/records.ts';
import type { AdviceRequest, SweepContext, SweepRequest } from '../contract/search.ts';
import {
  type ImportRequest,
  importSettingsSchema,
  type TrainingRequest,
  type TrainingSettings,
  trainingSettingsSchema,
} from '../contract/settings.ts';
import type { MapMethod, MapSettings } from '../contract/tasks.ts';
import type { RunEvent } from '../contract/views.ts';
import { type Catalogue, openCatalogue, type RunRecord } from '../dataset/catalogue.ts';
import { contentHash } from '../dataset/content-hash.ts';
import { importDataset } from '../dataset/import.ts';
import { openDataset, readPixels } from '../dataset/open.ts';
import { openOriginals } from '../dataset/originals.ts';
import type { DeviceKind } from '../engine/executor.ts';
import { copyIntoFolders } from '../exports/image-folders.ts';
import { writeImageSheet } from '../exports/image-sheet.ts';
import { removeLeftovers } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { codePaths } from '../latent/encode.ts';
import { planTraining } from '../training/presets.ts';
import { findRunFile, readMetrics, readRunFile, runPaths, writeRunFile } from '../training/run-files.ts';
import type { LostDevice, TrainingOutcome } from '../training/train.ts';
import { adviseCodeSize } from './advise.ts';
import { compareRuns, expectOneDataset } from './compare-runs.ts';
import {
  clustersOf,
  duplicatesOf,
  type Explored,
  makeMap,
  neighboursOf,
  outliersOf,
  overlapOf,
  placeImages,
} from './explore.ts';
import { exportRun } from './export-run.ts';
import { importColumns } from './import-columns.ts';
import { type JobContext, startJob } from './job.ts';
import { lockWorkspace, type WorkspaceLock } from './lock.ts';
import { makeBeside } from './more-columns.ts';
import { parse } from './parse-settings.ts';
import { readSweeps, runSweep } from './sweep.ts';
import type { JobInput, JobResults } from './training-job.ts';

export interface ServiceOptions {
  workspace: string;
  /** What the lock tells a second process that finds it taken, e.g. `pinhole train`. */
  command: string;
}

export interface OpenWorkspace {
  core: Core;
  catalogue: Catalogue;
}

/** The main job in a workspace; see `openWorkspace`. */
export async function createService(options: ServiceOptions, context: Context = {}): Promise<Core> {
  return (await openWorkspace(options, context)).core;
}

/** For looking only: beside the process that holds the writer lock, or as `createService` opens it where nobody does. */
export async function createReader(options: ServiceOptions, context: Context = {}): Promise<Core> {
  try {
    return await createService(options, context);
  } catch (error) {
    if (!(error instanceof PinholeError) || error.code !== 'workspace-locked') throw error;
    const { workspace } = options;
    return new WorkspaceService(workspace, openCatalogue(workspace, { readOnly: true }), { release() {} });
  }
}

/** What can train here, and how fast; needs no workspace. */
export function findDevices(context: Context = {}, model: DeviceModel = {}): Promise<DeviceReport[]> {
  return runInJob({ kind: 'devices', model }, context);
}

/** Opens the workspace, making it where it is not there. Errors: `workspace-locked`, `file-damaged`. */
export async function openWorkspace(
  { workspace, command }: ServiceOptions,
  context: Context = {},
): Promise<OpenWorkspace> {
  await makeFolder(workspace);
  const lock = await lockWorkspace(workspace, command, context);
  try {
    const catalogue = openCatalogue(workspace);
    // Whoever was training when the last process ended is not training any more.
    for (const run of catalogue.listRuns()) {
      if (run.state === 'running') catalogue.updateRun(run.id, { state: 'interrupted' });
    }
    // Nobody is there any more who could undo their removal.
    catalogue.deleteColumnsAside();
    return { core: new WorkspaceService(workspace, catalogue, lock), catalogue };
  } catch (error) {
    lock.release();
    throw error;
  }
}

// A device that is lost this often in one run will be lost again.
const allowedRestarts = 2;

class WorkspaceService implements Core {
  readonly workspace: string;
  readonly #catalogue: Catalogue;
  readonly #lock: Pick<WorkspaceLock, 'release'>;

  constructor(workspace: string, catalogue: Catalogue, lock: Pick<WorkspaceLock, 'release'>) {
    this.workspace = workspace;
    this.#catalogue = catalogue;
    this.#lock = lock;
  }

  async import(request: ImportRequest, context?: Context): Promise<ImportResult> {
    return importDataset(this.#catalogue, this.workspace, parse(importSettingsSchema, request), context ?? {});
  }

  async train(
    datasetId: string,
    request: TrainingRequest,
    options: { fresh?: boolean; runId?: string } = {},
    context: Context = {},
  ): Promise<TrainResult> {
    const settings = parse(trainingSettingsSchema, request);
    const dataset = this.#readyDataset(datasetId);
    // A setting that cannot work is refused before there is a run that would be left as failed.
    buildModel(planTraining(settings, dataset, dataset.count).spec, dataset);
    const known = options.fresh ? undefined : this.#knownRun(options.runId ?? runId(dataset, settings));
    if (known) context.onRun?.(known.id);
    if (known?.state === 'finished') {
      return { run: known, trained: false, seconds: (await readRunFile(known.folder)).seconds.train };
    }
    const run = known ?? this.#insertRun(dataset, settings);
    if (!known) context.onRun?.(run.id);
    const outcome = await this.#trainToTheEnd(run, settings, context);
    const file = {
      ...outcome.run,
      reason: outcome.reason,
      seconds: { train: outcome.seconds, encode: 0, evaluate: 0, processor: outcome.processorSeconds },
    };
    await writeRunFile(run.folder, file);
    this.#catalogue.updateRun(run.id, {
      state: 'finished',
      epochs: outcome.epochs,
      device: file.device.name,
      codeSize: file.plan.spec.codeSize,
    });
    return { run: this.#catalogue.getRun(run.id), trained: true, seconds: outcome.seconds };
  }

  /** Encoding the run's own data set also makes its report; both are kept and not made again. */
  async encode(id: string, options: { datasetId?: string } = {}, context: Context = {}): Promise<EncodeResult> {
    const run = this.#finishedRun(id);
    const datasetId = options.datasetId ?? run.datasetId;
    const own = datasetId === run.datasetId;
    const folder = codesFolder(run, datasetId);
    const codesFile = codePaths(folder).codes;
    const file = await readRunFile(run.folder);
    if (own) this.#expectUnchanged(run, file.datasetHash);
    if (own && run.report) {
      const { encode, evaluate } = file.seconds;
      return {
        run,
        images: this.#catalogue.items(datasetId).length,
        codesFile,
        seconds: encode,
        evaluateSeconds: evaluate,
      };
    }
    const input = { workspace: this.workspace, datasetId, runFolder: run.folder };
    const encoded = await runInJob({ kind: 'encode', ...input, codesFolder: folder }, context);
    if (!own) return { run, ...encoded, codesFile, evaluateSeconds: 0 };

    const started = performance.now();
    const report = await runInJob({ kind: 'report', ...input }, context);
    const evaluateSeconds = (performance.now() - started) / 1000;
    const seconds = { ...file.seconds, encode: encoded.seconds, evaluate: evaluateSeconds };
    const { warnings: _, ...kept } = file;
    await writeRunFile(run.folder, { ...kept, report, seconds });
    this.#catalogue.updateRun(id, { report });
    return { run: this.#catalogue.getRun(id), ...encoded, codesFile, evaluateSeconds };
  }

  async decode(id: string, codesFile: string, outFolder: string, context: Context = {}): Promise<ExportResult> {
    const started = performance.now();
    const { folder } = this.#finishedRun(id);
    const { files } = await runInJob({ kind: 'decode', runFolder: folder, codesFile, outFolder }, context);
    return { files: [outFolder], rows: files, seconds: (performance.now() - started) / 1000 };
  }

  async export(
    id: string,
    outFolder: string,
    formats: ExportFormat[],
    context: Context = {},
    options: ExportOptions = {},
  ): Promise<ExportResult> {
    const run = this.#finishedRun(id);
    const { map = null, clusters = null, duplicates = false, datasetId = run.datasetId } = options;
    const own = datasetId === run.datasetId;
    const wanted = own && (map !== null || clusters !== null || duplicates);
    const made = wanted
      ? await makeBeside(await this.#explored(id, context), { map, clusters, duplicates }, context)
      : null;
    if (own) this.#expectUnchanged(run, (await readRunFile(run.folder)).datasetHash);
    const items = this.#catalogue.items(datasetId);
    const input = { workspace: this.workspace, datasetId, runFolder: run.folder };
    const dataset = this.#catalogue.getDataset(datasetId);
    return exportRun(
      {
        run,
        dataset,
        // The run learned from none of the images of another data set, whatever that would use them for.
        items: own ? items : items.map((item) => ({ ...item, split: 'test' })),
        codesFolder: codesFolder(run, datasetId),
        bom: options.bom ?? false,
        imported: this.#catalogue.columns(datasetId).map(({ name }) => this.#catalogue.column(datasetId, name)),
        more: made?.columns ?? null,
        subject: options.subject ?? {
          ...{ map: map?.method ?? null, color: options.color ?? null, ids: null },
          ...{ clusters: made?.clusters ?? null, duplicates: made?.duplicates ?? null },
        },
        division: this.#catalogue.division(datasetId),
        contentHash: () => this.contentHash(datasetId, context),
        pixels: (ids) => readPixels(this.workspace, dataset, ids),
        reconstruct: (ids) => runInJob({ kind: 'reconstruct', ...input, ids }, context),
      },
      outFolder,
      formats,
      context,
    );
  }

  async compress(
    id: string,
    settings: CompressSettings,
    options: { datasetId?: string } = {},
    context: Context = {},
  ): Promise<CompressResult> {
    await makeFolder(dirname(settings.file));
    return runInJob({ kind: 'compress', ...(await this.#archiveInput(id, settings, options)) }, context);
  }

  async append(
    id: string,
    settings: AppendSettings,
    options: { datasetId?: string } = {},
    context: Context = {},
  ): Promise<AppendResult> {
    return runInJob({ kind: 'append', ...(await this.#archiveInput(id, settings, options)) }, context);
  }

  async measureCurve(id: string, options: { compare: boolean }, context: Context = {}): Promise<CompressionCurve> {
    return runInJob({ kind: 'curve', ...this.#modelAndImages(id), ...options }, context);
  }

  async #archiveInput<Settings extends { file: string }>(
    id: string,
    settings: Settings,
    options: { datasetId?: string },
  ) {
    await removeLeftovers(dirname(settings.file));
    return { ...this.#modelAndImages(id, options.datasetId), settings };
  }

  #modelAndImages(id: string, other?: string) {
    const { id: runId, preset, folder: runFolder, datasetId } = this.#finishedRun(id);
    return { workspace: this.workspace, datasetId: other ?? datasetId, runId, preset, runFolder };
  }

  async layOut(id: string, settings: MapSettings, context: Context = {}) {
    return makeMap(await this.#explored(id, context), settings, context);
  }

  async place(id: string, datasetId: string, method: MapMethod, context: Context = {}) {
    const explored = await this.#explored(id, context);
    await this.encode(id, { datasetId }, context);
    const added = {
      datasetId,
      items: this.#catalogue.items(datasetId),
      codesFolder: codesFolder(explored.run, datasetId),
    };
    return placeImages(explored, method, added, context);
  }

  async neighbours(id: string, image: string, count: number, context: Context = {}) {
    const explored = await this.#explored(id, context);
    return neighboursOf(explored, this.#findItem(explored.run.datasetId, image), count, context);
  }

  async neighbourOverlap(id: string, otherId: string, k: number, context: Context = {}) {
    expectOneDataset([id, otherId].map((one) => this.#catalogue.getRun(one)));
    if (id === otherId) {
      throw new PinholeError(
        'usage',
        `Expected two runs, received ${id} twice.`,
        'Name another run of the same images.',
      );
    }
    return overlapOf(await this.#explored(id, context), await this.#explored(otherId, context), k, context);
  }

  async clusters(id: string, settings: ClusterSettings, context: Context = {}) {
    return clustersOf(await this.#explored(id, context), settings, context);
  }

  async duplicates(id: string, context: Context = {}) {
    return duplicatesOf(await this.#explored(id, context), context);
  }

  async outliers(id: string, count: number, context: Context = {}) {
    return outliersOf(await this.#explored(id, context), count, context);
  }

  async copyImages(datasetId: string, folders: readonly ImageFolder[], outFolder: string, context: Context = {}) {
    const spoolFolder = join(this.workspace, 'copying');
    const read = openOriginals(this.#catalogue.getDataset(datasetId), spoolFolder, context);
    const [items, datasets] = [this.#catalogue.items(datasetId), this.#catalogue.listDatasets()];
    try {
      return await copyIntoFolders({ folder: outFolder, folders, items, datasets, read }, context);
    } finally {
      await rm(spoolFolder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** Encoded, where that was not done yet. */
  async #explored(id: string, context: Context): Promise<Explored> {
    const { run } = await this.encode(id, {}, context);
    return { workspace: this.workspace, run, items: this.#catalogue.items(run.datasetId) };
  }

  async sample(id: string, options: { count: number; seed: number }, file: string, context: Context = {}) {
    const { folder } = this.#finishedRun(id);
    const images = await runInJob({ kind: 'sample', runFolder: folder, ...options }, context);
    await writeImageSheet(file, images);
  }

  async walk(
    id: string,
    { from, to, steps }: { from: string; to: string; steps: number },
    file: string,
    context: Context = {},
  ) {
    const run = this.#finishedRun(id);
    const ids = [from, to].map((name) => this.#findItem(run.datasetId, name).id);
    const input = { workspace: this.workspace, datasetId: run.datasetId, runFolder: run.folder };
    const images = await runInJob({ kind: 'walk', ...input, ids, steps }, context);
    await writeImageSheet(file, images, { columns: steps });
  }

  async sweep(datasetId: string, request: SweepRequest, context: SweepContext = {}) {
    return runSweep(this, this.#readyDataset(datasetId), request, context);
  }

  async sweeps() {
    return readSweeps(this.workspace);
  }

  async compare(ids: string[], outFolder: string | null, context: Context = {}) {
    const datasetId = expectOneDataset(ids.map((id) => this.#catalogue.getRun(id)));
    const runs: Run[] = [];
    for (const id of new Set(ids)) runs.push((await this.encode(id, {}, context)).run);
    const input = { workspace: this.workspace, datasetId };
    return compareRuns(
      {
        dataset: this.#catalogue.getDataset(datasetId),
        items: this.#catalogue.items(datasetId),
        runs,
        reconstruct: ({ folder }, wanted) =>
          runInJob({ kind: 'reconstruct', ...input, runFolder: folder, ids: wanted }, context),
      },
      outFolder,
      context,
    );
  }

  async advise(datasetId: string, request: AdviceRequest, context: Context = {}) {
    const dataset = this.#readyDataset(datasetId);
    const { seed } = parse(trainingSettingsSchema, request);
    const input = { workspace: this.workspace, datasetId, seed };
    const pca = await runInJob({ kind: 'spectrum', ...input }, context);
    return adviseCodeSize(this, dataset, request, pca, context);
  }

  async datasets(): Promise<Dataset[]> {
    return this.#catalogue.listDatasets();
  }

  async contentHash(datasetId: string, context: Context = {}): Promise<string> {
    const dataset = openDataset(this.#catalogue, this.workspace, datasetId, { memoryLimit: 0 });
    try {
      return await contentHash(dataset, context);
    } finally {
      dataset.close();
    }
  }

  async labelImages(datasetId: string, groups: LabelledImages[]) {
    return this.#catalogue.labelItems(datasetId, groups);
  }

  async importColumns(datasetId: string, file: string, choice: ColumnChoice = {}, context: Context = {}) {
    return importColumns(this.#catalogue, datasetId, file, choice, context);
  }

  async columns(datasetId: string) {
    return this.#catalogue.columns(datasetId);
  }

  async importedColumn(datasetId: string, name: string) {
    return this.#catalogue.column(datasetId, name);
  }

  async removeColumn(datasetId: string, name: string) {
    this.#catalogue.setColumnAside(datasetId, name, true);
  }

  async items(datasetId: string): Promise<Item[]> {
    return this.#catalogue.items(datasetId);
  }

  async failures(datasetId: string) {
    return this.#catalogue.failures(datasetId);
  }

  async runs(): Promise<Run[]> {
    return this.#catalogue.listRuns();
  }

  async metrics(id: string) {
    return readMetrics(this.#catalogue.getRun(id).folder);
  }

  async warnings(id: string): Promise<Warning[]> {
    const run = this.#catalogue.getRun(id);
    return run.report?.warnings ?? (await findRunFile(run.folder))?.warnings ?? [];
  }

  async devices(context: Context = {}): Promise<DeviceReport[]> {
    return findDevices(context);
  }

  async close(): Promise<void> {
    this.#catalogue.close();
    this.#lock.release();
  }

  #readyDataset(id: string): Dataset {
    const dataset = this.#catalogue.getDataset(id);
    if (dataset.state === 'ready') return dataset;
    throw new PinholeError(
      'usage',
      `The import of ${dataset.name} was not finished.`,
      'Import the same sources again to finish it, then train.',
    );
  }

  #finishedRun(id: string): RunRecord {
    const run = this.#catalogue.getRun(id);
    if (run.state === 'finished') return run;
    throw new PinholeError(
      'usage',
      `The run ${id} is ${run.state}; it has no model yet.`,
      'Train with the same settings again to finish it.',
    );
  }

  /** Codes and splits are those of the images as they were: with others, rows would be mixed up and seen images held out. */
  #expectUnchanged(run: RunRecord, trainedOn: string): void {
    const dataset = this.#catalogue.getDataset(run.datasetId);
    if (dataset.hash === trainedOn) return;
    throw new PinholeError(
      'usage',
      `The data set ${dataset.name} is not the one any more that ${run.id} was trained on: its images or their splits have changed.`,
      `Train again (pinhole train ${dataset.id}), or encode the images as new ones (pinhole encode ${run.id} SOURCE --out FOLDER).`,
    );
  }

  /** The run with this id; where that was deleted, the newest repetition of it. */
  #knownRun(id: string): RunRecord | undefined {
    const repetitions = this.#catalogue.listRuns().filter((run) => /^-\d+$/.test(run.id.slice(id.length)));
    return this.#catalogue.findRun(id) ?? repetitions.findLast((run) => run.id.startsWith(id));
  }

  /** By its path in the data set, or by its id. */
  #findItem(datasetId: string, name: string): Item {
    const items = this.#catalogue.items(datasetId);
    const found = items.find(({ path }) => path === name) ?? items.find(({ id }) => String(id) === name);
    if (found) return found;
    throw new PinholeError(
      'not-found',
      `There is no image "${name}" in the data set ${this.#catalogue.getDataset(datasetId).name}.`,
      'Name its path or its id as in features.csv (path, image_id).',
    );
  }

  #insertRun(dataset: Dataset, settings: TrainingSettings): RunRecord {
    const base = runId(dataset, settings);
    let id = base;
    for (let copy = 2; this.#catalogue.hasRun(id); copy++) id = `${base}-${copy}`;
    const run: RunRecord = {
      id,
      datasetId: dataset.id,
      preset: settings.spec?.name ?? settings.preset,
      state: 'interrupted',
      codeSize: settings.codeSize ?? 0,
      epochs: 0,
      device: settings.device,
      folder: join(this.workspace, 'runs', id),
      created: new Date().toISOString(),
      report: null,
      settings,
    };
    this.#catalogue.insertRun(run);
    return run;
  }

  /** Goes on from the last checkpoint when the device is lost, and leaves a run that can be resumed in any other case. */
  async #trainToTheEnd(run: RunRecord, settings: TrainingSettings, context: Context): Promise<TrainingOutcome> {
    this.#catalogue.updateRun(run.id, { state: 'running' });
    const input = {
      kind: 'train',
      workspace: this.workspace,
      datasetId: run.datasetId,
      runId: run.id,
      folder: run.folder,
      settings,
    } as const;
    try {
      const lost: LostDevice[] = [];
      for (let restarts = 0; ; restarts++) {
        const resume = existsSync(runPaths(run.folder).run);
        try {
          return await runInJob({ ...input, resume, lost, patience: devicePatience() }, steered(context));
        } catch (error) {
          if (!(error instanceof PinholeError) || error.code !== 'device-lost' || restarts === allowedRestarts)
            throw error;
          lost.push(...(await lostIn(run.folder, error)));
          context.onNotice?.({
            level: 'warning',
            message: `${error.message} Training goes on from its last checkpoint.`,
          });
        }
      }
    } catch (error) {
      const cancelled = error instanceof PinholeError && error.code === 'cancelled';
      this.#catalogue.updateRun(run.id, { state: cancelled ? 'interrupted' : 'failed' });
      throw error;
    }
  }
}

/** Nothing where it was the CPU that failed: there is none more dependable. */
async function lostIn(folder: string, { message }: PinholeError): Promise<LostDevice[]> {
  if (!existsSync(runPaths(folder).run)) return [];
  const { device } = await readRunFile(folder);
  return device.kind === 'cpu' ? [] : [{ kind: device.kind as DeviceKind, error: message }];
}

/** A slow GPU under load was seen to compile its first step for a minute; a hung one never ends. In milliseconds. */
function devicePatience(): number {
  return 1000 * (Number(process.env.PINHOLE_DEVICE_PATIENCE) || 180);
}

/** Its course arrives as events of the job, and commands reach it while it lasts. */
function steered(context: Context): JobContext<RunEvent> {
  return {
    ...context,
    onEvent: (event) => context.onRunEvent?.(event),
    onStarted: (send) =>
      context.onControls?.({ pause: () => send('pause'), resume: () => send('resume'), finish: () => send('finish') }),
  };
}

function runInJob<I extends JobInput>(input: I, context: Context): Promise<JobResults[I['kind']]> {
  return startJob(new URL('./training-job.ts', import.meta.url), input, context);
}

/** The run's own codes, or those of other images that its model encoded. */
function codesFolder(run: Run, datasetId: string): string {
  return datasetId === run.datasetId ? runPaths(run.folder).codes : join(run.folder, `codes-${datasetId}`);
}

/** The same data, settings and seed give the same id, so that running the same again finds what is there. */
function runId(dataset: Dataset, { checkpointSeconds: _, ...settings }: TrainingSettings): string {
  const identity = JSON.stringify([dataset.hash, Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return `${settings.spec ? 'spec' : settings.preset}-${createHash('sha256').update(identity).digest('hex').slice(0, 10)}`;
}
