// Further images into an archive that is there: by its own model, steps and bound, so that what it holds stays as it is.
import { stat } from 'node:fs/promises';
import type { AppendResult } from '../contract/archive.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import type { StoredItem } from '../dataset/catalogue.ts';
import { type Archive, openArchive, openArchiveDecoder } from './archive-file.ts';
import { type Coded, codeAll, type Kept } from './coded.ts';
import { type Index, type Manifest, memberNames } from './description.ts';
import { type ArchiveInput, encodeAll } from './encoded.ts';
import type { ImageDecoder } from './image-decoder.ts';
import { checkMembers } from './measure.ts';
import { unpackIntegers } from './packed-integers.ts';
import { type Quantiser, quantise } from './quantiser.ts';
import { errorOf } from './rate.ts';
import { describe, writeVerified } from './written.ts';
import { type PackedContent, packContent } from './zip-writer.ts';

export type AppendInput = Omit<ArchiveInput, 'settings'> & { settings: { file: string; keepOriginals: boolean } };

/**
 * The archive is as it was if anything fails. Images that it has already, under the same path, are passed over. Throws
 * `file-damaged` for an archive that is not whole, `usage` for one of another model or with other images of the same paths.
 */
export async function append(input: AppendInput, context: Context): Promise<AppendResult> {
  const started = performance.now();
  const { file } = input.settings;
  const { archive, decoder } = await openWhole(file, input.threads);
  try {
    const { manifest, index, quantiser } = archive;
    expectModel(manifest, input);
    const before = unpackIntegers(archive.packed);
    const bounded = { ...input, settings: { ...input.settings, maxError: manifest.maxError } };
    const codes = await encodeAll(bounded, context);
    const { rows, known } = newRows(input.items, quantise(quantiser, codes), index, before);
    const none = { file, images: index.paths.length, appended: 0, known, quality: null };
    if (rows.length === 0) return { ...none, bytes: (await stat(file)).size, seconds: secondsSince(started) };

    const firstRow = index.paths.length;
    const fresh = { ...bounded, items: rows.map((row) => input.items[row]!) };
    const coded = await codeAll(fresh, pick(codes, rows, quantiser), { decoder, quantiser, firstRow }, context);
    const all = join(archive, before, coded);
    const described = describe(all, { ...manifest, pinhole: input.pinhole }, archive.decoder);
    const { bytes, quality } = await writeVerified(fresh, described, context, firstRow);
    const images = all.index.paths.length;
    return { file, images, appended: rows.length, known, bytes, quality, seconds: secondsSince(started) };
  } finally {
    await decoder.release();
  }
}

const secondsSince = (started: number) => (performance.now() - started) / 1000;

// ---- what is there --------------------------------------------------------------------------------------------------

interface WholeArchive {
  members: Archive['members'];
  manifest: Manifest;
  index: Index;
  quantiser: Quantiser;
  packed: NonNullable<Archive['codes']>['packed'];
  residuals: Archive['residuals'];
  decoder: { packed: PackedContent; sha256: string };
  thumbnails: PackedContent;
}

/** Every member is what the manifest says. Throws `file-damaged` otherwise: what is lost would be lost for good. */
async function openWhole(file: string, threads: number): Promise<{ archive: WholeArchive; decoder: ImageDecoder }> {
  const opened = await openArchive(file);
  await checkMembers(opened);
  const decoder = await openArchiveDecoder(opened, threads);
  const { members, manifest, index, codes, residuals, problems } = opened;
  if (problems.length === 0 && decoder && manifest && index && codes && opened.decoder) {
    // Compared with what it is when the archive was opened.
    const { sha256 } = manifest.members[memberNames.decoder]!;
    const stored = { packed: packContent(opened.decoder), sha256 };
    const thumbnails = packContent(await members.read(memberNames.thumbnails), { store: true });
    return { archive: { members, manifest, index, ...codes, residuals, decoder: stored, thumbnails }, decoder };
  }
  await decoder?.release();
  throw new PinholeError(
    'file-damaged',
    `${file} is damaged, and nothing was added to it: ${problems[0]?.message ?? ''}`,
    'Bring back what can be saved with pinhole decompress, and compress that anew.',
  );
}

function expectModel({ model }: Manifest, { saved, run }: AppendInput): void {
  if (model.weights === saved.info.weightsHash) return;
  throw new PinholeError(
    'usage',
    `Expected the model that the archive was made with (run ${model.run}), received run ${run.id} with other weights.`,
    'Append in the workspace where it was made, or write a second archive.',
  );
}

/** Rows of the items that the archive does not have. Another device may round a code the other way: 1 apart is the same. */
function newRows(items: readonly StoredItem[], values: Int32Array, { paths }: Index, before: Int32Array) {
  const places = new Map(paths.map((path, row) => [path, row]));
  const columns = values.length / items.length;
  const rows: number[] = [];
  for (const [row, { path }] of items.entries()) {
    const place = places.get(path);
    if (place === undefined) rows.push(row);
    else if (!areAlike(values, row * columns, before, place * columns, columns)) throw otherImage(path);
  }
  return { rows, known: items.length - rows.length };
}

function areAlike(some: Int32Array, start: number, others: Int32Array, otherStart: number, count: number): boolean {
  for (let place = 0; place < count; place++) {
    if (Math.abs(some[start + place]! - others[otherStart + place]!) > 1) return false;
  }
  return true;
}

function otherImage(path: string): PinholeError {
  return new PinholeError(
    'usage',
    `The archive has another image of the path ${path}.`,
    'Rename one of them, or put the new images in a folder of another name.',
  );
}

function pick(codes: Float32Array, rows: readonly number[], { steps: { length: columns } }: Quantiser): Float32Array {
  const picked = new Float32Array(rows.length * columns);
  for (const [place, row] of rows.entries()) {
    picked.set(codes.subarray(row * columns, (row + 1) * columns), place * columns);
  }
  return picked;
}

// ---- old and new ----------------------------------------------------------------------------------------------------

function join(archive: WholeArchive, before: Int32Array, fresh: Coded): Coded {
  const { members, manifest, index, residuals, quantiser, thumbnails } = archive;
  const firstRow = index.paths.length;
  const count = firstRow + fresh.index.paths.length;
  const values = new Int32Array(before.length + fresh.values.length);
  values.set(before);
  values.set(fresh.values, before.length);
  const old = residuals ? unpackIntegers(residuals) : new Int32Array(0);
  const columns = residuals?.columns ?? 0;
  const oldResiduals = index.residuals.map((_, place) => old.subarray(place * columns, (place + 1) * columns));
  const kept = index.originals.map(([, name]): [string, Kept] => [
    name,
    { ...manifest.members[name]!, read: () => members.read(name) },
  ]);
  const worstBefore = manifest.psnrWorst === null ? 0 : errorOf(manifest.psnrWorst);
  const mseBefore = manifest.psnr === null ? 0 : errorOf(manifest.psnr);
  return {
    quantiser,
    values,
    residuals: [...oldResiduals, ...fresh.residuals],
    index: joinIndexes(index, fresh.index),
    originals: new Map([...kept, ...fresh.originals]),
    mse: (mseBefore * firstRow + fresh.mse * (count - firstRow)) / count,
    worst: Math.max(worstBefore, fresh.worst),
    // They show the first images, which are the same.
    thumbnails,
  };
}

function joinIndexes(old: Index, fresh: Index): Index {
  const firstRow = old.paths.length;
  const labels = [...new Set([...old.labels, ...fresh.labels])];
  const places = new Map(labels.map((label, place) => [label, place]));
  const told = new Set(old.unread.map(({ path }) => path));
  return {
    paths: [...old.paths, ...fresh.paths],
    labels,
    label: [...old.label, ...fresh.label.map((place) => (place < 0 ? -1 : places.get(fresh.labels[place]!)!))],
    widths: [...old.widths, ...fresh.widths],
    heights: [...old.heights, ...fresh.heights],
    modified: [...old.modified, ...fresh.modified],
    psnr: [...old.psnr, ...fresh.psnr],
    residuals: [...old.residuals, ...fresh.residuals.map(([row, step]): [number, number] => [firstRow + row, step])],
    originals: [...old.originals, ...fresh.originals.map(([row, name]): [number, string] => [firstRow + row, name])],
    unread: [...old.unread, ...fresh.unread.filter(({ path }) => !told.has(path))],
  };
}
