// The benchmark's MNIST pixels as the data set that Pinhole would open after importing them; no workspace is involved.
import type { Dataset, Item, Split } from '../../../src-main/contract/records.ts';
import type { OpenDataset } from '../../../src-main/dataset/open.ts';
import { openPixels } from '../../../src-main/dataset/pixels.ts';

export const image = { height: 28, width: 28, channels: 1 } as const;
export const pixelCount = 784;

/** `pixelsFile`: uint8 N×28×28×1. The last tenth is held out, as it is for the other contenders. */
export function mnistDataset(pixelsFile: string): OpenDataset {
  const pixels = openPixels(pixelsFile);
  const items = mnistItems(pixels.shape[0]);
  return {
    info: describe(items.length),
    pixels,
    items: () => items,
    split: (name) => Uint32Array.from(items.filter(({ split }) => split === name).map(({ id }) => id)),
    close: () => pixels.close(),
  };
}

export function mnistItems(count: number): Item[] {
  const trained = count - Math.floor(count / 10);
  return Array.from({ length: count }, (_, id) => ({
    id,
    path: `${id % 10}/${String(id).padStart(5, '0')}.png`,
    label: String(id % 10),
    split: id < trained ? ('train' as Split) : 'validation',
    width: image.width,
    height: image.height,
    bytes: 300,
    sha256: id.toString(16).padStart(64, '0'),
  }));
}

function describe(count: number): Dataset {
  return {
    id: 'mnist',
    name: 'MNIST',
    sources: [],
    state: 'ready',
    count,
    skipped: 0,
    ...image,
    hash: '0'.repeat(64),
    preprocessing: { ...image, fit: 'cover', background: '#ffffff', intensity: null },
    created: '2026-01-01T00:00:00.000Z',
  };
}
