// `pinhole serve`: the worker and the server for browsers, until it is stopped; or the address of the one that is there.

import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';
import { announce, findServer, waitForServer, withdraw } from './announcement.ts';
import { ensureRenderer } from './build-renderer.ts';
import { readHolder } from './lock.ts';
import { openBrowser, removePage } from './open-browser.ts';
import { type RunningServer, startServer } from './server.ts';
import { WorkerProcess } from './worker-process.ts';

export interface ServeOptions {
  workspace: string;
  /** As the writer lock names it. */
  command: string;
  /** Folders that may be read and written beside the workspace. */
  roots: string[];
  /** Undefined for the usual one, or any that is free. */
  port: number | undefined;
  /** Open it in the browser. */
  open: boolean;
}

/** Where bookmarks and `ssh -L` expect it, if it is free. */
const usualPort = 4747;
/** Ample: it takes a fifth of a second. */
const startingMilliseconds = 5_000;

/**
 * Serves until the context's signal; `onAddress` hears where. Where a server of this workspace answers already, that is
 * the address, and it returns at once. Errors: as of opening a workspace, `usage` for a port that is taken.
 */
export async function serve(
  options: ServeOptions,
  context: Context,
  onAddress: (address: string) => void,
): Promise<void> {
  const running = await findServer(options.workspace);
  if (running !== undefined) return attach(running, options, context, onAddress);
  const { promise: givenUp, reject: onGivenUp } = Promise.withResolvers<never>();
  givenUp.catch(() => {}); // heard below, once there is a window to show
  const stopped = new Promise<void>((resolve) => context.signal?.addEventListener('abort', () => resolve()));
  const worker = new WorkerProcess({ ...options, onGivenUp, ...(context.onNotice && { onNotice: context.onNotice }) });
  try {
    // While the worker starts.
    const folder = await ensureRenderer((message) => context.onNotice?.({ level: 'info', message }));
    await Promise.race([worker.ready(), givenUp, stopped]);
    if (context.signal?.aborted) return;
    const connect = () => worker.connect();
    const server = await startOnSomePort(options.port, (port) => startServer({ folder, port, connect }));
    try {
      announce(options.workspace, server.address);
      onAddress(server.address);
      if (options.open) await openOrSay(server.address, options.workspace, context);
      await Promise.race([givenUp, stopped]);
    } finally {
      withdraw(options.workspace);
      removePage(options.workspace);
      await server.close();
    }
  } catch (error) {
    const other = isLocked(error) ? await otherServer(options.workspace) : undefined;
    if (other === undefined) throw error;
    await attach(other, options, context, onAddress);
  } finally {
    await worker.close();
  }
}

/** Of another `pinhole serve` that is just starting: it holds the workspace a moment before it can be asked. */
async function otherServer(workspace: string): Promise<string | undefined> {
  if (!readHolder(workspace)?.command.startsWith('pinhole serve')) return undefined;
  return waitForServer(workspace, startingMilliseconds);
}

function isLocked(error: unknown): boolean {
  return error instanceof PinholeError && error.code === 'workspace-locked';
}

async function attach(
  address: string,
  { workspace, open }: ServeOptions,
  context: Context,
  onAddress: (address: string) => void,
): Promise<void> {
  context.onNotice?.({
    level: 'info',
    message: 'This workspace is being served already; this is where. Its port and folders stay as they are.',
  });
  onAddress(address);
  if (open) await openOrSay(address, workspace, context);
}

async function openOrSay(address: string, workspace: string, context: Context): Promise<void> {
  await openBrowser(address, workspace).catch((error: Error) => {
    context.onNotice?.({
      level: 'warning',
      message: `No browser could be opened: ${error.message}.`,
      advice: 'Open the address yourself.',
    });
  });
}

async function startOnSomePort(port: number | undefined, begin: (port: number) => Promise<RunningServer>) {
  if (port !== undefined) return begin(port);
  return begin(usualPort).catch(() => begin(0));
}
