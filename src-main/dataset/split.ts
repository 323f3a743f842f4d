// Which images are held out for validation: by a seeded hash of the path, so that other images do not matter.

import type { Division, Split } from '../contract/records.ts';

/** Uniform in [0, 1): FNV-1a over the path's UTF-16 units, mixed by the finaliser of MurmurHash3. */
export function hashPath(path: string, seed: number): number {
  let state = 0x811c9dc5 ^ Math.imul(seed + 1, 0x9e3779b1);
  for (let index = 0; index < path.length; index++) state = Math.imul(state ^ path.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
}

/** By its path alone; `assignSplits` corrects what only the whole set can tell (folds, a share that came out empty). */
export function splitOf(path: string, { seed, validation }: Division): Split {
  return hashPath(path, seed) < validation ? 'validation' : 'train';
}

/**
 * Splits for all paths of the training source. A share is stable: an image keeps its split when others come or go.
 * Folds have equal sizes (±1), so they are not: the chosen fold becomes the test split, and a share of the others
 * validates. Of two images or more that may be learned from, one at least is on each side, unless the share is 0.
 */
export function assignSplits(paths: readonly string[], settings: Division): Split[] {
  const { seed, validation, fold } = settings;
  const hashes = paths.map((path) => hashPath(path, seed));
  const order = ranked(paths, hashes);
  const splits = hashes.map((hash): Split => (hash < validation ? 'validation' : 'train'));
  if (fold !== undefined) holdOutFold(splits, order, fold);
  if (validation > 0) fillBothSides(splits, order);
  return splits;
}

/** Every n-th in the order of hashes, so that hashes say nothing about who validates within the other folds. */
function holdOutFold(splits: Split[], order: readonly number[], [fold, folds]: [number, number]): void {
  for (const [rank, index] of order.entries()) if (rank % folds === fold - 1) splits[index] = 'test';
}

/** A small share of few images can come out empty: the smallest hash then validates, the largest one trains. */
function fillBothSides(splits: Split[], order: readonly number[]): void {
  const learning = order.filter((index) => splits[index] !== 'test');
  if (learning.length < 2) return;
  if (!learning.some((index) => splits[index] === 'validation')) splits[learning[0]!] = 'validation';
  if (!learning.some((index) => splits[index] === 'train')) splits[learning.at(-1)!] = 'train';
}

/** Indices in the order of their hashes; equal hashes by path, so that the order of the files never matters. */
function ranked(paths: readonly string[], hashes: readonly number[]): number[] {
  return paths
    .map((_, index) => index)
    .sort((first, second) => hashes[first]! - hashes[second]! || (paths[first]! < paths[second]! ? -1 : 1));
}
