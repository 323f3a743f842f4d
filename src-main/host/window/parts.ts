// What the parts of the service share: the workspace, its catalogue, the main job, and the topics that windows listen to.
import type { Core } from '../../contract/api.ts';
import type { TopicEvent, TopicName } from '../../contract/views.ts';
import type { Catalogue } from '../../dataset/catalogue.ts';
import type { Aside } from './aside.ts';

export interface Surroundings {
  workspace: string;
  /** Folders that may be read and written beside the workspace. */
  roots: readonly string[];
  /** Paths that a person picked or dropped, growing while the service runs: those files, and all that is in those folders. */
  allowed: ReadonlySet<string>;
  /** Real paths of what exports have written: only that and the files of runs may be downloaded. */
  written: Set<string>;
  /** Tasks that ran when the last worker died go on by themselves. */
  resumeTasks: boolean;
  catalogue: Catalogue;
  core: Core;
  topics: Topics;
  /** Deleted data sets and runs. */
  aside: Aside;
  /** Throws `usage` while a task works on the data set or run. */
  expectIdle(about: { datasetId?: string; runId?: string }): void;
  /** Takes ended tasks on the data set or run off the list. */
  forgetTasks(about: { datasetId?: string; runId?: string }): void;
}

/** Listeners by topic. An event goes to whoever listens at that moment; nothing is kept. */
export class Topics {
  readonly #listeners = new Map<string, Set<(event: never) => void>>();

  listen<T extends TopicName>(topic: T, listener: (event: TopicEvent<T>) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    listeners.add(listener as (event: never) => void);
    return () => {
      listeners.delete(listener as (event: never) => void);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  publish<T extends TopicName>(topic: T, event: TopicEvent<T>): void {
    for (const listener of this.#listeners.get(topic) ?? []) (listener as (event: TopicEvent<T>) => void)(event);
  }
}

/** Windows that ask at the same time are answered by one and the same probe, which therefore none of them can cancel. */
export function shareWhileRunning<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
}
