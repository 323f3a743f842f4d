// One map as it is looked at: where the explored images lie on it, and the part that is seen. What is selected is not its own.
import { PickGrid } from '../../drawing/pick-grid.ts';
import { boundsOf, type View } from '../../drawing/view.ts';

export class Plane {
  /** Null while the whole map is fitted. */
  view = $state.raw<View | null>(null);
  readonly #places: () => Float32Array | null;

  /** float32 N×2 by the rows of the explored images, NaN where the map lacks one; null while there is no map. */
  readonly xy = $derived.by(() => this.#places());
  readonly grid = $derived(this.xy === null ? null : new PickGrid(this.xy));
  readonly bounds = $derived(this.xy === null ? null : boundsOf(this.xy));

  constructor(places: () => Float32Array | null) {
    this.#places = places;
  }

  /** False too for −1, which is no row. */
  has(row: number): boolean {
    return this.xy !== null && row >= 0 && !Number.isNaN(this.xy[2 * row]!);
  }
}
