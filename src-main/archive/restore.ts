// Images of an archive back as files, in the folders that they came from: all that can be saved of it.
import { utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DecompressResult, RestoredFormat } from '../contract/archive.ts';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { writeInPlace } from '../files/atomic.ts';
import { makeFolder, makeFolderInside } from '../files/folder.ts';
import { createImageNames } from '../files/image-names.ts';
import { encodePng } from '../files/png.ts';
import type { ImageShape } from '../numerics/image-quality.ts';
import { type Archive, decodeBlocks, expectHash, openArchive, openArchiveDecoder } from './archive-file.ts';
import { damagedArchive } from './bytes.ts';

export interface DecompressInput {
  file: string;
  folder: string;
  format: RestoredFormat;
  /** Paths of images, or of folders of them; none for all. */
  only: readonly string[];
  threads: number;
}

/**
 * Writes all that can be had; what cannot is counted and told. Throws `file-damaged` only where nothing can, and `not-found`
 * where a path of `only` is none of the archive.
 */
export async function decompress(input: DecompressInput, context: Context): Promise<DecompressResult> {
  const started = performance.now();
  const archive = await openArchive(input.file);
  const { isWanted, count: wanted } = chooseRows(archive, input.only);
  const decoder = await openArchiveDecoder(archive, input.threads);
  await makeFolder(input.folder);
  const restored = createRestored(archive, isWanted, input);
  try {
    if (decoder) {
      const size = decoder.image.height * decoder.image.width * decoder.image.channels;
      for await (const { first, count, images, lost } of decodeBlocks(archive, decoder, 'decode', context, isWanted)) {
        for (let place = 0; place < count; place++) {
          const pixels = lost.has(place) ? undefined : images.subarray(place * size, (place + 1) * size);
          await restored.add(first + place, pixels, decoder.image);
        }
      }
    }
    for (let row = 0; row < archive.images; row++) {
      throwIfCancelled(context.signal);
      await restored.add(row, undefined, undefined);
    }
    await restored.addUnlisted();
  } finally {
    await decoder?.release();
  }
  const { files, whole, renamed } = restored;
  if (files === 0 && wanted > 0) {
    throw damagedArchive(
      'at least one image that can be saved',
      `none: ${archive.problems[0]?.message ?? ''}`,
      input.file,
    );
  }
  return {
    folder: input.folder,
    files,
    whole,
    lost: wanted - files,
    renamed,
    problems: archive.problems.map(({ message }) => message),
    seconds: (performance.now() - started) / 1000,
  };
}

/** A path names an image, or a folder with all that is in it. Throws `not-found`; `file-damaged` where no names are left. */
function chooseRows({ index, images, file }: Archive, only: readonly string[]) {
  if (only.length === 0) return { isWanted: () => true, count: images };
  if (index === null) throw damagedArchive('an index, to find images by their names', 'a damaged one', file);
  const rowOf = new Map(index.paths.map((path, row) => [path, row]));
  const rows = new Set<number>();
  for (const given of only) {
    const path = given.replace(/^\.\//, '').replace(/\/+$/, '');
    const row = rowOf.get(path);
    if (row !== undefined) rows.add(row);
    const below = row === undefined ? index.paths.flatMap((name, at) => (name.startsWith(`${path}/`) ? at : [])) : [];
    for (const at of below) rows.add(at);
    if (row !== undefined || below.length > 0) continue;
    throw new PinholeError(
      'not-found',
      `There is no image or folder ${JSON.stringify(given)} in ${file}.`,
      'pinhole inspect --images shows what there is.',
    );
  }
  return { isWanted: (row: number) => rows.has(row), count: rows.size };
}

/** Writes one image after the other; one that was written, or is kept whole, is not written again. */
function createRestored(archive: Archive, isWanted: (row: number) => boolean, { folder, format }: DecompressInput) {
  const { index, members } = archive;
  const nameOf = createImageNames();
  const kept = new Map(index ? index.originals : []);
  const done = new Set<number>();
  const made = new Set<string>();
  const result = { files: 0, whole: 0, renamed: [] as DecompressResult['renamed'], add, addUnlisted };

  async function write(row: number, content: Uint8Array, ending: string): Promise<void> {
    const path = index?.paths[row] ?? null;
    const name = nameOf(path, row, ending);
    const file = join(folder, name);
    if (!made.has(dirname(file))) await makeFolderInside(folder, dirname(file));
    made.add(dirname(file));
    await writeInPlace(file, content);
    const modified = index?.modified[row] ?? 0;
    if (modified > 0) await utimes(file, modified / 1000, modified / 1000);
    if (path !== null && stem(path) !== stem(name)) result.renamed.push({ path, file: name });
    done.add(row);
    result.files++;
  }

  async function add(row: number, pixels: Uint8Array | undefined, shape: ImageShape | undefined): Promise<void> {
    if (done.has(row) || !isWanted(row)) return;
    const member = kept.get(row);
    const original = member === undefined ? undefined : await readOriginal(archive, member);
    if (original) {
      await write(row, original, endingOf(member!));
      result.whole++;
    } else if (pixels && shape) await write(row, await encode(pixels, shape, format), endings[format]);
  }

  /** Where the index is lost, files that were kept whole are still there. */
  async function addUnlisted(): Promise<void> {
    if (index) return;
    for (const name of members.names) {
      const row = Number(/^originals\/(\d+)/.exec(name)?.[1] ?? Number.NaN);
      const original = Number.isNaN(row) || done.has(row) ? undefined : await readOriginal(archive, name);
      if (original) {
        await write(row, original, endingOf(name));
        result.whole++;
      }
    }
  }

  return result;
}

async function readOriginal({ members, manifest, problems }: Archive, name: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await members.read(name);
    expectHash(manifest, name, bytes);
    return bytes;
  } catch (error) {
    problems.push(PinholeError.from(error));
    return undefined;
  }
}

const endings: Record<RestoredFormat, string> = { png: '.png', webp: '.webp', jpeg: '.jpg' };
/** Of a member, which anyone may have named. */
const endingOf = (member: string) => /\.[a-z0-9]{1,5}$/i.exec(member)?.[0] ?? '';
const stem = (path: string) => path.replace(/\.[^./]*$/, '');

async function encode(data: Uint8Array, { height, width, channels }: ImageShape, format: RestoredFormat) {
  const raw = { width, height, channels: channels as 1 | 3 };
  if (format === 'png') return encodePng({ data, ...raw });
  const { default: sharp } = await import('sharp');
  const picture = sharp(data, { raw });
  // A second loss on top of the model's is kept below what can be seen.
  return format === 'webp' ? picture.webp({ lossless: true }).toBuffer() : picture.jpeg({ quality: 95 }).toBuffer();
}
