// Writes the selection, or what was decided of copies, as CSV: into a folder that the person picks, or, in a browser, as a download.

import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { DecidedCopies } from '../../../src-main/contract/explore.ts';
import type { ExportColumn, Task, TaskResults } from '../../../src-main/contract/tasks.ts';
import { host } from '../../host/index.ts';
import { t } from '../../language/index.svelte.ts';
import { attempt, notify, notifyError } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { saveFile } from '../../service/save-file.ts';
import { isActive, workspace } from '../../service/workspace.svelte.ts';
import { idsOf } from './choose.ts';
import { explore } from './explore.svelte.ts';
import { selectionName } from './selection-name.ts';

export const saving = $state({ active: false });

const columns: ExportColumn[] = ['path', 'label', 'split', 'size', 'sha256', 'mse', 'map', 'codes'];

/** Path, position on the map that is shown, and codes of every selected image. */
export async function saveSelection(): Promise<void> {
  const { images, chosen } = explore;
  const ids = images && idsOf(images, chosen);
  if (saving.active || !images || !ids) return;
  saving.active = true;
  await attempt(async () => {
    const out = await chosenFolder();
    if (out === null) return;
    const map = explore.map?.method ?? 'pca';
    const request = { runId: images.runId, out, formats: ['csv' as const], columns, map, ids, bom: true };
    const task = await ended(await service.startTask({ kind: 'export', request }));
    if (task.state !== 'done') {
      notifyError(task.error ? PinholeError.fromJSON(task.error) : new PinholeError('cancelled', 'Stopped.'));
      return;
    }
    const name = selectionName(images, explore.chosen, workspace.dataset(images.datasetId)?.name ?? images.datasetId);
    await say((task.result as TaskResults['export']).files[0]!, ids.length, name);
  });
  saving.active = false;
}

/** Every image of the groups, with what is to be kept. */
export async function saveDuplicates(runId: string, groups: DecidedCopies[]): Promise<void> {
  if (saving.active) return;
  saving.active = true;
  await attempt(async () => {
    const out = await chosenFolder();
    if (out === null) return;
    const { files, rows } = await service.saveDuplicates(runId, out, groups);
    await say(files[0]!, rows, 'duplicates.csv');
  });
  saving.active = false;
}

/** Null where the person thought better of it. */
function chosenFolder(): Promise<string | null> {
  return host.pick ? host.pick.outFolder() : folderForDownloads();
}

/** Folders of a browser's person are on another machine, perhaps: the file is written in the workspace and sent over. */
async function folderForDownloads(): Promise<string> {
  const { folder } = await service.info();
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  return `${folder}/exports/selection-${now}`;
}

async function say(file: string, count: number, name: string): Promise<void> {
  const { pick, reveal } = host;
  if (!pick) await saveFile(file, name);
  notify('good', t('explore.save.done', { count, file: pick ? file : name }), {
    action: reveal && { label: t('word.showInFolder'), run: () => void attempt(() => reveal(file)) },
  });
}

function ended(id: string): Promise<Task> {
  return new Promise((resolve) => {
    const stop = service.subscribe('tasks', (tasks) => {
      const task = tasks.find((one) => one.id === id);
      if (!task || isActive(task)) return;
      queueMicrotask(() => stop());
      resolve(task);
    });
  });
}
