// Two dimensions for looking at codes: PCA exactly, UMAP, which takes a while, by its layout over nearest neighbours.
import { setImmediate } from 'node:timers/promises';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { MapSettings } from '../contract/tasks.ts';
import type { Codes } from './encode.ts';

export interface Layout {
  /** float32 N×2, isotropic: 99.9 % of the points lie within −1…1. */
  xy: Float32Array;
  /** Share of the codes' variance on both axes; null for UMAP. */
  explained: number | null;
}

/** The service makes this map itself and must answer others meanwhile: 64 numbers a row take 10 ms. */
const rowsBetweenPauses = 4096;

/** The two leading principal components of the codes; codes of one or two numbers are shown as they are. */
export async function pcaLayout({ codes, size }: Pick<Codes, 'codes' | 'size'>): Promise<Layout> {
  const count = codes.length / size;
  if (count === 0) return { xy: new Float32Array(0), explained: 1 };
  if (size <= 2) {
    const coordinate = (row: number, axis: number) => (axis < size ? codes[row * size + axis]! : 0);
    return {
      xy: normalise(Float32Array.from({ length: 2 * count }, (_, at) => coordinate(at >> 1, at & 1))),
      explained: 1,
    };
  }
  const mean = columnMeans(codes, size);
  const covariance = await covarianceOf(codes, size, mean);
  const decomposition = new EigenvalueDecomposition(new Matrix(covariance), { assumeSymmetric: true });
  const values = decomposition.realEigenvalues;
  const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]!);
  const axes = order.slice(0, 2).map((column) => withFixedSign(decomposition.eigenvectorMatrix.getColumn(column)));
  const xy = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    for (const [axis, vector] of axes.entries()) {
      let sum = 0;
      for (let column = 0; column < size; column++)
        sum += (codes[row * size + column]! - mean[column]!) * vector[column]!;
      xy[2 * row + axis] = sum;
    }
    if (row % rowsBetweenPauses === 0) await setImmediate();
  }
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const shown = values[order[0]!]! + values[order[1]!]!;
  return { xy: normalise(xy), explained: total > 0 ? shown / total : 1 };
}

/** An eigenvector's sign is arbitrary: its largest component is made positive, so that a map does not flip. */
function withFixedSign(vector: number[]): number[] {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

function columnMeans(codes: Float32Array, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let at = 0; at < codes.length; at++) mean[at % size]! += codes[at]!;
  return mean.map((sum) => sum / (codes.length / size));
}

async function covarianceOf(codes: Float32Array, size: number, mean: Float64Array): Promise<number[][]> {
  const count = codes.length / size;
  const sums = Array.from({ length: size }, () => new Float64Array(size));
  const centred = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < size; column++) centred[column] = codes[row * size + column]! - mean[column]!;
    for (let one = 0; one < size; one++) {
      const sum = sums[one]!;
      for (let other = 0; other <= one; other++) sum[other]! += centred[one]! * centred[other]!;
    }
    if (row % rowsBetweenPauses === 0) await setImmediate();
  }
  return sums.map((_, one) =>
    Array.from({ length: size }, (_, other) => sums[Math.max(one, other)]![Math.min(one, other)]! / count),
  );
}

/** Centred, one scale for both axes, by the 99.9 % quantile of the larger one, so that a single outlier shrinks nothing. */
function normalise(xy: Float32Array): Float32Array {
  const axis = (which: 0 | 1) => Float64Array.from({ length: xy.length / 2 }, (_, row) => xy[2 * row + which]!).sort();
  const limits = ([0, 1] as const).map((which) => {
    const sorted = axis(which);
    const edge = Math.floor(0.0005 * sorted.length);
    return [sorted[edge] ?? 0, sorted[sorted.length - 1 - edge] ?? 0] as const;
  });
  const half = Math.max(...limits.map(([low, high]) => (high - low) / 2)) || 1;
  return xy.map((value, at) => (value - (limits[at & 1]![0] + limits[at & 1]![1]) / 2) / half);
}

/** Fewer points than this have no neighbourhoods to lay out. */
const fewestForUmap = 5;
// Index construction and search widths at which recall on codes of MNIST is above 0.99.
const expansion = 128;
const layoutRounds = 200;

/** McInnes, Healy and Melville 2018; the same settings and codes give the same map. */
export async function umapLayout(
  codes: Codes,
  settings: Extract<MapSettings, { method: 'umap' }>,
  context: Context = {},
): Promise<Layout> {
  const count = codes.ids.length;
  if (codes.size <= 2 || count < fewestForUmap) {
    context.onNotice?.({
      level: 'info',
      message: 'There is nothing for UMAP to reduce: the map shows the codes themselves.',
    });
    return { ...(await pcaLayout(codes)), explained: null };
  }
  const neighbours = await nearestCodes(codes, Math.min(settings.neighbours, count - 1), context);
  const { createUMAPFromKNN } = await loadUmap();
  const umap = await createUMAPFromKNN(count, 2, neighbours.indices, neighbours.distances, {
    minDist: settings.minDistance,
    seed: settings.seed,
  });
  try {
    const started = performance.now();
    for (let round = 0; round < layoutRounds; round++) {
      throwIfCancelled(context.signal);
      umap.setParameters({ learningRate: 1 - round / layoutRounds });
      await umap.step(1);
      context.onProgress?.({
        stage: 'map',
        done: round + 1,
        total: layoutRounds,
        rate: ((round + 1) * 1000) / (performance.now() - started),
      });
      await setImmediate();
    }
    return { xy: normalise(umap.embedding.slice()), explained: null };
  } finally {
    umap.destroy();
  }
}

interface Umap {
  readonly embedding: Float32Array;
  step(rounds: number): Promise<void>;
  setParameters(parameters: { learningRate: number }): void;
  destroy(): void;
}

/** The package lists only its whole dashboard among its exports; the layout alone lies beside that. */
async function loadUmap() {
  return (await import(new URL('./umap.js', import.meta.resolve('embedding-atlas')).href)) as {
    createUMAPFromKNN(
      count: number,
      dimensions: number,
      indices: Int32Array,
      distances: Float32Array,
      options: { minDist: number; seed: number },
    ): Promise<Umap>;
  };
}

const addBlock = 2000;

/** Nearest others of every code, without itself, by an HNSW index (Malkov and Yashunin 2018) built on one thread: reproducible. */
export async function nearestCodes({ codes, size }: Pick<Codes, 'codes' | 'size'>, k: number, context: Context = {}) {
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
  const started = performance.now();
  const report = (done: number) =>
    context.onProgress?.({
      stage: 'neighbours',
      done,
      total: 2 * count,
      rate: (done * 1000) / (performance.now() - started),
    });
  for (let first = 0; first < count; first += addBlock) {
    throwIfCancelled(context.signal);
    const rows = Math.min(addBlock, count - first);
    index.add(
      BigUint64Array.from({ length: rows }, (_, row) => BigInt(first + row)),
      codes.subarray(first * size, (first + rows) * size),
      1,
    );
    report(first + rows);
    await setImmediate();
  }
  const found: Found = { k, indices: new Int32Array(count * k), distances: new Float32Array(count * k) };
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

/** Of every point k others, nearest first, with their distances; row-major. */
interface Found {
  readonly k: number;
  readonly indices: Int32Array;
  readonly distances: Float32Array;
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
export function takeOthers({ keys, distances, counts }: Matches, first: number, rows: number, found: Found): number[] {
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
export function takeExactly(codes: Float32Array, size: number, point: number, { k, indices, distances }: Found): void {
  const nearest = distances.subarray(point * k, (point + 1) * k).fill(Number.POSITIVE_INFINITY);
  const others = indices.subarray(point * k, (point + 1) * k);
  for (let other = 0; other * size < codes.length; other++) {
    if (other === point) continue;
    let sum = 0;
    for (let at = 0; at < size; at++) sum += (codes[point * size + at]! - codes[other * size + at]!) ** 2;
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
