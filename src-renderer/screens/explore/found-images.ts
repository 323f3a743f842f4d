// Which images are meant by what was found.
import { type Finding, type FoundView, outlierScore } from '../../../src-main/contract/explore.ts';
import type { Images } from './images.ts';
import { type FoundColumn, type Values, valuesOf } from './values.ts';

export type Found<K extends Finding> = Extract<FoundView, { what: K }>;
export type Known = { [K in Finding]?: Found<K> };

/** Where fewer stand out by their score, so many are shown all the same. */
const fewest = 10;

/** Ids of the copies that need not be kept. */
export function copiesOf({ groups }: Pick<Found<'duplicates'>, 'groups'>): number[] {
  return groups.flatMap(({ others }) => others);
}

/** What was found as columns, null for what was not looked for: groups of copies are numbered from 1, the largest first. */
export function foundValues(images: Images, { duplicates, outliers, clusters }: Known): [FoundColumn, Values | null][] {
  const copies = duplicates?.groups.map(({ keep, others }) => [keep, ...others]) ?? [];
  const groupOf = copies.flatMap((ids, group) => ids.map(() => group + 1));
  return [
    ['score', outliers ? valuesOf(images, outliers.ids, outliers.scores) : null],
    ['copies', duplicates ? valuesOf(images, copies.flat(), groupOf) : null],
    ['cluster', clusters ? valuesOf(images, clusters.ids, clusters.cluster) : null],
  ];
}

/** Ids of those that stand out, from the one that does most. */
export function standingOut({ ids, scores }: Pick<Found<'outliers'>, 'ids' | 'scores'>): Int32Array {
  const count = scores.findIndex((score) => score <= outlierScore);
  return ids.slice(0, Math.max(Math.min(fewest, ids.length), count < 0 ? ids.length : count));
}
