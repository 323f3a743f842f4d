// A map as a picture: which points, what their colours tell, and the words around them. Drawing them is not done here.
import type { Run } from '../contract/api.ts';
import type { ImportedColumn } from '../contract/columns.ts';
import { PinholeError } from '../contract/errors.ts';
import type { MapQuality } from '../contract/explore.ts';
import type { Dataset, Item } from '../contract/records.ts';
import { columnOfColor, type MapColor, type MapMethod, type mapColors } from '../contract/tasks.ts';
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
  /** The one that colours tell of; null where they tell of something else. */
  column: ImportedColumn | null;
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

type Grouping = Exclude<(typeof mapColors)[number], 'mse'>;

const nameOf: Record<Grouping, (item: Item, cluster: PicturedMap['cluster']) => string | null> = {
  label: ({ label }) => label,
  split: ({ split }) => split,
  cluster: ({ id }, cluster) => `cluster ${cluster!.get(id)}`,
  none: () => null,
};

function colorsOf(map: PicturedMap): MapColors {
  const { color, items, errors, cluster, column, ids } = map;
  const isMeant = (row: number) => ids === null || ids.has(items[row]!.id);
  if (color === 'mse') {
    const values = errors.map((error, row) => (isMeant(row) ? error : Number.NaN));
    return { values, name: 'error (mean square, pixels 0–1)' };
  }
  if (column !== null) return columnColors(column, items, isMeant, ids === null);
  // Of a selection, images without a label are not those that were left out.
  const nameless = ids === null ? null : color === 'none' ? 'selected' : 'no label';
  const groups = items.map((item, row) =>
    isMeant(row) ? (nameOf[color as Grouping](item, cluster) ?? nameless) : null,
  );
  return { groups, rest: ids === null ? 'no label' : 'not selected' };
}

function columnColors(
  { name, kind, values }: ImportedColumn,
  items: readonly Item[],
  isMeant: (row: number) => boolean,
  isWhole: boolean,
): MapColors {
  if (kind === 'number') {
    const numberOf = ({ id }: Item, row: number) => (isMeant(row) ? (values.get(id) ?? Number.NaN) : Number.NaN);
    return { values: Float32Array.from(items, numberOf), name };
  }
  const nameless = isWhole ? null : 'no value';
  const groups = items.map((item, row) => (isMeant(row) ? String(values.get(item.id) ?? '') || nameless : null));
  return { groups, rest: isWhole ? 'no value' : 'not selected' };
}

/** The column that these colours tell of, among all of the data set. Throws `not-found` where it has none of that name. */
export function columnFor(color: MapColor, columns: readonly ImportedColumn[]): ImportedColumn | null {
  const wanted = columnOfColor(color);
  if (wanted === null) return null;
  const found = columns.find(({ name }) => name === wanted);
  if (found) return found;
  throw new PinholeError(
    'not-found',
    `There is no column “${wanted}” in this data set.`,
    'Look at the list of its columns again.',
  );
}
