// Tasks in words: what one is, what it waits for, where it is shown.
import type { Progress } from '../../src-main/contract/records.ts';
import type { Task } from '../../src-main/contract/tasks.ts';
import { t } from '../language/index.svelte.ts';
import type { Place } from '../navigation.svelte.ts';
import { workspace } from '../service/workspace.svelte.ts';

/** `Training on digits`. People know their data sets by name; runs, which are what is exported and laid out, have ids only. */
export function taskWords(task: Task): string {
  const subject = workspace.dataset(workspace.run(task.runId)?.datasetId ?? null)?.name ?? task.subject;
  return t(`tasks.${task.kind}`, { subject });
}

/** `Waits for “Training on digits”`. */
export function waitingWords(task: Task): string {
  const before = workspace.tasks.find(({ id }) => id === task.waitsFor);
  return before ? t('tasks.waiting.for', { task: taskWords(before) }) : t('tasks.waiting');
}

/** Only training itself can be held; what comes before and after it is short. */
export function isSteerable({ state, progress }: Task): boolean {
  return state === 'paused' || (state === 'running' && progress?.stage === 'train');
}

/** Where what a task does can be watched. */
export function placeOf(task: Task): Partial<Place> {
  const { kind, runId, datasetId } = task;
  if (kind === 'train') return { screen: 'train', runId, datasetId };
  if (kind === 'map' || kind === 'find' || kind === 'overlap') return { screen: 'explore', runId };
  if (kind === 'export' || kind === 'copy') return { screen: 'export', runId };
  if (kind === 'curve' || kind === 'compress') return { screen: 'compress', runId, archive: null };
  if (kind === 'extract') return { screen: 'compress', archive: (task as Task<'extract'>).request.request.archive };
  return { screen: 'import' };
}

/** Null for a stage whose end is reached while it is still at work: how long that takes nobody knows. */
export function totalOf({ done, total }: Progress): number | null {
  return total !== null && done < total ? total : null;
}
