// The end of what a child process printed, for the case that it dies.
import type { ChildProcess } from 'node:child_process';

/** Native libraries chatter, so what the child prints is shown only when it dies (or as it comes, with PINHOLE_DEBUG). */
export function keepLastWords(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4_000);
      if (process.env.PINHOLE_DEBUG) process.stderr.write(chunk);
    });
  }
  return () => text.trim().split('\n').slice(-30).join('\n');
}
