// Everything a run can be taken home as: one format after another into a folder.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ExportFormat, ExportResult } from '../contract/api.ts';
import type { ImportedColumn } from '../contract/columns.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { ExportSubject } from '../contract/explore.ts';
import type { Context, Dataset, Division, Item, Split } from '../contract/records.ts';
import { exportColumns, isMade, type MapSettings } from '../contract/tasks.ts';
import type { RunRecord } from '../dataset/catalogue.ts';
import { type Choice, chosenColumns, writeChosenCsv, writeChosenParquet } from '../exports/chosen-table.ts';
import { contactSheetCapacity, writeContactSheet } from '../exports/contact-sheet.ts';
import { type FeaturesNote, writeCsv, writeFeaturesNote } from '../exports/csv.ts';
import type { FeatureSource } from '../exports/feature-rows.ts';
import { writeLossPlot } from '../exports/loss-plot.ts';
import { writeMapPlot } from '../exports/map-plot.ts';
import { writeParquet } from '../exports/parquet.ts';
import { writeProjector } from '../exports/projector.ts';
import { writeReportPage } from '../exports/report-page.ts';
import { type RecordedRun, runRecordName, writeRunRecord } from '../exports/run-record.ts';
import { removeLeftovers, writeAtomic } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { codePaths } from '../latent/encode.ts';
import { loadModel } from '../training/model-files.ts';
import { readMetrics, readRunFile, runPaths } from '../training/run-files.ts';
import { heldOutChoice } from './choose-images.ts';
import type { MoreColumns } from './more-columns.ts';
import { drawnMap, gatherReport } from './run-report.ts';

export interface ExportInput {
  run: RunRecord;
  dataset: Dataset;
  /** In the order of the codes. */
  items: readonly Item[];
  codesFolder: string;
  /** CSV begins with a byte-order mark. */
  bom: boolean;
  /** Columns beside those of the run itself. */
  more: MoreColumns | null;
  /** Columns of the images that a person imported. */
  imported: readonly ImportedColumn[];
  /** What pictures and reports show. */
  subject: ExportSubject;
  division: Division | null;
  contentHash(): Promise<string>;
  /** Pixels of these images at the model's size, uint8 N×H×W×C. */
  pixels(ids: readonly number[]): Uint8Array;
  /** Originals and reconstructions of these images, as uint8 N×H×W×C. */
  reconstruct(ids: number[]): Promise<{ originals: Uint8Array; reconstructions: Uint8Array }>;
}

/** Writes each format atomically under its own name; an interrupted export leaves whole files only. */
export async function exportRun(
  input: ExportInput,
  folder: string,
  formats: readonly ExportFormat[],
  context: Context,
): Promise<ExportResult> {
  const started = performance.now();
  await makeFolder(folder);
  await removeLeftovers(folder);
  const files: string[] = [];
  for (const format of formats) {
    throwIfCancelled(context.signal);
    files.push(...(await writers[format](input, folder, context)));
  }
  return { files, rows: input.items.length, seconds: (performance.now() - started) / 1000 };
}

type Writer = (input: ExportInput, folder: string, context: Context) => Promise<string[]>;

const writers: Record<ExportFormat, Writer> = {
  async csv(input, folder, context) {
    const [table, note] = [join(folder, 'features.csv'), join(folder, 'features.json')];
    const choice = allColumns(input);
    if (choice !== null) {
      const mapSettings = input.more?.mapSettings ?? null;
      await writeChosenFeatures(folder, { ...input, source: featureSource(input), choice, mapSettings }, context);
    } else {
      await writeCsv(table, featureSource(input), context, input);
      await writeFeaturesNote(note, await describeFeatures(input));
    }
    return [table, note];
  },

  async parquet(input, folder, context) {
    const path = join(folder, 'features.parquet');
    const choice = allColumns(input);
    if (choice === null) await writeParquet(path, featureSource(input), context);
    else await writeChosenParquet(path, featureSource(input), choice, context);
    return [path];
  },

  async npy(input, folder) {
    const path = join(folder, 'codes.npy');
    await writeAtomic(path, createReadStream(codePaths(input.codesFolder).codes));
    return [path];
  },

  async model({ run }, folder) {
    const path = join(folder, 'model');
    // model.json comes last, as in the run itself: where it is there, all are.
    const isLast = (name: string) => Number(name === 'model.json');
    await copyFiles(runPaths(run.folder).model, path, (a, b) => isLast(a) - isLast(b));
    return [path];
  },

  async tensorboard({ run }, folder) {
    const path = join(folder, 'tensorboard');
    await copyFiles(runPaths(run.folder).events, path);
    return [path];
  },

  async projector(input, folder, context) {
    const { items, imported } = input;
    const path = join(folder, 'projector');
    await makeFolder(path);
    await removeLeftovers(path);
    const { height, width, channels } = input.dataset;
    const read = (ids: readonly number[]) => ({ data: input.pixels(ids), count: ids.length, height, width, channels });
    return writeProjector(path, { ...featureSource(input), items, imported }, read, context);
  },

  async 'contact-sheet'(input, folder) {
    const path = join(folder, 'contact-sheet.png');
    const { height, width, channels } = input.dataset;
    const shown = heldOutChoice(input.items, contactSheetCapacity(height, width));
    const { originals, reconstructions } = await input.reconstruct(shown.map((item) => item.id));
    const shape = { count: shown.length, height, width, channels };
    await writeContactSheet(path, {
      originals: { ...shape, data: originals },
      reconstructions: { ...shape, data: reconstructions },
      ids: shown.map((item) => item.id),
    });
    return [path];
  },

  async 'loss-plot'({ run }, folder) {
    const path = join(folder, 'loss.svg');
    await writeLossPlot(path, { metrics: await readMetrics(run.folder), report: run.report, title: run.preset });
    return [path];
  },

  async 'map-svg'(input, folder) {
    return [await drawMap(input, join(folder, 'map.svg'))];
  },

  async 'map-png'(input, folder) {
    return [await drawMap(input, join(folder, 'map.png'))];
  },

  async html(input, folder, context) {
    const path = join(folder, 'report.html');
    await writeReportPage(path, await gatherReport(input, context));
    return [path];
  },

  async 'run-record'(input, folder) {
    const path = join(folder, runRecordName);
    await writeRunRecord(path, await describeRun(input));
    return [path];
  },
};

async function drawMap(input: ExportInput, path: string): Promise<string> {
  const map = await drawnMap(input);
  if (map === null) throw noSuchMap(input.run);
  await writeMapPlot(path, map);
  return path;
}

export function noSuchMap({ id }: Pick<RunRecord, 'id'>): PinholeError {
  return new PinholeError(
    'usage',
    `There is no such map of ${id} yet.`,
    'Make it on the Explore screen, or choose the PCA map.',
  );
}

/** Those of the run and what was made or imported beside it; null where there is nothing beside it. */
function allColumns({ more, imported }: ExportInput): Choice | null {
  if (more === null && imported.length === 0) return null;
  const { map = null, cluster = null } = more ?? {};
  const made = { map, cluster };
  const columns = exportColumns.filter((column) => !isMade(column) || made[column] !== null);
  return { ...made, imported, columns: new Set(columns), ids: null };
}

export interface ChosenFeatures extends Pick<ExportInput, 'run' | 'dataset' | 'items' | 'bom'> {
  source: FeatureSource;
  choice: Choice;
  /** Of the map whose places are among the columns. */
  mapSettings: MapSettings | null;
}

/** `features.csv` with the columns and images that were chosen, and its note. Gives the number of rows. */
export async function writeChosenFeatures(folder: string, chosen: ChosenFeatures, context: Context): Promise<number> {
  const { source, choice, mapSettings } = chosen;
  const rows = await writeChosenCsv(join(folder, 'features.csv'), source, choice, context, chosen);
  const header = chosenColumns(choice, chosen.run.codeSize).map(({ name }) => name);
  const note = await describeFeatures(chosen);
  await writeFeaturesNote(join(folder, 'features.json'), note, {
    rows,
    header,
    map: mapSettings,
    imported: choice.imported,
  });
  return rows;
}

/** File by file, each whole or not at all; what else lies there stays. */
async function copyFiles(from: string, to: string, order?: (first: string, second: string) => number): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const names = files.map((file) => relative(from, file)).toSorted(order);
  for (const folder of new Set(names.map((name) => dirname(join(to, name))))) {
    await makeFolder(folder);
    await removeLeftovers(folder);
  }
  for (const name of names) await writeAtomic(join(to, name), createReadStream(join(from, name)));
}

function featureSource({ items, codesFolder }: ExportInput): FeatureSource {
  const { codes, errors } = codePaths(codesFolder);
  return { items, codesFile: codes, errorsFile: errors };
}

/** Where a table comes from: model, preprocessing, data set, versions. */
export async function describeFeatures({
  run,
  dataset,
  items,
}: Pick<ExportInput, 'run' | 'dataset' | 'items'>): Promise<FeaturesNote> {
  const { device, versions, plan } = await readRunFile(run.folder);
  const { info } = await loadModel(runPaths(run.folder).model);
  const { pinhole, ...others } = versions;
  return {
    pinholeVersion: pinhole!,
    model: {
      runId: run.id,
      preset: run.preset,
      codeSize: info.spec.codeSize,
      sha256: info.weightsHash,
      device: device.name,
    },
    preprocessing: info.preprocessing,
    seed: plan.seed,
    dataset: { name: dataset.name, hash: dataset.hash, images: items.length },
    versions: others,
  };
}

/** All that it takes to train the same again. */
async function describeRun(input: ExportInput): Promise<RecordedRun> {
  const { run, dataset, items, division } = input;
  if (dataset.id !== run.datasetId)
    throw new PinholeError('internal', 'internal: a run was to be recorded with images of another data set');
  const { settings, plan, device, lostDevices, versions, reason, report, parameterCount } = await readRunFile(
    run.folder,
  );
  const { info } = await loadModel(runPaths(run.folder).model);
  const { height, width, channels, preprocessing, name } = dataset;
  const countOf = (split: Split) => items.filter((item) => item.split === split).length;
  return {
    run: { id: run.id, preset: run.preset, created: run.created },
    data: {
      ...{ name, height, width, channels, preprocessing, division },
      images: { train: countOf('train'), validation: countOf('validation'), test: countOf('test') },
      hash: await input.contentHash(),
      sourcesHash: dataset.hash,
    },
    seeds: { training: plan.seed, division: division?.seed ?? null },
    settings,
    plan: { ...plan },
    device,
    lostDevices: lostDevices ?? [],
    versions,
    reason,
    best: { step: info.step, validationMse: info.validationMse },
    weights: { parameters: parameterCount, sha256: info.weightsHash },
    metrics: await readMetrics(run.folder),
    report,
  };
}
