// What the explore screen looks at, kept while a person goes elsewhere: the run's images, its maps, and all that was chosen.

import type { Run } from '../../../src-main/contract/api.ts';
import { importedName } from '../../../src-main/contract/columns.ts';
import { type MapMethod, mapMethods } from '../../../src-main/contract/tasks.ts';
import type { MapView } from '../../../src-main/contract/views.ts';
import type { Tool } from '../../drawing/points-gestures.ts';
import { selection } from '../../selection.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { recall } from '../../service/session.ts';
import { type Chosen, choose, fromIds, idsOf, type Mode, toggleRow } from './choose.ts';
import { type Coloring, columnOf, kindOf, pointColors, usualColoring } from './coloring.ts';
import { columns } from './columns.svelte.ts';
import { Images } from './images.ts';
import { both, countOf, rowsWithLabels, rowsWithText } from './order.ts';
import { Plane } from './plane.svelte.ts';
import { codeOf, isFound, valuesOf } from './values.ts';

/** What stands beside the map. */
export const sides = ['images', 'decode', 'compare'] as const;
export type Side = (typeof sides)[number];
/** A place on the map, in its own units. */
export interface Place {
  readonly x: number;
  readonly y: number;
}
export type Pictures = 'automatic' | 'dots' | 'pictures';
/** Steps back that are kept: masks of a million rows take a megabyte each. */
const mostSteps = 20;

/** Of one image, as many as neighbours are looked at elsewhere. */
export const nearest = 15;

/** Over a reload. */
const kept = (recall('explore') ?? {}) as { method?: unknown };

class Explore {
  method = $state<MapMethod>(mapMethods.find((method) => method === kept.method) ?? 'pca');
  tool = $state<Tool>('pan');
  side = $state<Side>('images');
  pictures = $state<Pictures>('automatic');
  /** A person's own choices; null for the automatic ones. */
  size = $state<number | null>(null);
  opacity = $state<number | null>(null);
  coloringChoice = $state<Coloring | null>(null);
  /** Share of the width that the map has beside the table. */
  split = $state(0.56);

  images = $state.raw<Images | null>(null);
  /** Of their run: numbers in a code. */
  codeSize = $state(0);
  /** The same images by their clusters; null while these are not known. */
  clustered = $state.raw<Images | null>(null);
  /** Null where it is known not to be made; absent while it is not known. */
  maps = $state.raw<Partial<Record<MapMethod, MapView | null>>>({});
  /** Rows; −1 for none. The one under the pointer, and the one that stays until another is clicked. */
  hovered = $state(-1);
  current = $state(-1);
  /** The map that the pointer is over; without one, that of the run. */
  pointed = $state.raw<Plane | null>(null);
  /** Where on the map of the run the pointer is, null while it is elsewhere. */
  pointedPlace = $state.raw<Place | null>(null);
  text = $state('');
  /** Labels that alone are shown, −1 for images without one; empty for all. */
  isolated = $state.raw<ReadonlySet<number>>(new Set());
  /** Label that stands out while the legend points at it. */
  pointedLabel = $state<number | null>(null);
  chosen = $state.raw<Chosen>(null);
  canUndo = $state(false);

  readonly map = $derived(this.maps[this.method] ?? null);
  readonly plane = new Plane(() => this.map?.xy ?? null);
  readonly coloring = $derived(this.coloringChoice ?? usualColoring(this.images));
  /** Whose values must be there for the colours; null where none must. */
  readonly colorColumn = $derived(columnOf(this.coloring));
  readonly #values = $derived(this.images && this.colorColumn && columns.of(this.images.runId, this.colorColumn));
  readonly colorKind = $derived(kindOf(this.coloring, this.#values));
  /** Images in the groups that colours and legend are of. */
  readonly legended = $derived.by(() => {
    if (this.#values?.kind === 'text') return this.images?.grouped(this.#values) ?? null;
    return this.coloring === 'cluster' ? (this.clustered ?? this.images) : this.images;
  });
  readonly colors = $derived.by(() => {
    if (this.legended === null) return null;
    const numbers = this.#values?.kind === 'number' ? this.#values.numbers : this.legended.errors;
    return pointColors(this.legended, this.colorKind, numbers, this.isolated);
  });
  readonly withText = $derived(this.images === null ? null : rowsWithText(this.images, this.text));
  readonly withLabels = $derived(this.legended === null ? null : rowsWithLabels(this.legended, this.isolated));
  /** One byte per row; null while all are shown. */
  readonly shown = $derived(both(this.withText, this.withLabels));
  readonly shownCount = $derived(this.shown === null ? (this.images?.count ?? 0) : countOf(this.shown));
  readonly chosenCount = $derived(this.chosen === null ? 0 : countOf(this.chosen));
  /** The row that the card tells about. */
  readonly looked = $derived(this.hovered >= 0 ? this.hovered : this.current);

  #past: Chosen[] = [];
  #asked = 0;

  /** Fetches the images of a run with their map by PCA, which every run has. What was chosen goes over by ids. */
  async open(run: Run): Promise<void> {
    const asked = ++this.#asked;
    // The codes are read from their file while the database is asked.
    const [map, table] = await Promise.all([service.map(run.id, 'pca'), service.itemTable(run.datasetId)]);
    if (asked !== this.#asked || map === null) return;
    const before = this.images;
    const images = new Images(run.id, run.datasetId, table, map);
    const sameData = before?.datasetId === run.datasetId;
    const current = sameData && this.current >= 0 ? images.rowOf(before.ids[this.current]!) : -1;
    const chosen = sameData || selection.runId === run.id ? fromIds(images, selection.ids) : null;
    // Codes of another size are no map by themselves.
    if (this.method === 'codes' && run.codeSize !== 2) this.method = 'pca';
    Object.assign(this, { images, codeSize: run.codeSize, maps: { pca: map }, hovered: -1, current, chosen });
    this.plane.view = null;
    this.clustered = null;
    const sameRun = before?.runId === run.id;
    // A run may have codes of more images than before.
    if (!sameRun || before.count !== images.count) columns.forget();
    // Clusters are looked for anew, and codes are of one run alone.
    const isLost = isFound(this.coloringChoice) || (!sameRun && codeOf(this.coloring) !== null);
    if (!sameData || isLost) Object.assign(this, { isolated: new Set(), coloringChoice: null });
    if (!sameData) this.text = '';
    this.#forget();
    this.#publish();
  }

  /** Labels or columns have changed: the same images with those. What is selected and looked at stays. */
  async fetchTable(changed: { columns: boolean }): Promise<void> {
    const { images } = this;
    if (images === null) return;
    const table = await service.itemTable(images.datasetId);
    // What was given meanwhile is fetched after this: each answer counts.
    if (this.images?.runId !== images.runId) return;
    this.images = this.images.withTable(table);
    if (this.clustered !== null)
      this.clustered = this.images.grouped({ names: this.clustered.labels, of: this.clustered.label });
    const name = importedName(this.coloring);
    const isGone = name !== null && !table.columns.some((column) => column.name === name);
    if (isGone) this.coloringChoice = null;
    if (changed.columns) columns.forgetImported();
    if (this.coloring === 'label' || (changed.columns && name !== null))
      Object.assign(this, { isolated: new Set(), pointedLabel: null });
  }

  /** Leaves everything that was shown. */
  close(): void {
    this.#asked++;
    Object.assign(this, { images: null, maps: {}, hovered: -1, current: -1, chosen: null });
    this.plane.view = null;
    this.#forget();
  }

  /** Asks for a map, which by UMAP and t-SNE is there only where a person had it made. */
  async fetchMap(method: MapMethod): Promise<void> {
    const { images } = this;
    if (images === null) return;
    const map = await service.map(images.runId, method);
    if (this.images !== images) return;
    this.maps = { ...this.maps, [method]: map };
  }

  /** Selects an image with those whose codes are nearest to its. */
  async selectNearest(row: number): Promise<void> {
    const { images } = this;
    if (images === null) return;
    const { neighbours } = await service.neighbours(images.runId, String(images.ids[row]), nearest);
    if (this.images !== images) return;
    const ids = [images.ids[row]!, ...neighbours.map(({ id }) => id)];
    const distances = [0, ...neighbours.map(({ distance }) => distance)];
    columns.put(images.runId, [['distance', valuesOf(images, ids, distances)]]);
    this.selectIds(ids);
  }

  /** By which colours go; labels that were shown alone are of other groups then. */
  color(choice: Coloring): void {
    Object.assign(this, { coloringChoice: choice, isolated: new Set(), pointedLabel: null });
  }

  /** Selects the images with these ids. */
  selectIds(ids: Iterable<number>): void {
    const { images } = this;
    if (images === null) return;
    const rows = new Uint8Array(images.count);
    for (const id of ids) {
      const row = images.rowOf(id);
      if (row >= 0) rows[row] = 1;
    }
    this.select(rows, 'replace');
  }

  select(rows: Uint8Array, mode: Mode): void {
    this.#become(choose(this.chosen, rows, mode, this.shown));
  }

  selectAll(mode: 'replace' | 'toggle'): void {
    if (this.images) this.select(new Uint8Array(this.images.count).fill(1), mode);
  }

  selectNone(): void {
    if (this.chosen !== null) this.#become(null);
  }

  toggle(row: number): void {
    if (this.images) this.#become(toggleRow(this.chosen, row, this.images.count));
  }

  undo(): void {
    const last = this.#past.pop();
    if (last === undefined) return;
    this.chosen = last;
    this.canUndo = this.#past.length > 0;
    this.#publish();
  }

  isolate(labels: readonly number[], on: boolean): void {
    const next = new Set(this.isolated);
    for (const label of labels) on ? next.add(label) : next.delete(label);
    this.isolated = next;
  }

  showAll(): void {
    Object.assign(this, { text: '', isolated: new Set() });
  }

  #become(chosen: Chosen): void {
    this.#past = [...this.#past, this.chosen].slice(-mostSteps);
    this.canUndo = true;
    this.chosen = chosen;
    this.#publish();
  }

  #forget(): void {
    this.#past = [];
    this.canUndo = false;
  }

  #publish(): void {
    if (this.images === null) return;
    selection.runId = this.images.runId;
    selection.ids = idsOf(this.images, this.chosen);
  }
}

export const explore = new Explore();
