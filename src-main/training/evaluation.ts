// What an evaluation says of a model: its held-out error, and how much of its code is in use.
import type { CodeNumbers } from '../compiler/bottleneck.ts';
import type { Feeds } from '../compiler/graph.ts';
import type { Model } from '../compiler/model.ts';
import type { EpochMetrics } from '../contract/records.ts';
import type { Runner } from '../engine/executor.ts';
import { createRandom } from '../numerics/random.ts';
import type { Pixels } from './batches.ts';
import type { Output } from './graphs.ts';
import { runBlocks } from './inference.ts';
import { divergenceWeight, type Objective } from './objective.ts';

export type Evaluation = Pick<
  EpochMetrics,
  'validationMse' | 'score' | 'kl' | 'activeUnits' | 'deadUnits' | 'codebookUse'
>;

// Burda, Grosse and Salakhutdinov 2016, section 2: units below are as good as the prior.
const activeVariance = 0.01;
// Below this share of the largest unit's deviation a unit carries no information that float32 codes would keep.
const deadShare = 1e-4;
const noiseSeed = 1;

/** Outputs that `evaluateModel` needs of the inference graph. */
export function evaluatedOutputs({ bottleneck }: Model): Output[] {
  return bottleneck.posterior ? ['error', 'codes', 'divergence', 'drawnError'] : ['error', 'codes'];
}

/** `onCodes` is given the codes of each block of images, float32 n×K, valid until it returns. */
export async function evaluateModel(
  runner: Runner,
  model: Model,
  objective: Objective,
  pixels: Pixels,
  ids: Uint32Array,
  onCodes?: (ids: Uint32Array, codes: Float32Array) => void,
): Promise<Evaluation> {
  const { bottleneck, image, spec } = model;
  const units = unitStatistics(spec.codeSize);
  const use = bottleneck.numbers.type === 'integers' ? levelUse(spec.code.type === 'vq', bottleneck.numbers) : null;
  const feedsFor = bottleneck.posterior && codeNoise(spec.codeSize);
  let [errors, drawnErrors, nats] = [0, 0, 0];
  for await (const { ids: block, results } of runBlocks(runner, pixels, ids, image, 'evaluate', {}, feedsFor)) {
    const codes = results.codes!.data as Float32Array;
    errors += sum(results.error!.data);
    if (results.divergence) nats += sum(results.divergence.data);
    if (results.drawnError) drawnErrors += sum(results.drawnError.data);
    onCodes?.(block, codes);
    units.add(codes);
    use?.add(codes);
  }
  const validationMse = errors / ids.length;
  const variances = units.variances();
  const evaluation: Evaluation = { validationMse, deadUnits: deadUnits(variances) };
  if (use) evaluation.codebookUse = use.result();
  if (!bottleneck.posterior) return evaluation;
  const kl = nats / ids.length;
  // The bound that is trained, with β at its full weight. Without the nats, the best would be a model from while β rises; with
  // the error of the means in place of draws, the untrained one at the PCA solution, whose wide draws decode to nothing.
  const score = drawnErrors / ids.length + divergenceWeight(objective, 'mse', image) * kl;
  return { ...evaluation, score, kl, activeUnits: variances.filter((variance) => variance > activeVariance).length };
}

/** The same numbers at every evaluation, so that evaluations can be compared. */
function codeNoise(codeSize: number) {
  const { normal } = createRandom(noiseSeed);
  return (count: number): Feeds => {
    const data = Float32Array.from({ length: count * codeSize }, normal);
    return { codeNoise: { dtype: 'float32', shape: [count, codeSize], data } };
  };
}

function deadUnits(variances: Float64Array): number {
  const largest = variances.reduce((a, b) => Math.max(a, b), 0);
  return variances.filter((variance) => variance <= largest * deadShare ** 2).length;
}

/** Variance of every number of the codes, by sums around the first code, which keep what rounding would take. */
function unitStatistics(size: number) {
  let first: Float32Array | undefined;
  let count = 0;
  const [sums, squares] = [new Float64Array(size), new Float64Array(size)];
  return {
    add(codes: Float32Array): void {
      first ??= codes.slice(0, size);
      count += codes.length / size;
      for (let index = 0; index < codes.length; index++) {
        const unit = index % size;
        const value = codes[index]! - first[unit]!;
        sums[unit]! += value;
        squares[unit]! += value * value;
      }
    },
    variances: () => sums.map((total, unit) => Math.max(0, squares[unit]! / count - (total / count) ** 2)),
  };
}

/** How often each level is used: of one codebook that all places share, or of each place by itself, then averaged. */
export function levelUse(shared: boolean, { levels }: Extract<CodeNumbers, { type: 'integers' }>) {
  const counts = (shared ? levels.slice(0, 1) : levels).map((count) => new Float64Array(count));
  return {
    add(codes: Float32Array): void {
      for (let index = 0; index < codes.length; index++)
        counts[(index % levels.length) % counts.length]![codes[index]!]!++;
    },
    result: () => ({
      share: mean(counts.map((places) => places.filter((count) => count > 0).length / places.length)),
      perplexity: mean(counts.map((places) => Math.exp(entropy(places)))),
    }),
  };
}

/** In nats. */
function entropy(counts: Float64Array): number {
  const total = sum(counts);
  return -counts.reduce((bits, count) => bits + (count > 0 ? (count / total) * Math.log(count / total) : 0), 0);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}

const mean = (values: number[]) => sum(values) / values.length;
