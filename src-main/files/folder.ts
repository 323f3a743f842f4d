// Making a folder where a person asked for one, with an error that says why it cannot be. Files in it are elsewhere.
import { existsSync, statSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PinholeError } from '../contract/errors.ts';
import { isInside } from './paths.ts';

const reasons: Record<string, string> = {
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of the path is a file',
  ENOENT: 'its parent takes no new folders',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
};

/**
 * Makes a folder and whatever is missing above it; one that is there already is fine. Node's own recursive `mkdir`
 * never returns on file systems that answer ENOENT for a folder they do not allow (/proc, automounts).
 *
 * @throws `disk-full`; `usage` where the folder cannot be.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(resolve(path));
  } catch (cause) {
    const error = PinholeError.from(cause);
    if (error.code === 'disk-full') throw error;
    const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message;
    throw new PinholeError('usage', `The folder ${path} cannot be made: ${reason}.`, 'Choose another folder.', {
      cause,
    });
  }
}

/** The same below a folder that is there: what lies in it may be a link that leads elsewhere. Throws `refused` then. */
export async function makeFolderInside(root: string, path: string): Promise<void> {
  await makeFolder(path);
  const real = await realpath(path);
  if (isInside(await realpath(root), real)) return;
  throw new PinholeError(
    'refused',
    `Expected a folder in ${root}, received ${path}, which is a link to ${real}.`,
    'Choose another folder.',
  );
}

async function make(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (!existsSync(parent)) await make(parent);
  try {
    await mkdir(folder);
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
