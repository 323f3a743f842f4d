// Says that an export has ended to a person who has gone on to another screen meanwhile.
import type { Task } from '../../../src-main/contract/tasks.ts';
import { formatBytes, t } from '../../language/index.svelte.ts';
import { said } from '../../language/said.ts';
import { go, place } from '../../navigation.svelte.ts';
import { notify } from '../../notices.svelte.ts';
import { sumOf } from './choices.ts';

let saidId: string | null = null;

/** Call with every change of the export that this window started last. */
export function announceEnd(task: Task<'export'> | undefined): void {
  if (!task || task.ended === null || task.id === saidId) return;
  saidId = task.id;
  if (place.screen === 'export' || task.state === 'interrupted') return;
  const action = { label: t('export.show'), run: () => go({ screen: 'export' }) };
  if (task.error) notify('error', said(task.error.message), { advice: said(task.error.advice), action });
  else notify('good', t('export.done.notice', sizeOf(task)), { action });
}

function sizeOf({ result }: Task<'export'>): { count: number; size: string } {
  return { count: result?.files.length ?? 0, size: formatBytes(sumOf(result?.bytes ?? [])) };
}
