// Which images are selected, for the screens that work on a selection. Explore makes it, Export writes it.

export interface Selection {
  /** The run whose map it was made on. */
  runId: string | null;
  /** Ids of images, ascending; null where nothing is selected. */
  ids: Int32Array | null;
}

export const selection = $state<Selection>({ runId: null, ids: null });
