// Tasks in words: what one is, and what it waits for.
import type { Task } from '../../src-main/contract/tasks.ts';
import { t } from '../language/index.svelte.ts';
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
