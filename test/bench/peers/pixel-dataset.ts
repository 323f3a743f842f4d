// The benchmark's pixel files as the data sets that Pinhole would open after importing them; no workspace is involved.
import type { Dataset, Item, Split } from '../../../src-main/contract/records.ts';
import type { OpenDataset } from '../../../src-main/dataset/open.ts';
import { openPixels, type PixelOptions } from '../../../src-main/dataset/pixels.ts';

/** `pixelsFile`: uint8 N×H×W×C. The last tenth is held out, as it is for the other contenders. */
export function pixelDataset(pixelsFile: string, options: PixelOptions = {}): OpenDataset {
  const pixels = openPixels(pixelsFile, options);
  const [count, height, width] = pixels.shape;
  const channels = pixels.shape[3] === 1 ? 1 : 3;
  const all = items(count, { height, width });
  return {
    info: describe(count, { height, width, channels }),
    pixels,
    items: () => all,
    split: (name) => Uint32Array.from(all.filter(({ split }) => split === name).map(({ id }) => id)),
    close: () => pixels.close(),
  };
}

export function items(count: number, size: { height: number; width: number }): Item[] {
  const trained = count - Math.floor(count / 10);
  return Array.from({ length: count }, (_, id) => ({
    id,
    path: `${id % 10}/${String(id).padStart(5, '0')}.png`,
    label: String(id % 10),
    split: id < trained ? ('train' as Split) : 'validation',
    ...size,
    bytes: 300,
    sha256: id.toString(16).padStart(64, '0'),
  }));
}

function describe(count: number, image: { height: number; width: number; channels: 1 | 3 }): Dataset {
  return {
    id: 'pixels',
    name: 'Pixels',
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
