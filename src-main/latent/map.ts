// Two dimensions for looking at codes: PCA exactly, UMAP, which takes a while, by its layout over nearest neighbours.
import { setImmediate } from 'node:timers/promises';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { type MapSettings, mostForTsne } from '../contract/tasks.ts';
import type { Codes } from './encode.ts';
import { nearestCodes } from './nearest-codes.ts';
import { principalAxes, rowsBetweenPauses } from './principal-axes.ts';
import { layOutTsne, neighboursFor } from './tsne.ts';

export interface Layout {
  /** float32 N×2, isotropic: 99.9 % of the points lie within −1…1. */
  xy: Float32Array;
  /** Share of the codes' variance on both axes; null for UMAP. */
  explained: number | null;
}

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
  const { mean, values, vectors } = await principalAxes({ codes, size });
  const axes = vectors.slice(0, 2);
  const xy = new Float32Array(2 * count);
  const [across, up] = axes.map((axis) => Float64Array.from(axis)) as [Float64Array, Float64Array];
  for (let row = 0; row < count; row++) {
    let [x, y] = [0, 0];
    for (let column = 0; column < size; column++) {
      const value = codes[row * size + column]! - mean[column]!;
      x += value * across[column]!;
      y += value * up[column]!;
    }
    xy[2 * row] = x;
    xy[2 * row + 1] = y;
    if (row % rowsBetweenPauses === 0) await setImmediate();
  }
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const shown = values[0]! + values[1]!;
  return { xy: normalise(xy), explained: total > 0 ? shown / total : 1 };
}

/** Sorting both axes of a million takes a quarter of a second; quantiles of this many are the same to the eye. */
const mostSorted = 100_000;

/** Centred, one scale for both axes, by the 99.9 % quantile of the larger one, so that a single outlier shrinks nothing. */
function normalise(xy: Float32Array): Float32Array {
  const every = Math.max(1, Math.ceil(xy.length / 2 / mostSorted));
  const limits = [0, 1].map((axis) => {
    const sorted = new Float32Array(Math.ceil(xy.length / 2 / every));
    for (let place = 0; place < sorted.length; place++) sorted[place] = xy[2 * every * place + axis]!;
    sorted.sort();
    const edge = Math.floor(0.0005 * sorted.length);
    return { low: sorted[edge] ?? 0, high: sorted[sorted.length - 1 - edge] ?? 0 };
  });
  const half = Math.max(...limits.map(({ low, high }) => (high - low) / 2)) || 1;
  const out = new Float32Array(xy.length);
  for (const [axis, { low, high }] of limits.entries()) {
    const middle = (low + high) / 2;
    for (let at = axis; at < xy.length; at += 2) out[at] = (xy[at]! - middle) / half;
  }
  return out;
}

/** Fewer points than this have no neighbourhoods to lay out. */
const fewestForUmap = 5;
const layoutRounds = 200;

/** McInnes, Healy and Melville 2018; the same settings and codes give the same map. */
export async function umapLayout(
  codes: Codes,
  settings: Extract<MapSettings, { method: 'umap' }>,
  context: Context = {},
): Promise<Layout> {
  const count = codes.ids.length;
  if (codes.size <= 2 || count < fewestForUmap) {
    sayNothingToReduce('UMAP', context);
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

function sayNothingToReduce(method: string, { onNotice }: Context): void {
  onNotice?.({
    level: 'info',
    message: `There is nothing for ${method} to reduce: the map shows the codes themselves.`,
  });
}

/** The same settings and codes give the same map. Throws `usage` for more than 20,000 images. */
export async function tsneLayout(
  codes: Codes,
  { perplexity }: Extract<MapSettings, { method: 'tsne' }>,
  context: Context = {},
): Promise<Layout> {
  const count = codes.ids.length;
  if (count > mostForTsne) {
    throw new PinholeError(
      'usage',
      `Expected at most ${mostForTsne} images for t-SNE, whose every round pulls each image at all others, received ${count}.`,
      'Make a UMAP instead, which has the same aim and keeps to neighbours.',
    );
  }
  if (codes.size <= 2 || count < fewestForUmap) {
    sayNothingToReduce('t-SNE', context);
    return { ...(await pcaLayout(codes)), explained: null };
  }
  // Fewer others than three times the perplexity cannot be weighed by it.
  const fitting = Math.min(perplexity, Math.max(2, (count - 1) / 3));
  const neighbours = await nearestCodes(codes, neighboursFor(fitting), context);
  const { xy: start } = await pcaLayout(codes);
  return { xy: normalise(await layOutTsne(neighbours, { perplexity: fitting, start }, context)), explained: null };
}

/** Codes of two numbers as they are. Throws `usage` for others. */
export async function codesLayout(codes: Codes): Promise<Layout> {
  if (codes.size === 2) return { ...(await pcaLayout(codes)), explained: null };
  throw new PinholeError(
    'usage',
    `Expected codes of two numbers, which are a map by themselves, received ${codes.size}.`,
    'Choose PCA, UMAP or t-SNE, or train with 2 codes.',
  );
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
