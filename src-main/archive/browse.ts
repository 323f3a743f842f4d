// Images of an archive as they come back, any of them in any order, without writing anything: what a screen looks through.

import { PinholeError } from '../contract/errors.ts';
import { decodeImage } from '../dataset/decode.ts';
import { render } from '../dataset/picture.ts';
import { type Archive, expectHash, openArchive, openArchiveDecoder, openResiduals, orProblem } from './archive-file.ts';
import { damagedArchive } from './bytes.ts';
import { dequantise } from './quantiser.ts';

export interface BrowsedImages {
  /** uint8 N×H×W×C, 0 where an image is lost. */
  data: Uint8Array;
  height: number;
  width: number;
  channels: 1 | 3;
  /** 1 for each image that cannot be had. */
  lost: Uint8Array;
}

export interface ArchiveBrowser {
  /** Rows as in the index. Throws `not-found` for one that is none. */
  images(rows: ArrayLike<number>): Promise<BrowsedImages>;
  release(): Promise<void>;
}

/** Scrolling asks for the same few blocks again and again. */
const keptBlocks = 8;
const pixelLimit = 2 ** 28;

/** Throws `file-damaged` where codes or decoder are. */
export async function openBrowser(file: string, threads: number): Promise<ArchiveBrowser> {
  const archive = await openArchive(file);
  const decoder = await openArchiveDecoder(archive, threads);
  if (decoder === null) {
    throw archive.problems[0] ?? damagedArchive('codes and a decoder', 'none', file);
  }
  const { quantiser, packed } = archive.codes!;
  const { height, width } = decoder.image;
  const channels = decoder.image.channels as 1 | 3;
  const size = height * width * channels;
  const addResiduals = openResiduals(archive, size);
  const kept = new Map(archive.index?.originals ?? []);
  const blocks = new Map<number, Int32Array | null>();

  function valuesOf(row: number): Int32Array | null {
    const block = Math.floor(row / packed.blockRows);
    // Null for a block that is damaged, which is told once.
    const known = blocks.get(block);
    const values = known === undefined ? orProblem(archive, () => packed.unpackBlock(block)) : known;
    blocks.delete(block);
    blocks.set(block, values);
    for (const oldest of blocks.keys()) if (blocks.size > keptBlocks) blocks.delete(oldest);
    const start = (row % packed.blockRows) * packed.columns;
    return values?.subarray(start, start + packed.columns) ?? null;
  }

  return {
    async images(rows) {
      const wanted = Array.from(rows);
      const wrong = wanted.find((row) => row < 0 || row >= packed.rows);
      if (wrong !== undefined) {
        throw new PinholeError('not-found', `There is no image ${wrong} in this archive.`, 'Open the archive again.');
      }
      const lost = new Uint8Array(wanted.length);
      const values = new Int32Array(wanted.length * packed.columns);
      for (const [place, row] of wanted.entries()) {
        const code = valuesOf(row);
        if (code) values.set(code, place * packed.columns);
        else lost[place] = 1;
      }
      const data = await decoder.decode(dequantise(quantiser, values));
      for (const [place, row] of wanted.entries()) {
        const image = data.subarray(place * size, (place + 1) * size);
        const member = kept.get(row);
        const isThere = member === undefined ? addResiduals(row, image) : await drawOriginal(archive, member, image);
        lost[place] = isThere && (member !== undefined || lost[place] === 0) ? 0 : 1;
        if (lost[place] === 1) image.fill(0);
      }
      return { data, height, width, channels, lost };
    },
    release: () => decoder.release(),
  };
}

/** A file that is kept whole, as the model saw it; says whether it could be read. */
async function drawOriginal(archive: Archive, member: string, image: Uint8Array): Promise<boolean> {
  const { members, manifest, problems } = archive;
  if (manifest === null) return false;
  try {
    const bytes = await members.read(member);
    expectHash(manifest, member, bytes);
    const target = { ...manifest.preprocessing, ...manifest.image };
    render(await decodeImage(bytes, member, { page: 0, pixelLimit, target }), target, image, 0);
    return true;
  } catch (error) {
    problems.push(PinholeError.from(error));
    return false;
  }
}
