// Maps that are made when a person says so: which methods these are, and whether one is being made.
import type { MapMethod } from '../../../src-main/contract/tasks.ts';
import { isActive, workspace } from '../../service/workspace.svelte.ts';

export function madeMethod(method: MapMethod): 'umap' | 'tsne' | null {
  return method === 'umap' || method === 'tsne' ? method : null;
}

/** The task that lays out codes of that run. */
export function layoutOf(runId: string) {
  return workspace.tasks.findLast((task) => task.kind === 'map' && task.runId === runId && isActive(task));
}
