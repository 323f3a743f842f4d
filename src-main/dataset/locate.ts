// Finding the file of an item again, for looking at the original: by its path where that is plain, by a scan otherwise.
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { PinholeError } from '../contract/errors.ts';
import type { Context, Dataset, Item } from '../contract/records.ts';
import { importSettingsSchema } from '../contract/settings.ts';
import { wholeFile } from './columns.ts';
import { withPool } from './pool.ts';
import { decodeOriginal } from './preview.ts';
import { hasImageName } from './recognise.ts';
import { scan } from './scan.ts';
import { surveyCandidates } from './survey.ts';
import type { Candidate } from './tasks.ts';

/** The original of an item as PNG, at most `largest` pixels a side. Throws `source-missing` where its file is gone. */
export async function readOriginal(
  dataset: Dataset,
  item: Item,
  spoolFolder: string,
  largest: number,
  context: Context = {},
): Promise<Uint8Array> {
  const candidate = plainCandidate(dataset, item) ?? (await scannedCandidate(dataset, item, spoolFolder, context));
  const settings = v.parse(importSettingsSchema, { sources: dataset.sources, preprocessing: dataset.preprocessing });
  return withPool(async (pool) => {
    const { work, failures } = await surveyCandidates([candidate], new Map(), settings, pool, context);
    const page = work.find((one) => one.candidate.path === item.path) ?? work[0];
    if (page === undefined) throw missing(item, failures[0]?.reason ?? '');
    const picture = await decodeOriginal(page, dataset.preprocessing, settings.pixelLimit, pool, largest);
    if (picture.length === 0) throw missing(item, '');
    return picture;
  });
}

/** Where an item of this source would lie if its path is a plain one; undefined inside archives and arrays. */
export function plainFile({ sources }: Pick<Dataset, 'sources'>, path: string): string | undefined {
  if (sources.length === 1) return isFolder(sources[0]!) ? join(sources[0]!, path) : sources[0];
  const [first = '', ...rest] = path.split('/');
  const named = sources.filter((source) => basename(source) === first);
  if (named.length !== 1) return undefined;
  return rest.length > 0 ? join(named[0]!, ...rest) : named[0];
}

/** Undefined where there is no such file, or where it holds more than one image. */
export function plainCandidate(dataset: Dataset, item: Item): Candidate | undefined {
  // Pages of a TIFF are found again by the survey.
  const path = isFile(plainFile(dataset, item.path) ?? '') ? item.path : item.path.replace(/#\d+$/, '');
  const file = plainFile(dataset, path);
  if (file === undefined || !hasImageName(file) || !isFile(file)) return undefined;
  return { path, label: item.label, test: false, place: wholeFile(file), array: null, page: 0 };
}

async function scannedCandidate(
  dataset: Dataset,
  item: Item,
  spoolFolder: string,
  context: Context,
): Promise<Candidate> {
  const found = findCandidate(await scanAgain(dataset, spoolFolder, context, 'throw'), item);
  if (found) return found;
  throw missing(item, '');
}

/** All that there is in the sources now, by path. */
export async function scanAgain(
  { sources }: Dataset,
  spoolFolder: string,
  { signal }: Context,
  missing: 'throw' | 'list',
): Promise<Map<string, Candidate>> {
  const settings = v.parse(importSettingsSchema, { sources });
  const { candidates } = await scan({ settings, known: [], missing, spoolFolder, signal, onFound: () => {} });
  return new Map(candidates.map((candidate) => [candidate.path, candidate]));
}

export function findCandidate(candidates: ReadonlyMap<string, Candidate>, { path }: Item): Candidate | undefined {
  return candidates.get(path) ?? candidates.get(path.replace(/#\d+$/, ''));
}

function missing({ path }: Item, reason: string): PinholeError {
  return new PinholeError(
    'source-missing',
    `The original of “${path}” is not where it was. ${reason}`,
    'Say where the folder is now (Relocate on the Import screen), or import it again.',
  );
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
