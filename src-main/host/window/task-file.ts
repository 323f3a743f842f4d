// `tasks.json`: tasks that are not done, so that they can go on after the program was ended or its worker died.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type CheckedTaskRequest, type Task, taskRequestSchema } from '../../contract/tasks.ts';
import { writeAtomic } from '../../files/atomic.ts';

export interface RememberedTask {
  task: Task;
  /** How often a worker died while this was at work. */
  crashes: number;
}

const rememberedSchema = v.object({ tasks: v.array(v.object({ task: v.looseObject({}), crashes: v.number() })) });

const taskFile = (workspace: string) => join(workspace, 'tasks.json');

export async function writeTasks(workspace: string, tasks: readonly RememberedTask[]): Promise<void> {
  await writeAtomic(taskFile(workspace), `${JSON.stringify({ tasks }, packArrays)}\n`);
}

/** Tasks whose request this Pinhole understands. A file that is not there or unreadable is no tasks: nothing depends on it. */
export async function readTasks(workspace: string): Promise<RememberedTask[]> {
  let text: string;
  try {
    text = await readFile(taskFile(workspace), 'utf8');
  } catch {
    return [];
  }
  const read = v.safeParse(rememberedSchema, parseJson(text));
  if (!read.success) return [];
  return read.output.tasks.flatMap(({ task, crashes }) => {
    const request = v.safeParse(taskRequestSchema, task.request);
    if (!request.success) return [];
    return [{ task: { ...(task as unknown as Task), request: request.output as CheckedTaskRequest }, crashes }];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, unpackArrays);
  } catch {
    return undefined;
  }
}

function packArrays(_key: string, value: unknown): unknown {
  return value instanceof Int32Array ? { int32: Array.from(value) } : value;
}

function unpackArrays(_key: string, value: unknown): unknown {
  const { int32 } = (typeof value === 'object' && value !== null ? value : {}) as { int32?: unknown };
  return Array.isArray(int32) ? Int32Array.from(int32 as number[]) : value;
}
