// Starting, resuming and deleting training, as buttons do it: errors become notices, a deletion can be undone.
import type { Run } from '../../../src-main/contract/api.ts';
import { withRemedy } from '../../../src-main/contract/remedy.ts';
import type { TrainingRequest } from '../../../src-main/contract/settings.ts';
import { type Task, undoSeconds } from '../../../src-main/contract/tasks.ts';
import { t } from '../../language/index.svelte.ts';
import { go, place } from '../../navigation.svelte.ts';
import { attempt, notify } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { isActive, workspace } from '../../service/workspace.svelte.ts';
import { draftOf } from './draft.ts';
import { train } from './train.svelte.ts';
import { runWords } from './words.ts';

export async function startTraining(datasetId: string, request: TrainingRequest, fresh = false): Promise<void> {
  const taskId = await attempt(() => service.startTask({ kind: 'train', datasetId, request, fresh }));
  if (taskId === undefined) return;
  train.started = { taskId, datasetId, request };
  // They have served: the next ones are a person's own.
  train.origin = null;
  train.comparing = false;
  go({ datasetId, runId: null });
}

export async function resumeRun(run: Run): Promise<void> {
  const interrupted = taskOf(run.id);
  await attempt(async () => {
    if (interrupted) return service.retryTask(interrupted.id);
    const { settings } = await service.runDetails(run.id);
    const request = settings as TrainingRequest;
    return service.startTask({ kind: 'train', datasetId: run.datasetId, request, runId: run.id });
  });
}

export async function deleteRun(run: Run): Promise<void> {
  const done = await attempt(async () => {
    await service.deleteRun(run.id);
    return true;
  });
  if (!done) return;
  train.chosen = train.chosen.filter((id) => id !== run.id);
  if (place.runId === run.id) go({ runId: null });
  notify('info', t('train.deleted', { run: runWords(run) }), {
    action: { label: t('word.undo'), run: () => void attempt(() => service.restoreRun(run.id)) },
    seconds: undoSeconds,
  });
}

/** Fills in the settings of a run, with a remedy on top where there is one, and shows them. */
export function repeat(run: Run, settings: Readonly<Record<string, unknown>>, remedy: TrainingRequest = {}): void {
  train.fill(draftOf(withRemedy(settings as TrainingRequest, remedy)), { runId: run.id, changed: Object.keys(remedy) });
  newTraining(run.datasetId);
}

export function newTraining(datasetId: string | null = place.datasetId): void {
  train.started = null;
  train.comparing = false;
  go({ screen: 'train', datasetId, runId: null });
}

/** As `newTraining`, at the list of runs. */
export function allRuns(datasetId: string | null = place.datasetId): void {
  train.listing = true;
  newTraining(datasetId);
}

export function openRun(run: Run): void {
  train.comparing = false;
  go({ screen: 'train', datasetId: run.datasetId, runId: run.id });
}

/** The task that trains this run now; else the one that was interrupted or failed and is still on the list. */
export function taskOf(runId: string): Task | undefined {
  const tasks = workspace.tasks.filter((task) => task.kind === 'train' && task.runId === runId);
  return tasks.find(isActive) ?? tasks.findLast(({ state }) => state !== 'done');
}
