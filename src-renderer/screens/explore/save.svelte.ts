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
    const out = await outFolder('selection');
    if (out === null) return;
    const map = explore.map?.method ?? 'pca';
    const request = { runId: images.runId, out, formats: ['csv' as const], columns, map, ids, bom: true };
    const task = await ended(await service.startTask({ kind: 'export', request }));
    if (task.state !== 'done') {
      notifyError(task.error ? PinholeError.fromJSON(task.error) : new PinholeError('cancelled', 'Stopped.'));
      return;
    }
    const name = selectionName(images, explore.chosen, workspace.dataset(images.datasetId)?.name ?? images.datasetId);
    const [file] = (task.result as TaskResults['export']).files;
    await handOver(file!, name, (where) => t('explore.save.done', { count: ids.length, file: where }));
  });
  saving.active = false;
}

/** Every image of the groups, with what is to be kept. */
export async function saveDuplicates(runId: string, groups: DecidedCopies[]): Promise<void> {
  if (saving.active) return;
  saving.active = true;
  await attempt(async () => {
    const out = await outFolder('duplicates');
    if (out === null) return;
    const { files, rows } = await service.saveDuplicates(runId, out, groups);
    await handOver(files[0]!, 'duplicates.csv', (where) => t('explore.save.done', { count: rows, file: where }));
  });
  saving.active = false;
}

/** Folders of a browser's person are on another machine, perhaps: the file is written in the workspace and sent over. */
export async function outFolder(what: string): Promise<string | null> {
  if (host.pick) return host.pick.outFolder();
  const { folder } = await service.info();
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  return `${folder}/exports/${what}-${now}`;
}

/** What was written there: a browser gets it by this name. `words` says where it is. */
export async function handOver(file: string, name: string, words: (where: string) => string): Promise<void> {
  const { pick, reveal } = host;
  if (!pick) await saveFile(file, name);
  notify('good', words(pick ? file : name), {
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
