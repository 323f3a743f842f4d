// A map as a picture: which points, what their colours tell, and the words around them. Drawing them is not done here.
import type { Run } from '../contract/api.ts';
import type { MapQuality } from '../contract/explore.ts';
import type { Dataset, Item } from '../contract/records.ts';
import type { MapColor, MapMethod } from '../contract/tasks.ts';
import type { MapColors, MapPlot } from '../exports/map-plot.ts';
import { formatShare, plural } from './command-line/words.ts';

export interface PicturedMap {
  dataset: Pick<Dataset, 'name'>;
  run: Pick<Run, 'id' | 'preset' | 'codeSize'>;
  /** Row by row what the points are. */
  items: readonly Item[];
  method: MapMethod;
  /** float32 N×2. */
  xy: Float32Array;
  /** Of each image, mean square, pixels 0–1. */
  errors: Float32Array;
  /** Of each image the number of its cluster, by id; null where they were not looked for. */
  cluster: ReadonlyMap<number, number> | null;
  explained: number | null;
  quality: MapQuality | null;
  color: MapColor;
  /** Images that colours are for; null for all. */
  ids: ReadonlySet<number> | null;
}

export const methodNames = { pca: 'PCA', umap: 'UMAP', tsne: 't-SNE', codes: 'The codes themselves' } as const;

/** Labels say most where there are several; errors say something always. */
export function usualColor(items: readonly Item[]): MapColor {
  return new Set(items.flatMap(({ label }) => label ?? [])).size > 1 ? 'label' : 'mse';
}

export function picturedMap(map: PicturedMap): MapPlot {
  const { dataset, run, method, xy } = map;
  return {
    xy,
    colors: colorsOf(map),
    title: `${dataset.name} by ${methodNames[method]}`,
    captions: [
      `${methodNames[method]} of ${plural(map.items.length, 'image')}: ${run.preset}, ${plural(run.codeSize, 'number')} a code; run ${run.id}`,
      ...mapFigures(map),
    ],
  };
}

/** How true it is, as far as that is known. */
export function mapFigures({ explained, quality }: Pick<PicturedMap, 'explained' | 'quality'>): string[] {
  const shown = explained === null ? [] : [`both axes show ${formatShare(explained)} of the variance of the codes`];
  if (quality === null) return shown;
  const { trustworthiness, continuity, preserved, k } = quality;
  const figures = `trustworthiness ${trustworthiness.toFixed(3)}, continuity ${continuity.toFixed(3)}; ${formatShare(preserved)} of the ${k} nearest are kept`;
  return [...shown, figures];
}

const nameOf: Record<Exclude<MapColor, 'mse'>, (item: Item, cluster: PicturedMap['cluster']) => string | null> = {
  label: ({ label }) => label,
  split: ({ split }) => split,
  cluster: ({ id }, cluster) => `cluster ${cluster!.get(id)}`,
  none: () => null,
};

function colorsOf({ color, items, errors, cluster, ids }: PicturedMap): MapColors {
  const isMeant = (row: number) => ids === null || ids.has(items[row]!.id);
  if (color === 'mse') {
    const values = errors.map((error, row) => (isMeant(row) ? error : Number.NaN));
    return { values, name: 'error (mean square, pixels 0–1)' };
  }
  // Of a selection, images without a label are not those that were left out.
  const nameless = ids === null ? null : color === 'none' ? 'selected' : 'no label';
  const groups = items.map((item, row) => (isMeant(row) ? (nameOf[color](item, cluster) ?? nameless) : null));
  return { groups, rest: ids === null ? 'no label' : 'not selected' };
}
