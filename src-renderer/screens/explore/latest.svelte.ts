// Something about the image that is looked at, fetched one at a time: where images change faster than answers come, the last one counts.
import { PinholeError } from '../../../src-main/contract/errors.ts';

export interface LatestOptions<V> {
  load(id: number): Promise<V>;
  /** So many are kept for coming back to. */
  most: number;
  /** An image that the pointer only passes by for less than this is not asked for. */
  restMilliseconds?: number;
  /** Called with what is kept no longer. */
  drop?(value: V): void;
}

export class Latest<V> {
  /** Of the image that is looked at; null while it is not there. */
  value = $state.raw<V | null>(null);
  /** Why it will not be there. */
  error = $state.raw<PinholeError | null>(null);
  readonly #options: LatestOptions<V>;
  readonly #kept = new Map<number, V>();
  #id = -1;
  #busy = false;
  #ended = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LatestOptions<V>) {
    this.#options = options;
  }

  /** −1 for no image. */
  show(id: number): void {
    if (id === this.#id) return;
    this.#id = id;
    clearTimeout(this.#rest);
    this.value = this.#kept.get(id) ?? null;
    this.error = null;
    if (id < 0 || this.value !== null) return;
    const { restMilliseconds = 0 } = this.#options;
    if (restMilliseconds === 0) void this.#fetch();
    else this.#rest = setTimeout(() => void this.#fetch(), restMilliseconds);
  }

  /** Asks again for what could not be had. */
  again(): void {
    this.error = null;
    void this.#fetch();
  }

  destroy(): void {
    clearTimeout(this.#rest);
    this.#ended = true;
    this.#id = -1;
    for (const value of this.#kept.values()) this.#options.drop?.(value);
    this.#kept.clear();
  }

  async #fetch(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const id = this.#id;
    try {
      const value = await this.#options.load(id);
      this.#keep(id, value);
      if (id === this.#id) this.value = value;
    } catch (thrown) {
      if (id === this.#id) this.error = PinholeError.from(thrown);
    }
    this.#busy = false;
    const missing = this.#id >= 0 && this.value === null && this.error === null;
    if (missing && this.#id !== id) void this.#fetch();
  }

  #keep(id: number, value: V): void {
    if (this.#ended) {
      this.#options.drop?.(value);
      return;
    }
    this.#kept.set(id, value);
    if (this.#kept.size <= this.#options.most) return;
    const [oldest, dropped] = this.#kept.entries().next().value!;
    this.#kept.delete(oldest);
    this.#options.drop?.(dropped);
  }
}
