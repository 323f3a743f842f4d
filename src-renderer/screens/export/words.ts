// How far an export is, in words.
import { exportFormats, type Task } from '../../../src-main/contract/tasks.ts';
import { formatNumber, t } from '../../language/index.svelte.ts';

/** `CSV (1 of 3) · Writing · 12,000 of 60,000`. */
export function progressWords({ state, progress, request }: Task<'export'>): string {
  if (state === 'stopping' || state === 'waiting') return t(`tasks.${state}`);
  if (progress === null) return t('export.starting');
  const { formats } = request.request;
  const format = exportFormats.find((one) => one === progress.detail);
  const which =
    format &&
    t('export.progress.format', {
      format: t(`export.format.${format}`),
      index: formats.indexOf(format) + 1,
      count: formats.length,
    });
  return [
    which,
    t(`stage.${progress.stage}`),
    progress.total === null
      ? progress.done > 0 && formatNumber(progress.done)
      : t('tasks.of', { done: progress.done, total: progress.total }),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Names the first two; a line holds no more. Empty where nothing is replaced. */
export function replacedWords(names: readonly string[]): string {
  if (names.length === 0) return '';
  const first = names.slice(0, 2).join(', ');
  if (names.length <= 2) return t('export.plan.replaces', { names: first });
  return t('export.plan.replacesMore', { names: first, count: names.length - 2 });
}
