// How true a map is: whether neighbours on it are neighbours among the codes, and the other way round.
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { MapQuality } from '../contract/explore.ts';
import type { Context } from '../contract/records.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import type { Codes } from './encode.ts';

/** Of more points a seeded sample is looked at; each costs a pass over all codes. */
export const mostPoints = 500;

/**
 * `xy` is float32 N×2 in the order of the codes. Trustworthiness is 1 − 2/(n·k·(2N − 3k − 1)) Σ over n points Σ over those of its k
 * nearest on the map that are not among its k nearest codes, of (rank among the codes − k). Of fewer than three points
 * nothing can be wrong.
 */
export async function mapQuality(
  { codes, size }: Pick<Codes, 'codes' | 'size'>,
  xy: Float32Array,
  wanted = 15,
  context: Context = {},
): Promise<MapQuality> {
  const count = xy.length / 2;
  // The formula asks for less than half of the points.
  const k = Math.max(1, Math.min(wanted, Math.floor((count - 1) / 2)));
  const points = permutation(count, createRandom(count)).subarray(0, mostPoints);
  if (count < 3) return { trustworthiness: 1, continuity: 1, preserved: 1, k, points: count };
  const [high, low] = [new Float64Array(count), new Float64Array(count)];
  let [intruders, missing, kept] = [0, 0, 0];
  const started = performance.now();
  for (const [place, point] of points.entries()) {
    throwIfCancelled(context.signal);
    distancesFrom(codes, size, point, high);
    distancesFrom(xy, 2, point, low);
    const [nearCodes, nearOnMap] = [nearest(high, k, point), nearest(low, k, point)];
    for (const other of nearOnMap) intruders += Math.max(0, rankOf(other, point, high) - k);
    for (const other of nearCodes) missing += Math.max(0, rankOf(other, point, low) - k);
    const onMap = new Set(nearOnMap);
    kept += nearCodes.filter((other) => onMap.has(other)).length;
    if (place % 20 === 0) {
      const rate = ((place + 1) * 1000) / (performance.now() - started);
      context.onProgress?.({ stage: 'evaluate', done: place + 1, total: points.length, rate });
      await setImmediate();
    }
  }
  const most = (points.length * k * (2 * count - 3 * k - 1)) / 2;
  return {
    trustworthiness: 1 - intruders / most,
    continuity: 1 - missing / most,
    preserved: kept / (points.length * k),
    k,
    points: points.length,
  };
}

/** Squared ones, which order alike. */
function distancesFrom(values: Float32Array, size: number, point: number, out: Float64Array): void {
  const own = values.subarray(point * size, (point + 1) * size);
  for (let other = 0, at = 0; other < out.length; other++) {
    let sum = 0;
    for (let column = 0; column < size; column++, at++) sum += (values[at]! - own[column]!) ** 2;
    out[other] = sum;
  }
}

/** Of equal distances the points that come first. */
function nearest(distances: Float64Array, k: number, point: number): number[] {
  const best: number[] = [];
  for (let other = 0; other < distances.length; other++) {
    if (other === point) continue;
    const distance = distances[other]!;
    if (best.length === k && distance >= distances[best[k - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && distances[best[place - 1]!]! > distance) place--;
    best.splice(place, 0, other);
    if (best.length > k) best.pop();
  }
  return best;
}

/** From 1; among points that are equally far, the order is that of `nearest`. */
function rankOf(other: number, point: number, distances: Float64Array): number {
  const own = distances[other]!;
  let rank = 1;
  for (let at = 0; at < distances.length; at++) {
    if (at !== point && (distances[at]! < own || (distances[at]! === own && at < other))) rank++;
  }
  return rank;
}
