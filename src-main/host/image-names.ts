// File names for decoded images: the original tree under the target folder, safe on every system.

// What Windows reserves; a name that is one of these with any ending opens a device instead of a file.
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * A relative path ending in `.png` for a row of codes: its own path without what could lead outside the folder or
 * what a system refuses, or `row-000017.png` where it has none.
 */
export function imageName(path: string | null, row: number): string {
  const parts = (path ?? '')
    .split(/[/\\]/)
    .map(safePart)
    .filter((part) => part !== '');
  const last = parts.pop();
  if (last === undefined) return `row-${String(row).padStart(6, '0')}.png`;
  return [...parts, `${last.replace(/\.[^.]*$/, '') || last}.png`].join('/');
}

function safePart(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must go
  const clean = part.replace(/[<>:"|?*\u0000-\u001f]/g, '_').replace(/[. ]+$/, '');
  if (clean === '' || clean === '.' || clean === '..') return '';
  return reserved.test(clean.replace(/\..*$/, '')) ? `_${clean}` : clean;
}
