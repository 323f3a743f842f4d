// The images of an archive, row by row: names, labels, sizes and errors, in the order in which they are looked at.
import type { ArchivedImage, ArchiveView } from '../../../src-main/contract/archive.ts';
import { sortedRows } from '../explore/images.ts';

/** As they lie in the archive, or by what comes back of them. */
export const orders = ['worst', 'best', 'stored'] as const;
export type Order = (typeof orders)[number];

const keptNames = ['code', 'residual', 'whole'] as const satisfies ArchivedImage['kept'][];

export class ArchivedImages {
  readonly count: number;
  readonly #table: ArchiveView['table'];
  readonly #decoder = new TextDecoder();
  #sorted: Uint32Array | null = null;

  /** Without an index, images have numbers only. */
  constructor({ table, description }: Pick<ArchiveView, 'table' | 'description'>) {
    this.#table = table;
    this.count = table ? table.label.length : description.images;
  }

  /** Whether single images can be named, and so taken out alone. */
  get hasNames(): boolean {
    return this.#table !== null;
  }

  /** `#12` where names are lost. */
  path(row: number): string {
    if (!this.#table) return `#${row}`;
    const { paths, offsets } = this.#table;
    return this.#decoder.decode(paths.subarray(offsets[row], offsets[row + 1]));
  }

  label(row: number): string | null {
    return this.#table?.labels[this.#table.label[row]!] ?? null;
  }

  /** In dB; Infinity where nothing is lost, null where that is not known. */
  psnr(row: number): number | null {
    return this.#table?.psnr[row] ?? null;
  }

  /** Of the original, in pixels; null where that is not known. */
  size(row: number): { width: number; height: number } | null {
    const table = this.#table;
    return table && { width: table.width[row]!, height: table.height[row]! };
  }

  kept(row: number): ArchivedImage['kept'] {
    return keptNames[this.#table?.kept[row] ?? 0] ?? 'code';
  }

  pathsOf(chosen: Uint8Array): string[] {
    const paths: string[] = [];
    for (const [row, isChosen] of chosen.entries()) if (isChosen) paths.push(this.path(row));
    return paths;
  }

  /** Those whose path or label has the words in it, whatever their case. */
  rows(order: Order, query: string): Uint32Array {
    const words = query.trim().toLowerCase();
    const all = this.#inOrder(order);
    if (words === '') return all;
    return all.filter((row) => `${this.path(row)}\n${this.label(row) ?? ''}`.toLowerCase().includes(words));
  }

  #inOrder(order: Order): Uint32Array {
    if (order === 'stored' || !this.#table) return Uint32Array.from({ length: this.count }, (_, row) => row);
    this.#sorted ??= sortedRows(this.#table.psnr);
    return order === 'worst' ? this.#sorted : this.#sorted.toReversed();
  }
}
