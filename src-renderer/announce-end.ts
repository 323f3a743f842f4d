// Says that long work has ended to a person who has gone on to another screen meanwhile.
import type { Task, TaskKind } from '../src-main/contract/tasks.ts';
import { said } from './language/said.ts';
import { go, place, type Screen } from './navigation.svelte.ts';
import { notify } from './notices.svelte.ts';

/** Of all screens: each end is said once, however often the tasks change afterwards. */
const saidIds = new Set<string>();

/** Call with every change of the task that this window started last on a screen; `show` leads there, `done` says what has come of it. */
export function announceEnd<K extends TaskKind>(
  task: Task<K> | undefined,
  screen: Screen,
  show: string,
  done: (task: Task<K>) => string,
): void {
  if (!task || task.ended === null || saidIds.has(task.id)) return;
  saidIds.add(task.id);
  if (place.screen === screen || task.state === 'interrupted') return;
  const action = { label: show, run: () => go({ screen }) };
  if (task.error) notify('error', said(task.error.message), { advice: said(task.error.advice), action });
  else notify('good', done(task), { action });
}
