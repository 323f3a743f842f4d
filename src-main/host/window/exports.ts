// Exports with chosen columns and images, and a look at them beforehand. Where files may go is decided in access.ts.
import { existsSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { ExportFormat, ExportResult, Run, Service } from '../../contract/api.ts';
import type { ImportedColumn } from '../../contract/columns.ts';
import { PinholeError, throwIfCancelled } from '../../contract/errors.ts';
import type { ExportSubject } from '../../contract/explore.ts';
import type { Context } from '../../contract/records.ts';
import { exportRequestSchema, type MadeColumn, madeColumns, ownColumns } from '../../contract/tasks.ts';
import type { ExportPreview, SheetRequest } from '../../contract/views.ts';
import type { RunRecord } from '../../dataset/catalogue.ts';
import {
  type Choice,
  chosenColumns,
  previewChosen,
  writeChosenIds,
  writeChosenNpy,
  writeChosenParquet,
} from '../../exports/chosen-table.ts';
import type { FeatureSource } from '../../exports/feature-rows.ts';
import { writeImageSheet } from '../../exports/image-sheet.ts';
import { runRecordName } from '../../exports/run-record.ts';
import { makeFolder } from '../../files/folder.ts';
import { realPath } from '../../files/paths.ts';
import { codePaths } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { noSuchMap, writeChosenFeatures } from '../export-run.ts';
import { groupsById, placesById } from '../more-columns.ts';
import { expectOut } from './access.ts';
import type { FindingPart } from './findings.ts';
import type { MapPart } from './maps.ts';
import type { Surroundings } from './parts.ts';
import { expectWritable } from './targets.ts';
import { folderBytes } from './workspace.ts';

export type ExportPart = Pick<Service, 'previewExport' | 'exportAs' | 'saveSheet'>;

type Checked = v.InferOutput<typeof exportRequestSchema>;
type Table = 'csv' | 'parquet' | 'npy';
const isTable = (format: ExportFormat): format is Table => ['csv', 'parquet', 'npy'].includes(format);
const previewRows = 8;

/** What other parts know of a run's images: their places on a map, and the groups that were found. */
type Parts = Pick<MapPart, 'map'> & Pick<FindingPart, 'found'>;
interface Known extends Parts {
  imported(datasetId: string): readonly ImportedColumn[];
}

export function exportPart(surroundings: Surroundings, { map, found }: Parts): ExportPart {
  const { catalogue } = surroundings;
  const imported = (id: string) => catalogue.columns(id).map(({ name }) => catalogue.column(id, name));
  const remembered = { map: remember(surroundings, map), found, imported: rememberColumns(surroundings, imported) };
  return {
    previewExport: (request) => preview(surroundings, v.parse(exportRequestSchema, request), remembered),
    exportAs: (request, context = {}) =>
      exportAs(surroundings, v.parse(exportRequestSchema, request), { map, found, imported }, context),
    saveSheet: (request) => saveSheet(surroundings, request),
  };
}

/** The map of the last preview serves the next: a person who chooses columns asks for it again with every click. */
function remember({ topics }: Surroundings, map: MapPart['map']): MapPart['map'] {
  let last: { key: string; view: ReturnType<MapPart['map']> } | undefined;
  topics.listen('workspace', ({ what }) => {
    if (what.includes('maps') || what.includes('runs')) last = undefined;
  });
  return (runId, method) => {
    const key = `${method} ${runId}`;
    if (last?.key === key) return last.view;
    const view = map(runId, method);
    last = { key, view };
    view.catch(() => {
      last = undefined;
    });
    return view;
  };
}

/** The same for imported columns. */
function rememberColumns({ topics }: Surroundings, imported: Known['imported']): Known['imported'] {
  let last: { id: string; columns: readonly ImportedColumn[] } | undefined;
  topics.listen('workspace', ({ what }) => {
    if (what.includes('columns') || what.includes('datasets')) last = undefined;
  });
  return (id) => {
    if (last?.id !== id) last = { id, columns: imported(id) };
    return last.columns;
  };
}

/** Starts nothing that takes long and writes nothing. */
async function preview(surroundings: Surroundings, request: Checked, known: Known): Promise<ExportPreview> {
  const run = surroundings.catalogue.getRun(request.runId);
  const encoded = run.report !== null;
  const { source, choice, items, missing } = await prepare(surroundings, run, request, known, encoded);
  const header = chosenColumns(choice, run.codeSize).map(({ name }) => name);
  const rows = encoded ? await previewChosen(source, choice, previewRows) : [];
  const total = choice.ids?.size ?? items.length;
  return {
    ...{ header, rows, total, encoded, missing },
    imported: surroundings.catalogue.columns(run.datasetId).map(({ name }) => name),
    bytes: {
      ...tableBytes(header, choice, rows, total, run.codeSize),
      model: await folderBytes(runPaths(run.folder).model),
      tensorboard: await folderBytes(runPaths(run.folder).events),
    },
    folder: await lookAtFolder(surroundings, request),
  };
}

/** Tables with a choice are written here; everything else, and a table as it always is, by the main job. */
async function exportAs(
  surroundings: Surroundings,
  request: Checked,
  known: Known,
  context: Context,
): Promise<ExportResult> {
  const started = performance.now();
  const out = expectOut(surroundings, request.out);
  const { core, written } = surroundings;
  // Encodes where that was not done yet, and refuses where the data set is not the same any more.
  await core.encode(request.runId, {}, context);
  const run = surroundings.catalogue.getRun(request.runId);
  const prepared = await prepare(surroundings, run, request, known);
  const subject = await subjectOf(request, known);
  const [missing] = prepared.missing;
  if (missing !== undefined) throw notThere[missing](run);
  await expectTargets(surroundings, run, out, request);
  await makeFolder(out);
  const files: string[] = [];
  let rows = prepared.choice.ids?.size ?? prepared.items.length;
  for (const format of new Set(request.formats)) {
    throwIfCancelled(context.signal);
    const told = sayFormat(context, format);
    if (isTable(format) && !(isPlain(request) && format !== 'npy')) {
      rows = await writers[format](out, prepared, told);
      files.push(...fileNames[format].map((name) => join(out, name)));
    } else {
      const { files: paths } = await core.export(run.id, out, [format], told, { bom: request.bom, subject });
      files.push(...(format in folders ? await filesIn(run, paths[0]!, format as Folder) : paths));
    }
  }
  const bytes: number[] = [];
  for (const file of files) {
    bytes.push((await stat(file)).size);
    written.add(realPath(file));
  }
  return { files, bytes, rows, seconds: (performance.now() - started) / 1000 };
}

/** What was found since Pinhole was started; nothing is looked for here. */
async function subjectOf({ runId, map, color, ids }: Checked, { found }: Known): Promise<ExportSubject> {
  const [clusters, duplicates] = [await found(runId, 'clusters'), await found(runId, 'duplicates')];
  return {
    ...{ map, color, ids },
    clusters: clusters?.what === 'clusters' ? clusters : null,
    duplicates: duplicates?.what === 'duplicates' ? duplicates : null,
  };
}

const notThere: Record<MadeColumn, (run: Run) => PinholeError> = {
  map: noSuchMap,
  cluster: noGroups,
};

export function noGroups({ id }: Pick<Run, 'id'>): PinholeError {
  return new PinholeError(
    'usage',
    `Groups of ${id} have not been looked for since Pinhole was started.`,
    'Look for them on the Explore screen, or leave them out.',
  );
}

/** Progress says which of the formats it is of. */
function sayFormat({ onProgress, ...context }: Context, format: ExportFormat): Context {
  if (onProgress === undefined) return context;
  onProgress({ stage: 'export', done: 0, total: null, rate: 0, detail: format });
  return { ...context, onProgress: (progress) => onProgress({ ...progress, detail: format }) };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;
const writers: Record<Table, (out: string, prepared: Prepared, context: Context) => Promise<number>> = {
  csv: writeChosenFeatures,
  parquet: (out, { source, choice }, context) =>
    writeChosenParquet(join(out, 'features.parquet'), source, choice, context),
  async npy(out, { source, choice }, context) {
    // A row's number does not tell whose it is: images that are gone leave gaps among the ids, a selection more so.
    await writeChosenIds(join(out, 'image_ids.npy'), source, choice);
    return writeChosenNpy(join(out, 'codes.npy'), source, choice, context);
  },
};

/** What each format writes in the folder, by name. */
const fileNames: Record<ExportFormat, readonly string[]> = {
  csv: ['features.csv', 'features.json'],
  parquet: ['features.parquet'],
  npy: ['codes.npy', 'image_ids.npy'],
  model: ['model'],
  'contact-sheet': ['contact-sheet.png'],
  'loss-plot': ['loss.svg'],
  'map-svg': ['map.svg'],
  'map-png': ['map.png'],
  html: ['report.html'],
  tensorboard: ['tensorboard'],
  projector: ['projector'],
  'run-record': [runRecordName],
};

/** Formats that are folders, and what of the run they are copies of. */
const folders = { model: 'model', tensorboard: 'events' } as const;
type Folder = keyof typeof folders;

/** The files that were copied there; what else lies in the folder is none of ours. */
async function filesIn(run: Run, folder: string, format: Folder): Promise<string[]> {
  const from = runPaths(run.folder)[folders[format]];
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => join(folder, file.slice(from.length))).sort();
}

/** A link that lies where a folder of an export belongs may lead elsewhere; one where a file belongs is replaced. */
async function expectTargets(surroundings: Surroundings, run: Run, out: string, { formats }: Checked): Promise<void> {
  for (const format of formats) {
    if (format === 'projector') expectOut(surroundings, join(out, 'projector'));
    if (!(format in folders)) continue;
    const files = await filesIn(run, join(out, fileNames[format][0]!), format as Folder);
    for (const folder of new Set(files.map((file) => dirname(file)))) expectOut(surroundings, folder);
  }
}

/** The columns that the command line writes, of all images. */
function isPlain({ columns, leaveOut, ids }: Checked): boolean {
  return (
    ids === null &&
    leaveOut.length === 0 &&
    columns.length === ownColumns.length &&
    ownColumns.every((column) => columns.includes(column))
  );
}

/** Where the run has no codes yet, nothing can be missing. */
async function prepare({ catalogue }: Surroundings, run: RunRecord, request: Checked, known: Known, encoded = true) {
  const items = catalogue.items(run.datasetId);
  const { codes, errors } = codePaths(runPaths(run.folder).codes);
  const source: FeatureSource = { items, codesFile: codes, errorsFile: errors };
  const all = new Set(items.map(({ id }) => id));
  const ids = request.ids === null ? null : new Set([...request.ids].filter((id) => all.has(id)));
  const has = (...formats: ExportFormat[]) => request.formats.some((format) => formats.includes(format));
  const drawn = {
    map: has('map-svg', 'map-png'),
    // A report without a map says so; one whose colours are not known is another than was wanted.
    cluster: request.color === 'cluster' && has('map-svg', 'map-png', 'html'),
  };
  const wants = (column: MadeColumn) =>
    encoded && (drawn[column] || (has('csv', 'parquet') && request.columns.includes(column)));
  const view = wants('map') ? await known.map(run.id, request.map) : null;
  const groups = wants('cluster') ? await known.found(run.id, 'clusters') : null;
  const positions = view && placesById(view);
  const cluster = groups?.what === 'clusters' ? groupsById(groups) : null;
  const columns = has('csv', 'parquet') ? known.imported(run.datasetId) : [];
  const imported = columns.filter(({ name }) => !request.leaveOut.includes(name));
  const choice: Choice = { columns: new Set(request.columns), ids, map: positions, cluster, imported };
  const there = { map: positions !== null, cluster: cluster !== null };
  const missing = madeColumns.filter((column) => wants(column) && !there[column]);
  const dataset = catalogue.getDataset(run.datasetId);
  return { run, dataset, items, source, choice, missing, mapSettings: view?.settings ?? null, bom: request.bom };
}

/** From the rows that are shown; a number of a binary file takes four bytes. */
function tableBytes(
  header: readonly string[],
  { imported }: Choice,
  rows: readonly string[][],
  total: number,
  codeSize: number,
): Record<Table, number> {
  const names = imported.filter(({ kind }) => kind === 'text').map(({ name }) => name);
  const texts = new Set(['path', 'label', 'split', 'sha256', ...names].map((name) => header.indexOf(name)));
  const perRow = (size: (row: readonly string[]) => number) =>
    Math.round((total * rows.reduce((sum, row) => sum + size(row), 0)) / Math.max(1, rows.length));
  return {
    csv: perRow((row) => row.join(',').length + 2),
    parquet: perRow((row) => row.reduce((sum, cell, index) => sum + (texts.has(index) ? cell.length : 4), 0)),
    npy: 4 * codeSize * total,
  };
}

async function lookAtFolder(surroundings: Surroundings, request: Checked): Promise<ExportPreview['folder']> {
  try {
    const out = expectOut(surroundings, request.out);
    const there = expectWritable(out);
    const disk = await statfs(there);
    const names = request.formats.flatMap((format) => fileNames[format]);
    const replaces = names.filter((name) => existsSync(join(out, name)));
    return { problem: null, replaces, freeBytes: disk.bavail * disk.bsize };
  } catch (error) {
    return { problem: PinholeError.from(error).toJSON(), replaces: [], freeBytes: 0 };
  }
}

/** What is there already stays. */
async function saveSheet(surroundings: Surroundings, { out, name, images, columns }: SheetRequest): Promise<string> {
  const folder = expectOut(surroundings, out);
  expectWritable(folder);
  let file = join(folder, `${name}.png`);
  for (let number = 2; existsSync(file); number++) file = join(folder, `${name}-${number}.png`);
  const { height, width, channels, data } = images;
  await writeImageSheet(file, { ...images, count: data.length / (height * width * channels) }, { columns });
  surroundings.written.add(realPath(file));
  return file;
}
