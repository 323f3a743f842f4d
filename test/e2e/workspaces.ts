// Workspaces for specs that begin with something in it: made by the service itself, without a window.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import type { Task, TaskRequest } from '../../src-main/contract/tasks.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { temporaryFolder } from '../support/temporary.ts';

export interface Contents {
  /** How many sample images are drawn. */
  images: number;
  /** A run that is trained on them to its end. */
  run?: TrainingRequest | undefined;
  /** After it, on the same images. */
  otherRun?: TrainingRequest;
}

const made = new Map<string, Promise<string>>();

/** A new workspace with one data set of sample images; what several specs of a file begin with is made once, and copied. */
export async function makeWorkspace(contents: Contents): Promise<string> {
  const key = JSON.stringify(contents);
  const original = made.get(key) ?? fillWorkspace(contents);
  made.set(key, original);
  const workspace = join(temporaryFolder(), 'workspace');
  cpSync(await original, workspace, { recursive: true });
  return workspace;
}

async function fillWorkspace({ images, run, otherRun }: Contents): Promise<string> {
  const workspace = join(temporaryFolder(), 'workspace');
  const service = await createWindowService({ workspace, command: 'test' });
  const perform = async (request: TaskRequest) => {
    const id = await service.startTask(request);
    await new Promise<void>((resolve, reject) => {
      const stop = service.subscribe('tasks', (tasks: Task[]) => {
        const task = tasks.find((one) => one.id === id);
        if (task?.ended == null) return;
        queueMicrotask(() => stop());
        // Else a spec would wait for what is not there.
        if (task.state === 'done') resolve();
        else reject(new Error(`${request.kind} ended ${task.state}: ${task.error?.message ?? ''}`));
      });
    });
  };
  await perform({ kind: 'samples', count: images });
  const [dataset] = await service.datasets();
  for (const request of [run, otherRun]) if (request) await perform({ kind: 'train', datasetId: dataset!.id, request });
  await service.close();
  return workspace;
}
