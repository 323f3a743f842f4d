// What a selection becomes: by a lasso, a click, a label, everything. Masks hold one byte per row; null selects nothing.
import type { Images } from './images.ts';
import { countOf } from './order.ts';

export type Mode = 'replace' | 'add' | 'subtract' | 'toggle';
export type Chosen = Uint8Array | null;

/** `rows` are those that were meant; only those that are shown count (`shown`, null for all). */
export function choose(before: Chosen, rows: Uint8Array, mode: Mode, shown: Uint8Array | null): Chosen {
  const after = new Uint8Array(rows.length);
  for (let row = 0; row < after.length; row++) {
    const was = before?.[row] ?? 0;
    const meant = rows[row]! & (shown?.[row] ?? 1);
    after[row] = combine[mode](was, meant);
  }
  return emptied(after);
}

const combine: Record<Mode, (was: number, meant: number) => number> = {
  replace: (_, meant) => meant,
  add: (was, meant) => was | meant,
  subtract: (was, meant) => was & (meant ^ 1),
  toggle: (was, meant) => was ^ meant,
};

/** One row more or less. */
export function toggleRow(before: Chosen, row: number, count: number): Chosen {
  const after = before?.slice() ?? new Uint8Array(count);
  after[row]! ^= 1;
  return emptied(after);
}

const emptied = (mask: Uint8Array): Chosen => (mask.includes(1) ? mask : null);

/** Ids in ascending order, as exports take them. */
export function idsOf(images: Pick<Images, 'ids'>, chosen: Chosen): Int32Array<ArrayBuffer> | null {
  if (chosen === null) return null;
  const ids = new Int32Array(countOf(chosen));
  let next = 0;
  for (const [row, on] of chosen.entries()) if (on) ids[next++] = images.ids[row]!;
  return ids.sort();
}

/** The same images among those of another run: what that does not have is left out. */
export function fromIds(images: Images, ids: Int32Array | null): Chosen {
  if (ids === null) return null;
  const mask = new Uint8Array(images.count);
  for (const id of ids) {
    const row = images.rowOf(id);
    if (row >= 0) mask[row] = 1;
  }
  return emptied(mask);
}
