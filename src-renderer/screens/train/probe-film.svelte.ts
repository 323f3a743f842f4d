// The probe images and their reconstructions at every logged step: at its home, or where a person put it.
import type { ImageBlock } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';

/** Sets of reconstructions that are kept: ten images of 64 × 64 in colour are 123 kB, so this is some 30 MB at most. */
const mostKept = 256;

export interface Frame {
  step: number;
  block: ImageBlock;
}

export class ProbeFilm {
  originals = $state.raw<ImageBlock | null>(null);
  /** When reconstructions were logged; the position is an index into these. */
  steps = $state.raw<readonly number[]>([]);
  /** Where it stands by itself: at the step of the kept model, or, where that is null, at whichever is the newest. */
  home = $state<number | null>(null);
  /** Position that a person chose; null while it stands at home. */
  chosen = $state<number | null>(null);
  frame = $state.raw<Frame | null>(null);
  readonly #home = $derived.by(() => {
    const place = this.home === null ? -1 : this.steps.indexOf(this.home);
    return place === -1 ? this.steps.length - 1 : place;
  });
  readonly position = $derived(Math.min(this.chosen ?? this.#home, this.steps.length - 1));
  readonly #runId: string;
  readonly #kept = new Map<number, Uint8Array>();
  #wanted: number | null = null;
  #loading = false;

  constructor(runId: string) {
    this.#runId = runId;
  }

  async fetch(): Promise<void> {
    const history = await attempt(() => service.probes(this.#runId));
    if (!history) return;
    this.originals = history.originals;
    this.steps = history.steps;
    await this.#show();
  }

  /** Reconstructions as they come; steps that come again after a rollback replace those before. */
  async add(frames: readonly { step: number; data: Uint8Array }[]): Promise<void> {
    const [first] = frames;
    if (first === undefined) return;
    for (const { step, data } of frames) this.#keep(step, data);
    if (this.originals === null) return this.fetch();
    this.steps = [...this.steps.filter((known) => known < first.step), ...frames.map(({ step }) => step)];
    if (this.chosen === null) await this.#show();
  }

  rewind(step: number): void {
    this.steps = this.steps.filter((known) => known <= step);
    for (const known of this.#kept.keys()) if (known > step) this.#kept.delete(known);
    if (this.chosen !== null && this.chosen >= this.steps.length) this.goHome();
  }

  /** Stays there; at home it follows again. */
  async go(position: number): Promise<void> {
    this.chosen = position === this.#home ? null : Math.max(0, Math.min(position, this.steps.length - 1));
    await this.#show();
  }

  goHome(): void {
    this.chosen = null;
    void this.#show();
  }

  /** While it trains that is the newest step; afterwards the one of the kept model. */
  settle(step: number | null): void {
    this.home = step;
    void this.#show();
  }

  /** One request at a time; whoever drags fast sees the latest position next, not every one on the way. */
  async #show(): Promise<void> {
    const step = this.steps[this.position];
    if (step === undefined || this.originals === null) return;
    const kept = this.#kept.get(step);
    if (kept) {
      this.frame = { step, block: { ...this.originals, data: kept } };
      this.#wanted = null;
      return;
    }
    this.#wanted = step;
    if (this.#loading) return;
    this.#loading = true;
    const data = await attempt(() => service.probeImages(this.#runId, this.steps.indexOf(step)));
    this.#loading = false;
    if (data === undefined) return;
    this.#keep(step, data);
    if (this.#wanted !== null) await this.#show();
  }

  #keep(step: number, data: Uint8Array): void {
    this.#kept.delete(step);
    this.#kept.set(step, data);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}
