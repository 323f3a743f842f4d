// The places of one run's images on the map of another run of the same data set. Rows are those of the former.
import type { MapView } from '../../../src-main/contract/views.ts';
import { rowsOf } from './images.ts';

/** float32 N×2, one place for each id; NaN for an image that the map lacks. */
export function placesOf(ids: Int32Array, map: Pick<MapView, 'ids' | 'xy'>): Float32Array {
  const places = new Float32Array(2 * ids.length).fill(Number.NaN);
  for (const [at, row] of rowsOf(ids, map.ids).entries())
    if (row >= 0) places.set(map.xy.subarray(2 * row, 2 * row + 2), 2 * at);
  return places;
}

export function lackingIn(places: Float32Array): number {
  let count = 0;
  for (let at = 0; at < places.length; at += 2) if (Number.isNaN(places[at]!)) count++;
  return count;
}
