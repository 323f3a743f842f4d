// How alike two models see the same images: whether what is near by the codes of one is near by those of the other.
import { PinholeError } from '../contract/errors.ts';
import { overlapSample } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import type { Codes } from './encode.ts';
import { exactNeighbours, takeRows } from './nearest-codes.ts';

type Vectors = Pick<Codes, 'codes' | 'size'>;

export interface Overlap {
  /** Neighbours of each image that were looked at: what was asked for, or all others. */
  k: number;
  /** 0–1; see `neighbourOverlap`. */
  overlap: number;
  images: number;
  /** Images whose neighbours were looked for: all, or a seeded sample. */
  points: number;
}

/**
 * Mean over images of |A ∩ B| / k, A and B being the k nearest others of an image by either codes, found exactly. Row n of
 * both is the same image. 1 for equal codes, turned and scaled ones too; k / (N − 1) is to be expected of unrelated ones.
 */
export async function neighbourOverlap(
  one: Vectors,
  other: Vectors,
  wanted: number,
  context: Context = {},
): Promise<Overlap> {
  const images = one.codes.length / one.size;
  if (images < 2) {
    throw new PinholeError(
      'usage',
      `Expected two images or more that both runs have, received ${images}.`,
      'Choose runs of the same images.',
    );
  }
  const k = Math.min(wanted, images - 1);
  const points = images < overlapSample.from ? images : overlapSample.points;
  const rows = permutation(images, createRandom(images)).slice(0, points).sort();
  const near: Int32Array[] = [];
  for (const [place, codes] of [one, other].entries()) {
    const half = { ...context, onProgress: partOfTwo(context, place, points) };
    near.push((await exactNeighbours(codes, k, half, rows)).indices);
  }
  let shared = 0;
  for (let at = 0; at < points; at++) {
    const [ofOne, ofOther] = near.map((indices) => indices.subarray(at * k, (at + 1) * k));
    const known = new Set(ofOne);
    for (const row of ofOther!) if (known.has(row)) shared++;
  }
  return { k, overlap: shared / (points * k), images, points };
}

function partOfTwo({ onProgress }: Context, place: number, points: number): NonNullable<Context['onProgress']> {
  return (progress) => onProgress?.({ ...progress, done: progress.done + place * points, total: 2 * points });
}

/** Codes of the images that both have, in the same order. */
export function sharedCodes(one: Omit<Codes, 'errors'>, other: Omit<Codes, 'errors'>): [Vectors, Vectors] {
  if (one.ids.length === other.ids.length && one.ids.every((id, row) => id === other.ids[row])) return [one, other];
  const rowOf = new Map(Array.from(other.ids, (id, row) => [id, row]));
  const rows = Array.from(one.ids.keys()).filter((row) => rowOf.has(one.ids[row]!));
  const take = ({ codes, size }: Vectors, wanted: readonly number[]) => ({
    size,
    codes: takeRows(codes, size, wanted),
  });
  return [
    take(one, rows),
    take(
      other,
      rows.map((row) => rowOf.get(one.ids[row]!)!),
    ),
  ];
}
