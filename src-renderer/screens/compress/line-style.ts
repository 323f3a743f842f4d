// How each way to keep images is drawn: colour by its name, dashes by its layout.
import type { CurveStyle } from '../../drawing/curves.ts';
import type { ChartLine } from './estimate.ts';

const colors = {
  pinhole: '--series-1',
  avif: '--series-3',
  webp: '--series-2',
  jpeg: '--series-4',
  pca: '--series-5',
  png: '--series-6',
} as const satisfies Record<ChartLine['name'], string>;

const dashes = {
  all: [],
  mosaic: [],
  files: [2, 3],
  reduced: [7, 3],
  codes: [7, 3],
} as const satisfies Record<ChartLine['layout'], readonly number[]>;

export function lineStyle({ name, layout }: Pick<ChartLine, 'name' | 'layout'>): CurveStyle {
  return { color: colors[name], dash: dashes[layout], width: name === 'pinhole' && layout === 'all' ? 2.75 : 1.5 };
}
