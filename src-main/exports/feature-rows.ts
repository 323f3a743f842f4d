// The rows of a feature table, block by block: items beside their codes and reconstruction errors. File formats are elsewhere.
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, Item } from '../contract/records.ts';
import { type NpyData, type NpyFile, openNpy } from '../files/npy.ts';
import { damaged } from '../files/read.ts';
import { progressReporter } from './progress.ts';

/** Row n of both arrays belongs to the n-th item. */
export interface FeatureSource {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /** float32 N×K, or int32 where codes are whole numbers. */
  readonly codesFile: string;
  /** float32 N: mean-squared reconstruction error of each image. */
  readonly errorsFile: string;
}

export interface FeatureBlock {
  readonly items: readonly Item[];
  /** items.length × K. */
  readonly codes: Float32Array;
  readonly errors: Float32Array;
}

export interface FeatureTable {
  readonly rows: number;
  readonly codeSize: number;
  /** Codes are whole numbers. */
  readonly isWhole: boolean;
  /** May be walked once. */
  blocks(blockRows: number): AsyncGenerator<FeatureBlock>;
  close(): Promise<void>;
}

export async function openFeatures(source: FeatureSource, context: Context = {}): Promise<FeatureTable> {
  const codes = await openNpy(source.codesFile);
  const errors = await openNpy(source.errorsFile).catch(async (error) => {
    await codes.close();
    throw error;
  });
  const close = async () => {
    await codes.close();
    await errors.close();
  };
  try {
    checkArrays(codes, errors);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    rows: codes.rows,
    codeSize: codes.rowLength,
    isWhole: codes.dtype === '<i4',
    blocks: (blockRows) => walk(source.items, codes, errors, blockRows, context),
    close,
  };
}

/** z000, z001, …: three digits, or as many as the last column needs. */
export function codeColumns(codeSize: number): string[] {
  const digits = Math.max(3, String(codeSize - 1).length);
  return Array.from({ length: codeSize }, (_, index) => `z${String(index).padStart(digits, '0')}`);
}

/** Everything in front of the codes, in the order of the columns. */
export const itemColumns = ['image_id', 'path', 'label', 'split', 'width', 'height', 'sha256', 'mse'] as const;

async function* walk(
  items: FeatureSource['items'],
  codes: NpyFile,
  errors: NpyFile,
  blockRows: number,
  context: Context,
): AsyncGenerator<FeatureBlock> {
  const report = progressReporter(context, 'export', codes.rows);
  let done = 0;
  for await (const block of inBlocks(items, blockRows)) {
    throwIfCancelled(context.signal);
    if (done + block.length > codes.rows) throw wrongCount(codes, 'more');
    yield {
      items: block,
      codes: asFloats(await codes.read(done, block.length)),
      errors: (await errors.read(done, block.length)) as Float32Array,
    };
    done += block.length;
    report(done);
  }
  if (done !== codes.rows) throw wrongCount(codes, String(done));
}

/** float32 holds every whole number that a code can be. */
function asFloats(numbers: NpyData): Float32Array {
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers as Int32Array);
}

async function* inBlocks(items: FeatureSource['items'], blockRows: number): AsyncGenerator<Item[]> {
  let block: Item[] = [];
  for await (const item of items) {
    block.push(item);
    if (block.length < blockRows) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

function checkArrays(codes: NpyFile, errors: NpyFile): void {
  if ((codes.dtype !== '<f4' && codes.dtype !== '<i4') || codes.shape.length !== 2) {
    throw damaged(codes.path, 'codes of type <f4 or <i4 and shape (images, code size)', describe(codes));
  }
  if (errors.dtype !== '<f4' || errors.shape.length !== 1 || errors.rows !== codes.rows) {
    throw damaged(errors.path, `${codes.rows} errors of type <f4`, describe(errors));
  }
}

function describe({ dtype, shape }: NpyFile): string {
  return `${dtype} (${shape.join(', ')})`;
}

function wrongCount(codes: NpyFile, received: string): PinholeError {
  const message = `Expected ${codes.rows} images for the rows of ${codes.path}, received ${received}`;
  return new PinholeError('file-damaged', message, 'Encode the data set again, then export.');
}
