// Principal component analysis of pixels through the engine: the start of a model, and the baseline it must beat.

import { GraphBuilder } from '../compiler/builder.ts';
import { cast, matmul, multiply, subtract } from '../compiler/functions.ts';
import type { Dim, Graph, Tensor } from '../compiler/graph.ts';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { Executor, Runner } from '../engine/executor.ts';
import { type Columns, leadingEigenpairs } from '../numerics/subspace.ts';
import { blockRows } from './inference.ts';

/** Images to analyse, as uint8 rows; `read` fills `out` with rows first … first + count − 1. */
export interface Samples {
  readonly count: number;
  readonly pixels: number;
  read(first: number, count: number, out: Uint8Array): void;
}

/** Values on pixels scaled to 0–1. */
export interface Pca {
  /** pixels */
  readonly mean: Float32Array;
  /** pixels × components, orthonormal columns, largest variance first. */
  readonly basis: Float32Array;
  /** Standard deviation of each component, floored at a thousandth of the first so that it can be divided by. */
  readonly deviation: Float32Array;
  /** Variance of each component and of all pixels together. */
  readonly variance: Float64Array;
  readonly totalVariance: number;
}

const mostRows = 1024;

// Up to this many pixels the covariance matrix is formed once (2048² doubles are 32 MB); above, every product of it goes
// through the images again, because the matrix would need more memory than they do.
const covarianceLimit = 2048;

// Division by a smaller deviation would blow rounding noise up to the size of signal; a larger floor would keep weak but
// real components from reaching unit variance.
const deviationFloor = 1e-3;

/** The leading principal components of the samples. Components beyond the rank of the data have variance 0. */
export async function fitPca(
  executor: Executor,
  samples: Samples,
  components: number,
  seed: number,
  context: Context = {},
): Promise<Pca> {
  const { mean, totalVariance } = moments(samples, context);
  const small = samples.pixels <= covarianceLimit;
  const covariance = small
    ? await covarianceProduct(executor, samples, mean, context)
    : streamedProduct(executor, samples, mean, context);
  try {
    const { values, vectors } = await leadingEigenpairs({
      size: samples.pixels,
      count: Math.min(components, samples.pixels),
      multiply: covariance.multiply,
      seed,
      tolerance: small ? 1e-9 : 1e-5,
    });
    const floor = Math.sqrt(values[0]!) * deviationFloor || 1;
    return {
      mean,
      basis: Float32Array.from(vectors.data),
      deviation: Float32Array.from(values, (value) => Math.max(Math.sqrt(value), floor)),
      variance: values,
      totalVariance,
    };
  } finally {
    await covariance.dispose();
  }
}

/** Exact mean and total variance: sums of bytes are integers. */
function moments(samples: Samples, context: Context): { mean: Float32Array; totalVariance: number } {
  const sums = new Float64Array(samples.pixels);
  let squares = 0;
  for (const { rows, count } of blocks(samples, context)) {
    for (let row = 0; row < count; row++) {
      const start = row * samples.pixels;
      for (let pixel = 0; pixel < samples.pixels; pixel++) {
        const value = rows[start + pixel]!;
        sums[pixel]! += value;
        squares += value * value;
      }
    }
  }
  const scale = 1 / (255 * samples.count);
  const mean = Float32Array.from(sums, (sum) => sum * scale);
  const meanSquares = sums.reduce((total, sum) => total + (sum * scale) ** 2, 0);
  return { mean, totalVariance: Math.max(0, squares / (255 ** 2 * samples.count) - meanSquares) };
}

interface Product {
  multiply(columns: Columns): Promise<Columns>;
  dispose(): Promise<void>;
}

async function covarianceProduct(
  executor: Executor,
  samples: Samples,
  mean: Float32Array,
  context: Context,
): Promise<Product> {
  const { pixels } = samples;
  const moments = await executor.compile(momentGraph(pixels), new Map([['mean', mean]]));
  try {
    const covariance = await meanOverBlocks(samples, pixels * pixels, context, async (rows) => {
      return (await moments.run({ rows })).moment!;
    });
    // As float32 on the executor: its rounding (1e-7) is below what float32 bases can express.
    const values = new Map([['matrix', Float32Array.from(covariance)]]);
    return createProduct(
      (columns) => executor.compile(productGraph(pixels, columns), values),
      async (runner, columns) => {
        const { product } = await runner.run({ columns: columnsTensor(columns) });
        return Float64Array.from(product!.data);
      },
    );
  } finally {
    await moments.dispose();
  }
}

function streamedProduct(executor: Executor, samples: Samples, mean: Float32Array, context: Context): Product {
  const { pixels, count } = samples;
  const batch = count <= mostRows ? count : 'N';
  return createProduct(
    (columns) => executor.compile(streamGraph(batch, pixels, columns), new Map([['mean', mean]])),
    (runner, columns) =>
      meanOverBlocks(samples, columns.data.length, context, async (rows) => {
        return (await runner.run({ rows, columns: columnsTensor(columns) })).product!;
      }),
  );
}

/** Compiles at the first product, which says how many columns there are; all others have as many. */
function createProduct(
  compile: (columns: number) => Promise<Runner>,
  multiply: (runner: Runner, columns: Columns) => Promise<Float64Array>,
): Product {
  let runner: Runner | undefined;
  return {
    async multiply(columns) {
      runner ??= await compile(columns.columns);
      return { ...columns, data: await multiply(runner, columns) };
    },
    dispose: async () => runner?.dispose(),
  };
}

/** Sums what `compute` makes of each block of images, divided by their number. */
async function meanOverBlocks(
  samples: Samples,
  length: number,
  context: Context,
  compute: (rows: Tensor) => Promise<Tensor>,
): Promise<Float64Array> {
  const sum = new Float64Array(length);
  for (const { rows, count, done } of blocks(samples, context)) {
    const data = rows.subarray(0, count * samples.pixels);
    const part = await compute({ dtype: 'uint8', shape: [count, samples.pixels], data });
    addScaled(sum, part.data as Float32Array, 1 / samples.count);
    context.onProgress?.({ stage: 'pca', done, total: samples.count, rate: 0 });
  }
  return sum;
}

// ---- graphs -------------------------------------------------------------------------------------------------------

function momentGraph(pixels: number): Graph {
  const builder = new GraphBuilder();
  const centred = centredRows(builder, pixels);
  return builder.build('moment', { moment: matmul(centred, centred, { transposeA: true }) });
}

function productGraph(size: number, columns: number): Graph {
  const builder = new GraphBuilder();
  const matrix = builder.input('matrix', { dtype: 'float32', shape: [size, size] });
  const x = builder.input('columns', { dtype: 'float32', shape: [size, columns] });
  return builder.build('product', { product: matmul(matrix, x) });
}

function streamGraph(batch: Dim, pixels: number, columns: number): Graph {
  const builder = new GraphBuilder();
  const centred = centredRows(builder, pixels, batch);
  const x = builder.input('columns', { dtype: 'float32', shape: [pixels, columns] });
  return builder.build('stream', { product: matmul(centred, matmul(centred, x), { transposeA: true }) });
}

function centredRows(builder: GraphBuilder, pixels: number, batch: Dim = 'N') {
  const rows = builder.input('rows', { dtype: 'uint8', shape: [batch, pixels] });
  const mean = builder.input('mean', { dtype: 'float32', shape: [pixels] });
  return subtract(multiply(cast(rows, 'float32'), 1 / 255), mean);
}

function columnsTensor({ rows, columns, data }: Columns): Tensor {
  return { dtype: 'float32', shape: [rows, columns], data: Float32Array.from(data) };
}

function* blocks(samples: Samples, context: Context) {
  const most = blockRows(samples.count, mostRows);
  const rows = new Uint8Array(most * samples.pixels);
  for (let first = 0; first < samples.count; first += most) {
    throwIfCancelled(context.signal);
    const count = Math.min(most, samples.count - first);
    samples.read(first, count, rows);
    yield { rows, count, done: first + count };
  }
}

function addScaled(total: Float64Array, part: Float32Array, scale: number): void {
  for (let index = 0; index < total.length; index++) total[index]! += part[index]! * scale;
}
