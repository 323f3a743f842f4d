// What the workspace holds, kept up to date: data sets, runs, tasks and preferences. Screens read it and never copy it.
import type { Run } from '../../src-main/contract/api.ts';
import type { Dataset } from '../../src-main/contract/records.ts';
import type { Task, TaskKind, TaskResults } from '../../src-main/contract/tasks.ts';
import type { Preferences } from '../../src-main/contract/views.ts';
import { setLanguage } from '../language/index.svelte.ts';
import { attempt } from '../notices.svelte.ts';
import { service } from './connection.svelte.ts';

class Workspace {
  /** False until everything was fetched once: only then is emptiness a fact. */
  ready = $state(false);
  datasets = $state.raw<Dataset[]>([]);
  runs = $state.raw<Run[]>([]);
  tasks = $state.raw<Task[]>([]);
  preferences = $state.raw<Preferences | null>(null);

  /** Newest first. */
  newestDatasets = $derived(this.datasets.toSorted((a, b) => (a.created < b.created ? 1 : -1)));
  newestRuns = $derived(this.runs.toSorted((a, b) => (a.created < b.created ? 1 : -1)));
  activeTasks = $derived(this.tasks.filter(isActive));

  dataset(id: string | null): Dataset | undefined {
    return this.datasets.find((dataset) => dataset.id === id);
  }

  run(id: string | null): Run | undefined {
    return this.runs.find((run) => run.id === id);
  }

  /** Applied at once, and saved. */
  async prefer(changes: Partial<Preferences>): Promise<void> {
    if (this.preferences) this.#apply({ ...this.preferences, ...changes });
    await attempt(async () => this.#apply(await service.setPreferences(changes)));
  }

  /** Fetches and listens; call once. Everything is fetched again after a reconnect. */
  follow(): () => void {
    const stops = [
      service.subscribe('tasks', (tasks) => {
        this.tasks = tasks;
        this.#takeResults(tasks);
      }),
      service.subscribe('workspace', ({ what }) => {
        if (what.includes('datasets')) void attempt(() => this.#fetchDatasets());
        if (what.includes('runs')) void attempt(() => this.#fetchRuns());
        if (what.includes('preferences')) void attempt(() => this.#fetchPreferences());
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** A run is finished together with its task, not when the list comes: in between it would seem interrupted. */
  #takeResults(tasks: readonly Task[]): void {
    const trained = tasks.flatMap(({ kind, result }) =>
      kind === 'train' && result ? [(result as TaskResults['train']).run] : [],
    );
    const newer = (run: Run) => (run.report === null ? trained.find(({ id }) => id === run.id) : undefined);
    if (this.runs.some(newer)) this.runs = this.runs.map((run) => newer(run) ?? run);
  }

  async fetchAll(): Promise<void> {
    await Promise.all([this.#fetchPreferences(), this.#fetchDatasets(), this.#fetchRuns()]);
    this.ready = true;
  }

  async #fetchDatasets(): Promise<void> {
    this.datasets = await service.datasets();
  }

  async #fetchRuns(): Promise<void> {
    this.runs = await service.runs();
  }

  async #fetchPreferences(): Promise<void> {
    this.#apply(await service.preferences());
  }

  #apply(preferences: Preferences): void {
    this.preferences = preferences;
    document.documentElement.dataset.theme = preferences.theme;
    setLanguage(preferences.language);
  }
}

export const workspace = new Workspace();

/** Those of one kind, newest first. */
export function tasksOf<K extends TaskKind>(tasks: readonly Task[], kind: K): Task<K>[] {
  const found = tasks.filter((task) => task.kind === kind) as unknown as Task<K>[];
  return found.toSorted((a, b) => (a.created < b.created ? 1 : -1));
}

/** Waiting, at work, paused or stopping. */
export function isActive({ ended }: Task): boolean {
  return ended === null;
}
