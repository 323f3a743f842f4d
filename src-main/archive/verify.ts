// Whether an archive is whole and gives back what it promises: alone, or beside the images that it was made of.
import type { VerifyResult } from '../contract/archive.ts';
import type { Context } from '../contract/records.ts';
import type { OpenDataset } from '../dataset/open.ts';
import { openArchive, openArchiveDecoder } from './archive-file.ts';
import { checkMembers, measureArchive, type Originals } from './measure.ts';

export interface VerifyInput {
  file: string;
  threads: number;
  /** The images that it was made of, at the model's size; null to look at the archive alone. */
  against: OpenDataset | null;
}

/** What is wrong is in the result, and nothing is thrown for it. */
export async function verify({ file, threads, against }: VerifyInput, context: Context): Promise<VerifyResult> {
  const started = performance.now();
  const archive = await openArchive(file);
  await checkMembers(archive);
  const decoder = await openArchiveDecoder(archive, threads);
  const paths = archive.index?.paths ?? [];
  const items = new Map(against?.items().map((item) => [item.path, item]));
  const itemOf = (row: number) => items.get(paths[row] ?? '');
  const originals: Originals = {
    pixels(row) {
      const item = itemOf(row);
      if (!item || !against) return undefined;
      const { height, width, channels } = against.info;
      const pixels = new Uint8Array(height * width * channels);
      against.pixels.read([item.id], pixels);
      return pixels;
    },
    sha256: (row) => itemOf(row)?.sha256,
  };
  const measured = decoder ? await measureArchive(archive, decoder, originals, context) : null;
  await decoder?.release();
  return {
    file,
    images: archive.images,
    compared: measured?.compared ?? 0,
    quality: measured?.quality ?? null,
    absent: against ? paths.filter((path) => !items.has(path)).length : 0,
    wrong: (measured?.wrong ?? []).map(({ row, reason }) => ({ path: paths[row] ?? `image ${row}`, reason })),
    problems: archive.problems.map(({ message }) => message),
    seconds: (performance.now() - started) / 1000,
  };
}
