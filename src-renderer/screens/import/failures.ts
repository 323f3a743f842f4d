// Where a file that was passed over lies, so that a person can look at it.
import type { Dataset, ImportFailure } from '../../../src-main/contract/records.ts';

/** Absolute path; null where it cannot be told: members of archives, and sources that share a name. */
export function failureFile(
  { sources }: Pick<Dataset, 'sources'>,
  { path }: Pick<ImportFailure, 'path'>,
): string | null {
  const join = (source: string, rest: string) => {
    const separator = source.includes('\\') ? '\\' : '/';
    return `${source.replace(/[\\/]$/, '')}${separator}${rest.split('/').join(separator)}`;
  };
  // With one source paths are relative to it; with several they begin with its name.
  if (sources.length === 1) return isArchive(sources[0]!) ? null : join(sources[0]!, path);
  const [first = '', ...rest] = path.split('/');
  const named = sources.filter((source) => source.split(/[\\/]/).at(-1) === first);
  return named.length === 1 && rest.length > 0 && !isArchive(named[0]!) ? join(named[0]!, rest.join('/')) : null;
}

const isArchive = (path: string) => /\.(zip|tar|tgz|tar\.gz|npz)$/i.test(path);
