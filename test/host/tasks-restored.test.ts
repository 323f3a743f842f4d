// Windows that listen while the tasks of the last worker are still being read hear of all of them, and never of none.
import { expect, test } from 'vitest';
import type { Task } from '../../src-main/contract/tasks.ts';
import { type Surroundings, Topics } from '../../src-main/host/window/parts.ts';
import { writeTasks } from '../../src-main/host/window/task-file.ts';
import { type TaskWork, taskPart } from '../../src-main/host/window/tasks.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('the first list that a window is told has the tasks of before', async () => {
  const workspace = temporaryFolder();
  const task = {
    id: 'one',
    kind: 'samples',
    request: { kind: 'samples', count: 10 },
    state: 'running',
    notices: [],
    ended: null,
  } as unknown as Task;
  await writeTasks(workspace, [{ task, crashes: 0 }]);
  const surroundings = { workspace, resumeTasks: false, topics: new Topics() } as unknown as Surroundings;
  const part = taskPart(surroundings, {} as TaskWork);
  const heard: Task[][] = [];
  part.subscribe('tasks', (tasks) => heard.push(tasks));
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  expect(heard[0]?.map(({ id, state }) => [id, state])).toEqual([['one', 'interrupted']]);
  part.subscribe('tasks', (tasks) => heard.push(tasks));
  expect(heard.at(-1)).toHaveLength(1);
  await part.stop();
});
