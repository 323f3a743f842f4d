// Steering a training loop from outside: pause, resume, finish. The loop looks at it between two steps.

export type SteeringCommand = 'pause' | 'resume' | 'finish';

export class Steering {
  #paused = false;
  #finishing = false;
  #wake: () => void = () => {};

  get paused(): boolean {
    return this.#paused;
  }

  /** Training ends after the current step and keeps the best model so far. */
  get finishing(): boolean {
    return this.#finishing;
  }

  hear(command: SteeringCommand): void {
    if (command === 'finish') this.#finishing = true;
    this.#paused = command === 'pause';
    if (!this.#paused) this.#wake();
  }

  /** Resolves when training may go on: resumed, to be finished, or cancelled. */
  resumed(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#paused || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
