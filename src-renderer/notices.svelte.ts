// Notices: what happened, what to do, and details to copy. Errors stay until they are put away, others for a while.
import { PinholeError } from '../src-main/contract/errors.ts';

export interface WindowNotice {
  id: number;
  level: 'info' | 'good' | 'warning' | 'error';
  message: string;
  advice: string;
  /** For a bug report; empty where there is nothing more to say. */
  details: string;
  action: { label: string; run: () => void } | null;
}

export const notices = $state<WindowNotice[]>([]);

const shownMilliseconds = 8_000;
let lastId = 0;

export function notify(
  level: WindowNotice['level'],
  message: string,
  more: Partial<Pick<WindowNotice, 'advice' | 'details' | 'action'>> = {},
): void {
  const same = notices.findIndex((notice) => notice.message === message);
  if (same >= 0) notices.splice(same, 1);
  const notice = { id: ++lastId, level, message, advice: '', details: '', action: null, ...more };
  notices.push(notice);
  if (level === 'info' || level === 'good') setTimeout(() => dismiss(notice.id), shownMilliseconds);
}

export function dismiss(id: number): void {
  const index = notices.findIndex((notice) => notice.id === id);
  if (index >= 0) notices.splice(index, 1);
}

/** Any thrown value as a notice. A cancel is what the person wanted and is not said. */
export function notifyError(thrown: unknown): void {
  const error = PinholeError.from(thrown);
  if (error.code === 'cancelled') return;
  const cause = error.cause === undefined ? '' : `\n${String(error.cause)}`;
  notify('error', error.message, { advice: error.advice, details: `${error.code}: ${error.message}${cause}` });
}

/** For event handlers: does the work and shows what goes wrong. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    notifyError(thrown);
    return undefined;
  }
}
