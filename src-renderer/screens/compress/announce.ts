// Says that an archive is written to a person who has gone on to another screen meanwhile.
import type { Task } from '../../../src-main/contract/tasks.ts';
import { formatBytes, t } from '../../language/index.svelte.ts';
import { said } from '../../language/said.ts';
import { go, place } from '../../navigation.svelte.ts';
import { notify } from '../../notices.svelte.ts';

let saidId: string | null = null;

/** Call with every change of the archive that this window began last. */
export function announceEnd(task: Task<'compress'> | Task<'extract'> | undefined): void {
  if (!task || task.ended === null || task.id === saidId) return;
  saidId = task.id;
  if (place.screen === 'compress' || task.state === 'interrupted') return;
  const action = { label: t('compress.show'), run: () => go({ screen: 'compress' }) };
  if (task.error) notify('error', said(task.error.message), { advice: said(task.error.advice), action });
  else if (task.kind === 'compress') {
    const { result } = task as Task<'compress'>;
    notify('good', t('compress.done.notice', { size: formatBytes(result?.bytes ?? 0) }), { action });
  } else {
    const { result } = task as Task<'extract'>;
    notify('good', t('archive.done', { count: result?.files ?? 0 }), { action });
  }
}
