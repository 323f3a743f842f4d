// The probe images, their reconstructions and the map of codes at every logged step: at its home, or where a person put it.
import type { ImageBlock, ProbeMapHistory, ProbePlaces } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';

/** Steps that are kept: ten images of 64 × 64 in colour are 123 kB, a map is 8, so this is some 30 MB at most. */
const mostKept = 256;

/** What was logged at a step; without a map where there is none of it. */
export interface Logged {
  data: Uint8Array;
  map: ProbePlaces | null;
}

export interface Frame {
  step: number;
  block: ImageBlock;
  map: ProbePlaces | null;
}

export class ProbeFilm {
  originals = $state.raw<ImageBlock | null>(null);
  /** Null for a run from before there were maps. */
  mapped = $state.raw<ProbeMapHistory | null>(null);
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
  readonly #kept = new Map<number, Logged>();
  #wanted: number | null = null;
  #loading = false;

  constructor(runId: string) {
    this.#runId = runId;
  }

  async fetch(): Promise<void> {
    const history = await attempt(() => service.probes(this.#runId));
    if (!history) return;
    this.originals = history.originals;
    this.mapped = history.map;
    this.steps = history.steps;
    await this.#show();
  }

  /** Steps as they come; those that come again after a rollback replace those before. */
  async add(frames: readonly ({ step: number } & Logged)[]): Promise<void> {
    const [first] = frames;
    if (first === undefined) return;
    for (const { step, data, map } of frames) this.#keep(step, { data, map });
    const withMap = frames.filter(({ map }) => map !== null);
    if (this.originals === null || (this.mapped === null && withMap.length > 0)) return this.fetch();
    const follow = (steps: readonly number[], added: readonly { step: number }[]) => [
      ...steps.filter((known) => known < first.step),
      ...added.map(({ step }) => step),
    ];
    this.steps = follow(this.steps, frames);
    if (this.mapped) this.mapped = { ...this.mapped, steps: follow(this.mapped.steps, withMap) };
    if (this.chosen === null) await this.#show();
  }

  rewind(step: number): void {
    const upTo = (steps: readonly number[]) => steps.filter((known) => known <= step);
    this.steps = upTo(this.steps);
    if (this.mapped) this.mapped = { ...this.mapped, steps: upTo(this.mapped.steps) };
    for (const known of this.#kept.keys()) if (known > step) this.#kept.delete(known);
    if (this.chosen !== null && this.chosen >= this.steps.length) this.goHome();
  }

  /** Stays there; at home it follows again. */
  async go(position: number): Promise<void> {
    this.chosen = position === this.#home ? null : Math.max(0, Math.min(position, this.steps.length - 1));
    await this.#show();
  }

  /** To the logged step that is nearest. */
  async goToStep(wanted: number): Promise<void> {
    const nearest = this.steps.reduce(
      (best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best),
      0,
    );
    await this.go(this.steps.indexOf(nearest));
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
      this.frame = { step, block: { ...this.originals, data: kept.data }, map: kept.map };
      this.#wanted = null;
      return;
    }
    this.#wanted = step;
    if (this.#loading) return;
    this.#loading = true;
    const logged = await attempt(() => this.#load(step));
    this.#loading = false;
    if (logged === undefined) return;
    this.#keep(step, logged);
    if (this.#wanted !== null) await this.#show();
  }

  async #load(step: number): Promise<Logged> {
    const place = this.mapped?.steps.indexOf(step) ?? -1;
    const [data, map] = await Promise.all([
      service.probeImages(this.#runId, this.steps.indexOf(step)),
      place === -1 ? null : service.probeMap(this.#runId, place),
    ]);
    return { data, map };
  }

  #keep(step: number, logged: Logged): void {
    this.#kept.delete(step);
    this.#kept.set(step, logged);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}
