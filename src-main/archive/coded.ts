// Images as numbers: quantised codes, what is added to those that they do not give well, and what is kept whole.
import { stat } from 'node:fs/promises';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { StoredItem } from '../dataset/catalogue.ts';
import { encodePng } from '../files/png.ts';
import { imageGrid } from '../numerics/image-grid.ts';
import type { SavedModel } from '../training/model-files.ts';
import { type Index, originalsFolder } from './description.ts';
import { type ArchiveInput, idsOf, imageSize } from './encoded.ts';
import { bitsOf } from './frequencies.ts';
import { type ImageDecoder, rowsAtOnce } from './image-decoder.ts';
import { dequantise, type Quantiser, quantise } from './quantiser.ts';
import { decibels, meanSquaredError } from './rate.ts';
import { keepsBound, residualFor } from './residuals.ts';
import { type PackedContent, packContent } from './zip-writer.ts';

/** Images as they will lie in an archive. */
export interface Coded {
  quantiser: Quantiser;
  /** N×K. */
  values: Int32Array;
  /** What is added to some of them, in the order of their rows; H·W·C numbers each. */
  residuals: ArrayLike<number>[];
  index: Index;
  /** By the names of the members that they become. */
  originals: Map<string, Kept>;
  /** Pooled over all images, pixels 0–1, and of the worst one. */
  mse: number;
  worst: number;
  thumbnails: PackedContent;
}

/** `firstRow` is the place of the first image in the archive. Codes are of the input's items, N×K. */
export async function codeAll(
  input: ArchiveInput,
  codes: Float32Array,
  { decoder, quantiser, firstRow = 0 }: { decoder: ImageDecoder; quantiser: Quantiser; firstRow?: number },
  context: Context,
): Promise<Coded> {
  const { saved, settings, items, dataset } = input;
  const { codeSize } = saved.model.spec;
  const values = quantise(quantiser, codes);
  const size = imageSize(saved);
  const ids = idsOf(items);
  const atOnce = rowsAtOnce(saved.model.image);
  const errors = new Float64Array(items.length);
  const over: OverBound[] = [];
  const shown: Uint8Array[] = [];
  const started = performance.now();
  for (let first = 0; first < ids.length; first += atOnce) {
    throwIfCancelled(context.signal);
    const rows = ids.subarray(first, first + atOnce);
    const originals = new Uint8Array(rows.length * size);
    dataset.pixels.read(rows, originals);
    const part = values.subarray(first * codeSize, (first + rows.length) * codeSize);
    const decoded = await decoder.decode(dequantise(quantiser, part));
    for (let place = 0; place < rows.length; place++) {
      const [start, end] = [place * size, (place + 1) * size];
      const [original, image] = [originals.subarray(start, end), decoded.subarray(start, end)];
      errors[first + place] = meanSquaredError(image, original);
      if (shown.length < thumbnailCount) shown.push(image);
      if (settings.maxError !== null && !keepsBound(errors[first + place]!, settings.maxError)) {
        over.push({
          row: first + place,
          original: original.slice(),
          residual: residualFor(original, image, settings.maxError),
        });
      }
    }
    const done = first + rows.length;
    const rate = (done * 1000) / (performance.now() - started);
    context.onProgress?.({ stage: 'decode', done, total: ids.length, rate });
  }
  const kept = await keepImages(input, over, errors, firstRow);
  return {
    quantiser,
    values,
    residuals: kept.residuals.map(({ values }) => values),
    index: indexOf(input, errors, kept),
    originals: new Map(kept.originals.map(({ member, source }) => [member, source])),
    mse: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worst: errors.reduce((worst, error) => Math.max(worst, error), 0),
    thumbnails: await thumbnailSheet(saved, shown),
  };
}

// ---- images that the codes do not give well enough -----------------------------------------------------------------

/** A file that is copied, pixels as PNG, or a member of another archive. */
export type Kept =
  | { file: string; item: StoredItem }
  | { png: Uint8Array }
  | { read(): Promise<Uint8Array>; bytes: number; sha256: string };

interface OverBound {
  row: number;
  original: Uint8Array;
  residual: ReturnType<typeof residualFor>;
}

interface Exceptions {
  residuals: { row: number; step: number; values: Int16Array }[];
  originals: { row: number; member: string; source: Kept }[];
}

/** Residual or original file, whichever is smaller; where neither can be, the pixels as they are. Sets the errors that remain. */
async function keepImages(
  input: ArchiveInput,
  over: readonly OverBound[],
  errors: Float64Array,
  firstRow: number,
): Promise<Exceptions> {
  const { items, settings, saved } = input;
  const { height, width, channels } = saved.model.image;
  const kept: Exceptions = { residuals: [], originals: [] };
  const cost = residualCost(over, channels);
  const keep = (row: number, ending: string, source: Kept) => {
    const member = `${originalsFolder}${String(firstRow + row).padStart(6, '0')}${ending}`;
    kept.originals.push({ row, member, source });
    errors[row] = 0;
  };
  const taken = new Set<number>();
  if (settings.keepOriginals) {
    for (const [row, item] of items.entries()) {
      const file = await unchangedFile(input, item);
      if (file === undefined) continue;
      keep(row, endingOf(file), { file, item });
      taken.add(row);
    }
  }
  for (const { row, original, residual } of over) {
    if (taken.has(row)) continue;
    const item = items[row]!;
    const bytes = residual ? cost(residual.values) : Number.POSITIVE_INFINITY;
    const file = item.bytes < bytes ? await unchangedFile(input, item) : undefined;
    if (file !== undefined) keep(row, endingOf(file), { file, item });
    else if (residual) {
      kept.residuals.push({ row, step: residual.step, values: residual.values });
      errors[row] = residual.mse;
    } else {
      const png = encodePng({ data: original, height, width, channels: channels as 1 | 3 }, 9);
      keep(row, '.pixels.png', { png });
    }
  }
  kept.originals.sort((a, b) => a.row - b.row);
  return kept;
}

/** Bytes of a residual, reckoned from how often each number comes in all of them. */
function residualCost(over: readonly OverBound[], channels: number): (values: Int16Array) => number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const { residual } of over) {
    for (const value of residual?.values ?? []) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
      total++;
    }
  }
  const header = total === 0 ? 0 : (channels * bitsOf(counts)) / 8 / Math.max(1, over.length) / 50;
  return (values) => header + values.reduce((sum, value) => sum + Math.log2(total / counts.get(value)!), 0) / 8;
}

/** Its file, where it is a whole one and still has the size that it had; what it holds is compared when it is copied. */
async function unchangedFile({ fileOf }: ArchiveInput, item: StoredItem): Promise<string | undefined> {
  const file = fileOf(item);
  if (file === undefined) return undefined;
  try {
    return (await stat(file)).size === item.bytes ? file : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const endingOf = (file: string) => (/\.[A-Za-z0-9]{1,5}$/.exec(file)?.[0] ?? '').toLowerCase();

/** Rows from 0 on; errors are mean-squared ones of pixels 0–1. */
export function indexOf(
  { items, failures }: Pick<ArchiveInput, 'items' | 'failures'>,
  errors: Float64Array,
  kept: Exceptions = { residuals: [], originals: [] },
): Index {
  const labels = [...new Set(items.flatMap(({ label }) => label ?? []))];
  const places = new Map(labels.map((label, place) => [label, place]));
  return {
    paths: items.map(({ path }) => path),
    labels,
    label: items.map(({ label }) => (label === null ? -1 : places.get(label)!)),
    widths: items.map(({ width }) => width),
    heights: items.map(({ height }) => height),
    modified: items.map(({ modified }) => Math.max(0, Math.round(modified))),
    psnr: Array.from(errors, (error) => (error === 0 ? null : Math.floor(10 * decibels(error)))),
    residuals: kept.residuals.map(({ row, step }) => [row, step]),
    originals: kept.originals.map(({ row, member }) => [row, member]),
    unread: failures.map(({ path, reason }) => ({ path, reason })),
  };
}

export const thumbnailCount = 64;

export async function thumbnailSheet(
  { model: { image } }: SavedModel,
  shown: readonly Uint8Array[],
): Promise<PackedContent> {
  const { height, width, channels } = image;
  const batch = { data: Buffer.concat(shown), count: shown.length, height, width, channels: channels as 1 | 3 };
  const picture = imageGrid(batch, { gap: 2 });
  const { default: sharp } = await import('sharp');
  const raw = { width: picture.width, height: picture.height, channels: picture.channels };
  // Of a file that is there for looking in, little: half the quality is a third of the bytes.
  const bytes = await sharp(picture.data, { raw }).webp({ quality: 50 }).toBuffer();
  return packContent(bytes, { store: true });
}
