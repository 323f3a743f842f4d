// Runs of one data set beside each other: figures from their files, a plot of error against code size, a sheet of pictures.
import { join } from 'node:path';
import type { Run } from '../contract/api.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import { differences } from '../contract/flat-settings.ts';
import type { Context, Dataset, Item } from '../contract/records.ts';
import type { ComparedRun, Comparison } from '../contract/search.ts';
import { comparisonSheetCapacity, renderComparisonSheet } from '../exports/comparison-sheet.ts';
import { renderSizePlot } from '../exports/size-plot.ts';
import { writeAtomic } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { type RunFile, readRunFile } from '../training/run-files.ts';
import { heldOutChoice } from './choose-images.ts';

export interface CompareInput {
  dataset: Dataset;
  items: readonly Item[];
  /** Of this data set as it is, each with its report. */
  runs: readonly Run[];
  /** Originals and reconstructions of these images by a run, as uint8 N×H×W×C. */
  reconstruct(run: Run, ids: number[]): Promise<{ originals: Uint8Array; reconstructions: Uint8Array }>;
}

/** The data set that all runs are of. Throws `usage` where there is none: errors on other images say nothing of each other. */
export function expectOneDataset(runs: readonly Pick<Run, 'id' | 'datasetId'>[]): string {
  const [first] = runs;
  const other = runs.find(({ datasetId }) => datasetId !== first?.datasetId);
  if (first && !other) return first.datasetId;
  if (!first) throw new PinholeError('usage', 'No run was named to compare.', 'Name runs, or a sweep.');
  throw new PinholeError(
    'usage',
    `The runs ${first.id} and ${other!.id} are of different data sets: their errors are of different images.`,
    'Compare runs of one data set.',
  );
}

/** Smallest codes first, then by error. Pictures are made where there is a folder for them. */
export async function compareRuns(input: CompareInput, folder: string | null, context: Context): Promise<Comparison> {
  const files = await Promise.all(input.runs.map(({ folder }) => readRunFile(folder)));
  const different = settingsApart(files);
  const runs = input.runs
    .map((run, index) => comparedRun(run, files[index]!, different[index]!))
    .toSorted((a, b) => a.codeSize - b.codeSize || a.error - b.error);
  const { heldOut, heldOutCount, meanImage } = input.runs[0]!.report!;
  const comparison = { datasetId: input.dataset.id, heldOut, heldOutCount, meanImageError: meanImage.mse, runs };
  return { ...comparison, files: folder === null ? [] : await writePictures(input, runs, folder, context) };
}

function comparedRun(
  { id, preset, epochs, report }: Run,
  file: RunFile,
  settings: ComparedRun['settings'],
): ComparedRun {
  const { model, pca, knn } = report!;
  return {
    ...{ run: id, preset, codeSize: file.plan.spec.codeSize, seed: file.plan.seed },
    ...{ error: model.mse, pcaError: pca.mse, knn },
    ...{ epochs, seconds: file.seconds.train, device: file.device.name, ended: file.reason! },
    settings,
  };
}

/** What each run was asked for that others were not, apart from what has a column of its own and from what changes no result. */
function settingsApart(files: readonly RunFile[]): ComparedRun['settings'][] {
  const asked = files.map(
    ({ settings: { preset, codeSize, seed, device, checkpointSeconds, spec, ...others } }) => others,
  );
  const apart = differences(asked);
  return files.map((_, index) =>
    Object.fromEntries(
      apart.map(({ name, values }) => [name, values[index]] as const).filter(([, value]) => value !== undefined),
    ),
  );
}

// ---- pictures -----------------------------------------------------------------------------------------------------

async function writePictures(
  input: CompareInput,
  compared: readonly ComparedRun[],
  folder: string,
  context: Context,
): Promise<string[]> {
  await makeFolder(folder);
  const [plot, sheet] = [join(folder, 'comparison.svg'), join(folder, 'comparison.png')];
  const title = `${input.dataset.name}: held-out error by code size`;
  await writeAtomic(plot, renderSizePlot({ title, runs: compared }));
  await writeAtomic(sheet, await drawSheet(input, compared, context));
  return [plot, sheet];
}

/** The same images for every run: held-out ones, whatever each run logged. */
async function drawSheet(
  { dataset: { height, width, channels }, items, runs, reconstruct }: CompareInput,
  compared: readonly ComparedRun[],
  context: Context,
): Promise<Uint8Array> {
  const ids = heldOutChoice(items, comparisonSheetCapacity(height, width)).map(({ id }) => id);
  const batch = (data: Uint8Array) => ({ data, count: ids.length, height, width, channels });
  const rows = [];
  let originals: Uint8Array | undefined;
  for (const { run: id, preset, codeSize, error } of compared) {
    throwIfCancelled(context.signal);
    const pictures = await reconstruct(runs.find((run) => run.id === id)!, ids);
    originals ??= pictures.originals;
    rows.push({ name: preset, codeSize, error, reconstructions: batch(pictures.reconstructions) });
    context.onProgress?.({ stage: 'export', done: rows.length, total: runs.length, rate: 0 });
  }
  return renderComparisonSheet({ originals: batch(originals!), rows });
}
