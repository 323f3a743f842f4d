// Writes that survive a crash: temporary file in the same folder, fsync, rename, fsync of the folder. Formats are elsewhere.
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PinholeError } from '../contract/errors.ts';

export type Chunk = Uint8Array | string;

/** A file that comes into being all at once, at `commit`. Until then whatever was at the path stays as it is. */
export interface AtomicWriter {
  readonly path: string;
  /** Where the bytes are until then; what was written can be read back there. */
  readonly temporary: string;
  /** Bytes written so far; patches do not count. */
  readonly length: number;
  /** Appends; a string is written as UTF-8. Chunks may be reused by the caller once the promise resolves. */
  write(chunk: Chunk): Promise<void>;
  /** Overwrites bytes written before, e.g. a header whose counts are known only at the end. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
  /** Puts the file in place, safe against a power cut where the platform can. */
  commit(): Promise<void>;
  /** Removes the temporary file; after `commit`, or a second time, it does nothing. */
  abort(): Promise<void>;
}

const temporaryName = /^\.pinhole-(\d+)-[0-9a-f]{12}\.tmp$/;

/** In the same folder. The target's own name is not part of it: with a suffix, a long one would exceed the file system's 255 bytes. */
function temporaryPath(path: string): string {
  return join(dirname(path), `.pinhole-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

/** Writes a whole file atomically. If `data` throws while it is being read, the old file stays and nothing is left over. */
export async function writeAtomic(
  path: string,
  data: Chunk | Iterable<Uint8Array> | AsyncIterable<Chunk>,
): Promise<void> {
  const writer = await createAtomicWriter(path);
  try {
    if (typeof data === 'string' || data instanceof Uint8Array) await writer.write(data);
    else for await (const chunk of data) await writer.write(chunk);
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Errors: `disk-full` naming the file; `usage` where the folder is missing or may not be written. */
export async function createAtomicWriter(path: string): Promise<AtomicWriter> {
  const folder = dirname(path);
  const temporary = temporaryPath(path);
  const handle = await guard(path, () => open(temporary, 'wx'));
  let length = 0;
  let state: 'open' | 'committed' | 'aborted' = 'open';

  async function abort(): Promise<void> {
    if (state !== 'open') return;
    state = 'aborted';
    await handle.close();
    await rm(temporary, { force: true });
  }

  return {
    path,
    temporary,
    get length() {
      return length;
    },
    async write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      await guard(path, () => writeFully(handle, bytes, length));
      length += bytes.byteLength;
    },
    patch: (bytes, position) => guard(path, () => writeFully(handle, bytes, position)),
    async commit() {
      try {
        await guard(path, () => handle.sync());
        await guard(path, () => handle.close());
        await guard(path, () => rename(temporary, path));
        state = 'committed';
      } catch (error) {
        await abort();
        throw error;
      }
      await guard(path, () => syncFolder(folder));
    },
    abort,
  };
}

/**
 * Writes a whole file that is never seen half, without waiting for the disk: for many files that can be made again. Errors as
 * of `createAtomicWriter`.
 */
export async function writeInPlace(path: string, data: Uint8Array): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await guard(path, () => writeFile(temporary, data, { flag: 'wx' }));
    await guard(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes what writers of processes that are gone (killed, power cut) left in a folder; returns how many files. */
export async function removeLeftovers(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const pid = temporaryName.exec(name)?.[1];
    if (pid === undefined || (await isStillWritten(join(folder, name), Number(pid)))) continue;
    await rm(join(folder, name), { force: true });
    removed++;
  }
  return removed;
}

async function isStillWritten(path: string, pid: number): Promise<boolean> {
  // Process ids come round again, in containers at once: a file older than this process is not ours.
  if (pid === process.pid) return (await stat(path)).mtimeMs >= performance.timeOrigin;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Makes the rename itself durable. Windows cannot open a folder for this and orders the rename in its journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse to sync a folder; the file itself is synced already.
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

async function guard<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw writeError(path, error);
  }
}

/** A failed write as an error that names the file a person asked for, not the temporary one. */
export function writeError(path: string, cause: unknown): PinholeError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const advice = 'Free some space and run the same again; what was written before is kept.';
    return new PinholeError('disk-full', `The disk is full: could not write ${path}`, advice, { cause });
  }
  if (code === 'ENAMETOOLONG') {
    const message = `Expected a shorter name for ${path}, received one that the disk does not take`;
    return new PinholeError('usage', message, 'Give the file or its folders shorter names.', { cause });
  }
  // In place of a folder there is a file: making folders says that it is there already.
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EEXIST') {
    const message = `Expected an existing folder for ${basename(path)}, received ${dirname(path)}`;
    return new PinholeError('usage', message, 'Create the folder or choose another one.', { cause });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EISDIR', 'ENOTEMPTY', 'ELOOP'].includes(code)) {
    const message = `Expected a file that may be written for ${path}, received ${code}`;
    const advice = 'Close any program that has the file open, check the permissions, or choose another folder.';
    return new PinholeError('usage', message, advice, { cause });
  }
  return PinholeError.from(cause);
}
