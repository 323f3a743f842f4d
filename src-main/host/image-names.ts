// File names for decoded images: the original tree under the target folder, safe on every system.

// What Windows reserves; a name that is one of these with any ending opens a device instead of a file.
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * Gives each row of codes its relative file name, ending in `.png`: its own path without what could lead outside the
 * folder or what a system refuses, or `row-000017.png` where it has none. No name comes twice, also not where upper and
 * lower case are the same: `a.jpg` and `A.png` become `a.png` and `A-2.png`.
 */
export function createImageNames(): (path: string | null, row: number) => string {
  const taken = new Set<string>();
  return (path, row) => {
    const stem = stemOf(path) ?? `row-${String(row).padStart(6, '0')}`;
    let name = stem;
    for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${stem}-${copy}`;
    taken.add(name.toLowerCase());
    return `${name}.png`;
  };
}

/** The path without its ending; a page of a file with several (`scan.tif#3`) keeps its number. */
function stemOf(path: string | null): string | undefined {
  const parts = (path ?? '')
    .split(/[/\\]/)
    .map(safePart)
    .filter((part) => part !== '');
  const last = parts.pop();
  if (last === undefined) return undefined;
  const [, name, page] = /^(.*?)(?:#(\d+))?$/s.exec(last)!;
  const stem = name!.replace(/\.[^.]*$/, '') || name!;
  return [...parts, page ? `${stem}-${page}` : stem].join('/');
}

function safePart(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must go
  const clean = part.replace(/[<>:"|?*\u0000-\u001f]/g, '_').replace(/[. ]+$/, '');
  if (clean === '' || clean === '.' || clean === '..') return '';
  return reserved.test(clean.replace(/\..*$/, '')) ? `_${clean}` : clean;
}
