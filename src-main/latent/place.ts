// New codes on a map that is there: each among its nearest codes. The map itself stays as it is.
import type { Context } from '../contract/records.ts';
import { type Found, nearestReferences, takeRows } from './nearest-codes.ts';

/** A map and the codes that it shows: float32 N×K and N×2. */
export interface Mapped {
  readonly codes: Float32Array;
  readonly size: number;
  readonly xy: Float32Array;
}

export interface Placed {
  /** float32 M×2. */
  readonly xy: Float32Array;
  /** Euclidean, of every new code to the nearest one on the map. */
  readonly distances: Float32Array;
  /** Share of its k nearest codes that are among the k points nearest to its place, over `points` of the new ones, 0–1. */
  readonly preserved: number;
  readonly points: number;
}

/** More are looked at for nothing: the share is known to a hundredth. */
const mostPoints = 500;

/**
 * The mean of the places of the k nearest codes, weighed by exp(−(d − d₁)/σ) with σ such that the weights sum to log₂ k:
 * the membership strengths of UMAP (McInnes, Healy and Melville 2018, section 3.1), from which its own transform begins.
 * A code that is equal to others lies where the first of those lies.
 */
export async function placeOnMap(
  mapped: Mapped,
  added: Float32Array,
  k: number,
  context: Context = {},
): Promise<Placed> {
  const { codes, size } = mapped;
  const found = await nearestReferences({ codes, size }, { codes: added, size }, k, context);
  const xy = new Float32Array(2 * found.count);
  for (let row = 0; row < found.count; row++) xy.set(meanPlace(mapped.xy, found, row), 2 * row);
  return {
    xy,
    distances: Float32Array.from({ length: found.count }, (_, row) => found.distances[row * found.k]!),
    ...(await preservedBy(mapped.xy, xy, found)),
  };
}

function meanPlace(places: Float32Array, { k, indices, distances }: Found, row: number): [x: number, y: number] {
  const others = indices.subarray(row * k, (row + 1) * k);
  const near = distances.subarray(row * k, (row + 1) * k);
  const [first] = others;
  if (near[0] === 0) return [places[2 * first!]!, places[2 * first! + 1]!];
  const weights = memberships(near);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mean = (axis: 0 | 1) =>
    weights.reduce((total, weight, place) => total + weight * places[2 * others[place]! + axis]!, 0) / sum;
  return [mean(0), mean(1)];
}

const searches = 64;

/** Ascending distances; where all are equal, all weigh alike. */
function memberships(distances: Float32Array): Float64Array {
  const wanted = Math.log2(distances.length);
  const apart = Float64Array.from(distances, (distance) => distance - distances[0]!);
  const strengths = (sigma: number) => apart.map((distance) => Math.exp(-distance / sigma));
  let [low, high] = [0, Math.max(...apart) * distances.length || 1];
  for (let search = 0; search < searches; search++) {
    const middle = (low + high) / 2;
    const sum = strengths(middle).reduce((total, weight) => total + weight, 0);
    if (sum > wanted) high = middle;
    else low = middle;
  }
  return strengths(high);
}

async function preservedBy(map: Float32Array, placed: Float32Array, { count, k, indices }: Found) {
  const points = Math.min(count, mostPoints);
  const rows = Array.from({ length: points }, (_, point) => Math.floor((point * count) / points));
  const onMap = await nearestReferences({ codes: map, size: 2 }, { codes: takeRows(placed, 2, rows), size: 2 }, k);
  let kept = 0;
  for (const [point, row] of rows.entries()) {
    const near = new Set(onMap.indices.subarray(point * k, (point + 1) * k));
    for (const other of indices.subarray(row * k, (row + 1) * k)) kept += Number(near.has(other));
  }
  return { preserved: points === 0 ? 1 : kept / (points * k), points };
}
