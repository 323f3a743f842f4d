// Which path lies in which folder, links and dots resolved. Whether anything may be read or written there is decided elsewhere.
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { PinholeError } from '../contract/errors.ts';
import type { Dataset } from '../contract/records.ts';

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way.split(/[\\/]/)[0] !== '..');
}

/** Of a path that does not exist yet, the real path of its deepest folder that does, and the rest as it is. */
export function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    const parent = dirname(full);
    return parent === full ? full : join(realPath(parent), basename(full));
  }
}

/** Throws `usage` for a folder that is a source of a data set or lies in one: originals of the same names could be overwritten. */
export function expectApart(
  datasets: readonly Pick<Dataset, 'name' | 'sources'>[],
  folder: string,
  advice = 'Choose another folder.',
): void {
  const real = realPath(folder);
  const around = datasets.find(({ sources }) => sources.some((source) => isInside(realPath(source), real)));
  if (around === undefined) return;
  throw new PinholeError(
    'usage',
    `Expected a folder apart from the originals, received ${real}, which is one of the sources of ${around.name}.`,
    advice,
  );
}
