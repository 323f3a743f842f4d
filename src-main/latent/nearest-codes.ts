// Nearest others of every code: exactly among few, by an index among many. What they are used for is elsewhere.
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { createExecutor } from '../engine/executors.ts';
import type { Codes } from './encode.ts';
import { nearestNeighbours } from './neighbours.ts';

type Vectors = Pick<Codes, 'codes' | 'size'>;

/** Of every point, or of those that were asked for, k others, nearest first, with their Euclidean distances; row-major. */
export interface Found {
  readonly count: number;
  readonly k: number;
  readonly indices: Int32Array;
  readonly distances: Float32Array;
}

/** Below so many, all are compared with all, which takes seconds. */
export const exactBelow = 20_000;

/** Of every code its nearest others, without itself; `k` is lowered to the number of others. */
export async function nearestCodes(vectors: Vectors, k: number, context: Context = {}): Promise<Found> {
  const count = vectors.codes.length / vectors.size;
  const kept = Math.max(0, Math.min(k, count - 1));
  return count < exactBelow ? exactNeighbours(vectors, kept, context) : approximateNeighbours(vectors, kept, context);
}

/** The product by which scores are reckoned rounds: of a few more than are wanted, distances are then taken exactly. */
const spare = 8;

/** All with all, or those of `rows` with all, on the processor. */
export async function exactNeighbours(
  { codes, size }: Vectors,
  k: number,
  context: Context = {},
  rows: Uint32Array = Uint32Array.from({ length: codes.length / size }, (_, row) => row),
): Promise<Found> {
  const count = rows.length;
  const found: Found = { count, k, indices: new Int32Array(count * k), distances: new Float32Array(count * k) };
  if (k === 0) return found;
  const all = { count: codes.length / size, size, data: centred(codes, size) };
  const asked = count === all.count ? all : { count, size, data: takeRows(all.data, size, rows) };
  const executor = await createExecutor({ device: 'cpu', threads: availableParallelism() });
  try {
    const near = await nearestNeighbours(executor, all, asked, k + 1 + spare, context);
    for (const [at, point] of rows.entries()) {
      const others = Array.from(near.indices.subarray(at * near.k, (at + 1) * near.k), (other) => ({
        other,
        distance: distanceBetween(codes, size, point, other),
      })).filter(({ other }) => other !== point);
      others.sort((a, b) => a.distance - b.distance || a.other - b.other);
      for (let place = 0; place < k; place++) {
        found.indices[at * k + place] = others[place]!.other;
        found.distances[at * k + place] = others[place]!.distance;
      }
    }
  } finally {
    await executor.dispose();
  }
  return found;
}

/** Distances are the same, and products small: far from the origin they would drown in rounding. */
function centred(codes: Float32Array, size: number): Float32Array {
  const mean = new Float64Array(size);
  for (const [at, value] of codes.entries()) mean[at % size]! += value / (codes.length / size);
  return codes.map((value, at) => value - mean[at % size]!);
}

export function takeRows(codes: Float32Array, size: number, rows: ArrayLike<number>): Float32Array {
  const taken = new Float32Array(rows.length * size);
  for (let at = 0; at < rows.length; at++)
    taken.set(codes.subarray(rows[at]! * size, (rows[at]! + 1) * size), at * size);
  return taken;
}

/** Rows of the codes nearest to that of a row, exactly, nearest first; without itself. */
export function nearestTo(
  { codes, size }: Vectors,
  row: number,
  wanted: number,
): { rows: number[]; distances: number[] } {
  const k = Math.max(0, Math.min(wanted, codes.length / size - 1));
  const count = row + 1;
  const found: Found = { count, k, indices: new Int32Array(count * k), distances: new Float32Array(count * k) };
  if (k > 0) takeExactly(codes, size, row, found);
  return { rows: [...found.indices.subarray(row * k)], distances: [...found.distances.subarray(row * k)] };
}

function distanceBetween(codes: Float32Array, size: number, one: number, other: number): number {
  let sum = 0;
  for (let at = 0; at < size; at++) sum += (codes[one * size + at]! - codes[other * size + at]!) ** 2;
  return Math.sqrt(sum);
}

// Index construction and search widths at which recall on codes of MNIST is above 0.99.
const expansion = 128;
const addBlock = 2000;

/** By an HNSW index (Malkov and Yashunin 2018) built on one thread: reproducible. */
export async function approximateNeighbours(
  { codes, size }: Vectors,
  k: number,
  context: Context = {},
): Promise<Found> {
  const count = codes.length / size;
  const report = progressOf(2 * count, context);
  const index = await buildIndex({ codes, size }, report, context);
  const found: Found = { count, k, indices: new Int32Array(count * k), distances: new Float32Array(count * k) };
  for (let first = 0; first < count; first += addBlock) {
    throwIfCancelled(context.signal);
    const rows = Math.min(addBlock, count - first);
    const matches = index.search(codes.subarray(first * size, (first + rows) * size), k + 1, 1) as unknown as Matches;
    for (const row of takeOthers(matches, first, rows, found)) {
      throwIfCancelled(context.signal);
      takeExactly(codes, size, row, found);
      await setImmediate();
    }
    report(count + first + rows);
    await setImmediate();
  }
  return found;
}

async function buildIndex({ codes, size }: Vectors, report: (done: number) => void, { signal }: Context) {
  const count = codes.length / size;
  const index = new Index({
    dimensions: size,
    metric: MetricKind.L2sq,
    quantization: ScalarKind.F32,
    connectivity: 16,
    expansion_add: expansion,
    expansion_search: expansion,
    multi: false,
  });
  for (let first = 0; first < count; first += addBlock) {
    throwIfCancelled(signal);
    const rows = Math.min(addBlock, count - first);
    index.add(
      BigUint64Array.from({ length: rows }, (_, row) => BigInt(first + row)),
      codes.subarray(first * size, (first + rows) * size),
      1,
    );
    report(first + rows);
    await setImmediate();
  }
  return index;
}

function progressOf(total: number, { onProgress }: Context): (done: number) => void {
  const started = performance.now();
  return (done) =>
    onProgress?.({ stage: 'neighbours', done, total, rate: (done * 1000) / (performance.now() - started) });
}

/**
 * Of every query its nearest references, nearest first; an equal one is one of them. `k` is lowered to the number of
 * references. By the index where it pays: building it costs as much as a thousand exact searches, which take a pass each.
 */
export async function nearestReferences(
  references: Vectors,
  queries: Vectors,
  wanted: number,
  context: Context = {},
): Promise<Found> {
  const { size } = references;
  const [known, count] = [references.codes.length / size, queries.codes.length / size];
  const k = Math.min(wanted, known);
  const found: Found = { count, k, indices: new Int32Array(count * k), distances: new Float32Array(count * k) };
  const report = progressOf(count, context);
  const index = known < exactBelow || count < fewestForIndex ? null : await buildIndex(references, () => {}, context);
  for (let first = 0; first < count; first += queryBlock) {
    throwIfCancelled(context.signal);
    const rows = Math.min(queryBlock, count - first);
    for (let row = first; row < first + rows; row++) {
      const query = queries.codes.subarray(row * size, (row + 1) * size);
      const matches = index?.search(query, k, 1);
      if (matches?.keys.length === k) takeMatches(matches, row, found);
      else nearestByLooking(references, query, found, row);
    }
    report(first + rows);
    await setImmediate();
  }
  return found;
}

const fewestForIndex = 1000;
const queryBlock = 50;

function takeMatches({ keys, distances }: Matches, row: number, found: Found): void {
  for (let place = 0; place < found.k; place++) {
    found.indices[row * found.k + place] = Number(keys[place]);
    found.distances[row * found.k + place] = Math.sqrt(Math.max(0, distances[place]!));
  }
}

/** Of one query it has no counts: there are as many as there are keys. */
interface Matches {
  keys: BigUint64Array;
  distances: Float32Array;
  counts?: BigUint64Array;
}

/**
 * Leaves out the point itself, wherever among points of equal codes it stands. Gives the points of which the index has
 * found fewer than k others: its graph may fall apart, above all where many codes are equal.
 */
export function takeOthers(
  { keys, distances, counts }: Matches,
  first: number,
  rows: number,
  found: Omit<Found, 'count'>,
): number[] {
  const width = keys.length / rows;
  const wanting: number[] = [];
  for (let row = 0; row < rows; row++) {
    const point = first + row;
    const end = row * width + (counts ? Number(counts[row]) : width);
    let taken = 0;
    for (let at = row * width; at < end && taken < found.k; at++) {
      if (Number(keys[at]) === point) continue;
      found.indices[point * found.k + taken] = Number(keys[at]);
      found.distances[point * found.k + taken] = Math.sqrt(Math.max(0, distances[at]!));
      taken++;
    }
    if (taken < found.k) wanting.push(point);
  }
  return wanting;
}

/** By looking at all others: 14 ms at 60,000 codes of 64 numbers. */
export function takeExactly(codes: Float32Array, size: number, point: number, found: Omit<Found, 'count'>): void {
  nearestByLooking({ codes, size }, codes.subarray(point * size, (point + 1) * size), found, point, point);
}

/** Into row `row` of what is found; one of the codes can be passed over. */
function nearestByLooking(
  { codes, size }: Vectors,
  query: Float32Array,
  { k, indices, distances }: Omit<Found, 'count'>,
  row: number,
  passedOver = -1,
): void {
  const nearest = distances.subarray(row * k, (row + 1) * k).fill(Number.POSITIVE_INFINITY);
  const others = indices.subarray(row * k, (row + 1) * k);
  for (let other = 0; other * size < codes.length; other++) {
    if (other === passedOver) continue;
    let sum = 0;
    for (let at = 0; at < size; at++) sum += (query[at]! - codes[other * size + at]!) ** 2;
    const distance = Math.fround(Math.sqrt(sum));
    if (distance >= nearest[k - 1]!) continue;
    let place = k - 1;
    for (; place > 0 && nearest[place - 1]! > distance; place--) {
      nearest[place] = nearest[place - 1]!;
      others[place] = others[place - 1]!;
    }
    nearest[place] = distance;
    others[place] = other;
  }
}
