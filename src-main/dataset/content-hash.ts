// A name for what a model learns from: the prepared pixels and their division, whatever files they came from.
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { OpenDataset } from './open.ts';

/** Bytes read at a time: large enough for a disk's speed, small enough to answer others in between. */
const blockBytes = 2 ** 22;

/**
 * SHA-256 over height, width, channels and count as JSON, then the pixels of all images in the order of their ids, then
 * their splits, separated by commas. Training on the same one is training on the same data.
 */
export async function contentHash({ info, pixels, items }: OpenDataset, context: Context = {}): Promise<string> {
  const { height, width, channels } = info;
  const all = items();
  const digest = createHash('sha256').update(JSON.stringify([height, width, channels, all.length]));
  const size = height * width * channels;
  const rows = Math.max(1, Math.floor(blockBytes / size));
  const block = new Uint8Array(rows * size);
  for (let first = 0; first < all.length; first += rows) {
    throwIfCancelled(context.signal);
    const ids = all.slice(first, first + rows).map(({ id }) => id);
    pixels.read(ids, block);
    digest.update(block.subarray(0, ids.length * size));
    await setImmediate();
  }
  return digest.update(all.map(({ split }) => split).join()).digest('hex');
}
