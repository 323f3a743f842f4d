// Looking at every new image before any is decoded, and choosing the pixels of the data set from what was seen.
import type { Context, ImportFailure, Preprocessing } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';
import type { StoredItem } from './catalogue.ts';
import { packSubjects, unpackSurveys } from './columns.ts';
import { abortable, inOrder, type Pool } from './pool.ts';
import { createProgress } from './progress.ts';
import type { Format } from './recognise.ts';
import type { Candidate, NewSurvey, SurveyResult, SurveyTask, ValueCounts } from './tasks.ts';
import { mergeValues, noValues, quantiles } from './values.ts';

/** An image to be decoded. */
export interface Work {
  candidate: Candidate;
  survey: NewSurvey;
  /** Its bytes, where they were kept, or its pixels where it was decoded early. */
  content: Uint8Array | null;
}

export interface Surveyed {
  /** In the order of their paths. */
  work: Work[];
  /** Items whose file is as it was, with label and modification time as they are now. */
  same: StoredItem[];
  failures: ImportFailure[];
  /** What the files hold that failed, for the message when nothing is left. */
  failedFormats: (Format | null)[];
  values: ValueCounts;
}

export interface KnownItems {
  readonly size: number;
  /** The item at a path: the one that is there, else the last one that was. */
  get(path: string): StoredItem | undefined;
}

// Small files are read once: contents are kept from the survey to the decoding, up to this share of free memory.
const shareOfFreeMemory = 0.1;
const largestKept = 2 ** 28;
const largestBatch = 256;

export async function surveyCandidates(
  candidates: readonly Candidate[],
  known: KnownItems,
  settings: ImportSettings,
  pool: Pool,
  context: Context,
): Promise<Surveyed> {
  const found: Surveyed = { work: [], same: [], failures: [], failedFormats: [], values: noValues() };
  const progress = createProgress(context, 'scan', candidates.length);
  let room = process.availableMemory() * shareOfFreeMemory;
  let done = 0;
  const tasks = surveyTasks(candidates, known, settings, pool, () => room);
  const surveys = inOrder(tasks, ({ task }) => pool.run(task), 3 * pool.size);
  for await (const { task, result } of abortable(surveys, context.signal)) {
    room -= result.kept.length;
    collect(task.batch, result, known, found);
    done += task.batch.length;
    progress.update(done);
  }
  progress.finish(done);
  return found;
}

function* surveyTasks(
  candidates: readonly Candidate[],
  known: KnownItems,
  settings: ImportSettings,
  pool: Pool,
  room: () => number,
): Generator<{ batch: Candidate[]; task: SurveyTask }> {
  const size = Math.max(1, Math.min(largestBatch, Math.ceil(candidates.length / (4 * pool.size))));
  for (let start = 0; start < candidates.length; start += size) {
    const batch = candidates.slice(start, start + size);
    const task: SurveyTask = {
      kind: 'survey',
      subjects: packSubjects(batch),
      known:
        known.size === 0 ? null : batch.map(({ path }) => knownFile(known.get(path) ?? known.get(pagePath(path, 0)))),
      background: settings.preprocessing?.background ?? settings.background,
      pixelLimit: settings.pixelLimit,
      countValues: settings.preprocessing === undefined,
      // What is under way is not counted yet: each task may keep a tenth of what is left.
      keepBytes: Math.max(0, Math.min(largestKept, Math.floor(room() / 10))),
    };
    yield { batch, task };
  }
}

const knownFile = (item: StoredItem | undefined) =>
  item === undefined ? null : { bytes: item.bytes, modified: item.modified, sha256: item.sha256 };

function collect(batch: readonly Candidate[], result: SurveyResult, known: KnownItems, found: Surveyed): void {
  mergeValues(found.values, result.values);
  const surveys = unpackSurveys(result.surveys);
  for (const [index, candidate] of batch.entries()) {
    const survey = surveys[index]!;
    if (survey.state === 'failed') {
      found.failures.push(survey.failure);
      found.failedFormats.push(survey.format);
    } else if (survey.state === 'same') {
      found.same.push(...sameItems(candidate, survey.modified, known));
    } else {
      const length = result.lengths[index]!;
      const start = result.offsets[index]!;
      const content = length < 0 ? null : result.kept.subarray(start, start + length);
      for (const page of pagesOf(candidate, survey.pages)) found.work.push({ candidate: page, survey, content });
    }
  }
}

function sameItems({ path, label }: Candidate, modified: number, known: KnownItems): StoredItem[] {
  const single = known.get(path);
  if (single !== undefined) return [{ ...single, label, modified, gone: false }];
  const pages: StoredItem[] = [];
  for (let page = 0; ; page++) {
    const item = known.get(pagePath(path, page));
    if (item === undefined) return pages;
    pages.push({ ...item, label, modified, gone: false });
  }
}

function pagesOf(candidate: Candidate, count: number): Candidate[] {
  if (count === 1) return [candidate];
  return Array.from({ length: count }, (_, page) => ({ ...candidate, path: pagePath(candidate.path, page), page }));
}

/** Pages are counted from 1, as in every viewer. */
const pagePath = (path: string, page: number) => `${path}#${page + 1}`;

/** The pixels of a new data set: what the settings say, and for `auto` what the images suggest. */
export async function choosePreprocessing(
  { work, values }: Surveyed,
  settings: ImportSettings,
  pool: Pool,
  context: Context,
): Promise<Preprocessing> {
  if (settings.preprocessing !== undefined) return settings.preprocessing;
  const { fit, background } = settings;
  return {
    ...chooseSize(work, settings),
    channels: await chooseChannels(work, settings, pool, context),
    fit,
    background: background.toLowerCase(),
    intensity: chooseIntensity(work, values, settings),
  };
}

const largestAutoSize = 64;

/** `auto`: images that all have one size of at most 64 × 64 keep it; else a square of the median shorter side, at most 64. */
function chooseSize(work: readonly Work[], { size }: ImportSettings): { width: number; height: number } {
  if (size !== 'auto') return { width: size, height: size };
  const { width, height } = work[0]!.survey;
  const allEqual = work.every(({ survey }) => survey.width === width && survey.height === height);
  if (allEqual && width <= largestAutoSize && height <= largestAutoSize) return { width, height };
  const shorter = Float64Array.from(work, ({ survey }) => Math.min(survey.width, survey.height)).sort();
  const median = Math.min(largestAutoSize, shorter[shorter.length >> 1]!);
  return { width: median, height: median };
}

const greyBatch = 8;

/**
 * `auto`: grey if every image is. Images of a grey type are; ones of a colour type are decoded until one shows a
 * colour, which in a set of colour images is the first, so it costs one image; grey images stored as RGB are each
 * decoded twice, which is little against a third of the pixels in all that follows.
 */
async function chooseChannels(
  work: readonly Work[],
  settings: ImportSettings,
  pool: Pool,
  context: Context,
): Promise<1 | 3> {
  if (settings.color !== 'auto') return settings.color === 'grey' ? 1 : 3;
  // Those that were decoded early are known to have colour.
  if (work.some(({ survey }) => survey.color && survey.early !== null)) return 3;
  const colored = work.filter(({ survey }) => survey.color).map(({ candidate }) => candidate);
  const { pixelLimit } = settings;
  const batches = Array.from({ length: Math.ceil(colored.length / greyBatch) }, (_, index) => ({
    kind: 'grey' as const,
    subjects: packSubjects(colored.slice(index * greyBatch, (index + 1) * greyBatch)),
    pixelLimit,
  }));
  // One alone before the others: the usual answer is there, and looking ahead would be for nothing.
  const first = { kind: 'grey' as const, subjects: packSubjects(colored.slice(0, 1)), pixelLimit };
  if (colored.length > 0 && (await pool.run(first)).color) return 3;
  const answers = inOrder(batches, (task) => pool.run(task), pool.size);
  for await (const { result } of abortable(answers, context.signal)) {
    if (result.color) return 3;
  }
  return 1;
}

/**
 * Full range: 0–65535 for 16-bit integers; for floats 0–1 if no value lies outside, else the smallest to the largest.
 * Null where every image has eight bits.
 */
function chooseIntensity(
  work: readonly Work[],
  values: ValueCounts,
  { intensity: mode }: ImportSettings,
): Preprocessing['intensity'] {
  if (!work.some(({ survey }) => survey.deep)) return null;
  const { floats, low, high } = values;
  const unit = { low: 0, high: 1 };
  const counted = quantiles(values, mode === 'percentile' ? 0.001 : 0, mode === 'percentile' ? 0.999 : 1) ?? unit;
  if (mode === 'percentile') return { mode, ...counted };
  if (floats === null) return { mode, low: 0, high: 65535 };
  return low >= 0 && high <= 1 ? { mode, ...unit } : { mode, low, high };
}
