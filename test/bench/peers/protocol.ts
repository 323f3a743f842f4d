// JSON lines between the harness and a peer that runs on Node: the counterpart of protocol.py.
import { createInterface } from 'node:readline';
import type { Answer, Versions } from '../peer.ts';

// biome-ignore lint/suspicious/noExplicitAny: a request is what the row of the same name sends, one shape for each task
export type Tasks = Record<string, (request: any) => Promise<Answer>>;

/** Says `{"ready": versions}`, then answers every request with what `tasks[request.task]` resolves to. */
export async function serve(versions: Versions, tasks: Tasks): Promise<void> {
  say({ ready: versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      say(await tasks[request.task]!(request));
    } catch (error) {
      say({ error: String((error as Error).stack) });
    }
  }
}

/** Calls `work`, which resolves to how many units it did, until the time is up. */
export async function repeat(seconds: number, work: () => Promise<number> | number): Promise<Answer> {
  let units = 0;
  const start = performance.now();
  for (;;) {
    units += await work();
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed >= seconds) return { units, seconds: elapsed };
  }
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
