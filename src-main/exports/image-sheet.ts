// A PNG of images side by side, as many in a row as are asked for: a strip where all are in one. No text.
import { dirname } from 'node:path';
import { writeAtomic } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { encodePng } from '../files/png.ts';
import { type ImageBatch, imageGrid } from '../numerics/image-grid.ts';

// Small images are enlarged by a whole number to about this many pixels, so that single pixels can be seen.
const shownSide = 64;

/** Roughly square where no number of columns is given. The folder is made where it is not there. */
export async function writeImageSheet(
  file: string,
  images: ImageBatch,
  layout: { columns?: number } = {},
): Promise<void> {
  const scale = Math.max(1, Math.round(shownSide / Math.max(images.height, images.width)));
  await makeFolder(dirname(file));
  await writeAtomic(file, encodePng(imageGrid(images, { ...layout, scale, gap: 4 })));
}
