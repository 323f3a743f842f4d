// What goes into an archive, and the codes that its model gives: of all images, and of a sample that steps are chosen by.
import type { CompressSettings } from '../contract/archive.ts';
import type { Context, ImportFailure } from '../contract/records.ts';
import type { StoredItem } from '../dataset/catalogue.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Executor } from '../engine/executor.ts';
import { createRandom, permutation } from '../numerics/random.ts';
import { inferenceGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import type { SavedModel } from '../training/model-files.ts';
import type { Sample } from './rate.ts';

/** What is to go into an archive. */
export interface ArchiveInput {
  executor: Executor;
  saved: SavedModel;
  dataset: OpenDataset;
  /** In the order of their ids. */
  items: readonly StoredItem[];
  /** What the import could not read. */
  failures: readonly ImportFailure[];
  run: { id: string; preset: string };
  settings: Pick<CompressSettings, 'file' | 'maxError' | 'keepOriginals'>;
  pinhole: string;
  threads: number;
  /** The file of an item; undefined where it is a part of one. */
  fileOf(item: StoredItem): string | undefined;
}

type Images = Pick<ArchiveInput, 'executor' | 'saved' | 'dataset' | 'items'>;

/** N×K. */
export async function encodeAll({ executor, saved, dataset, items }: Images, context: Context): Promise<Float32Array> {
  const { codeSize } = saved.model.spec;
  const ids = idsOf(items);
  const codes = new Float32Array(ids.length * codeSize);
  const runner = await executor.compile(inferenceGraph(saved.model, ['codes']), saved.values);
  try {
    for await (const block of runBlocks(runner, dataset.pixels, ids, saved.model.image, 'encode', context)) {
      codes.set(block.results.codes!.data as Float32Array, block.first * codeSize);
    }
  } finally {
    await runner.dispose();
  }
  return codes;
}

export const idsOf = (items: readonly StoredItem[]) => Uint32Array.from(items, ({ id }) => id);

/** More would hardly move the steps; fewer would let single images move them. */
const sampleImages = 2048;

export function takeSample({ dataset, items, saved }: Images, codes: Float32Array, most = sampleImages): Sample {
  const { codeSize } = saved.model.spec;
  const ids = idsOf(items);
  const rows = permutation(ids.length, createRandom(ids.length)).subarray(0, most).sort();
  const taken = new Float32Array(rows.length * codeSize);
  for (const [place, row] of rows.entries()) {
    taken.set(codes.subarray(row * codeSize, (row + 1) * codeSize), place * codeSize);
  }
  const images = new Uint8Array(rows.length * imageSize(saved));
  const sampled = Uint32Array.from(rows, (row) => ids[row]!);
  dataset.pixels.read(sampled, images);
  return { codes: taken, images, codeSize, ids: sampled };
}

export const imageSize = ({ model: { image } }: SavedModel) => image.height * image.width * image.channels;
