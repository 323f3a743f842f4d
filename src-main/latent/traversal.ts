// New images from a model: samples of its prior, and the way between two codes. Drawing them is elsewhere.

import { createBottleneck } from '../compiler/bottleneck.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { ModelSpec } from '../contract/spec.ts';
import type { Executor } from '../engine/executor.ts';
import type { ImageBatch } from '../numerics/image-grid.ts';
import { createRandom } from '../numerics/random.ts';
import { inferenceGraph } from '../training/graphs.ts';
import type { ModelInfo, SavedModel } from '../training/model-files.ts';
import { decodeCodes } from './encode.ts';

/** Images decoded from `count` codes of the prior. Throws `usage` for a model without one. */
export async function samplePrior(
  executor: Executor,
  saved: SavedModel,
  draw: { count: number; seed: number },
  context: Context = {},
): Promise<ImageBatch> {
  return decodeAll(executor, saved, codesOfPrior(saved.info, saved.model.spec, draw), context);
}

/** Codes count×K drawn from the standard normal. Throws `usage` for a model without a prior. */
export function codesOfPrior(
  { preset, prior }: Pick<ModelInfo, 'preset' | 'prior'>,
  { codeSize }: Pick<ModelSpec, 'codeSize'>,
  { count, seed }: { count: number; seed: number },
): Float32Array<ArrayBuffer> {
  if (prior !== 'normal') {
    throw new PinholeError(
      'usage',
      `A model of the preset ${preset} cannot draw new images: nothing says how its codes are distributed.`,
      'Train with --preset variational or --preset wae.',
    );
  }
  const random = createRandom(seed);
  return Float32Array.from({ length: count * codeSize }, () => random.normal());
}

/** `steps` images from one to the other of two (uint8 2×H×W×C), both ends as the model rebuilds them. */
export async function walkBetween(
  executor: Executor,
  saved: SavedModel,
  ends: Uint8Array,
  steps: number,
  context: Context = {},
): Promise<ImageBatch> {
  const { height, width, channels } = saved.model.image;
  const runner = await executor.compile(inferenceGraph(saved.model, ['codes']), saved.values);
  try {
    const images = { dtype: 'uint8', shape: [2, height, width, channels], data: ends } as const;
    const codes = (await runner.run({ images })).codes!.data as Float32Array;
    return await decodeAll(executor, saved, codesBetween(saved.model.spec, codes, steps), context);
  } finally {
    await runner.dispose();
  }
}

/**
 * Codes steps×K on a straight line between two (2×K); levels are rounded, and entries of a codebook, which lie on no line,
 * change one after the other.
 */
export function codesBetween(spec: ModelSpec, ends: Float32Array, steps: number): Float32Array<ArrayBuffer> {
  const size = spec.codeSize;
  const { numbers } = createBottleneck(spec);
  const between = (share: number, unit: number) => {
    const [from, to] = [ends[unit]!, ends[size + unit]!];
    if (spec.code.type === 'vq') return unit < share * size ? to : from;
    const value = from + share * (to - from);
    return numbers.type === 'integers' ? Math.round(value) : value;
  };
  return Float32Array.from({ length: steps * size }, (_, index) =>
    between(Math.floor(index / size) / (steps - 1), index % size),
  );
}

async function decodeAll(executor: Executor, saved: SavedModel, data: Float32Array, context: Context) {
  const { height, width, channels } = saved.model.image;
  const { codeSize: size } = saved.model.spec;
  const count = data.length / size;
  const images = new Uint8Array(count * height * width * channels);
  const imageLength = height * width * channels;
  await decodeCodes(
    executor,
    saved,
    { count, size, data },
    async (block, first) => images.set(block, first * imageLength),
    context,
  );
  return { data: images, count, height, width, channels: channels as 1 | 3 };
}
