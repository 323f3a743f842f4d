// The way to look into an archive.
import { go } from '../../navigation.svelte.ts';
import { isArchive } from './archive-names.ts';

/** Opens the only path where it is an archive; says whether it was. */
export function openIfArchive(paths: readonly string[]): boolean {
  const [path] = paths;
  if (paths.length !== 1 || path === undefined || !isArchive(path)) return false;
  go({ screen: 'compress', archive: path });
  return true;
}
