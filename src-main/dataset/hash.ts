// Names for contents: the hash of a data set, and the id under which the same import is found again.
import { createHash, hash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { Item, Preprocessing } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';

/**
 * SHA-256 over ids, content hashes and splits in id order, and over the preprocessing: equal hashes mean equal training
 * data. Ids follow the order of the paths, so the order of the file system does not matter, nor where the folder lies.
 */
export function datasetHash(items: readonly Item[], preprocessing: Preprocessing): string {
  const { width, height, channels, fit, background, intensity } = preprocessing;
  const digest = createHash('sha256');
  digest.update(
    JSON.stringify([width, height, channels, fit, background, intensity && [intensity.low, intensity.high]]),
  );
  for (const { id, sha256, split } of items) digest.update(`\n${id} ${sha256} ${split}`);
  return digest.digest('hex');
}

/** The same sources and pixel settings are the same data set; splits and labels may change without new pixels. */
export function datasetId(settings: ImportSettings): string {
  const { sources, testSources, size, color, fit, background, intensity, preprocessing } = settings;
  const key = JSON.stringify([
    sources.map((source) => resolve(source)),
    testSources.map((source) => resolve(source)),
    preprocessing ?? [size, color, fit, background.toLowerCase(), intensity],
  ]);
  return `${slug(basename(sources[0]!))}-${hash('sha256', key, 'hex').slice(0, 10)}`;
}

/** A folder name that every file system takes; the hash behind it tells data sets apart. */
function slug(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return [...plain].slice(0, 24).join('') || 'images';
}
