// Archives in the words of the window's language: what one takes and loses, how far one is.
import type { Compared, CompressResult } from '../../../src-main/contract/archive.ts';
import type { Task } from '../../../src-main/contract/tasks.ts';
import { formatNumber, t } from '../../language/index.svelte.ts';

/** `24.2 dB`; `nothing lost` for null and Infinity. */
export function decibelWords(psnr: number | null): string {
  if (psnr === null || psnr === Number.POSITIVE_INFINITY) return t('compress.lossless');
  return t('compress.decibels', { value: formatNumber(psnr, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}

/** Bytes of one image, with as many digits as tell two of them apart. */
export function bytesEach(bytes: number): string {
  return formatNumber(
    bytes,
    bytes < 100 ? { minimumFractionDigits: 1, maximumFractionDigits: 1 } : { maximumFractionDigits: 0 },
  );
}

export function rivalWords({ name, layout }: Pick<Compared, 'name' | 'layout'>): string {
  return t(`compress.layout.${layout}`, { name: t(`compress.rival.${name}`) });
}

/** `Decoding · 12,000 of 60,000`. */
export function progressWords({ state, progress }: Pick<Task, 'state' | 'progress'>): string {
  if (state === 'stopping' || state === 'waiting') return t(`tasks.${state}`);
  if (progress === null) return t('train.starting');
  const { stage, done, total } = progress;
  const name = t(`stage.${stage}`);
  return total === null ? name : `${name} · ${t('tasks.of', { done, total })}`;
}

/** What images take beside their codes; empty where none does. */
export function exceptionWords({
  withResidual,
  storedWhole,
  unread,
}: Pick<CompressResult, 'withResidual' | 'storedWhole' | 'unread'>): string[] {
  return [
    withResidual > 0 ? t('compress.result.residuals', { count: withResidual }) : '',
    storedWhole > 0 ? t('compress.result.whole', { count: storedWhole }) : '',
    unread > 0 ? t('compress.result.unread', { count: unread }) : '',
  ].filter(Boolean);
}
