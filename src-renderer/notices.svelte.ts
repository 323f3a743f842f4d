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
  /** How long it is shown; null until it is put away. */
  seconds: number | null;
}

export const notices = $state<WindowNotice[]>([]);

const shownSeconds = 8;
/** With something to press: it must be read, decided and reached. */
const shownSecondsWithAction = 20;
let lastId = 0;

export function notify(
  level: WindowNotice['level'],
  message: string,
  more: Partial<Pick<WindowNotice, 'advice' | 'details' | 'action' | 'seconds'>> = {},
): void {
  const same = notices.findIndex((notice) => notice.message === message);
  if (same >= 0) notices.splice(same, 1);
  const passing = level === 'info' || level === 'good';
  const seconds = passing ? (more.action ? shownSecondsWithAction : shownSeconds) : null;
  const notice = { id: ++lastId, level, message, advice: '', details: '', action: null, seconds, ...more };
  notices.push(notice);
  if (notice.seconds !== null) setTimeout(() => dismiss(notice.id), 1000 * notice.seconds);
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
