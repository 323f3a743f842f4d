// What was deleted lies aside for an undo, and is removed for good, with its files, when the time for that is over.
import { rmSync } from 'node:fs';
import { undoSeconds } from '../../contract/tasks.ts';
import type { RunRecord } from '../../dataset/catalogue.ts';
import { datasetFolder } from '../../dataset/open.ts';
import type { Surroundings } from './parts.ts';

type Place = Pick<Surroundings, 'workspace' | 'catalogue'>;
/** A window's undo may be on its way when its time is over. */
const graceMilliseconds = 5_000;

export class Aside {
  readonly #place: Place;
  readonly #changed: () => void;
  readonly #milliseconds: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** `changed` hears of every removal. What already lies aside has its time again. */
  constructor(place: Place, changed: () => void, milliseconds = 1000 * undoSeconds + graceMilliseconds) {
    this.#place = place;
    this.#changed = changed;
    this.#milliseconds = milliseconds;
    for (const { id } of place.catalogue.runsAside()) this.#await(id, () => removeRunAside(place, id));
    for (const { id } of place.catalogue.datasetsAside()) this.#await(id, () => removeDatasetAside(place, id));
  }

  putRun(id: string): void {
    this.#place.catalogue.setRunAside(id, true);
    this.#await(id, () => removeRunAside(this.#place, id));
  }

  putDataset(id: string): void {
    this.#place.catalogue.setDatasetAside(id, true);
    this.#await(id, () => removeDatasetAside(this.#place, id));
  }

  takeRunBack(id: string): void {
    this.#forget(id);
    this.#place.catalogue.setRunAside(id, false);
  }

  takeDatasetBack(id: string): void {
    this.#forget(id);
    this.#place.catalogue.setDatasetAside(id, false);
  }

  /** Nobody can undo any more: everything goes now. */
  close(): void {
    for (const id of this.#timers.keys()) this.#forget(id);
    removeAside(this.#place);
  }

  #await(id: string, remove: () => void): void {
    this.#forget(id);
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      try {
        remove();
      } catch (error) {
        // Another program has a file of it open. It stays aside, and goes when Pinhole is next started or closed.
        console.error(`${id} could not be removed yet: ${(error as Error).message}`);
      }
      this.#changed();
    }, this.#milliseconds);
    this.#timers.set(id, timer.unref());
  }

  #forget(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}

export function removeAside(place: Place): void {
  for (const run of place.catalogue.runsAside()) removeRun(place, run);
  for (const { id } of place.catalogue.datasetsAside()) removeDatasetAside(place, id);
}

/** Only what still lies aside: it may have been imported or taken back by another way. */
function removeRunAside(place: Place, id: string): void {
  const run = place.catalogue.runsAside().find((candidate) => candidate.id === id);
  if (run) removeRun(place, run);
}

/** Its runs go along. */
function removeDatasetAside(place: Place, id: string): void {
  const { workspace, catalogue } = place;
  if (!catalogue.datasetsAside().some((dataset) => dataset.id === id)) return;
  for (const run of catalogue.runsAside()) if (run.datasetId === id) removeRun(place, run);
  rmSync(datasetFolder(workspace, id), { recursive: true, force: true });
  catalogue.deleteDataset(id);
}

function removeRun({ catalogue }: Place, run: RunRecord): void {
  rmSync(run.folder, { recursive: true, force: true });
  catalogue.deleteRun(run.id);
}
