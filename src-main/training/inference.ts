// Running a model's forward graph over many images, block by block.
import { setImmediate } from 'node:timers/promises';
import type { Dim, Feeds, Tensor } from '../compiler/graph.ts';
import type { ImageShape } from '../compiler/model.ts';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context, Progress } from '../contract/records.ts';
import type { Runner } from '../engine/executor.ts';
import type { Pixels } from './batches.ts';

// Large enough to keep every core busy on small dense models, small enough that activations of a convolutional model at
// 64×64 stay within a few hundred megabytes.
const blockImages = 512;

/**
 * Rows of each block but the last, which may have a few less. Blocks of one size, because a last one with few rows would be
 * added up in another order on two threads than on one (see compiler/split-products.ts).
 */
export function blockRows(count: number, most: number): number {
  return Math.ceil(count / Math.max(1, Math.ceil(count / most)));
}

/** The batch of a graph that `runBlocks` feeds with so many images: their number where one block takes them all. */
export function blockBatch(count: number): Dim {
  return count <= blockImages ? count : 'N';
}

export interface Block {
  /** Position of the block's first image among the ids. */
  first: number;
  ids: Uint32Array;
  images: Tensor;
  /** Valid until the next block. */
  results: Record<string, Tensor>;
}

/** Feeds the images of `ids` to a graph with input `images` and yields its results in order; `feedsFor` so many images, what else it needs. */
export async function* runBlocks(
  runner: Runner,
  pixels: Pixels,
  ids: Uint32Array,
  image: ImageShape,
  stage: Progress['stage'] = 'evaluate',
  context: Context = {},
  feedsFor: (count: number) => Feeds = () => ({}),
): AsyncGenerator<Block> {
  const size = image.height * image.width * image.channels;
  const rows = blockRows(ids.length, blockImages);
  const bytes = new Uint8Array(rows * size);
  const started = performance.now();
  for (let first = 0; first < ids.length; first += rows) {
    throwIfCancelled(context.signal);
    const block = ids.subarray(first, first + rows);
    const data = bytes.subarray(0, block.length * size);
    pixels.read(block, data);
    const images: Tensor = { dtype: 'uint8', shape: [block.length, image.height, image.width, image.channels], data };
    yield { first, ids: block, images, results: await runner.run({ images, ...feedsFor(block.length) }) };
    const done = first + block.length;
    context.onProgress?.({ stage, done, total: ids.length, rate: (done * 1000) / (performance.now() - started) });
    // Lets a cancel arrive: the runtime blocks this thread while it computes.
    await setImmediate();
  }
}
