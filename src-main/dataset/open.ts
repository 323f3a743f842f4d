// A data set opened for reading: what it is, its items, its splits and its pixels. Import and catalogue are elsewhere.
import { join } from 'node:path';
import type { Dataset, Item, Split } from '../contract/records.ts';
import type { Catalogue } from './catalogue.ts';
import { datasetHash } from './hash.ts';
import { openPixels, type PixelOptions, type Pixels } from './pixels.ts';

export interface OpenDataset {
  readonly info: Dataset;
  readonly pixels: Pixels;
  /** The items that are there, in id order. Ids may have gaps: they are rows of `pixels`. */
  items(): readonly Item[];
  /** Ids of a split, ascending. */
  split(name: Split): Uint32Array;
  close(): void;
}

export const datasetFolder = (workspaceFolder: string, id: string) => join(workspaceFolder, 'datasets', id);
export const pixelFile = (workspaceFolder: string, id: string) =>
  join(datasetFolder(workspaceFolder, id), 'pixels.npy');

/** Rows of its pixels, uint8 N×H×W×C; no others are held in memory. Errors: `file-damaged`. */
export function readPixels(
  workspaceFolder: string,
  { id, height, width, channels }: Pick<Dataset, 'id' | 'height' | 'width' | 'channels'>,
  ids: ArrayLike<number>,
): Uint8Array {
  const data = new Uint8Array(ids.length * height * width * channels);
  const pixels = openPixels(pixelFile(workspaceFolder, id), { memoryLimit: 0 });
  try {
    pixels.read(ids, data);
  } finally {
    pixels.close();
  }
  return data;
}

/** Also opens a data set whose import was interrupted, with what is there. Errors: `not-found`, `file-damaged`. */
export function openDataset(
  catalogue: Catalogue,
  workspaceFolder: string,
  id: string,
  options: PixelOptions = {},
): OpenDataset {
  const stored = catalogue.getDataset(id);
  const items = catalogue.items(id);
  // An import that was killed had no time to leave its hash.
  const info = stored.state === 'ready' ? stored : { ...stored, hash: datasetHash(items, stored.preprocessing) };
  const pixels = openPixels(pixelFile(workspaceFolder, id), options);
  return {
    info,
    pixels,
    items: () => items,
    split: (name) => Uint32Array.from(items.filter(({ split }) => split === name).map((item) => item.id)),
    close: () => pixels.close(),
  };
}
