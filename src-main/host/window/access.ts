// Which paths a window may name: the workspace, the roots, and what a person picked. Links that lead outside are outside.
import { isAbsolute, join } from 'node:path';
import { PinholeError } from '../../contract/errors.ts';
import { isInside, realPath } from '../../files/paths.ts';
import type { Surroundings } from './parts.ts';

/** In the workspace. */
const ownFolders = ['datasets', 'runs', 'uploads'];

export type Allowed = Pick<Surroundings, 'workspace' | 'roots' | 'allowed'>;

/** The path without links, dots and double separators. Throws `refused` where it lies outside of all that is allowed. */
export function expectAllowed(allowed: Allowed, path: string): string {
  if (!isAbsolute(path) || path.includes('\0')) throw refused(path);
  const folders = [allowed.workspace, ...allowed.roots, ...allowed.allowed];
  // Only looking at it would greet another machine, with this person's name.
  if (isOnNetwork(path) && !folders.some((folder) => isInside(folder, path))) throw refused(path);
  const real = realPath(path);
  if (!allowedFolders(allowed).some((folder) => isInside(folder, real))) throw refused(path);
  return real;
}

/** For what is to be written. Throws `refused` also among Pinhole's own data sets and runs, which it would overwrite. */
export function expectOut(allowed: Allowed, path: string): string {
  const real = expectAllowed(allowed, path);
  if (!ownFolders.some((name) => isInside(join(realPath(allowed.workspace), name), real))) return real;
  throw new PinholeError(
    'refused',
    `Expected a folder for exports, received “${path}”, where Pinhole keeps its own files.`,
    'Choose another folder.',
  );
}

/** Whether a path names another machine, as Windows has them, e.g. `\\machine\share`. */
export function isOnNetwork(path: string, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' && /^[\\/]{2}/.test(path);
}

/** Folders (and single files) that may be named, without links; ones that do not exist are left out. */
export function allowedFolders({ workspace, roots, allowed }: Allowed): string[] {
  return [workspace, ...roots, ...allowed].map(realPath);
}

function refused(path: string): PinholeError {
  return new PinholeError(
    'refused',
    `Expected a path in one of the folders that Pinhole may use, received “${path}”.`,
    'Choose a folder with the folder dialog, or start Pinhole with --root and the folder.',
  );
}
