// Which images are selected, for the screens that work on a selection. Explore makes it, Export writes it.
import { keep, recall } from './service/session.ts';

export interface Selection {
  /** The run whose map it was made on. */
  runId: string | null;
  /** Ids of images, ascending; null where nothing is selected. */
  ids: Int32Array | null;
}

export const selection = $state<Selection>(recalled());

/** For a reload of the tab. */
export function keepSelection(): void {
  keep('selection', { runId: selection.runId, ids: selection.ids && Array.from(selection.ids) });
}

function recalled(): Selection {
  const { runId, ids } = (recall('selection') ?? {}) as { runId?: unknown; ids?: unknown };
  if (typeof runId !== 'string' || !Array.isArray(ids) || !ids.every(Number.isInteger))
    return { runId: null, ids: null };
  return { runId, ids: Int32Array.from(ids as number[]) };
}
