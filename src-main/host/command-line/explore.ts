// The commands that look among codes: map, neighbours, overlap, clusters, duplicates, outliers. Reading options and reporting errors is not theirs.
import { dirname, resolve } from 'node:path';
import type { Run } from '../../contract/api.ts';
import { importedName } from '../../contract/columns.ts';
import {
  type ClusterResult,
  type ClusterSettings,
  type DuplicateResult,
  type FoundImage,
  type MapResult,
  type NeighbourResult,
  type OutlierResult,
  type OverlapResult,
  overlapNeighbours,
  type PlaceResult,
  usualClusters,
} from '../../contract/explore.ts';
import { type MapColor, type MapMethod, type MapSettings, mapSettingsSchema } from '../../contract/tasks.ts';
import { writeDuplicates } from '../../exports/duplicates-table.ts';
import { writeMapPlot } from '../../exports/map-plot.ts';
import { writeTextTable } from '../../exports/text-table.ts';
import { makeFolder } from '../../files/folder.ts';
import { readNpy } from '../../files/npy.ts';
import { codePaths } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { clusterView } from '../explore.ts';
import { clusterFolders } from '../image-groups.ts';
import { methodNames, picturedMap, usualColor } from '../map-picture.ts';
import { groupsById } from '../more-columns.ts';
import { parse } from '../parse-settings.ts';
import { findOne, importAs, type Options, type Work } from './commands.ts';
import { copyFolders } from './copy.ts';
import { printable } from './summary.ts';
import { alignTable, formatCount, formatDuration, formatShare, plural } from './words.ts';

export async function map(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { picture, color } = options as { picture?: string; color?: MapColor };
  const result = await work.service.layOut(run.id, mapSettings(options), work.context);
  work.terminal.say(describeMap(result));
  const drawn = picture === undefined ? null : await drawMap(work, run, result, resolve(picture), color);
  work.terminal.result({ ...result, picture: drawn });
}

async function drawMap(
  { service, terminal, context }: Work,
  run: Run,
  result: MapResult,
  path: string,
  wanted: MapColor | undefined,
): Promise<string> {
  // Encoded a moment ago: map and errors have the rows of the data set.
  const items = await service.items(run.datasetId);
  const dataset = findOne('data set', await service.datasets(), run.datasetId);
  const xy = (await readNpy(result.file)).data as Float32Array;
  const errors = (await readNpy(codePaths(runPaths(run.folder).codes).errors)).data as Float32Array;
  const color = wanted ?? usualColor(items);
  const cluster =
    color === 'cluster' ? groupsById((await service.clusters(run.id, usualClusters, context)).assignment) : null;
  const name = importedName(color);
  const column = name === null ? null : await service.importedColumn(run.datasetId, name);
  await makeFolder(dirname(path));
  const pictured = { ...result, dataset, run, items, xy, errors, color, cluster, column, ids: null };
  await writeMapPlot(path, picturedMap(pictured));
  terminal.say(`Drawn in ${path}`);
  return path;
}

/** The options of other methods are left aside. */
function mapSettings({ method, neighbours, minDistance, seed, perplexity }: Options): MapSettings {
  const own = { umap: { neighbours, minDistance, seed }, tsne: { perplexity }, pca: {}, codes: {} };
  return parse(mapSettingsSchema, { method, ...own[method as MapMethod] });
}

/** New images, imported as the run's own were, among those on its map. */
export async function place(work: Work, runId: string, sources: string[], options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { method, out } = options as { method: MapMethod; out?: string };
  const dataset = await importAs(work, run, sources, options);
  const result = await work.service.place(run.id, dataset.id, method, work.context);
  work.terminal.say(describePlaces(result));
  const rows = result.images.map((image) => [
    ...[String(image.id), ...namesOf(image)],
    ...[image.x, image.y, image.distance].map((value) => value.toPrecision(6)),
  ]);
  const file = await writeTable(work, out, ['image_id', 'path', 'label', 'map_x', 'map_y', 'distance'], rows);
  work.terminal.result({ ...result, file });
}

export async function neighbours(work: Work, runId: string, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { of, count = 15 } = options as { of: string; count?: number };
  const result = await work.service.neighbours(run.id, of, count, work.context);
  work.terminal.say(describeNeighbours(result));
  work.terminal.result(result);
}

export async function overlap(work: Work, runId: string, otherId: string, options: Options): Promise<void> {
  const runs = await work.service.runs();
  const [run, other] = [findOne('run', runs, runId), findOne('run', runs, otherId)];
  const { k = overlapNeighbours } = options as { k?: number };
  const result = await work.service.neighbourOverlap(run.id, other.id, k, work.context);
  work.terminal.say(describeOverlap(result));
  work.terminal.result(result);
}

export async function clusters(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { neighbours, resolution, seed } = { ...usualClusters, ...(options as Partial<ClusterSettings>) };
  const { out, copyTo } = options as { out?: string; copyTo?: string };
  const { assignment, ...result } = await work.service.clusters(run.id, { neighbours, resolution, seed }, work.context);
  work.terminal.say(describeClusters({ assignment, ...result }));
  const items = new Map((await work.service.items(run.datasetId)).map((item) => [item.id, item]));
  const rows = Array.from(assignment.ids, (id, row) => [
    String(id),
    ...namesOf(items.get(id)),
    String(assignment.cluster[row]),
  ]);
  const file = await writeTable(work, out, ['image_id', 'path', 'label', 'cluster'], rows);
  const folders = copyTo === undefined ? [] : clusterFolders(clusterView({ assignment, ...result }));
  const copies = copyTo === undefined ? null : await copyFolders(work, run.datasetId, folders, copyTo);
  work.terminal.result({ ...result, file, copies });
}

export async function duplicates(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const result = await work.service.duplicates(run.id, work.context);
  work.terminal.say(describeDuplicates(result));
  const groups = result.groups.map(({ keep, others }) => ({ images: [keep, ...others], kept: new Set([keep.id]) }));
  const file = await writeRows(work, options.out as string | undefined, (path) => writeDuplicates(path, groups));
  work.terminal.result({ ...result, file });
}

export async function outliers(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { count = 20, out } = options as { count?: number; out?: string };
  const result = await work.service.outliers(run.id, count, work.context);
  work.terminal.say(describeOutliers(result));
  const rows = result.outliers.map((image, place) => [
    ...[String(place + 1), String(image.id), ...namesOf(image)],
    ...[image.mse, image.distance, image.errorScore, image.distanceScore].map((value) => value.toPrecision(6)),
  ]);
  const header = ['rank', 'image_id', 'path', 'label', 'mse', 'distance', 'error_score', 'distance_score'];
  const file = await writeTable(work, out, header, rows);
  work.terminal.result({ ...result, file });
}

const namesOf = (image: Pick<FoundImage, 'path' | 'label'> | undefined) => [image?.path ?? '', image?.label ?? ''];

/** As CSV, where a file was named; gives its path. */
function writeTable(
  work: Work,
  out: string | undefined,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string | null> {
  return writeRows(work, out, async (file) => {
    await writeTextTable(file, header, rows);
    return rows.length;
  });
}

/** `write` gives the number of rows. */
async function writeRows(
  work: Work,
  out: string | undefined,
  write: (file: string) => Promise<number>,
): Promise<string | null> {
  if (out === undefined) return null;
  const file = resolve(out);
  work.terminal.say(`Wrote ${plural(await write(file), 'row')}: ${file}`);
  return file;
}

// ---- in words -----------------------------------------------------------------------------------------------------

function describeMap({ method, points, seconds, explained, quality, file }: MapResult): string {
  const { trustworthiness, continuity, preserved, k } = quality;
  const sample = quality.points < points ? `, of ${formatCount(quality.points)} of ${formatCount(points)} images` : '';
  return [
    `${methodNames[method]} of ${plural(points, 'image')} in ${formatDuration(seconds)}: ${file}`,
    ...(explained === null ? [] : [`  both axes show ${formatShare(explained)} of the variance of the codes`]),
    `  trustworthiness ${trustworthiness.toFixed(4)}, continuity ${continuity.toFixed(4)}; ${formatShare(preserved)} of the ${k} nearest are kept${sample}`,
  ].join('\n');
}

function describePlaces({ method, images, k, preserved, points, seconds }: PlaceResult): string {
  const sample = points < images.length ? `, of ${formatCount(points)} of them` : '';
  return [
    `Placed ${plural(images.length, 'image')} on the map by ${methodNames[method]} in ${formatDuration(seconds)}`,
    `  each among its ${k} nearest codes; ${formatShare(preserved)} of those are nearest on the map too${sample}`,
  ].join('\n');
}

const labelled = ({ path, label }: FoundImage) => `${printable(path)}${label === null ? '' : ` (${printable(label)})`}`;

function describeNeighbours({ of, neighbours }: NeighbourResult): string {
  const rows = neighbours.map(({ rank, distance, id, path, label }) => [
    String(rank),
    distance.toPrecision(4),
    `#${id}`,
    printable(label ?? ''),
    printable(path),
  ]);
  return [
    `Nearest to #${of.id} ${labelled(of)}:`,
    alignTable([['', 'distance', 'image', 'label', 'path'], ...rows]),
  ].join('\n');
}

function describeOverlap({ runs, k, overlap, chance, images, points, seconds }: OverlapResult): string {
  const sample = points < images ? `${formatCount(points)} of ${formatCount(images)} images` : plural(images, 'image');
  return [
    `Neighbour overlap of ${runs.join(' and ')}: ${overlap.toFixed(4)}, over the ${k} nearest of ${sample} in ${formatDuration(seconds)}`,
    `  1 where both find the same neighbours; codes that have nothing to do with each other give ${chance.toPrecision(2)}`,
  ].join('\n');
}

function describeClusters({ images, clusters, modularity, seconds, method }: ClusterResult): string {
  const rows = clusters.map(({ cluster, size, label, share, central }) => [
    String(cluster),
    formatCount(size),
    label === null ? '' : `${printable(label)} ${formatShare(share)}`,
    central
      .slice(0, 3)
      .map(({ path }) => printable(path))
      .join('  '),
  ]);
  return [
    `${plural(clusters.length, 'cluster')} of ${plural(images, 'image')} by ${method} in ${formatDuration(seconds)}, modularity ${modularity.toFixed(3)}`,
    alignTable([['cluster', 'images', 'label', 'most central'], ...rows]),
  ].join('\n');
}

const shownGroups = 20;
/** Of each group: simple drawings may all be the same. */
const shownCopies = 5;

export function describeDuplicates({ images, groups, candidates, confirmed, seconds }: DuplicateResult): string {
  const copies = groups.reduce((sum, { others }) => sum + others.length, 0);
  const lines = groups
    .slice(0, shownGroups)
    .map(({ keep, others }) =>
      [
        `  keep ${size(keep)} ${printable(keep.path)}`,
        ...others.slice(0, shownCopies).map((one) => `  copy ${size(one)} ${printable(one.path)}`),
        ...(others.length > shownCopies ? [`  and ${plural(others.length - shownCopies, 'copy', 'copies')} more`] : []),
      ].join('\n'),
    );
  const more = groups.length > shownGroups ? [`  and ${plural(groups.length - shownGroups, 'group')} more`] : [];
  return [
    `${plural(groups.length, 'group')} with ${plural(copies, 'copy', 'copies')} among ${plural(images, 'image')} in ${formatDuration(seconds)}; ${formatCount(confirmed)} of ${formatCount(candidates)} near pairs are the same image`,
    ...lines,
    ...more,
  ].join('\n');
}

const size = ({ width, height }: { width: number; height: number }) => `${height}×${width}`;

function describeOutliers({ images, outliers, seconds }: OutlierResult): string {
  const rows = outliers.map((image, place) => [
    String(place + 1),
    image.errorScore.toFixed(1),
    image.distanceScore.toFixed(1),
    image.mse.toPrecision(3),
    `#${image.id} ${labelled(image)}`,
  ]);
  return [
    `The ${plural(outliers.length, 'image')} of ${formatCount(images)} that stand out most, in ${formatDuration(seconds)}; deviations from the median of all:`,
    alignTable([['', 'error', 'distance', 'mse', 'image'], ...rows]),
  ].join('\n');
}
