// Values of columns for the run that is shown: fetched when somebody colours or sorts by them, kept until another run is.
import { importedName } from '../../../src-main/contract/columns.ts';
import { service } from '../../service/connection.svelte.ts';
import type { Images } from './images.ts';
import {
  codeOf,
  type FoundColumn,
  factValues,
  foundColumns,
  importedValues,
  isFound,
  type ValueColumn,
  type Values,
} from './values.ts';

class Columns {
  #known = $state.raw<{ runId: string; values: ReadonlyMap<string, Values> }>({ runId: '', values: new Map() });
  /** Answers to questions from before this changed are not kept. */
  #generation = $state(0);

  /** Changes when imported columns may have. */
  get generation(): number {
    return this.#generation;
  }

  /** Null while they are not there. */
  of(runId: string, column: ValueColumn): Values | null {
    return this.#known.runId === runId ? (this.#known.values.get(column) ?? null) : null;
  }

  /** Those of what was found that are there. */
  found(runId: string): FoundColumn[] {
    return foundColumns.filter((column) => this.of(runId, column) !== null);
  }

  async fetch(images: Images, column: ValueColumn): Promise<void> {
    const { runId } = images;
    if (this.of(runId, column) !== null) return;
    // What was found comes by `put`.
    if (isFound(column)) return;
    const generation = this.#generation;
    const values = await load(images, column);
    if (generation !== this.#generation) return;
    const before = this.#known.runId === runId ? this.#known.values : [];
    this.#known = { runId, values: new Map([...before, [column, values]]) };
  }

  /** What was found in the page itself; null takes away what is known no more. */
  put(runId: string, found: readonly (readonly [ValueColumn, Values | null])[]): void {
    const values = new Map(this.#known.runId === runId ? this.#known.values : []);
    for (const [column, one] of found) one === null ? values.delete(column) : values.set(column, one);
    this.#known = { runId, values };
  }

  /** Another run is shown. */
  forget(): void {
    this.#generation++;
    this.#known = { runId: '', values: new Map() };
  }

  /** They have changed: others may be there now, and others in them. */
  forgetImported(): void {
    this.#generation++;
    const { runId, values } = this.#known;
    this.#known = { runId, values: new Map([...values].filter(([column]) => importedName(column) === null)) };
  }
}

async function load(images: Images, column: Exclude<ValueColumn, FoundColumn>): Promise<Values> {
  const code = codeOf(column);
  if (code !== null) return { kind: 'number', numbers: await service.codeColumn(images.runId, code) };
  const name = importedName(column);
  if (name !== null) return importedValues(images, await service.column(images.datasetId, name));
  return factValues(images, column as 'folder' | 'width' | 'height');
}

export const columns = new Columns();
