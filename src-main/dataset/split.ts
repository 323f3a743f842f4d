// Which images are held out for validation: by a seeded hash of the path, so that other images do not matter.

import type { Split } from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';

type SplitSettings = Pick<ImportSettings, 'seed' | 'validation' | 'fold'>;

/** Uniform in [0, 1): FNV-1a over the path's UTF-16 units, mixed by the finaliser of MurmurHash3. */
export function hashPath(path: string, seed: number): number {
  let state = 0x811c9dc5 ^ Math.imul(seed + 1, 0x9e3779b1);
  for (let index = 0; index < path.length; index++) state = Math.imul(state ^ path.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
}

/** By its path alone; `assignSplits` corrects what only the whole set can tell (folds, a share that came out empty). */
export function splitOf(path: string, { seed, validation }: SplitSettings): Split {
  return hashPath(path, seed) < validation ? 'validation' : 'train';
}

/**
 * Splits for all paths of the training source. A share is stable: an image keeps its split when others come or go.
 * Folds have equal sizes (±1), so they are not. Of two images or more, one at least is on each side, unless the
 * share is 0.
 */
export function assignSplits(paths: readonly string[], settings: SplitSettings): Split[] {
  const { seed, validation, fold } = settings;
  const hashes = paths.map((path) => hashPath(path, seed));
  if (fold !== undefined) return foldSplits(paths, hashes, fold);
  const splits = hashes.map((hash): Split => (hash < validation ? 'validation' : 'train'));
  if (paths.length < 2 || validation === 0)
    return splits.map(() => 'train' as const).map((split, i) => (validation === 0 ? split : splits[i]!));
  const order = ranked(paths, hashes);
  if (!splits.includes('validation')) splits[order[0]!] = 'validation';
  if (!splits.includes('train')) splits[order[order.length - 1]!] = 'train';
  return splits;
}

function foldSplits(paths: readonly string[], hashes: readonly number[], [fold, folds]: [number, number]): Split[] {
  const splits = paths.map((): Split => 'train');
  for (const [rank, index] of ranked(paths, hashes).entries()) {
    if (rank % folds === fold - 1) splits[index] = 'validation';
  }
  return splits;
}

/** Indices in the order of their hashes; equal hashes by path, so that the order of the files never matters. */
function ranked(paths: readonly string[], hashes: readonly number[]): number[] {
  return paths
    .map((_, index) => index)
    .sort((first, second) => hashes[first]! - hashes[second]! || (paths[first]! < paths[second]! ? -1 : 1));
}
