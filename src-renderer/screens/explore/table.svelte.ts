// Which rows the table lists and in which order; codes that it is sorted by are fetched when they are needed.
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { explore } from './explore.svelte.ts';
import { both, keepRows, orderBy, type SortColumn, type Sorting, startOf } from './order.ts';

class TableState {
  sorting = $state.raw<Sorting>({ column: 'id', descending: false });
  onlyChosen = $state(false);
  /** As rows with their numbers, or as pictures. */
  look = $state<'table' | 'gallery'>('table');
  /** Values of the code's column that is sorted by, of this run; null while they are on their way. */
  #values = $state.raw<{ runId: string; column: number; values: Float32Array } | null>(null);

  readonly #codes = $derived.by(() => {
    const { column } = this.sorting;
    const known = this.#values;
    return known?.column === column && known.runId === explore.images?.runId ? known.values : null;
  });
  /** True while the order that was asked for is not there yet. */
  readonly sorts = $derived(typeof this.sorting.column === 'number' && this.#codes === null);
  readonly #order = $derived.by(() => {
    if (explore.images === null) return new Uint32Array();
    return orderBy(explore.images, this.sorts ? { column: 'id', descending: false } : this.sorting, this.#codes);
  });
  readonly rows = $derived.by(() => {
    if (this.onlyChosen && explore.chosen === null) return new Uint32Array();
    return keepRows(this.#order, both(explore.shown, this.onlyChosen ? explore.chosen : null));
  });

  /** By that column; once more, and the other way round. */
  sortBy(column: SortColumn): void {
    const { sorting } = this;
    this.sort(sorting.column === column ? { column, descending: !sorting.descending } : startOf(column));
  }

  sort(sorting: Sorting): void {
    this.sorting = sorting;
    this.fetchCodes();
  }

  /** Also after a change of run: its codes are others. */
  fetchCodes(): void {
    const runId = explore.images?.runId;
    const { column } = this.sorting;
    if (runId === undefined || typeof column !== 'number' || this.#codes !== null) return;
    void attempt(async () => {
      this.#values = { runId, column, values: await service.codeColumn(runId, column) };
    });
  }
}

export const table = new TableState();
