// Reading exact byte ranges of a file, and the error for a file that is not what it should be.
import { type FileHandle, open } from 'node:fs/promises';
import { PinholeError } from '../contract/errors.ts';

/** A file open for reading, with its size at that moment. */
export interface OpenFile {
  readonly path: string;
  readonly size: number;
  /** Fills `bytes` from `position`; `file-damaged` if the file ends before. */
  read(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

// One read of Node may not exceed 2 GiB − 1.
const largestRead = 2 ** 30;

export async function openFile(path: string): Promise<OpenFile> {
  const handle = await openHandle(path);
  try {
    const { size } = await handle.stat();
    return {
      path,
      size,
      read: (bytes, position) => readFully(handle, path, bytes, position),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** One of Pinhole's own files, or an array file, is not what it should be: "Expected X for Y, received Z". */
export function damaged(path: string, expected: string, received: string): PinholeError {
  const advice = 'The file is incomplete or was changed by another program; make it again or choose another one.';
  return new PinholeError('file-damaged', `Expected ${expected} for ${path}, received ${received}`, advice);
}

async function openHandle(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const message = `Expected a file that may be read for ${path}, received ${reason}`;
    throw new PinholeError('source-missing', message, 'Check the path and its permissions.', { cause });
  }
}

async function readFully(handle: FileHandle, path: string, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await handle.read(
      bytes,
      done,
      Math.min(largestRead, bytes.byteLength - done),
      position + done,
    );
    if (bytesRead === 0) throw damaged(path, `${position + bytes.byteLength} bytes`, `${position + done}`);
    done += bytesRead;
  }
}
