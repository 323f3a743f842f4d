// Says that training has ended: as a notice where the person is elsewhere in Pinhole, as a notification where they are elsewhere.
import type { Task, TaskResults } from '../../../src-main/contract/tasks.ts';
import { host } from '../../host/index.ts';
import { formatError, t } from '../../language/index.svelte.ts';
import { said } from '../../language/said.ts';
import { go, place } from '../../navigation.svelte.ts';
import { notify } from '../../notices.svelte.ts';
import { isActive, workspace } from '../../service/workspace.svelte.ts';
import { startTraining } from './starting.ts';

/** Tasks that were at work when the list was last seen. */
let active = new Set<string>();

/** Call with every new list of tasks. Those that had ended before they were first seen are no news. */
export function announceEnds(tasks: readonly Task[]): void {
  const ended = tasks.filter((task) => active.has(task.id) && !isActive(task) && task.kind === 'train');
  active = new Set(tasks.filter(isActive).map(({ id }) => id));
  for (const task of ended) announce(task);
}

function announce(task: Task): void {
  // Who stopped it knows.
  if (task.state !== 'done' && task.state !== 'failed') return;
  const { runId, datasetId, subject } = task;
  const result = task.result as TaskResults['train'] | null;
  if (result?.trained === false) {
    sayKnown(task as Task<'train'>);
    return;
  }
  const done = task.state === 'done';
  const text = done
    ? t('train.done', { subject, error: formatError(result?.run.report?.model.mse) })
    : t('train.done.failed', { subject });
  if (document.hidden && workspace.preferences?.notifications) host.notify(t('app.name'), text);
  if (place.screen === 'train' && (place.runId === runId || runId === null)) return;
  notify(done ? 'good' : 'error', text, {
    advice: task.error ? said(task.error.message) : '',
    action:
      runId === null ? null : { label: t('train.done.show'), run: () => go({ screen: 'train', datasetId, runId }) },
  });
}

/** The same images, settings and seed give the same run: it is shown instead of trained again. */
function sayKnown({ datasetId, request }: Task<'train'>): void {
  if (datasetId === null) return;
  notify('info', t('train.known'), {
    // The only way on from there for whoever wanted it trained again.
    seconds: null,
    action: { label: t('train.known.fresh'), run: () => void startTraining(datasetId, request.request, true) },
  });
}

/** Browsers ask before the first notification, and only when a button was pressed. */
export function canAskToNotify(): boolean {
  return host.kind === 'browser' && 'Notification' in globalThis && Notification.permission === 'default';
}
