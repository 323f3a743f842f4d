// A model or an archive kept ready in a process of its own, so that answers for a screen come in milliseconds, not after a start.
import { PinholeError } from '../contract/errors.ts';
import { startJob } from './job.ts';
import type { JobInput, SessionAnswer, SessionKind, SessionQuestion, Sessions } from './training-job.ts';

export interface Session<K extends SessionKind> {
  ask(asked: Sessions[K]['asked']): Promise<Sessions[K]['answer']>;
  close(): void;
  /** When it answers no more, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Starts loading at once; a session that has failed or was closed answers nothing any more. */
export function openSession<K extends SessionKind>(input: Extract<JobInput, { kind: K }>): Session<K> {
  type Answer = Sessions[K]['answer'];
  const controller = new AbortController();
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  let send: ((question: SessionQuestion<K>) => void) | undefined;
  let failure: PinholeError | undefined;
  let last = 0;

  const ended = startJob<void, SessionAnswer<K>>(new URL('./training-job.ts', import.meta.url), input, {
    signal: controller.signal,
    onStarted: (tell) => {
      send = tell;
    },
    onEvent({ question, answer }) {
      waiting.get(question)?.resolve(answer);
      waiting.delete(question);
    },
  }).catch((error: unknown) => {
    failure = PinholeError.from(error);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });

  return {
    ended,
    ask(asked) {
      if (failure) return Promise.reject(failure);
      const question = ++last;
      const answer = Promise.withResolvers<Answer>();
      waiting.set(question, answer);
      send?.({ question, asked });
      return answer.promise;
    },
    close: () => controller.abort(),
  };
}

const readyMilliseconds = 60_000;
const mostReady = 2;

/** Sessions of those that were asked about last, by a key for each; they end a minute after the last question. */
export class ReadySessions<K extends SessionKind> {
  readonly #ready = new Map<string, { session: Session<K>; timer: NodeJS.Timeout }>();

  ask(
    key: string,
    input: () => Extract<JobInput, { kind: K }>,
    asked: Sessions[K]['asked'],
  ): Promise<Sessions[K]['answer']> {
    const known = this.#ready.get(key);
    if (known) clearTimeout(known.timer);
    const session = known?.session ?? this.#open(key, input());
    // Last in the map is used last.
    this.#ready.delete(key);
    this.#ready.set(key, { session, timer: setTimeout(() => this.end(key), readyMilliseconds).unref() });
    for (const oldest of this.#ready.keys()) if (this.#ready.size > mostReady) this.end(oldest);
    return session.ask(asked);
  }

  end(key: string): void {
    const known = this.#ready.get(key);
    clearTimeout(known?.timer);
    known?.session.close();
    this.#ready.delete(key);
  }

  close(): void {
    for (const key of this.#ready.keys()) this.end(key);
  }

  #open(key: string, input: Extract<JobInput, { kind: K }>): Session<K> {
    const session = openSession<K>(input);
    void session.ended.then(() => {
      if (this.#ready.get(key)?.session === session) this.end(key);
    });
    return session;
  }
}
