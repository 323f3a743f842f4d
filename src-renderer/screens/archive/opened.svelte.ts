// The archive that is open: what it says of itself, its images and which of them are chosen, and what is taken out of it.
import type { ArchiveView, RestoredFormat } from '../../../src-main/contract/archive.ts';
import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { TargetView } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import { lookLater } from '../compress/target.ts';
import { Thumbnails } from '../explore/thumbnails.svelte.ts';
import { nameOf } from '../import/staging.svelte.ts';
import { ArchivedImages, type Order } from './archived-images.ts';

class Opened {
  file = $state<string | null>(null);
  view = $state.raw<ArchiveView | null>(null);
  /** Why nothing can be had from it. */
  error = $state.raw<PinholeError | null>(null);
  images = $state.raw<ArchivedImages | null>(null);
  thumbnails = $state.raw<Thumbnails | null>(null);
  /** Why its pictures cannot be had, though something else can. */
  pictureError = $state.raw<PinholeError | null>(null);
  /** Rows whose pictures cannot be had. */
  lost = $state.raw<ReadonlySet<number>>(new Set());
  query = $state('');
  order = $state<Order>('worst');
  /** Of every row, 1 where it is chosen. */
  chosen = $state.raw<Uint8Array>(new Uint8Array());
  /** The row that the keyboard is at; −1 for none. */
  current = $state(-1);
  format = $state<RestoredFormat>('png');
  /** Null for the usual folder. */
  out = $state.raw<string | null>(null);
  target = $state.raw<TargetView | null>(null);
  startedId = $state<string | null>(null);
  #exports = $state('');

  rows = $derived(this.images?.rows(this.order, this.query) ?? new Uint32Array());
  chosenCount = $derived(this.chosen.reduce((sum, one) => sum + one, 0));
  folder = $derived(this.out ?? this.#usualFolder());
  tasks = $derived(tasksOf(workspace.tasks, 'extract'));
  active = $derived(this.tasks.find(({ ended }) => ended === null));
  started = $derived(this.tasks.find(({ id }) => id === this.startedId));

  /** Once more for an archive that has been written anew. */
  async open(file: string): Promise<void> {
    const isOther = file !== this.file;
    if (isOther) {
      Object.assign(this, { file, view: null, error: null, images: null, thumbnails: null, pictureError: null });
      Object.assign(this, { lost: new Set(), query: '', current: -1, out: null, target: null, startedId: null });
    }
    this.#exports ||= (await attempt(() => service.info()))?.folder ?? '';
    try {
      const view = await service.openArchive(file);
      if (this.file !== file) return;
      const images = new ArchivedImages(view);
      Object.assign(this, { view, images, error: null, chosen: new Uint8Array(images.count), lost: new Set() });
      this.thumbnails = await this.#makeThumbnails(file, view);
    } catch (thrown) {
      const error = PinholeError.from(thrown);
      // Opened again when the connection is back.
      if (this.file === file && error.code !== 'disconnected') Object.assign(this, { error, view: null, images: null });
    }
  }

  async #makeThumbnails(file: string, { description }: ArchiveView): Promise<Thumbnails | null> {
    const fetch = async (rows: Int32Array) => {
      try {
        const block = await service.archiveImages(file, rows as Int32Array<ArrayBuffer>);
        const lost = [...block.ids].filter((_, index) => block.lost[index] === 1);
        if (lost.length > 0) this.lost = new Set([...this.lost, ...lost]);
        return block;
      } catch (thrown) {
        const error = PinholeError.from(thrown);
        // Said once above the pictures, not for every part of them.
        if (error.code !== 'disconnected') this.pictureError = error;
        return { ids: new Int32Array(), height: 1, width: 1, channels: 1 as const, data: new Uint8Array() };
      }
    };
    if (description.images === 0) return null;
    const size = description.size ?? (await fetch(Int32Array.of(0)));
    return this.pictureError ? null : new Thumbnails(fetch, { ...size, channels: size.channels === 1 ? 1 : 3 });
  }

  toggle(row: number): void {
    const chosen = this.chosen.slice();
    chosen[row] = 1 - chosen[row]!;
    this.choose(chosen);
  }

  /** All that are shown, beside those that are chosen already. */
  chooseShown(): void {
    const chosen = this.chosen.slice();
    for (const row of this.rows) chosen[row] = 1;
    this.choose(chosen);
  }

  clear(): void {
    this.choose(new Uint8Array(this.chosen.length));
  }

  choose(chosen: Uint8Array): void {
    this.chosen = chosen;
    this.startedId = null;
  }

  take(changes: Partial<Pick<Opened, 'format' | 'out'>>): void {
    Object.assign(this, changes);
    this.startedId = null;
  }

  look(folder: string): () => void {
    return lookLater(folder, 'folder', (target) => (this.target = target));
  }

  async extract(): Promise<void> {
    const { file, images, chosen, format } = this;
    if (file === null || images === null) return;
    const only = this.chosenCount === 0 ? [] : images.pathsOf(chosen);
    const request = { archive: file, folder: this.folder.trim(), format, only };
    this.startedId = (await attempt(() => service.startTask({ kind: 'extract', request }))) ?? null;
  }

  /** Among the exports of the workspace, called after the archive. */
  #usualFolder(): string {
    const separator = this.#exports.includes('\\') ? '\\' : '/';
    if (this.file === null || this.#exports === '') return '';
    return [this.#exports, 'exports', nameOf(this.file).replace(/\.pinhole$/i, '')].join(separator);
  }
}

export const opened = new Opened();
