// Exact nearest neighbours by brute force through the engine. An approximate index for large sets comes with the map.
import { setImmediate } from 'node:timers/promises';
import { GraphBuilder } from '../compiler/builder.ts';
import { matmul, multiply } from '../compiler/functions.ts';
import type { Graph } from '../compiler/graph.ts';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { Executor } from '../engine/executor.ts';

/** Row-major float32 vectors. */
export interface Vectors {
  readonly count: number;
  readonly size: number;
  readonly data: Float32Array;
}

export interface Neighbours {
  readonly k: number;
  /** queries × k rows of the references, nearest first. */
  readonly indices: Uint32Array;
}

/**
 * Queries of one product. 128 against 60,000 references are 31 MB of scores, which stay in memory that was allocated once;
 * against a million they are fewer, or that memory would be half a gigabyte.
 */
const blockFor = (references: number) => Math.max(1, Math.min(128, Math.floor(2 ** 23 / references)));

/**
 * For each query its k nearest references by Euclidean distance. `k` is lowered to the number of references.
 * Distances are compared as |r|² − 2 q·r, which orders like |q − r|²; ties go to the reference that comes first.
 */
export async function nearestNeighbours(
  executor: Executor,
  references: Vectors,
  queries: Vectors,
  k: number,
  context: Context = {},
): Promise<Neighbours> {
  const kept = Math.min(k, references.count);
  const queryBlock = blockFor(references.count);
  const indices = new Uint32Array(queries.count * kept);
  const runner = await executor.compile(
    scoreGraph(references, queryBlock),
    new Map([
      ['references', references.data],
      ['squares', squaredNorms(references)],
    ]),
  );
  try {
    const started = performance.now();
    const block = new Float32Array(queryBlock * queries.size);
    for (let first = 0; first < queries.count; first += queryBlock) {
      throwIfCancelled(context.signal);
      const rows = Math.min(queryBlock, queries.count - first);
      block.set(queries.data.subarray(first * queries.size, (first + rows) * queries.size));
      const { scores } = await runner.run({
        queries: { dtype: 'float32', shape: [queryBlock, queries.size], data: block },
      });
      for (let row = 0; row < rows; row++) {
        const scoresOfRow = scores!.data.subarray(row * references.count, (row + 1) * references.count) as Float32Array;
        smallest(scoresOfRow, indices.subarray((first + row) * kept, (first + row + 1) * kept));
      }
      const done = first + rows;
      const rate = (done * 1000) / (performance.now() - started);
      context.onProgress?.({ stage: 'neighbours', done, total: queries.count, rate });
      await setImmediate();
    }
  } finally {
    await runner.dispose();
  }
  return { k: kept, indices };
}

/**
 * Share of the queries whose label is the most frequent one among their k nearest references, 0–1; a tie goes to the
 * label whose nearest member is nearest.
 */
export async function neighbourAccuracy(
  executor: Executor,
  references: Vectors,
  referenceLabels: readonly string[],
  queries: Vectors,
  queryLabels: readonly string[],
  k = 5,
  context: Context = {},
): Promise<number> {
  const { indices, k: kept } = await nearestNeighbours(executor, references, queries, k, context);
  const correct = queryLabels.filter((label, query) => {
    const nearest = indices.subarray(query * kept, (query + 1) * kept);
    return majority(Array.from(nearest, (index) => referenceLabels[index]!)) === label;
  });
  return correct.length / queries.count;
}

function majority(labels: readonly string[]): string {
  const votes = new Map<string, number>();
  for (const label of labels) votes.set(label, (votes.get(label) ?? 0) + 1);
  // Maps keep insertion order, which is the order of nearness: the first of the most frequent labels wins.
  return [...votes].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Fills `out` with the positions of the smallest scores, ascending, by insertion: k is small. */
function smallest(scores: Float32Array, out: Uint32Array): void {
  const k = out.length;
  const best = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (score >= best[k - 1]!) continue;
    let place = k - 1;
    for (; place > 0 && best[place - 1]! > score; place--) {
      best[place] = best[place - 1]!;
      out[place] = out[place - 1]!;
    }
    best[place] = score;
    out[place] = index;
  }
}

function squaredNorms({ count, size, data }: Vectors): Float32Array {
  return Float32Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let column = row * size; column < (row + 1) * size; column++) sum += data[column]! ** 2;
    return sum;
  });
}

function scoreGraph({ count, size }: Vectors, queryBlock: number): Graph {
  const builder = new GraphBuilder();
  const queries = builder.input('queries', { dtype: 'float32', shape: [queryBlock, size] });
  const references = builder.input('references', { dtype: 'float32', shape: [count, size] });
  const squares = builder.input('squares', { dtype: 'float32', shape: [count] });
  // The bias of the product, so that the scores are written once: −2 goes into the small factor.
  const scores = matmul(multiply(queries, -2), references, { transposeB: true, bias: squares });
  return builder.build('scores', { scores });
}
