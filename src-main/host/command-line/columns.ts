// The commands that say something about images: columns from a CSV, and labels. Reading options and reporting errors is not theirs.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ColumnInfo, ColumnKey, ColumnReport } from '../../contract/columns.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Item } from '../../contract/records.ts';
import { findImages } from '../../dataset/find-images.ts';
import { findOne, type Options, type Work } from './commands.ts';
import { printable } from './summary.ts';
import { alignTable, formatCount, plural } from './words.ts';

/** Imports those of a file, removes some, or lists what is there. */
export async function columns(
  { service, terminal, context }: Work,
  datasetName: string,
  file: string | undefined,
  options: Options,
): Promise<void> {
  const { id } = findOne('data set', await service.datasets(), datasetName);
  const { by, key, remove = [] } = options as { by?: ColumnKey; key?: string; remove?: string[] };
  for (const name of remove) await service.removeColumn(id, name);
  const report = file === undefined ? null : await service.importColumns(id, resolve(file), { by, key }, context);
  if (report) terminal.say(describeReport(report));
  const all = await service.columns(id);
  terminal.say(describeColumns(all));
  const { datasetId: _, labels, ...imported } = report ?? {};
  terminal.result({
    dataset: id,
    columns: all,
    removed: remove,
    imported: report && { ...imported, labelled: labels?.given ?? 0 },
  });
}

/** Gives a label, takes labels away, renames one, or lists what is there. */
export async function label(
  work: Work,
  datasetName: string,
  name: string | undefined,
  options: Options,
): Promise<void> {
  const { service, terminal } = work;
  const { id } = findOne('data set', await service.datasets(), datasetName);
  const items = await service.items(id);
  const { rename, remove = false } = options as { rename?: string[]; remove?: boolean };
  expectSense({ name, rename, remove, ...options });
  const named = rename ? imagesLabelled(items, rename) : await imagesNamed(items, options);
  const wanted = rename ? rename[1]! : remove ? null : (name ?? null);
  const former = named === null ? [] : await service.labelImages(id, [{ label: wanted, ids: named }]);
  const changed = former.reduce((sum, { ids }) => sum + ids.length, 0);
  if (named !== null) terminal.say(describeChange(wanted, changed, named.length));
  const labels = countLabels(named === null ? items : await service.items(id));
  terminal.say(describeLabels(labels));
  terminal.result({ dataset: id, label: wanted, images: named?.length ?? 0, changed, labels });
}

interface Wanted {
  name: string | undefined;
  rename: string[] | undefined;
  remove: boolean;
  ids?: string[];
  pathsFrom?: string;
}

function expectSense({ name, rename, remove, ids, pathsFrom }: Wanted): void {
  const isNamed = ids !== undefined || pathsFrom !== undefined;
  const wrong = (message: string, advice: string) => new PinholeError('usage', message, advice);
  const images = 'Name images with --ids or --paths-from.';
  if (rename && rename.length !== 2)
    throw wrong('--rename takes two labels: the old one and the new.', 'Quote labels with spaces.');
  if (name !== undefined && rename) throw wrong('--rename has both labels already.', 'Leave out the other one.');
  if (name !== undefined && remove)
    throw wrong('--remove takes labels away and gives none.', 'Leave out the label, or --remove.');
  if ((name !== undefined || remove) && !isNamed) throw wrong('No image was named.', images);
  if (name === undefined && isNamed && !remove)
    throw wrong('No label was named.', 'Name one behind the data set, or take labels away with --remove.');
}

function imagesLabelled(items: readonly Item[], [old]: readonly string[]): Int32Array {
  const ids = items.flatMap(({ id, label }) => (label === old ? [id] : []));
  if (ids.length > 0) return Int32Array.from(ids);
  throw new PinholeError(
    'not-found',
    `No image has the label “${old}”.`,
    '"pinhole label DATASET" lists the labels that there are.',
  );
}

/** Null where none were named. */
async function imagesNamed(items: readonly Item[], options: Options): Promise<Int32Array | null> {
  const { ids, pathsFrom } = options as { ids?: string[]; pathsFrom?: string };
  if (ids) return expectAll(items, ids, 'id', '--ids');
  if (pathsFrom === undefined) return null;
  const text = await readFile(resolve(pathsFrom), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const message = `Expected a file that may be read for ${pathsFrom}, received ${cause.code}`;
    throw new PinholeError('source-missing', message, 'Check the path and its permissions.', { cause });
  });
  const paths = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  return expectAll(items, paths, 'path', pathsFrom);
}

function expectAll(items: readonly Item[], names: readonly string[], by: ColumnKey, from: string): Int32Array {
  const { ids } = findImages(items, names, by, from);
  const missing = names.filter((_, at) => ids[at]! < 0);
  if (missing.length === 0) return ids;
  const some = missing.slice(0, shown).map((name) => `“${name}”`);
  throw new PinholeError(
    'not-found',
    `${plural(missing.length, 'image')} of ${formatCount(names.length)} in ${from} not found in the data set: ${some.join(', ')}${missing.length > shown ? ', …' : ''}`,
    'Name images by path or image_id as features.csv has them; nothing was changed.',
  );
}

// ---- in words -----------------------------------------------------------------------------------------------------

const shown = 3;

function describeReport({ rows, matched, byEnding, unmatched, without, ...report }: ColumnReport): string {
  const { key, by, columns: taken, passedOver, labels } = report;
  const left = passedOver.map((name) => (name === '' ? 'a column without a name' : printable(name)));
  return [
    `${plural(matched, 'image')} found for ${plural(rows, 'row')} by the ${by} in ${printable(key)}.`,
    ...(byEnding > 0 ? [`  ${formatCount(byEnding)} by the end of the path alone`] : []),
    ...(unmatched > 0 ? [`  ${plural(unmatched, 'row names', 'rows name')} no image of this data set`] : []),
    ...(without > 0 ? [`  ${plural(without, 'image is', 'images are')} in no row`] : []),
    ...(left.length > 0 ? [`  passed over: ${left.join(', ')}`] : []),
    ...(labels ? [`  ${plural(labels.given, 'label')} given`] : []),
    ...taken.map(({ name, kind }) => `  imported ${printable(name)}, a column of ${kindWords[kind]}`),
  ].join('\n');
}

const kindWords = { number: 'numbers', text: 'texts' } as const;

function describeColumns(all: readonly ColumnInfo[]): string {
  if (all.length === 0) return 'The data set has no imported columns.';
  const names = all.map(({ name, kind }) => `${printable(name)} (${kindWords[kind]})`);
  return `Imported columns of the data set: ${names.join(', ')}`;
}

function describeChange(wanted: string | null, changed: number, count: number): string {
  const same = count - changed;
  const rest = same > 0 ? `; ${formatCount(same)} had ${wanted === null ? 'none' : 'it'} already` : '';
  return wanted === null
    ? `Took the label of ${plural(changed, 'image')} away${rest}.`
    : `Labelled ${plural(changed, 'image')} “${printable(wanted)}”${rest}.`;
}

/** Most frequent first; the label of images without one is null. */
function countLabels(items: readonly Item[]): { label: string | null; count: number }[] {
  const groups = [...Map.groupBy(items, ({ label }) => label)];
  return groups
    .map(([name, some]) => ({ label: name, count: some.length }))
    .sort((a, b) => b.count - a.count || ((a.label ?? '') < (b.label ?? '') ? -1 : 1));
}

function describeLabels(labels: readonly { label: string | null; count: number }[]): string {
  if (labels.length === 0) return 'The data set has no images.';
  return alignTable(labels.map(({ label: name, count }) => [printable(name ?? 'no label'), formatCount(count)]));
}
