// Import: scan, survey, decode, store. What was decoded stays, whatever happens after; the same import goes on from there.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ImportResult } from '../contract/api.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, Dataset, ImportFailure, Preprocessing } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';
import type { Catalogue, StoredItem } from './catalogue.ts';
import { packSubjects } from './columns.ts';
import { datasetHash, datasetId } from './hash.ts';
import { datasetFolder, pixelFile } from './open.ts';
import { withChannels } from './picture.ts';
import { openPixelWriter } from './pixels.ts';
import { abortable, inOrder, type Pool, returnPool, takePool } from './pool.ts';
import { createProgress } from './progress.ts';
import { type Format, formatNouns } from './recognise.ts';
import { type Scan, scan } from './scan.ts';
import { assignSplits, splitOf } from './split.ts';
import { createStore, type NewItem, type Store } from './store.ts';
import { choosePreprocessing, type Surveyed, surveyCandidates, type Work } from './survey.ts';
import type { Decoded, DecodeResult, DecodeTask, Subject } from './tasks.ts';

/**
 * Imports images into the workspace, or brings an earlier import of the same sources and pixel settings up to date:
 * only what is new or has changed is decoded. Files that cannot be read are listed, not thrown.
 * Errors: `source-missing`, `source-empty`, `usage`, `disk-full`, `cancelled` (what was decoded is kept).
 */
export async function importDataset(
  catalogue: Catalogue,
  workspaceFolder: string,
  settings: ImportSettings,
  context: Context = {},
): Promise<ImportResult> {
  const started = performance.now();
  checkSettings(settings);
  const id = idOf(catalogue, settings);
  const folder = datasetFolder(workspaceFolder, id);
  const pool = takePool();
  try {
    const surroundings = { catalogue, workspaceFolder, settings, context, pool, started };
    const result = await findAndDecode(surroundings, id, join(folder, unpackedFolder));
    await returnPool(pool);
    return result;
  } catch (error) {
    // A large image may hold a thread for seconds; whoever cancels does not wait for that.
    await Promise.race([pool.close(), setTimeout(patience)]);
    throw error;
  } finally {
    // What a killed import has left is removed by the next one.
    rmSync(join(folder, unpackedFolder), { recursive: true, force: true, maxRetries: 3 });
    if (catalogue.findDataset(id) === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

const unpackedFolder = 'unpacked';
const patience = 100;

interface Surroundings {
  catalogue: Catalogue;
  workspaceFolder: string;
  settings: ImportSettings;
  context: Context;
  pool: Pool;
  started: number;
}

async function findAndDecode(surroundings: Surroundings, id: string, spoolFolder: string): Promise<ImportResult> {
  const { catalogue, workspaceFolder, settings, context, pool } = surroundings;
  const earlier = earlierImport(catalogue, id);
  const scanned = await scan({
    settings,
    known: earlier.dataset?.state === 'ready' ? catalogue.containers(id) : [],
    spoolFolder,
    signal: context.signal,
    onFound: createProgress(context, 'scan', null).update,
  });
  const surveyed = await surveyCandidates(scanned.candidates, earlier.known, settings, pool, context);
  keepUnchangedContainers(scanned, surveyed, earlier);
  if (surveyed.work.length + surveyed.same.length === 0) {
    throw nothingFound(settings, [...surveyed.failures, ...scanned.failures], surveyed.failedFormats);
  }
  const dataset = earlier.dataset ?? (await createDataset(catalogue, id, settings, surveyed, pool, context));
  catalogue.keepImportSettings(id, settings);
  mkdirSync(datasetFolder(workspaceFolder, id), { recursive: true });
  return bringUpToDate({ ...surroundings, scanned, surveyed, earlier, dataset });
}

interface Earlier {
  dataset: Dataset | undefined;
  /** By path: the item that is there, else the last one that was. */
  known: Map<string, StoredItem>;
  failures: ImportFailure[];
}

interface Update extends Surroundings {
  scanned: Scan;
  surveyed: Surveyed;
  earlier: Earlier;
  dataset: Dataset;
}

/** Sources that have moved are known at their new place; what lies at the old one now is something else. */
function idOf(catalogue: Catalogue, settings: ImportSettings): string {
  const wanted = [...settings.sources, ...settings.testSources].map((source) => resolve(source));
  const moved = catalogue.movedDatasets();
  for (const { id, sources, origin } of moved) {
    if (sources.map((source) => resolve(source)).join('\n') !== wanted.join('\n')) continue;
    const split = settings.sources.length;
    const before = datasetId({ ...settings, sources: origin.slice(0, split), testSources: origin.slice(split) });
    if (id === before || id.startsWith(`${before}-`)) return id;
  }
  const base = datasetId(settings);
  let id = base;
  for (let number = 2; moved.some((one) => one.id === id); number++) id = `${base}-${number}`;
  return id;
}

export function checkSettings({ fold, testSources }: ImportSettings): void {
  if (fold !== undefined && testSources.length > 0) {
    const message = 'Expected a fold or a separate test source, received both.';
    throw new PinholeError('usage', message, 'Each of them is the test split: leave one of them out.');
  }
  if (fold === undefined || fold[0] <= fold[1]) return;
  const message = `Expected a fold from 1 to ${fold[1]}, received ${fold[0]}.`;
  throw new PinholeError('usage', message, 'Folds are counted from 1: [1, 5] is the first of five.');
}

function earlierImport(catalogue: Catalogue, id: string): Earlier {
  const dataset = catalogue.findDataset(id);
  const known = new Map<string, StoredItem>();
  if (dataset === undefined) return { dataset, known, failures: [] };
  // Importing it again is a way of wanting it back.
  catalogue.setDatasetAside(id, false);
  for (const item of catalogue.storedItems(id)) {
    if (!item.gone || known.get(item.path)?.gone !== false) known.set(item.path, item);
  }
  return { dataset, known, failures: catalogue.failures(id) };
}

/** Items and failures of archives that are as they were count as seen. */
function keepUnchangedContainers({ unchanged }: Scan, surveyed: Surveyed, { known, failures }: Earlier): void {
  for (const { prefix } of unchanged) {
    const isInside = ({ path }: { path: string }) => path.startsWith(prefix) || `${path}/` === prefix;
    for (const item of known.values()) if (!item.gone && isInside(item)) surveyed.same.push(item);
    surveyed.failures.push(...failures.filter(isInside));
  }
}

async function createDataset(
  catalogue: Catalogue,
  id: string,
  settings: ImportSettings,
  surveyed: Surveyed,
  pool: Pool,
  context: Context,
): Promise<Dataset> {
  const preprocessing = await choosePreprocessing(surveyed, settings, pool, context);
  const sources = [...settings.sources, ...settings.testSources];
  catalogue.insertDataset({ id, name: nameOf(settings), sources, preprocessing });
  return catalogue.getDataset(id);
}

function nameOf({ name, sources }: ImportSettings): string {
  const others = sources.length > 1 ? ` and ${sources.length - 1} more` : '';
  return name ?? basename(sources[0]!) + others;
}

async function bringUpToDate(update: Update): Promise<ImportResult> {
  const { catalogue, workspaceFolder, context, surveyed, dataset, started } = update;
  const { id, preprocessing } = dataset;
  const shape = [preprocessing.height, preprocessing.width, preprocessing.channels] as const;
  const writer = openPixelWriter(pixelFile(workspaceFolder, id), shape, catalogue.takenIds(id));
  const store = createStore(catalogue, catalogue.datasetNumber(id), writer);
  const failures = [...update.scanned.failures, ...surveyed.failures];
  noticeMisfits(update);
  try {
    failures.push(...(await decodeAll(update, store)));
    finish(update, store, failures);
  } catch (error) {
    if (error instanceof PinholeError && error.code === 'cancelled') settle(update, store, failures, 'importing');
    throw error;
  } finally {
    writer.close();
  }
  throwIfCancelled(context.signal);
  return {
    dataset: catalogue.getDataset(id),
    decoded: store.stored.length,
    reused: surveyed.same.length,
    failures: catalogue.failures(id),
    seconds: (performance.now() - started) / 1000,
  };
}

/** New images in a data set keep its pixels, so that nothing is decoded again; where another choice was likely, it is said. */
function noticeMisfits({ surveyed, dataset, earlier, context, settings }: Update): void {
  if (earlier.dataset === undefined || settings.color !== 'auto' || settings.preprocessing !== undefined) return;
  const colored = surveyed.work.filter(({ survey }) => survey.color).length;
  if (dataset.channels === 3 || colored === 0) return;
  context.onNotice?.({
    level: 'warning',
    message: `${colored} of the new images may be in colour; this data set is grey and stays grey.`,
    advice: 'Import with colour set to rgb for a data set in colour.',
  });
}

// A task is one step of progress and of what a kill can cost: large enough to be cheap, small enough to be quick.
const largestBatch = 256;
const largestBatchBytes = 2 * 1024 * 1024;

async function decodeAll(update: Update, store: Store): Promise<ImportFailure[]> {
  const { surveyed, settings, context, pool, dataset } = update;
  const failures: ImportFailure[] = [];
  const progress = createProgress(context, 'import', surveyed.work.length);
  const batches = inOrder(
    batchesOf(surveyed.work, pool.size),
    (batch) => decodeWork(pool, batch, dataset.preprocessing, settings.pixelLimit),
    4 * pool.size,
  );
  let done = 0;
  try {
    for await (const { task: batch, result } of abortable(batches, context.signal)) {
      await store.add(result.rows, newItems(batch, result, update, failures));
      done += batch.length;
      progress.update(done);
    }
  } finally {
    await store.flush();
  }
  progress.finish(done);
  return failures;
}

/** One batch: what was decoded early must be together, for its pixels may already be what is wanted. */
export async function decodeWork(
  pool: Pool,
  batch: readonly Work[],
  preprocessing: Preprocessing,
  pixelLimit: number,
): Promise<DecodeResult> {
  return rowsOfDecoded(batch, preprocessing) ?? pool.run(decodeTask(batch, preprocessing, pixelLimit));
}

function* batchesOf(work: readonly Work[], threads: number): Generator<Work[]> {
  const count = Math.max(1, Math.min(largestBatch, Math.ceil(work.length / (4 * threads))));
  let batch: Work[] = [];
  let bytes = 0;
  for (const one of work) {
    const isMixed = batch.length > 0 && (batch[0]!.survey.early === null) !== (one.survey.early === null);
    if (isMixed || batch.length >= count || bytes >= largestBatchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += one.survey.bytes;
  }
  if (batch.length > 0) yield batch;
}

/** The rows of images that were decoded early and already have the right size; undefined if one is not. */
function rowsOfDecoded(batch: readonly Work[], { width, height, channels }: Preprocessing): DecodeResult | undefined {
  const fits = ({ survey }: Work) => survey.early !== null && survey.width === width && survey.height === height;
  if (!batch.every(fits)) return undefined;
  const length = width * height * channels;
  const rows = new Uint8Array(batch.length * length);
  const decoded = batch.map(({ survey, content }, index): Decoded => {
    const { bytes, modified, early } = survey;
    const plain = { width, height, channels: early!.channels, data: content! };
    rows.set(withChannels(plain, channels).data, index * length);
    return { state: 'decoded', width, height, bytes, modified, sha256: early!.sha256 };
  });
  return { kind: 'decode', decoded, rows };
}

function decodeTask(batch: readonly Work[], preprocessing: Preprocessing, pixelLimit: number): DecodeTask {
  const kept = new Uint8Array(batch.reduce((total, { content }) => total + (content?.length ?? 0), 0));
  const offsets = new Int32Array(batch.length);
  const lengths = new Int32Array(batch.length).fill(-1);
  let used = 0;
  for (const [index, { content }] of batch.entries()) {
    if (content === null) continue;
    kept.set(content, used);
    offsets[index] = used;
    lengths[index] = content.length;
    used += content.length;
  }
  const modified = Float64Array.from(batch, ({ survey }) => survey.modified);
  const subjects = packSubjects(batch.map(subjectOf));
  return { kind: 'decode', subjects, preprocessing, pixelLimit, kept, offsets, lengths, modified };
}

/** Pixels that were decoded early are an array now. */
function subjectOf({ candidate, survey: { early, width, height } }: Work): Subject {
  if (early === null) return candidate;
  return { ...candidate, array: { width, height, channels: early.channels, type: 'uint8', bigEndian: false } };
}

function newItems(batch: Work[], { decoded }: DecodeResult, update: Update, failures: ImportFailure[]): NewItem[] {
  const items: NewItem[] = [];
  for (const [index, { candidate, survey }] of batch.entries()) {
    const result = decoded[index]!;
    if (result.state === 'failed') {
      failures.push(result.failure);
      continue;
    }
    const { path, label, test } = candidate;
    const { width, height, modified } = result;
    // What was decoded early came as pixels; the file is what is recorded.
    const { bytes, sha256 } = survey.early === null ? result : { bytes: survey.bytes, sha256: survey.early.sha256 };
    const split = test ? 'test' : splitOf(path, update.settings);
    const replaces = update.earlier.known.get(path);
    const item: StoredItem = { id: -1, path, label, split, width, height, bytes, sha256, modified, gone: false };
    items.push({ item, replaces });
  }
  return items;
}

function finish(update: Update, store: Store, failures: ImportFailure[]): void {
  const { catalogue, dataset, settings, surveyed } = update;
  settle(update, store, failures, 'ready');
  if (catalogue.getDataset(dataset.id).count > 0) return;
  catalogue.deleteDataset(dataset.id);
  const failedFormats = [...surveyed.failedFormats, ...surveyed.work.map(({ survey }) => formatOf(survey))];
  throw nothingFound(settings, failures, failedFormats);
}

const formatOf = ({ format }: Work['survey']): Format | null => (format === 'array' ? null : format);

/** Everything that only the whole set can tell: what is gone, splits, failures, hash. One transaction. */
function settle(update: Update, { stored }: Store, failures: ImportFailure[], state: Dataset['state']): void {
  const { catalogue, dataset, settings, scanned } = update;
  const number = catalogue.datasetNumber(dataset.id);
  catalogue.transaction(() => {
    const kept = settleEarlier(update, new Set(stored.map(({ path }) => path)), number, state);
    const items = [...kept, ...stored].sort((first, second) => first.id - second.id);
    updateSplits(catalogue, items, number, settings);
    failures.sort((first, second) => (first.path < second.path ? -1 : first.path > second.path ? 1 : 0));
    catalogue.replaceFailures(number, failures);
    if (state === 'ready') catalogue.replaceContainers(number, [...scanned.opened, ...scanned.unchanged]);
    const hash = datasetHash(items, dataset.preprocessing);
    catalogue.updateDataset(dataset.id, { state, hash, name: settings.name ?? dataset.name });
    catalogue.updateDivision(dataset.id, settings);
  });
}

/** Brings the items of earlier imports up to date and returns those that are there. Only a complete import knows what is gone. */
function settleEarlier(
  { catalogue, surveyed, earlier }: Update,
  replaced: ReadonlySet<string>,
  number: number,
  state: Dataset['state'],
): StoredItem[] {
  const same = new Map(surveyed.same.map((item) => [item.id, item]));
  const kept: StoredItem[] = [];
  for (const before of earlier.known.values()) {
    // The store has taken these out of the catalogue together with putting in what replaces them.
    if (replaced.has(before.path)) continue;
    const now = same.get(before.id) ?? (state === 'ready' ? { ...before, gone: true } : before);
    if (now.label !== before.label || now.modified !== before.modified || now.gone !== before.gone) {
      catalogue.updateItem(number, now);
    }
    if (!now.gone) kept.push(now);
  }
  return kept;
}

/** Items of a held-out source keep their split. Changes the items that are given as well. */
function updateSplits(
  catalogue: Catalogue,
  items: readonly StoredItem[],
  number: number,
  settings: ImportSettings,
): void {
  // Without a test source, an item that tests comes from the fold of an earlier import.
  const open = settings.testSources.length > 0 ? items.filter(({ split }) => split !== 'test') : items;
  const splits = assignSplits(
    open.map(({ path }) => path),
    settings,
  );
  for (const [index, item] of open.entries()) {
    if (item.split === splits[index]) continue;
    item.split = splits[index]!;
    catalogue.updateItem(number, item);
  }
}

/** Says what was found instead: “only 3 text files”. */
function nothingFound(
  { sources }: ImportSettings,
  failures: readonly ImportFailure[],
  failedFormats: readonly (Format | null)[],
): PinholeError {
  const counts = new Map<string, number>();
  for (const format of failedFormats) {
    const noun = format === null ? 'file that could not be read' : formatNouns[format];
    counts.set(noun, (counts.get(noun) ?? 0) + 1);
  }
  const found = [...counts].map(([noun, count]) => (count === 1 ? `1 ${noun}` : `${count} ${plural(noun)}`));
  const instead = found.length > 0 ? `only ${found.join(', ')}` : (failures[0]?.reason ?? 'it is empty');
  const where = sources.length === 1 ? `“${sources[0]}”` : `${sources.length} sources`;
  const example = found.length > 0 && failures[0] ? ` For example “${failures[0].path}”: ${failures[0].reason}` : '';
  const advice = 'Choose a folder, archive or array file that holds images.';
  return new PinholeError(
    'source-empty',
    `Expected at least one image in ${where}, received none: ${instead}.${example}`,
    advice,
  );
}

const plural = (noun: string) => (noun.startsWith('file that') ? noun.replace('file', 'files') : `${noun}s`);
