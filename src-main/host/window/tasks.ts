// Tasks: queue, state, progress, pause, cancel, and going on after the program was ended. What they do is elsewhere.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Context, Notice, Progress, TrainingControls } from '../../contract/records.ts';
import { type ImportSettings, importSettingsSchema } from '../../contract/settings.ts';
import {
  type CheckedTaskRequest,
  lanes,
  type Task,
  type TaskRequest,
  type TaskResults,
  type TaskState,
  taskRequestSchema,
} from '../../contract/tasks.ts';
import { datasetId as idOfImport } from '../../dataset/hash.ts';
import { drawSamples } from '../../dataset/samples.ts';
import { makeFolder } from '../../files/folder.ts';
import { expectAllowed, expectOut } from './access.ts';
import { expectExtractOut } from './archives.ts';
import type { Surroundings } from './parts.ts';
import { expectArchiveOut } from './targets.ts';
import { readTasks, writeTasks } from './task-file.ts';

export type TaskPart = Pick<
  Service,
  | 'startTask'
  | 'tasks'
  | 'cancelTask'
  | 'pauseTask'
  | 'resumeTask'
  | 'finishTask'
  | 'retryTask'
  | 'dismissTask'
  | 'subscribe'
> & {
  /** Interrupts all tasks and waits until they have ended. */
  stop(): Promise<void>;
  expectIdle: Surroundings['expectIdle'];
  forgetTasks: Surroundings['forgetTasks'];
};
/** What tasks do is done by these. */
export type TaskWork = Pick<
  Service,
  | 'import'
  | 'train'
  | 'encode'
  | 'makeMap'
  | 'find'
  | 'measureOverlap'
  | 'exportAs'
  | 'makeCurve'
  | 'compressAs'
  | 'extract'
  | 'copyAs'
>;

type TrainRequest = Extract<CheckedTaskRequest, { kind: 'train' }>;

const publishEveryMs = 100;
const keptNotices = 50;
/** Something that has brought the worker down twice will do it again. */
const allowedCrashes = 1;

interface Entry {
  task: Task;
  crashes: number;
  controller: AbortController;
  controls: TrainingControls | null;
  ended: Promise<void>;
}

export function taskPart(surroundings: Surroundings, work: TaskWork): TaskPart {
  const tasks = new Tasks(surroundings, work);
  return {
    startTask: async (request) => tasks.start(request),
    tasks: async () => tasks.list(),
    cancelTask: async (id) => tasks.cancel(id),
    pauseTask: async (id) => tasks.steer(id, 'pause', 'paused'),
    resumeTask: async (id) => tasks.resume(id),
    finishTask: async (id) => tasks.steer(id, 'finish', 'stopping'),
    retryTask: async (id) => tasks.retry(id),
    dismissTask: async (id) => tasks.dismiss(id),
    subscribe(topic, listener) {
      const stop = surroundings.topics.listen(topic, listener);
      if (topic === 'tasks') tasks.tell(listener as (event: Task[]) => void);
      return stop;
    },
    stop: () => tasks.stop(),
    expectIdle: (about) => tasks.expectIdle(about),
    forgetTasks: (about) => tasks.forget(about),
  };
}

class Tasks {
  readonly #surroundings: Surroundings;
  readonly #work: TaskWork;
  readonly #entries = new Map<string, Entry>();
  readonly #restored: Promise<void>;
  #published = 0;
  #publishTimer: NodeJS.Timeout | undefined;
  #saving = Promise.resolve();
  #closing = false;
  #isRestored = false;

  constructor(surroundings: Surroundings, work: TaskWork) {
    this.#surroundings = surroundings;
    this.#work = work;
    this.#restored = this.#restore();
  }

  list(): Task[] {
    return [...this.#entries.values()].map((entry) => ({
      ...entry.task,
      waitsFor: entry.task.state === 'waiting' ? (this.#blockerOf(entry)?.task.id ?? null) : null,
    }));
  }

  /** At once; while the list is still being read, it comes to every listener as soon as it is there. */
  tell(listener: (event: Task[]) => void): void {
    if (this.#isRestored) listener(this.list());
  }

  start(request: TaskRequest): string {
    const checked = v.parse(taskRequestSchema, request);
    this.#expectPaths(checked);
    return this.#add(newTask(checked, this.#subjectOf(checked)), 0).task.id;
  }

  cancel(id: string): void {
    const entry = this.#active(id);
    if (isQueued(entry)) this.#end(entry, 'interrupted');
    else this.#change(entry, { state: 'stopping' });
    entry.controller.abort();
    this.#startNext();
  }

  steer(id: string, command: 'pause' | 'finish', state: TaskState): void {
    const { entry, controls } = this.#steerable(id);
    controls[command]();
    this.#change(entry, { state });
    this.#startNext();
  }

  /** What was paused goes on as soon as it is its turn. */
  resume(id: string): void {
    const { entry } = this.#steerable(id);
    if (entry.task.state !== 'paused') return;
    // Said only where it has to wait indeed.
    entry.task = { ...entry.task, state: 'waiting' };
    this.#startNext();
    this.#publish();
  }

  retry(id: string): string {
    const { task } = this.#entry(id);
    if (task.ended === null) throw new PinholeError('usage', `The task ${id} is still at work.`, 'Wait, or cancel it.');
    this.#entries.delete(id);
    return this.#add(newTask(requestToGoOn(task), this.#subjectOf(task.request)), 0).task.id;
  }

  dismiss(id: string): void {
    const { task } = this.#entry(id);
    if (task.ended === null) throw new PinholeError('usage', `The task ${id} is still at work.`, 'Cancel it first.');
    this.#entries.delete(id);
    this.#publish();
    this.#save();
  }

  expectIdle({ datasetId, runId }: { datasetId?: string; runId?: string }): void {
    const busy = this.list().find(
      (task) => task.ended === null && ((datasetId && task.datasetId === datasetId) || (runId && task.runId === runId)),
    );
    if (busy === undefined) return;
    throw new PinholeError('usage', `A task is at work on ${busy.subject}.`, 'Wait until it is done, or cancel it.');
  }

  forget({ datasetId, runId }: { datasetId?: string; runId?: string }): void {
    for (const [id, { task }] of this.#entries) {
      const concerned = (datasetId && task.datasetId === datasetId) || (runId && task.runId === runId);
      if (concerned && task.ended !== null) this.#entries.delete(id);
    }
    this.#publish();
    this.#save();
  }

  async stop(): Promise<void> {
    this.#closing = true;
    await this.#restored;
    for (const entry of this.#entries.values()) {
      if (entry.task.ended !== null) continue;
      if (isQueued(entry)) this.#end(entry, 'interrupted');
      entry.controller.abort();
    }
    await Promise.all([...this.#entries.values()].map(({ ended }) => ended));
    clearTimeout(this.#publishTimer);
    await this.#saving;
  }

  async #restore(): Promise<void> {
    for (const { task, crashes } of await readTasks(this.#surroundings.workspace)) {
      const wasAtWork = task.ended === null;
      const wasRunning = wasAtWork && task.state !== 'waiting';
      if (wasAtWork && this.#surroundings.resumeTasks && crashes + Number(wasRunning) <= allowedCrashes) {
        const notice: Notice = {
          level: 'warning',
          message: 'The working process ended unexpectedly and was started again; this goes on from where it stood.',
        };
        const again = {
          ...task,
          request: requestToGoOn(task) as never,
          state: 'waiting' as const,
          notices: wasRunning ? [...task.notices, notice] : task.notices,
        };
        this.#add(again, crashes + Number(wasRunning));
      } else {
        const interrupted = wasAtWork
          ? { ...task, state: 'interrupted' as const, ended: new Date().toISOString() }
          : task;
        this.#entries.set(task.id, { task: interrupted, crashes, ...idle() });
      }
    }
    this.#isRestored = true;
    this.#publish();
  }

  #add(task: Task, crashes: number): Entry {
    const entry: Entry = { task, crashes, ...idle() };
    this.#entries.set(task.id, entry);
    this.#publish();
    this.#save();
    this.#startNext();
    return entry;
  }

  /** In the order in which they came, each as soon as nothing is in its way. */
  #startNext(): void {
    if (this.#closing) return;
    for (const entry of this.#entries.values()) {
      if (entry.task.state !== 'waiting' || this.#blockerOf(entry)) continue;
      if (isQueued(entry)) {
        entry.ended = this.#run(entry);
      } else {
        entry.controls?.resume();
        this.#change(entry, { state: 'running' });
      }
    }
  }

  /** What has to end, or to be paused, before this can go on: a task in the same lane, or one on the same data set. */
  #blockerOf(entry: Entry): Entry | undefined {
    const lane = lanes[entry.task.kind];
    if (lane === null) return undefined;
    const all = [...this.#entries.values()].filter(({ task }) => task.ended === null);
    const before = all.slice(0, all.indexOf(entry));
    const others = [...before, ...all.slice(before.length + 1).filter(({ task }) => task.state !== 'waiting')];
    return others.find(({ task }) => {
      if (lanes[task.kind] === lane) return task.state !== 'paused';
      // Pixels must not change under a training, nor may it begin with some of them.
      return lanes[task.kind] !== null && task.datasetId !== null && task.datasetId === entry.task.datasetId;
    });
  }

  async #run(entry: Entry): Promise<void> {
    this.#change(entry, { state: 'running' });
    this.#save();
    try {
      const result = await this.#perform(entry.task.request, this.#contextOf(entry));
      entry.task = { ...entry.task, result: result as never };
      this.#end(entry, 'done');
    } catch (thrown) {
      const error = PinholeError.from(thrown);
      if (error.code !== 'cancelled') entry.task = { ...entry.task, error: error.toJSON() };
      this.#end(entry, error.code === 'cancelled' ? 'interrupted' : 'failed');
    }
    this.#startNext();
  }

  async #perform(request: CheckedTaskRequest, context: Context): Promise<TaskResults[Task['kind']]> {
    switch (request.kind) {
      case 'import':
        return this.#work.import(request.request, context);
      case 'samples':
        return this.#importSamples(request.count, context);
      case 'train':
        return this.#train(request, context);
      case 'map': {
        const { seconds } = await this.#work.makeMap(request.runId, request.settings, context);
        return { runId: request.runId, method: request.settings.method, seconds };
      }
      case 'find': {
        const { runId, what } = request;
        return { runId, what, ...(await this.#work.find(runId, what, context)) };
      }
      case 'overlap': {
        const { runId, otherId } = request;
        const { seconds } = await this.#work.measureOverlap(runId, otherId, context);
        return { runId, otherId, seconds };
      }
      case 'export':
        return this.#work.exportAs(request.request, context);
      case 'curve': {
        const { seconds } = await this.#work.makeCurve(request.runId, { compare: request.compare }, context);
        return { runId: request.runId, seconds };
      }
      case 'compress':
        return this.#work.compressAs(request.request, context);
      case 'extract':
        return this.#work.extract(request.request, context);
      case 'copy':
        return this.#work.copyAs(request.request, context);
      default:
        return request satisfies never;
    }
  }

  async #importSamples(count: number, context: Context) {
    const request = this.#samplesRequest(count);
    const folder = request.sources[0]!;
    await makeFolder(folder);
    await drawSamples({ count }, folder, context);
    return this.#work.import(request, context);
  }

  #samplesRequest(count: number): ImportSettings {
    const folder = join(this.#surroundings.workspace, 'samples', String(count));
    return v.parse(importSettingsSchema, { sources: [folder], name: 'Sample images' });
  }

  async #train(request: TrainRequest, context: Context) {
    const { datasetId, fresh, runId } = request;
    const trained = await this.#work.train(datasetId, request.request, { fresh, ...(runId && { runId }) }, context);
    const { run } = await this.#work.encode(trained.run.id, {}, context);
    return { ...trained, run };
  }

  #contextOf(entry: Entry): Context {
    return {
      signal: entry.controller.signal,
      onProgress: (progress: Progress) => this.#change(entry, { progress }),
      onNotice: (notice) => this.#change(entry, { notices: [...entry.task.notices, notice].slice(-keptNotices) }),
      onRun: (runId) => {
        this.#change(entry, { runId });
        this.#save();
        this.#surroundings.topics.publish('workspace', { what: ['runs'] });
      },
      onRunEvent: (event) => {
        if (entry.task.runId) this.#surroundings.topics.publish(`run:${entry.task.runId}`, event);
      },
      onControls: (controls) => {
        entry.controls = controls;
      },
    };
  }

  #end(entry: Entry, state: 'done' | 'interrupted' | 'failed'): void {
    entry.controls = null;
    this.#change(entry, { state, ended: new Date().toISOString() });
    this.#save();
    this.#surroundings.topics.publish('workspace', { what: changedBy[entry.task.kind] });
  }

  #change(entry: Entry, changes: Partial<Task>): void {
    entry.task = { ...entry.task, ...changes };
    const soon = Object.keys(changes).every((key) => key === 'progress');
    this.#publish(soon ? publishEveryMs : 0);
  }

  /** At once, or together with what follows within the interval. */
  #publish(delay = 0): void {
    if (delay > 0) {
      this.#publishTimer ??= setTimeout(
        () => this.#publish(),
        Math.max(0, this.#published + delay - performance.now()),
      );
      return;
    }
    clearTimeout(this.#publishTimer);
    this.#publishTimer = undefined;
    this.#published = performance.now();
    this.#surroundings.topics.publish('tasks', this.list());
  }

  /** One write after the other; the last one has the last word. */
  #save(): void {
    this.#saving = this.#saving
      .then(async () => {
        const open = [...this.#entries.values()].filter(({ task }) => task.state !== 'done');
        await writeTasks(
          this.#surroundings.workspace,
          open.map(({ task, crashes }) => ({ task: { ...task, progress: null }, crashes })),
        );
      })
      .catch((error: unknown) => {
        this.#surroundings.topics.publish('tasks', this.list());
        console.error(`tasks.json could not be written: ${(error as Error).message}`);
      });
  }

  #expectPaths(request: CheckedTaskRequest): void {
    if (request.kind === 'export') expectOut(this.#surroundings, request.request.out);
    if (request.kind === 'compress') expectArchiveOut(this.#surroundings, request.request.file);
    if (request.kind === 'copy') expectExtractOut(this.#surroundings, request.request.folder);
    if (request.kind === 'extract') {
      expectAllowed(this.#surroundings, request.request.archive);
      expectExtractOut(this.#surroundings, request.request.folder);
    }
    if (request.kind !== 'import') return;
    const { sources, testSources } = request.request;
    for (const path of [...sources, ...testSources]) expectAllowed(this.#surroundings, path);
  }

  #subjectOf(request: CheckedTaskRequest): { subject: string; datasetId: string | null; runId: string | null } {
    const { catalogue } = this.#surroundings;
    switch (request.kind) {
      case 'import':
        return {
          subject: request.request.name ?? request.request.sources[0]!.split(/[\\/]/).at(-1)!,
          datasetId: idOfImport(request.request),
          runId: null,
        };
      case 'samples':
        return { subject: '', datasetId: idOfImport(this.#samplesRequest(request.count)), runId: null };
      case 'train': {
        const { id, name } = catalogue.getDataset(request.datasetId);
        return { subject: name, datasetId: id, runId: request.runId ?? null };
      }
      case 'map':
      case 'find':
      case 'overlap':
      case 'curve':
      case 'export':
      case 'copy':
      case 'compress': {
        const { id, datasetId } = catalogue.getRun('runId' in request ? request.runId : request.request.runId);
        return { subject: id, datasetId, runId: id };
      }
      case 'extract':
        return { subject: request.request.archive.split(/[\\/]/).at(-1)!, datasetId: null, runId: null };
      default:
        return request satisfies never;
    }
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new PinholeError('not-found', `There is no task ${id}.`, 'It may have been taken off the list.');
    return entry;
  }

  #steerable(id: string): { entry: Entry; controls: TrainingControls } {
    const entry = this.#active(id);
    if (entry.controls !== null) return { entry, controls: entry.controls };
    throw new PinholeError(
      'usage',
      'Only training that has begun can be paused or finished early.',
      'Wait until training has begun, or cancel it.',
    );
  }

  #active(id: string): Entry {
    const entry = this.#entry(id);
    if (entry.task.ended === null) return entry;
    throw new PinholeError('usage', `The task ${id} has ended.`, 'Start it again if there is more to do.');
  }
}

/** The request that goes on from where the task stood: training with the run that it had. */
function requestToGoOn({ kind, request, runId }: Task): CheckedTaskRequest {
  return kind === 'train' && runId ? { ...(request as TrainRequest), fresh: false, runId } : request;
}

/** What windows must fetch again when a task has ended, in whatever way. */
const changedBy: Record<Task['kind'], ('datasets' | 'runs' | 'maps')[]> = {
  import: ['datasets'],
  samples: ['datasets'],
  train: ['runs'],
  map: ['maps'],
  find: [],
  overlap: [],
  export: [],
  curve: [],
  compress: [],
  extract: [],
  copy: [],
};

/** Not begun: what waits after a pause has its process, and is aborted like one that is at work. */
const isQueued = ({ task, controls }: Entry) => task.state === 'waiting' && controls === null;

function idle(): Pick<Entry, 'controller' | 'controls' | 'ended'> {
  return { controller: new AbortController(), controls: null, ended: Promise.resolve() };
}

function newTask(
  request: CheckedTaskRequest,
  about: { subject: string; datasetId: string | null; runId: string | null },
): Task {
  return {
    id: randomUUID(),
    kind: request.kind,
    request: request as never,
    state: 'waiting',
    ...about,
    progress: null,
    waitsFor: null,
    notices: [],
    created: new Date().toISOString(),
    ended: null,
    result: null,
    error: null,
  };
}
