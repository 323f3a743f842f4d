// Fetches Electron's runtime by Electron's own installer, which alone knows from where; watches that it gets on.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderBytes } from './window/workspace.ts';

export interface FetchOptions {
  /** Hears every second how many bytes have arrived. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
  /** Without a single byte more. Long enough for a slow line to answer, short enough to be waited for without one. */
  silenceMilliseconds?: number;
  tickMilliseconds?: number;
}

/** Of the package `electron`. Gives the reason why there is no runtime afterwards, null where all went well. */
export async function fetchRuntime(installer: string, options: FetchOptions = {}): Promise<string | null> {
  // A folder of its own, so that what arrives can be seen growing.
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-runtime-'));
  const child = spawn(process.execPath, [installer], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder, ELECTRON_GET_NO_PROGRESS: '1' },
  });
  const ended = endOf(child);
  const watching = new AbortController();
  const stuck = watch([folder, join(dirname(installer), 'dist')], options, watching.signal);
  try {
    return await Promise.race([ended, stuck]);
  } finally {
    watching.abort();
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Null for a good end, else the first line of what the child said, without the kind of the error. */
async function endOf(child: ChildProcess): Promise<string | null> {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  if (code === 0) return null;
  const [first = ''] = said.trim().split('\n');
  return first.replace(/^\w*Error: /, '') || 'its installer has failed without a word';
}

/** Gives the reason to give up, if there is one: what arrives, and what is unpacked then, does not grow any more. */
async function watch(
  [arriving, unpacked]: [string, string],
  { onProgress, signal, silenceMilliseconds = 15_000, tickMilliseconds = 1_000 }: FetchOptions,
  end: AbortSignal,
): Promise<string> {
  let bytes = 0;
  for (let silent = 0; silent < silenceMilliseconds; silent += tickMilliseconds) {
    await sleep(tickMilliseconds, undefined, { signal: end }).catch(() => {});
    if (end.aborted || signal?.aborted) return 'it was stopped';
    const arrived = await folderBytes(arriving);
    const now = arrived + (await folderBytes(unpacked));
    if (now !== bytes) silent = 0;
    bytes = now;
    onProgress?.(arrived);
  }
  return `nothing has arrived for ${silenceMilliseconds / 1000} seconds`;
}
