// Codes of every image of a data set, and back: codes.npy, errors.npy, ids.npy, and images from codes.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CodeNumbers } from '../compiler/bottleneck.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { OpenDataset } from '../dataset/open.ts';
import type { Executor } from '../engine/executor.ts';
import { createNpyWriter, readNpy } from '../files/npy.ts';
import { decoderGraph, inferenceGraph } from '../training/graphs.ts';
import { runBlocks } from '../training/inference.ts';
import type { SavedModel } from '../training/model-files.ts';

/** Codes of all images in the order of their ids. */
export interface Codes {
  /** N */
  ids: Uint32Array;
  /** N × size; whole numbers too. */
  codes: Float32Array;
  /** Mean-squared reconstruction error of each image, pixels in 0–1. */
  errors: Float32Array;
  size: number;
}

export function codePaths(folder: string) {
  return { codes: join(folder, 'codes.npy'), errors: join(folder, 'errors.npy'), ids: join(folder, 'ids.npy') };
}

/** `codes.npy` holds int32 where codes are whole numbers, else float32. Encodes every image of the data set; the three files appear together, `ids.npy` last. Returns the number of images. */
export async function encodeDataset(
  executor: Executor,
  saved: SavedModel,
  dataset: OpenDataset,
  folder: string,
  context: Context = {},
): Promise<number> {
  expectSameShape(saved, dataset);
  const { codeSize } = saved.model.spec;
  const ids = Uint32Array.from(dataset.items(), (item) => item.id);
  const paths = codePaths(folder);
  const isWhole = saved.model.bottleneck.numbers.type === 'integers';
  const codes = await createNpyWriter(paths.codes, isWhole ? '<i4' : '<f4', [codeSize]);
  const errors = await createNpyWriter(paths.errors, '<f4', []);
  const idWriter = await createNpyWriter(paths.ids, '<i4', []);
  const runner = await executor.compile(inferenceGraph(saved.model, ['codes', 'error']), saved.values);
  try {
    for await (const block of runBlocks(runner, dataset.pixels, ids, saved.model.image, 'encode', context)) {
      const numbers = block.results.codes!.data as Float32Array;
      await codes.write(isWhole ? Int32Array.from(numbers) : numbers);
      await errors.write(block.results.error!.data as Float32Array);
    }
    await idWriter.write(Int32Array.from(ids));
    for (const writer of [codes, errors, idWriter]) await writer.commit();
  } catch (error) {
    for (const writer of [codes, errors, idWriter]) await writer.abort();
    throw error;
  } finally {
    await runner.dispose();
  }
  return ids.length;
}

/** Ids alone, in the order of the codes. */
export async function readCodeIds(folder: string): Promise<Uint32Array> {
  return new Uint32Array((await readNpy(codePaths(folder).ids)).data as Int32Array);
}

/** Throws `source-missing` where the run was not encoded. */
export async function readCodes(folder: string): Promise<Codes> {
  const paths = codePaths(folder);
  const [ids, codes, errors] = await Promise.all([readNpy(paths.ids), readNpy(paths.codes), readNpy(paths.errors)]);
  return {
    ids: new Uint32Array(ids.data as Int32Array),
    codes: codes.dtype === '<i4' ? new Float32Array(codes.data as Int32Array) : (codes.data as Float32Array),
    errors: errors.data as Float32Array,
    size: codes.shape[1]!,
  };
}

/** Calls `onImages` with blocks of uint8 N×H×W×C decoded from codes M×K. */
export async function decodeCodes(
  executor: Executor,
  saved: SavedModel,
  codes: { count: number; size: number; data: Float32Array },
  onImages: (images: Uint8Array, first: number) => Promise<void>,
  context: Context = {},
): Promise<void> {
  const { codeSize } = saved.model.spec;
  if (codes.size !== codeSize) {
    throw new PinholeError(
      'usage',
      `Expected codes of ${codeSize} values for this model, received ${codes.size}.`,
      'Use codes that this model made.',
    );
  }
  expectLevels(saved.model.bottleneck.numbers, codes.data);
  const runner = await executor.compile(decoderGraph(saved.model), saved.values);
  const started = performance.now();
  const block = 256;
  try {
    for (let first = 0; first < codes.count; first += block) {
      throwIfCancelled(context.signal);
      const rows = Math.min(block, codes.count - first);
      const data = codes.data.slice(first * codeSize, (first + rows) * codeSize);
      const { image } = await runner.run({ code: { dtype: 'float32', shape: [rows, codeSize], data } });
      await onImages(image!.data as Uint8Array, first);
      const done = first + rows;
      context.onProgress?.({
        stage: 'decode',
        done,
        total: codes.count,
        rate: (done * 1000) / (performance.now() - started),
      });
      await setImmediate();
    }
  } finally {
    await runner.dispose();
  }
}

/** Throws `usage` for a number that stands for no level or entry: it would decode to something that no image has. */
export function expectLevels(numbers: CodeNumbers, data: Float32Array): void {
  if (numbers.type === 'continuous') return;
  const { levels } = numbers;
  const wrong = data.findIndex((value, index) => {
    const count = levels[index % levels.length]!;
    return !(Number.isInteger(value) && value >= 0 && value < count);
  });
  if (wrong < 0) return;
  const [row, place] = [Math.floor(wrong / levels.length), wrong % levels.length];
  throw new PinholeError(
    'usage',
    `Expected whole numbers from 0 to ${levels[place]! - 1} for the codes of this model, received ${data[wrong]} as number ${place} of row ${row}, counted from 0.`,
    'Correct that number, or use codes that this model made.',
  );
}

function expectSameShape({ model }: SavedModel, { info }: OpenDataset): void {
  const { height, width, channels } = model.image;
  if (info.height === height && info.width === width && info.channels === channels) return;
  throw new PinholeError(
    'usage',
    `Expected images of ${height}×${width}×${channels} for this model, received ${info.height}×${info.width}×${info.channels} in ${info.name}.`,
    "Import the images with the model's own size and colour.",
  );
}
