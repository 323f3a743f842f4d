// `pinhole serve`: the worker and the server for browsers, until it is stopped.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { type RunningServer, startServer } from './server.ts';
import { WorkerProcess } from './worker-process.ts';

export interface ServeOptions {
  workspace: string;
  command: string;
  roots: string[];
  /** Undefined for the usual one, or any that is free. */
  port: number | undefined;
}

/** Where bookmarks and `ssh -L` expect it, if it is free. */
const usualPort = 4747;

/** Serves until the context's signal; `onReady` hears the address. Errors: as of opening a workspace, `usage` for a taken port. */
export async function serve(
  options: ServeOptions,
  context: Context,
  onReady: (server: RunningServer) => void,
): Promise<void> {
  const folder = fileURLToPath(new URL('../../out/renderer', import.meta.url));
  if (!existsSync(join(folder, 'index.html')))
    throw new PinholeError('not-found', `The window's files are not in ${folder}.`, 'Build them with npm run build.');
  const { promise: givenUp, reject: onGivenUp } = Promise.withResolvers<never>();
  const worker = new WorkerProcess({ ...options, onGivenUp, ...(context.onNotice && { onNotice: context.onNotice }) });
  try {
    const stopped = new Promise<void>((resolve) => context.signal?.addEventListener('abort', () => resolve()));
    await Promise.race([worker.ready(), givenUp, stopped]);
    const server = await startOnSomePort(options.port, (port) =>
      startServer({ folder, port, connect: () => worker.connect() }),
    );
    try {
      onReady(server);
      await Promise.race([givenUp, stopped]);
    } finally {
      await server.close();
    }
  } finally {
    await worker.close();
  }
}

async function startOnSomePort(port: number | undefined, begin: (port: number) => Promise<RunningServer>) {
  if (port !== undefined) return begin(port);
  return begin(usualPort).catch(() => begin(0));
}
