// A map as a picture: which points, what their colours tell, and the words around them. Drawing them is not done here.
import type { Run } from '../contract/api.ts';
import { type ImportedColumn, importedName, noSuchColumn } from '../contract/columns.ts';
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

type Grouping = Exclude<MapColor, 'mse' | `column:${string}`>;

const nameOf: Record<Grouping, (item: Item, cluster: PicturedMap['cluster']) => string | null> = {
  label: ({ label }) => label,
  split: ({ split }) => split,
  cluster: ({ id }, cluster) => `cluster ${cluster!.get(id)}`,
  none: () => null,
};

function colorsOf(map: PicturedMap): MapColors {
  const { color, items, cluster, column, ids } = map;
  const isMeant = (row: number) => ids === null || ids.has(items[row]!.id);
  const scale = scaleOf(map);
  if (scale !== null) {
    const { name, numberOf } = scale;
    return { name, values: Float32Array.from(items, (_, row) => (isMeant(row) ? numberOf(row) : Number.NaN)) };
  }
  const nothing = column === null ? 'no label' : 'no value';
  // Of a selection, images without a label are not those that were left out.
  const nameless = ids === null ? null : color === 'none' ? 'selected' : nothing;
  const textOf = (item: Item) =>
    column === null ? nameOf[color as Grouping](item, cluster) : ((column.values.get(item.id) as string) ?? null);
  const groups = items.map((item, row) => (isMeant(row) ? (textOf(item) ?? nameless) : null));
  return { groups, rest: ids === null ? nothing : 'not selected' };
}

/** Of colours that tell numbers: of every row its own, NaN for none; null of others. */
function scaleOf({ color, items, errors, column }: PicturedMap) {
  if (color === 'mse') return { name: 'error (mean square, pixels 0–1)', numberOf: (row: number) => errors[row]! };
  if (column?.kind !== 'number') return null;
  const { name, values } = column;
  return { name, numberOf: (row: number) => values.get(items[row]!.id) ?? Number.NaN };
}

/** The column that these colours tell of, among all of the data set. Throws `not-found` where it has none of that name. */
export function columnFor(color: MapColor, columns: readonly ImportedColumn[]): ImportedColumn | null {
  const wanted = importedName(color);
  if (wanted === null) return null;
  const found = columns.find(({ name }) => name === wanted);
  if (found) return found;
  throw noSuchColumn(wanted);
}
