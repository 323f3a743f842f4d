// A model kept ready in a process of its own, so that reconstructions for a screen come in milliseconds, not after a start.
import { PinholeError } from '../contract/errors.ts';
import { startJob } from './job.ts';
import type { SessionAnswer, SessionQuestion } from './training-job.ts';

export interface ModelSession {
  /** uint8 ids.length × height × width × channels. */
  reconstruct(ids: readonly number[]): Promise<Uint8Array>;
  close(): void;
}

/** Starts loading the model at once; a session that has failed or was closed answers nothing any more. */
export function openModelSession(input: { workspace: string; datasetId: string; runFolder: string }): ModelSession & {
  ended: Promise<void>;
} {
  const controller = new AbortController();
  const waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  let send: ((question: SessionQuestion) => void) | undefined;
  let failure: PinholeError | undefined;
  let last = 0;

  const ended = startJob<void, SessionAnswer>(
    new URL('./training-job.ts', import.meta.url),
    { kind: 'session', ...input },
    {
      signal: controller.signal,
      onStarted: (tell) => {
        send = tell;
      },
      onEvent(event) {
        waiting.get(event.question)?.resolve(event.reconstructions);
        waiting.delete(event.question);
      },
    },
  ).catch((error: unknown) => {
    failure = PinholeError.from(error);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });

  return {
    ended,
    reconstruct(ids) {
      if (failure) return Promise.reject(failure);
      const question = ++last;
      const answer = Promise.withResolvers<Uint8Array>();
      waiting.set(question, answer);
      send?.({ question, ids: [...ids] });
      return answer.promise;
    },
    close: () => controller.abort(),
  };
}
