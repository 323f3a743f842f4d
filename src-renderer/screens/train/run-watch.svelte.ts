// A run as it is and as it goes on: what was logged, then every event, handed to the screen at most ten times a second.
import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { RunDetails, RunEvent } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';
import { type Course, courseOf, emptyCourse, follow } from './course.ts';
import { type Logged, ProbeFilm } from './probe-film.svelte.ts';

const showEveryMs = 100;

export class RunWatch {
  readonly runId: string;
  readonly film: ProbeFilm;
  details = $state.raw<RunDetails | null>(null);
  error = $state.raw<PinholeError | null>(null);
  /** A new object after every change; its arrays grow in place. */
  course = $state.raw<Course>(emptyCourse());
  #course = emptyCourse();
  /** Events that come while the course is being fetched; null when it is there. */
  #waiting: RunEvent[] | null = [];
  /** Reconstructions and maps that wait to be shown together with the figures of their step. */
  #frames: ({ step: number } & Logged)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #question = 0;

  constructor(runId: string) {
    this.runId = runId;
    this.film = new ProbeFilm(runId);
  }

  /** Listens until the returned function is called. */
  open(): () => void {
    this.#closed = false;
    const stop = service.subscribe(`run:${this.runId}`, (event) => this.#hear(event));
    return () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      stop();
    };
  }

  /** Fetches everything again: at first, after a reconnect, and when a task on the run has begun or ended. */
  async fetch(): Promise<void> {
    const question = ++this.#question;
    this.#waiting = [];
    try {
      const details = await service.runDetails(this.runId);
      // A later question has the later answer.
      if (this.#closed || question !== this.#question) return;
      const came = this.#waiting ?? [];
      this.#course = courseOf(details);
      this.#waiting = null;
      this.details = details;
      this.error = null;
      // What was taken back may or may not be in what was fetched: ask again.
      if (came.some(({ type }) => type === 'rewind')) return this.fetch();
      for (const event of came) this.#hear(event);
      this.course = { ...this.#course };
      if (details.epochs.length > 0) await this.film.fetch();
    } catch (thrown) {
      if (question === this.#question) this.error = PinholeError.from(thrown);
    }
  }

  #hear(event: RunEvent): void {
    if (this.#waiting !== null) {
      this.#waiting.push(event);
      return;
    }
    if (event.type === 'probes') this.#frames.push(event);
    if (event.type === 'rewind') {
      this.#frames = this.#frames.filter(({ step }) => step <= event.step);
      this.film.rewind(event.step);
    }
    follow(this.#course, event);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.course = { ...this.#course };
      void this.film.add(this.#frames.splice(0));
    }, showEveryMs);
  }
}
