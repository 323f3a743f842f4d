// Where something is going to be written: whether it can be, what is there already, how much room there is.
import { accessSync, constants, statSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { PinholeError } from '../../contract/errors.ts';
import type { TargetView } from '../../contract/views.ts';
import { type Allowed, expectOut } from './access.ts';

const archiveEnding = '.pinhole';

/** Writes nothing; a path that is not allowed is a problem like any other. */
export async function lookAtTarget(
  allowed: Allowed,
  path: string,
  kind: 'archive' | 'folder',
  expect: (real: string) => void = () => {},
): Promise<TargetView> {
  try {
    const target = kind === 'archive' ? expectArchiveOut(allowed, path) : expectOut(allowed, path);
    expect(target);
    const there = expectWritable(kind === 'archive' ? dirname(target) : target);
    const disk = await statfs(there);
    const found = statSync(target, { throwIfNoEntry: false });
    const exists = kind === 'archive' ? found !== undefined : there === target && (await readdir(target)).length > 0;
    return { problem: null, exists, freeBytes: disk.bavail * disk.bsize };
  } catch (error) {
    return { problem: PinholeError.from(error).toJSON(), exists: false, freeBytes: 0 };
  }
}

/**
 * For an archive that is to be written. Throws `refused` as `expectOut` does, and `usage` for a name without the ending of
 * archives: anything else that lies there would be written over.
 */
export function expectArchiveOut(allowed: Allowed, path: string): string {
  const real = expectOut(allowed, path);
  if (!basename(real).toLowerCase().endsWith(archiveEnding) || basename(real).length === archiveEnding.length) {
    throw new PinholeError(
      'usage',
      `Expected a file name that ends in .pinhole, received ${basename(real)}.`,
      'Call it something like images.pinhole.',
    );
  }
  if (statSync(real, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PinholeError(
      'usage',
      `Expected a file to write to, received the folder ${real}.`,
      'Choose another name.',
    );
  }
  return real;
}

/** The deepest folder of the path that is there. Throws `usage` where nothing can be written in it. */
export function expectWritable(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return expectWritable(dirname(path));
  if (!found.isDirectory()) {
    throw new PinholeError(
      'usage',
      `Expected a folder to write to, received the file ${path}.`,
      'Choose another folder.',
    );
  }
  try {
    accessSync(path, constants.W_OK);
    return path;
  } catch (cause) {
    throw new PinholeError('usage', `The folder ${path} may not be written.`, 'Choose another folder.', { cause });
  }
}
