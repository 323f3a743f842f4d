// Which images are meant by what was found.
import { type Finding, type FoundView, outlierScore } from '../../../src-main/contract/explore.ts';

export type Found<K extends Finding> = Extract<FoundView, { what: K }>;

/** Where fewer stand out by their score, so many are shown all the same. */
const fewest = 10;

/** Ids of the copies that need not be kept. */
export function copiesOf({ groups }: Pick<Found<'duplicates'>, 'groups'>): number[] {
  return groups.flatMap(({ others }) => others);
}

/** Ids of those that stand out, from the one that does most. */
export function standingOut({ ids, scores }: Pick<Found<'outliers'>, 'ids' | 'scores'>): Int32Array {
  const count = scores.findIndex((score) => score <= outlierScore);
  return ids.slice(0, Math.max(Math.min(fewest, ids.length), count < 0 ? ids.length : count));
}
