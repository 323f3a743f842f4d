// File names for decoded images: the original tree under the target folder, safe on every system.

// What Windows reserves; a name that is one of these with any ending opens a device instead of a file.
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

// Longer ones than 255 bytes are refused by most systems, and an ending and a number must still find room.
const longestPart = 200;
const deepest = 32;

/**
 * Gives each row of codes its relative file name, ending in `.png` or as asked: its own path without what could lead outside
 * the folder or what a system refuses, or `row-000017.png` where it has none. No name comes twice, also not where upper and
 * lower case or two spellings of a letter are the same: `a.jpg` and `A.png` become `a.png` and `A-2.png`. Nor is a file named
 * like a folder.
 */
export function createImageNames(): (path: string | null, row: number, ending?: string) => string {
  // Without their ending, so that pictures of one name keep apart whatever format each is brought to.
  const stems = new Set<string>();
  const files = new Set<string>();
  const folders = new Set<string>();
  return (path, row, ending = '.png') => {
    const parts = partsOf(path) ?? [`row-${String(row).padStart(6, '0')}`];
    const [stem, ...above] = parts.reverse();
    const folder = above.reverse().reduce((inside, part) => {
      const wanted = `${inside}${part}`;
      const name = unused(wanted, (candidate) => files.has(keyOf(candidate)));
      folders.add(keyOf(name));
      return `${name}/`;
    }, '');
    const name = unused(
      `${folder}${stem}`,
      (candidate) => stems.has(keyOf(candidate)) || folders.has(keyOf(candidate + ending)),
    );
    stems.add(keyOf(name));
    files.add(keyOf(name + ending));
    return name + ending;
  };
}

/** The name, or the first of name-2, name-3, … that is not in use. */
function unused(wanted: string, isTaken: (name: string) => boolean): string {
  let name = wanted;
  for (let copy = 2; isTaken(name); copy++) name = `${wanted}-${copy}`;
  return name;
}

/** Equal for names that some file system takes for the same. */
export const keyOf = (name: string) => name.normalize('NFC').toLowerCase();

/** The path without its ending; a page of a file with several (`scan.tif#3`) keeps its number. */
function partsOf(path: string | null): string[] | undefined {
  const parts = (path ?? '')
    .split(/[/\\]/)
    .map(safePart)
    .filter((part) => part !== '')
    .slice(-deepest);
  const last = parts.pop();
  if (last === undefined) return undefined;
  const [, name, page] = /^(.*?)(?:#(\d+))?$/s.exec(last)!;
  const stem = name!.replace(/\.[^.]*$/, '') || name!;
  return [...parts, page ? `${stem}-${page}` : stem];
}

/** One name, never empty, that every system takes: of a label, or of what somebody packed into an archive. */
export const safeName = (name: string): string => safePart(name.replace(/[/\\]/g, '_')) || '_';

function safePart(part: string): string {
  const short = shortened(part, longestPart);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must go
  const clean = short.replace(/[<>:"|?*\u0000-\u001f]/g, '_').replace(/[. ]+$/, '');
  if (clean === '' || clean === '.' || clean === '..') return '';
  return reserved.test(clean.replace(/\..*$/, '')) ? `_${clean}` : clean;
}

/** Whole letters of at most as many bytes. */
export function shortened(part: string, most: number): string {
  const letters = [...part];
  let bytes = Buffer.byteLength(part);
  while (bytes > most) bytes -= Buffer.byteLength(letters.pop()!);
  return letters.join('');
}
