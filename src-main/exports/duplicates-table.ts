// Groups of near-duplicates as a CSV: one row for each image, with what is to be kept of each group. Finds none, and touches no image.
import type { CopyOfImage } from '../contract/explore.ts';
import { writeTextTable } from './text-table.ts';

export interface DecidedGroup {
  images: readonly CopyOfImage[];
  /** Ids. */
  kept: ReadonlySet<number>;
}

const header = ['group', 'advice', 'image_id', 'path', 'label', 'width', 'height', 'bytes'];

/** Groups are numbered from 0, in their order. Gives the number of rows. */
export async function writeDuplicates(file: string, groups: readonly DecidedGroup[]): Promise<number> {
  const rows = groups.flatMap(({ images, kept }, group) =>
    images.map(({ id, path, label, width, height, bytes }) => [
      ...[String(group), kept.has(id) ? 'keep' : 'copy', String(id), path, label ?? ''],
      ...[width, height, bytes].map(String),
    ]),
  );
  await writeTextTable(file, header, rows);
  return rows.length;
}
