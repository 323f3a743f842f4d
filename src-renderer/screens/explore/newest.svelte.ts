// The answer to a question that changes faster than answers come: one is asked at a time, and the last one counts.
import { PinholeError } from '../../../src-main/contract/errors.ts';

export class Newest<Q, V> {
  /** Of the last question that was answered: it stays until the next answer comes, so that nothing flickers. */
  value = $state.raw<V | null>(null);
  /** Why the last question has no answer. */
  error = $state.raw<PinholeError | null>(null);
  readonly #answer: (question: Q) => Promise<V>;
  #question: Q | null = null;
  #busy = false;

  constructor(answer: (question: Q) => Promise<V>) {
    this.#answer = answer;
  }

  /** Null asks nothing any more, and what was answered is gone. */
  ask(question: Q | null): void {
    this.#question = question;
    if (question === null) Object.assign(this, { value: null, error: null });
    else if (!this.#busy) void this.#work(question);
  }

  async #work(question: Q): Promise<void> {
    this.#busy = true;
    for (let asked: Q | null = question; asked !== null; ) {
      const now: Q = asked;
      try {
        const value = await this.#answer(now);
        if (this.#question !== null) Object.assign(this, { value, error: null });
      } catch (thrown) {
        if (this.#question === now) Object.assign(this, { value: null, error: PinholeError.from(thrown) });
      }
      asked = this.#question === now ? null : this.#question;
    }
    this.#busy = false;
  }
}
