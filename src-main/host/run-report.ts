// What the report of a run shows: which of its images, and the facts and findings beside them. How it looks is decided in exports.

import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { FoundClusters, FoundDuplicates } from '../contract/explore.ts';
import { flatten } from '../contract/flat-settings.ts';
import type { Context, Item } from '../contract/records.ts';
import type { MapMethod } from '../contract/tasks.ts';
import type { MapView } from '../contract/views.ts';
import { type Choice, chosenColumns, previewChosen } from '../exports/chosen-table.ts';
import { type PagePicture, pagePictures } from '../exports/html.ts';
import type { MapPlot } from '../exports/map-plot.ts';
import type { Fact, ReportPage, ShownImage, ShownPair } from '../exports/report-page.ts';
import { type Codes, codePaths, readCodes } from '../latent/encode.ts';
import { loadModel } from '../training/model-files.ts';
import { presets } from '../training/presets.ts';
import { readMetrics, readRunFile, runPaths, type StopReason } from '../training/run-files.ts';
import { versions } from '../training/versions.ts';
import { heldOutChoice, seededChoice } from './choose-images.ts';
import { formatCount, formatDuration, plural } from './command-line/words.ts';
import { commonLabel, pcaMap, readMap } from './explore.ts';
import type { ExportInput } from './export-run.ts';
import { columnFor, picturedMap, usualColor } from './map-picture.ts';
import { groupsById } from './more-columns.ts';

/** Images a person still looks at, and a page that is still sent by mail. */
const shown = { samples: 48, pairs: 24, outliers: 24, clusters: 30, groups: 30, copies: 6 };
/** More rows or columns are a file, not a page. */
const mostRows = 100;
const mostColumns = 64;

type Show = (id: number) => ShownImage;

export async function gatherReport(input: ExportInput, context: Context): Promise<ReportPage> {
  const { run, dataset, subject } = input;
  const { report } = run;
  if (report === null)
    throw new PinholeError('internal', 'internal: a report was asked for of a run that is not encoded');
  const codes = await expectOwnCodes(input);
  const wanted = subject.ids && new Set(subject.ids);
  const items = wanted ? input.items.filter(({ id }) => wanted.has(id)) : input.items;
  const samples = seededChoice(items, shown.samples).map(({ id }) => id);
  const groups = subject.duplicates && groupsAmong(subject.duplicates, wanted);
  const clusters = subject.clusters && clustersAmong(subject.clusters, items);
  const pairs = await pairsOf(input, codes, items);
  throwIfCancelled(context.signal);
  const ids = [...samples, ...(groups ?? []).flat(), ...(clusters ?? []).flatMap(({ central }) => central)];
  const show = await showImages(input, ids);
  return {
    ...{ dataset, run, items, report, ...pairs },
    version: versions().pinhole!,
    written: new Date(),
    total: input.items.length,
    ...(await modelFacts(input)),
    metrics: await readMetrics(run.folder),
    samples: samples.map(show),
    map: await drawnMap(input),
    clusters: clusters?.map(({ central, ...cluster }) => ({ ...cluster, central: central.map(show) })) ?? null,
    duplicates: groups && {
      found: groups.length,
      groups: groups.slice(0, shown.groups).map((group) => group.map(show)),
    },
    features: await featuresOf(input, items),
  };
}

/** The map that was asked for, or the best of those that were made; null where it was not made. */
export async function drawnMap(input: ExportInput): Promise<MapPlot | null> {
  const { run, dataset, items, subject } = input;
  const map = await mapOf(run, subject.map, await expectOwnCodes(input));
  if (map === null) return null;
  const cluster = subject.clusters && groupsById(subject.clusters);
  const color = subject.color ?? usualColor(items);
  const ids = subject.ids && new Set(subject.ids);
  const column = columnFor(color, input.imported);
  return picturedMap({ ...map, dataset, run, items, cluster, color, column, ids });
}

async function mapOf(run: ExportInput['run'], wanted: MapMethod | null, codes: Codes): Promise<MapView | null> {
  for (const method of wanted === null ? (['umap', 'tsne'] as const) : [wanted]) {
    const map = await readMap(run, method, codes);
    if (map !== null) return map;
  }
  if (wanted === 'umap' || wanted === 'tsne') return null;
  return { ...(await pcaMap(codes)), ...(wanted === 'codes' && { method: wanted }) };
}

async function expectOwnCodes({ run, dataset, codesFolder }: ExportInput): Promise<Codes> {
  if (dataset.id === run.datasetId) return readCodes(codesFolder);
  throw new PinholeError('internal', 'internal: a run was to be shown with images of another data set');
}

async function showImages(input: ExportInput, ids: readonly number[]): Promise<Show> {
  const { height, width, channels } = input.dataset;
  const all = [...new Set(ids)];
  const pictures = await pagePictures({ data: input.pixels(all), count: all.length, height, width, channels });
  const pictureOf = new Map(all.map((id, at) => [id, pictures[at]!]));
  const itemOf = new Map(input.items.map((item) => [item.id, item]));
  return (id) => shownImage(itemOf.get(id)!, pictureOf.get(id)!);
}

const shownImage = ({ path, label }: Item, picture: PagePicture): ShownImage => ({ path, label, picture });

/** Images that the model has not learned from, and those that it gives back worst, with what it makes of them. */
async function pairsOf(
  input: ExportInput,
  { ids, errors }: Codes,
  items: readonly Item[],
): Promise<Pick<ReportPage, 'pairs' | 'outliers'>> {
  const errorOf = new Map(Array.from(ids, (id, row) => [id, errors[row]!]));
  const held = heldOutChoice(items, shown.pairs);
  const worst = items.toSorted((a, b) => errorOf.get(b.id)! - errorOf.get(a.id)!).slice(0, shown.outliers);
  const all = [...held, ...worst];
  const { height, width, channels } = input.dataset;
  const shape = { count: all.length, height, width, channels };
  const { originals, reconstructions } = await input.reconstruct(all.map(({ id }) => id));
  const [above, below] = [
    await pagePictures({ ...shape, data: originals }),
    await pagePictures({ ...shape, data: reconstructions }),
  ];
  const pairs = all.map((item, at): ShownPair => {
    return { ...shownImage(item, above[at]!), reconstruction: below[at]!, error: errorOf.get(item.id)! };
  });
  return { pairs: pairs.slice(0, held.length), outliers: pairs.slice(held.length) };
}

/** Those with an image among these, and how many of their images are. */
function clustersAmong({ ids, cluster, central }: FoundClusters, items: readonly Item[]) {
  const clusterOf = new Map(Array.from(ids, (id, row) => [id, cluster[row]!]));
  const members = Map.groupBy(items, ({ id }) => clusterOf.get(id));
  return central
    .map((images, number) => ({ images, number, items: members.get(number) ?? [] }))
    .filter((one) => one.items.length > 0)
    .slice(0, shown.clusters)
    .map(({ images, number, items: found }) => ({
      name: `Cluster ${number}`,
      size: found.length,
      ...commonLabel(found.map(({ label }) => label)),
      central: images,
    }));
}

/** Whole groups with an image among those that are wanted, the one to keep first. */
function groupsAmong({ groups }: FoundDuplicates, wanted: ReadonlySet<number> | null): number[][] {
  return groups
    .map(({ keep, others }) => [keep, ...others])
    .filter((group) => wanted === null || group.some((id) => wanted.has(id)))
    .map((group) => group.slice(0, shown.copies));
}

async function featuresOf(input: ExportInput, items: readonly Item[]): Promise<ReportPage['features']> {
  const { run, codesFolder } = input;
  if (items.length > mostRows || run.codeSize > mostColumns) return null;
  const choice: Choice = {
    columns: new Set(['path', 'label', 'split', 'mse', 'codes']),
    ids: new Set(items.map(({ id }) => id)),
    map: null,
    cluster: null,
    imported: input.imported,
  };
  const header = chosenColumns(choice, run.codeSize).map(({ name }) => name);
  const { codes, errors } = codePaths(codesFolder);
  const source = { items: input.items, codesFile: codes, errorsFile: errors };
  return { header, rows: await previewChosen(source, choice, mostRows) };
}

const endings: Record<StopReason, string> = {
  epochs: 'all epochs were done',
  seconds: 'its time was up',
  plateau: 'the error had ceased to fall',
  diverged: 'it diverged too often',
  stopped: 'a person ended it',
  cancelled: 'it was cancelled',
};

async function modelFacts({ run }: ExportInput): Promise<Pick<ReportPage, 'facts' | 'settings'>> {
  const { plan, settings, device, seconds, reason, parameterCount } = await readRunFile(run.folder);
  const { info } = await loadModel(runPaths(run.folder).model);
  const training = `${plural(run.epochs, 'epoch')} in ${formatDuration(seconds.train)} on ${device.name}`;
  const facts: Fact[] = [
    ['Preset', `${run.preset}: ${presets[plan.preset].description}`],
    ['Code', plural(run.codeSize, 'number')],
    ['Parameters', formatCount(parameterCount)],
    ['Trained', reason === null ? training : `${training}; ${endings[reason]}`],
    ['Kept model', `of step ${formatCount(info.step)}, validation error ${info.validationMse.toPrecision(3)}`],
    ['Weights (SHA-256)', info.weightsHash],
  ];
  const words = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : String(value));
  const all = flatten({ ...plan, device: settings.device });
  return { facts, settings: Object.entries(all).map(([name, value]) => [name, words(value)]) };
}
