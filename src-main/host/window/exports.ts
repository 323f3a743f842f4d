// Exports with chosen columns and images, and a look at them beforehand.
import { join } from 'node:path';
import * as v from 'valibot';
import type { ExportFormat, Service } from '../../contract/api.ts';
import { throwIfCancelled } from '../../contract/errors.ts';
import type { Context } from '../../contract/records.ts';
import { exportColumns, exportRequestSchema } from '../../contract/tasks.ts';
import {
  type Choice,
  chosenColumns,
  chosenRows,
  csvCells,
  writeChosenCsv,
  writeChosenNpy,
  writeChosenParquet,
} from '../../exports/chosen-table.ts';
import { codeColumns, type FeatureSource } from '../../exports/feature-rows.ts';
import { makeFolder } from '../../files/folder.ts';
import { codePaths } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { expectAllowed } from './access.ts';
import type { MapPart } from './maps.ts';
import type { Surroundings } from './parts.ts';

export type ExportPart = Pick<Service, 'previewExport' | 'exportAs'>;

type Checked = v.InferOutput<typeof exportRequestSchema>;
type Table = 'csv' | 'parquet' | 'npy';
const tables: readonly ExportFormat[] = ['csv', 'parquet', 'npy'] satisfies Table[];
const previewRows = 8;

export function exportPart(surroundings: Surroundings, { map }: Pick<MapPart, 'map'>): ExportPart {
  return {
    async previewExport(request) {
      const checked = v.parse(exportRequestSchema, request);
      const { source, choice, codeNames } = await prepare(surroundings, checked, map);
      const columns = chosenColumns(choice, codeNames);
      const rows: string[][] = [];
      for await (const row of chosenRows(source, choice)) {
        rows.push(csvCells(columns, row));
        if (rows.length === previewRows) break;
      }
      const total = choice.ids?.size ?? [...(source.items as Iterable<unknown>)].length;
      return {
        header: columns.map(({ name }) => name),
        rows,
        total,
        bytes: sizes(rows, total, columns.length, codeNames.length),
      };
    },
    exportAs: (request, context = {}) => exportAs(surroundings, v.parse(exportRequestSchema, request), map, context),
  };
}

/** Tables with a choice are written here; everything else, and a table as it always is, by the main job. */
async function exportAs(surroundings: Surroundings, request: Checked, map: MapPart['map'], context: Context) {
  const started = performance.now();
  const out = expectAllowed(surroundings, request.out);
  const { core } = surroundings;
  const prepared = await prepare(surroundings, request, map, context);
  const chosen = isPlain(request) ? [] : request.formats.filter((format) => tables.includes(format));
  const others = request.formats.filter((format) => !chosen.includes(format));
  await makeFolder(out);
  const files: string[] = [];
  let rows = prepared.choice.ids?.size ?? prepared.items;
  for (const format of chosen) {
    throwIfCancelled(context.signal);
    const path = join(out, fileNames[format as Table]);
    rows = await writers[format as Table](path, prepared, context);
    files.push(path);
  }
  if (others.length > 0) files.push(...(await core.export(request.runId, out, others, context)).files);
  return { files, rows, seconds: (performance.now() - started) / 1000 };
}

const fileNames: Record<Table, string> = { csv: 'features.csv', parquet: 'features.parquet', npy: 'codes.npy' };

type Prepared = Awaited<ReturnType<typeof prepare>>;
const writers: Record<Table, (path: string, prepared: Prepared, context: Context) => Promise<number>> = {
  csv: (path, { source, choice, codeNames }, context) => writeChosenCsv(path, source, choice, codeNames, context),
  parquet: (path, { source, choice, codeNames }, context) =>
    writeChosenParquet(path, source, choice, codeNames, context),
  npy: (path, { source, choice, codeNames }, context) =>
    writeChosenNpy(path, source, choice, codeNames.length, context),
};

/** The columns that the command line writes, of all images. */
function isPlain({ columns, ids }: Checked): boolean {
  const usual = exportColumns.filter((column) => column !== 'map');
  return ids === null && columns.length === usual.length && usual.every((column) => columns.includes(column));
}

async function prepare(
  { core, catalogue }: Surroundings,
  request: Checked,
  map: MapPart['map'],
  context: Context = {},
) {
  // Encodes where that was not done yet, and refuses where the data set is not the same any more.
  const { run } = await core.encode(request.runId, {}, context);
  const items = catalogue.items(run.datasetId);
  const { codes, errors } = codePaths(runPaths(run.folder).codes);
  const source: FeatureSource = { items, codesFile: codes, errorsFile: errors };
  const known = new Set(items.map(({ id }) => id));
  const ids = request.ids === null ? null : new Set([...request.ids].filter((id) => known.has(id)));
  const view = request.columns.includes('map') ? await map(run.id, request.map) : null;
  const positions =
    view && new Map(Array.from(view.ids, (id, row) => [id, [view.xy[2 * row]!, view.xy[2 * row + 1]!] as const]));
  const choice: Choice = { columns: new Set(request.columns), ids, map: positions };
  return { source, choice, codeNames: codeColumns(run.codeSize), items: items.length };
}

/** From the rows that are shown; a number of a binary file takes four bytes. */
function sizes(rows: readonly string[][], total: number, columns: number, codeSize: number): Record<string, number> {
  const textBytes = rows.reduce((sum, row) => sum + row.join(',').length + 2, 0) / Math.max(1, rows.length);
  return { csv: Math.round(textBytes * total), parquet: 4 * columns * total, npy: 4 * codeSize * total };
}
