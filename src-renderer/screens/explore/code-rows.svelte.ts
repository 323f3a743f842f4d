// Codes of the rows that the table shows: fetched in batches, kept for scrolling back.
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';

const mostBytes = 32 * 2 ** 20;
const batchBytes = 2 ** 20;
/** More than the tallest screen shows. */
const mostInBatch = 256;

export class CodeRows {
  /** Changes whenever rows have come. */
  arrivals = $state(0);
  readonly #runId: string;
  readonly #batch: number;
  readonly #most: number;
  readonly #kept = new Map<number, Float32Array>();
  #wanted = new Set<number>();
  #fetching = false;

  constructor(runId: string, codeSize: number) {
    this.#runId = runId;
    const bytes = 4 * codeSize;
    this.#batch = Math.max(1, Math.min(mostInBatch, Math.floor(batchBytes / bytes)));
    this.#most = Math.max(2 * this.#batch, Math.floor(mostBytes / bytes));
  }

  /** Null while it is not there; it is then on its way. */
  code(id: number): Float32Array | null {
    const known = this.#kept.get(id);
    if (known) return known;
    this.#wanted.add(id);
    if (!this.#fetching) {
      this.#fetching = true;
      queueMicrotask(() => void this.#fetch());
    }
    return null;
  }

  async #fetch(): Promise<void> {
    // The last ones are what the table shows now.
    const ids = Int32Array.from([...this.#wanted].slice(-this.#batch)).sort();
    this.#wanted = new Set();
    const rows = await attempt(() => service.codeRows(this.#runId, ids));
    this.#fetching = false;
    if (!rows) return;
    for (const [index, id] of rows.ids.entries())
      this.#kept.set(id, rows.codes.slice(index * rows.codeSize, (index + 1) * rows.codeSize));
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(id);
    }
    this.arrivals++;
  }
}
