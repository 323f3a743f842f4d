// An archive opened for reading: what of it is whole, what is not, and its images block by block. Nothing in it is trusted.
import { setImmediate } from 'node:timers/promises';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { Context, Progress } from '../contract/records.ts';
import { damagedArchive, sha256Of } from './bytes.ts';
import { type Index, type Manifest, memberNames, parseIndex, parseManifest } from './description.ts';
import { type ImageDecoder, openDecoder, rowsAtOnce } from './image-decoder.ts';
import { openPacked, type PackedIntegers } from './packed-integers.ts';
import { dequantise, openCodes, type Quantiser } from './quantiser.ts';
import { addResidual } from './residuals.ts';
import { type Members, readMembers } from './zip-reader.ts';

/** Null is what is missing or damaged; `problems` says why. */
export interface Archive {
  readonly file: string;
  readonly members: Members;
  readonly manifest: Manifest | null;
  readonly index: Index | null;
  readonly codes: { quantiser: Quantiser; packed: PackedIntegers } | null;
  readonly residuals: PackedIntegers | null;
  readonly decoder: Uint8Array | null;
  readonly problems: PinholeError[];
  /** As many as any part that is whole says there are. */
  readonly images: number;
}

export interface DecodedBlock {
  readonly first: number;
  readonly count: number;
  /** uint8 count×H×W×C, and which of them are lost; their pixels are 0. */
  readonly images: Uint8Array;
  readonly lost: ReadonlySet<number>;
}

/** Where the index does not say how many there are. */
const mostImages = 10_000_000;
const largestCode = 65_536;
/** Bytes of JSON: of a million images, half of it. More could be a few bytes that fill all memory when they are unpacked. */
const largestDescription = 2 ** 27;
const largestImage = 1024 * 1024 * 3;

/** Throws `source-missing` and, where nothing at all can be had from it, `file-damaged`. */
export async function openArchive(file: string): Promise<Archive> {
  const members = await readMembers(file);
  const problems = [...members.problems];

  async function attempt<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      const problem = PinholeError.from(error);
      if (problem.code !== 'file-damaged') throw error;
      problems.push(problem);
      return null;
    }
  }

  const manifest = await attempt(async () =>
    parseManifest(await members.read(memberNames.manifest, largestDescription)),
  );
  const index = await attempt(async () => {
    const bytes = await members.read(memberNames.index, largestDescription);
    expectHash(manifest, memberNames.index, bytes);
    return parseIndex(bytes);
  });
  const rows = index?.paths.length ?? manifest?.images ?? mostImages;
  // Its blocks have checksums of their own: one that is damaged does not take the others with it.
  const codes = await attempt(async () =>
    openCodes(await members.readRaw(memberNames.codes), { rows, columns: largestCode }),
  );
  const decoder = await attempt(async () => {
    const bytes = await members.read(memberNames.decoder);
    expectHash(manifest, memberNames.decoder, bytes);
    return bytes;
  });
  const hasResiduals = index ? index.residuals.length > 0 : members.has(memberNames.residuals);
  const residuals = hasResiduals
    ? await attempt(async () =>
        openPacked(await members.readRaw(memberNames.residuals), memberNames.residuals, {
          rows,
          columns: largestImage,
        }),
      )
    : null;
  const images = index?.paths.length ?? codes?.packed.rows ?? manifest?.images ?? 0;
  const originals = members.names.some((name) => name.startsWith('originals/'));
  if (!manifest && !codes && !index && !originals) {
    throw damagedArchive('an archive of images', 'none, or one with nothing whole in it', file);
  }
  return { file, members, manifest, index, codes, residuals, decoder, problems, images };
}

/** What the checksums of members do not tell: that the content belongs to this archive. */
export function expectHash(manifest: Manifest | null, name: string, bytes: Uint8Array): void {
  const expected = manifest?.members[name]?.sha256;
  if (manifest === null || expected === sha256Of(bytes)) return;
  throw damagedArchive('the content that manifest.json names', 'other content', name);
}

/** Null where codes or decoder are lost; why is among the problems. */
export async function openArchiveDecoder(archive: Archive, threads: number): Promise<ImageDecoder | null> {
  const { codes, decoder, manifest, problems } = archive;
  if (!codes || !decoder) return null;
  try {
    const opened = await openDecoder(decoder, codes.packed.columns, threads);
    const { height, width, channels } = opened.image;
    const expected = manifest ? [manifest.image.height, manifest.image.width, manifest.image.channels].join('×') : '';
    if (!manifest || [height, width, channels].join('×') === expected) return opened;
    await opened.release();
    throw damagedArchive(`images of ${expected}`, [height, width, channels].join('×'), memberNames.decoder);
  } catch (error) {
    problems.push(PinholeError.from(error));
    return null;
  }
}

/**
 * All images in their order, with what is stored to be added to them; blocks in which no row is `wanted` are left out. Damaged
 * ones are told once each, in `problems`.
 */
export async function* decodeBlocks(
  archive: Archive,
  decoder: ImageDecoder,
  stage: Progress['stage'],
  context: Context,
  wanted: (row: number) => boolean = () => true,
): AsyncGenerator<DecodedBlock> {
  const { quantiser, packed } = archive.codes!;
  const { height, width, channels } = decoder.image;
  const size = height * width * channels;
  const residuals = openResiduals(archive, size);
  const atOnce = rowsAtOnce(decoder.image);
  const started = performance.now();
  for (let block = 0; block < packed.blocks; block++) {
    const rows = Math.min(packed.blockRows, packed.rows - block * packed.blockRows);
    if (!isAny(wanted, block * packed.blockRows, rows)) continue;
    const values = orProblem(archive, () => packed.unpackBlock(block));
    for (let start = 0; start < rows; start += atOnce) {
      throwIfCancelled(context.signal);
      const first = block * packed.blockRows + start;
      const count = Math.min(atOnce, rows - start);
      if (!isAny(wanted, first, count)) continue;
      const lost = new Set<number>();
      let images: Uint8Array = new Uint8Array(count * size);
      if (values) {
        images = await decoder.decode(
          dequantise(quantiser, values.subarray(start * packed.columns, (start + count) * packed.columns)),
        );
        for (let row = 0; row < count; row++) {
          if (!residuals(first + row, images.subarray(row * size, (row + 1) * size))) lost.add(row);
        }
      } else {
        for (let row = 0; row < count; row++) lost.add(row);
      }
      yield { first, count, images, lost };
      const done = first + count;
      context.onProgress?.({
        stage,
        done,
        total: packed.rows,
        rate: (done * 1000) / (performance.now() - started),
      });
      // Lets a cancel arrive: the runtime blocks this thread while it computes.
      await setImmediate();
    }
  }
}

function isAny(wanted: (row: number) => boolean, first: number, count: number): boolean {
  for (let row = first; row < first + count; row++) if (wanted(row)) return true;
  return false;
}

/** Adds to the image of a row what is stored for it; says whether that could be had. */
export function openResiduals(archive: Archive, size: number): (row: number, image: Uint8Array) => boolean {
  const { residuals, index } = archive;
  const stored = new Map(index?.residuals.map(([row, step], place) => [row, { step, place }]));
  const usable = residuals?.columns === size;
  let [known, block]: [Int32Array | null, number] = [null, -1];
  return (row, image) => {
    const residual = stored.get(row);
    if (!residual) return true;
    if (!usable || residual.place >= residuals.rows) return false;
    const wanted = Math.floor(residual.place / residuals.blockRows);
    if (wanted !== block) [known, block] = [orProblem(archive, () => residuals.unpackBlock(wanted)), wanted];
    if (!known) return false;
    const start = (residual.place % residuals.blockRows) * size;
    addResidual(image, known.subarray(start, start + size), residual.step);
    return true;
  };
}

/** Null where the action fails, which is then among the problems. */
export function orProblem<T>({ problems }: Archive, action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    problems.push(PinholeError.from(error));
    return null;
  }
}
