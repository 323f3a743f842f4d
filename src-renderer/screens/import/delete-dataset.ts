// Deleting a data set, as buttons do it: its runs go along, and all of it can be undone.
import type { Dataset } from '../../../src-main/contract/records.ts';
import { undoSeconds } from '../../../src-main/contract/tasks.ts';
import { t } from '../../language/index.svelte.ts';
import { attempt, notify } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { workspace } from '../../service/workspace.svelte.ts';

export async function deleteDataset({ id, name }: Dataset): Promise<void> {
  const runs = workspace.runs.filter(({ datasetId }) => datasetId === id).length;
  const done = await attempt(async () => {
    await service.deleteDataset(id);
    return true;
  });
  if (!done) return;
  const undo = { label: t('word.undo'), run: () => void attempt(() => service.restoreDataset(id)) };
  const text = runs === 0 ? t('import.deleted', { name }) : t('import.deleted.runs', { name, count: runs });
  notify('info', text, { action: undo, seconds: undoSeconds });
}
