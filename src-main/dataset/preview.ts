// What an import would do: how many images with which labels, a sample of them as the model would see it, and what it costs.
import type { Context, ImportFailure, Preprocessing } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';
import { encodePng } from '../files/png.ts';
import { checkSettings, decodeWork } from './import.ts';
import { type Pool, withPool } from './pool.ts';
import { createProgress } from './progress.ts';
import { type Scan, scan } from './scan.ts';
import { choosePreprocessing, type Surveyed, surveyCandidates, type Work } from './survey.ts';
import type { Candidate } from './tasks.ts';

export interface SeenSample {
  path: string;
  label: string | null;
  /** Of the original, after orientation. */
  width: number;
  height: number;
  /** PNG of at most 256 pixels a side. */
  original: Uint8Array;
}

export interface SampledImport {
  images: number;
  labels: { label: string; count: number }[];
  preprocessing: Preprocessing;
  samples: SeenSample[];
  /** samples.length × height × width × channels. */
  pixels: Uint8Array;
  failures: ImportFailure[];
  /** Of reading and decoding one image with all threads, as measured on the sample. */
  secondsPerImage: number;
}

/** Keeps what was found for a while: a change of size or colour is then shown without looking at the files again. */
export class ImportSampler {
  #known: { key: string; found: Promise<Found>; until: number } | undefined;

  async sample(settings: ImportSettings, spoolFolder: string, context: Context = {}): Promise<SampledImport> {
    checkSettings(settings);
    const found = await this.#find(settings, spoolFolder, context);
    return withPool((pool) => decodeSample(found, settings, pool, context));
  }

  #find(settings: ImportSettings, spoolFolder: string, context: Context): Promise<Found> {
    const { sources, testSources, labels, pixelLimit, background } = settings;
    const key = JSON.stringify([sources, testSources, labels, pixelLimit, background]);
    if (this.#known?.key === key && performance.now() < this.#known.until) return this.#known.found;
    const found = findSample(settings, spoolFolder, context);
    this.#known = { key, found, until: performance.now() + keptMs };
    // One that failed or was cancelled is looked for again.
    found.catch(() => {
      if (this.#known?.found === found) this.#known = undefined;
    });
    return found;
  }
}

const keptMs = 60_000;
/** Size and colour `auto` are chosen from these; an import looks at all images. */
const surveyed = 240;
const shown = 12;
const largestOriginal = 256;
const listedLabels = 1000;
const listedFailures = 1000;

interface Found {
  scanned: Scan;
  survey: Surveyed;
  secondsPerSurvey: number;
}

async function findSample(settings: ImportSettings, spoolFolder: string, context: Context): Promise<Found> {
  const onFound = createProgress(context, 'scan', null).update;
  const scanned = await scan({ settings, known: [], spoolFolder, signal: context.signal, onFound });
  const sample = spread(scanned.candidates, surveyed);
  const silent: Context = { ...(context.signal && { signal: context.signal }) };
  return withPool(async (pool) => {
    const started = performance.now();
    const survey = await surveyCandidates(sample, new Map(), settings, pool, silent);
    const secondsPerSurvey = (performance.now() - started) / 1000 / Math.max(1, sample.length);
    return { scanned, survey, secondsPerSurvey };
  });
}

async function decodeSample(
  { scanned, survey, secondsPerSurvey }: Found,
  settings: ImportSettings,
  pool: Pool,
  context: Context,
): Promise<SampledImport> {
  const failures = [...scanned.failures, ...survey.failures].slice(0, listedFailures);
  const work = spread(survey.work, shown);
  const preprocessing = await choosePreprocessing(survey, settings, pool, context).catch((error: unknown) => {
    if (survey.work.length === 0) return emptyPreprocessing(settings);
    throw error;
  });
  const started = performance.now();
  const size = preprocessing.height * preprocessing.width * preprocessing.channels;
  const pixels = new Uint8Array(work.length * size);
  const samples: SeenSample[] = [];
  const undecodable = new Set<string>();
  for (const one of work) {
    const { decoded, rows } = await decodeWork(pool, [one], preprocessing, settings.pixelLimit);
    const result = decoded[0]!;
    if (result.state === 'failed') {
      failures.push(result.failure);
      undecodable.add(one.candidate.path);
    } else {
      pixels.set(rows, samples.length * size);
      samples.push(await describe(one, preprocessing, settings, pool));
    }
  }
  const found = readable(scanned, survey).filter(({ path }) => !undecodable.has(path));
  const secondsPerImage = secondsPerSurvey + (performance.now() - started) / 2000 / Math.max(1, work.length);
  return {
    images: found.length,
    labels: countLabels(found),
    preprocessing,
    samples,
    pixels: pixels.slice(0, samples.length * size),
    failures,
    secondsPerImage,
  };
}

/** The original by the same decoder, in colour, whole, and at most 256 pixels a side. */
async function describe(
  work: Work,
  preprocessing: Preprocessing,
  settings: ImportSettings,
  pool: Pool,
): Promise<SeenSample> {
  const { path, label } = work.candidate;
  const { width, height } = work.survey;
  const original = await decodeOriginal(work, preprocessing, settings.pixelLimit, pool, largestOriginal);
  return { path, label, width, height, original };
}

/** PNG of one image of at most `largest` pixels a side, never enlarged. */
export async function decodeOriginal(
  work: Work,
  { background, intensity }: Pick<Preprocessing, 'background' | 'intensity'>,
  pixelLimit: number,
  pool: Pool,
  largest: number,
): Promise<Uint8Array> {
  const scale = Math.min(1, largest / Math.max(work.survey.width, work.survey.height));
  const width = Math.max(1, Math.round(work.survey.width * scale));
  const height = Math.max(1, Math.round(work.survey.height * scale));
  const whole = { width, height, channels: 3 as const, fit: 'stretch' as const, background, intensity };
  const { decoded, rows } = await decodeWork(pool, [work], whole, pixelLimit);
  const failed = decoded[0]!.state === 'failed';
  return failed ? new Uint8Array(0) : encodePng({ data: rows, width, height, channels: 3 }, 1);
}

/** At most `count` of them, evenly over the whole list. */
function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]!);
}

/** Where every candidate was looked at, what an import will decode; else all but those that turned out to be no image. */
function readable({ candidates }: Scan, { work, failures }: Surveyed): Candidate[] {
  if (candidates.length <= surveyed) return work.map(({ candidate }) => candidate);
  const failed = new Set(failures.map(({ path }) => path));
  return candidates.filter(({ path }) => !failed.has(path));
}

function countLabels(candidates: readonly Candidate[]): { label: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { label } of candidates) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
    .slice(0, listedLabels);
}

/** Where no image was found there is nothing to choose from. */
function emptyPreprocessing({ size, color, fit, background }: ImportSettings): Preprocessing {
  const side = size === 'auto' ? 28 : size;
  return { width: side, height: side, channels: color === 'rgb' ? 3 : 1, fit, background, intensity: null };
}
