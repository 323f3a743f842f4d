// Which rows the table lists and in which order; columns that it is sorted by are fetched when they are needed.
import { importedName } from '../../../src-main/contract/columns.ts';
import { attempt } from '../../notices.svelte.ts';
import { columns } from './columns.svelte.ts';
import { explore } from './explore.svelte.ts';
import { both, isFetched, keepRows, orderBy, type SortColumn, type Sorting, startOf } from './order.ts';
import { isFound, sortKeys, type ValueColumn } from './values.ts';

const byId: Sorting = { column: 'id', descending: false };

class TableState {
  onlyChosen = $state(false);
  /** As rows with their numbers, or as pictures. */
  look = $state<'table' | 'gallery'>('table');
  #wanted = $state.raw<Sorting>(byId);
  /** A column that is gone sorts no more. */
  readonly sorting = $derived(this.#isThere(this.#wanted.column) ? this.#wanted : byId);

  readonly #column = $derived.by((): ValueColumn | null => {
    const { column } = this.sorting;
    if (!isFetched(column)) return null;
    return typeof column === 'number' ? `code:${column}` : column;
  });
  /** Of the column that is sorted by; null while they are on their way. */
  readonly values = $derived(explore.images && this.#column && columns.of(explore.images.runId, this.#column));
  readonly #keys = $derived(this.values && sortKeys(this.values));
  /** True while the order that was asked for is not there yet. */
  readonly sorts = $derived(this.#column !== null && this.values === null);
  readonly #order = $derived.by(() => {
    if (explore.images === null) return new Uint32Array();
    return orderBy(explore.images, this.sorts ? byId : this.sorting, this.#keys);
  });
  readonly rows = $derived.by(() => {
    if (this.onlyChosen && explore.chosen === null) return new Uint32Array();
    return keepRows(this.#order, both(explore.shown, this.onlyChosen ? explore.chosen : null));
  });

  #isThere(column: SortColumn): boolean {
    const { images } = explore;
    if (isFound(column)) return images !== null && columns.of(images.runId, column) !== null;
    const name = importedName(String(column));
    return name === null || images?.columns.some((one) => one.name === name) === true;
  }

  /** By that column; once more, and the other way round. */
  sortBy(column: SortColumn): void {
    const { sorting } = this;
    this.sort(sorting.column === column ? { column, descending: !sorting.descending } : startOf(column));
  }

  sort(sorting: Sorting): void {
    this.#wanted = sorting;
  }

  /** For an effect: again after a change of run, whose codes are others, or of columns. */
  fetchValues(): void {
    const { images } = explore;
    const column = this.#column;
    if (images && column) void attempt(() => columns.fetch(images, column));
  }
}

export const table = new TableState();
