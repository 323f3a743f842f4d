// Which image a name or number in somebody's table means. What is done with it is elsewhere.
import type { ColumnKey } from '../contract/columns.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Item } from '../contract/records.ts';

export interface FoundImages {
  /** Of every name the id of its image, −1 for none. */
  ids: Int32Array;
  /** How many were found by the end of their path alone. */
  byEnding: number;
}

const shownExamples = 3;
const none = -1;

/**
 * By id, or by path: the same one, else where one is the end of the other (`1.jpg` or `/photos/cats/1.jpg` for `cats/1.jpg`).
 * A name whose folders say otherwise is that of another image. Throws `usage` where a name is the end of several paths.
 */
export function findImages(items: readonly Item[], names: readonly string[], by: ColumnKey, file: string): FoundImages {
  if (by === 'id') {
    const known = new Set(items.map(({ id }) => id));
    const ids = Int32Array.from(names, (name) => (isId(name) && known.has(Number(name)) ? Number(name) : none));
    return { ids, byEnding: 0 };
  }
  const rows = new Map(items.map(({ path }, row) => [path, row]));
  const plain = names.map(plainPath);
  let endings: Map<string, number> | undefined;
  let byEnding = 0;
  const several: string[] = [];
  const ids = Int32Array.from(plain, (name) => {
    const exact = rows.get(name);
    if (exact !== undefined) return items[exact]!.id;
    endings ??= endingsOf(items);
    const longer = endingsIn(name).find((ending) => rows.has(ending));
    const row = endings.get(name) ?? rows.get(longer ?? '') ?? none;
    if (row === ambiguous) several.push(name);
    if (row < 0) return none;
    byEnding++;
    return items[row]!.id;
  });
  if (several.length > 0) throw ambiguousNames(items, several, file);
  return { ids, byEnding };
}

export const isId = (text: string): boolean => /^\d{1,10}$/.test(text.trim());

/** Written on any system. */
const plainPath = (text: string) => text.trim().replaceAll('\\', '/').replace(/^\.\//, '');

/** `a/b/c.jpg`, `b/c.jpg`, `c.jpg`. */
function endingsIn(path: string): string[] {
  if (path === '' || path.endsWith('/')) return [];
  const endings = [path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) endings.push(path.slice(at + 1));
  return endings;
}

const ambiguous = -2;

function endingsOf(items: readonly Item[]): Map<string, number> {
  const endings = new Map<string, number>();
  for (const [row, { path }] of items.entries())
    for (const ending of endingsIn(path)) endings.set(ending, endings.has(ending) ? ambiguous : row);
  return endings;
}

function ambiguousNames(items: readonly Item[], names: readonly string[], file: string): PinholeError {
  const examples = names.slice(0, shownExamples).map((name) => {
    const same = items.filter(({ path }) => path === name || path.endsWith(`/${name}`));
    return `“${name}” (${same[0]!.path}, ${same[1]!.path})`;
  });
  return new PinholeError(
    'usage',
    `Expected names that one image alone has for ${file}, received ${names.length} that several have: ${listed(examples, names.length)}`,
    'Write more of each path, or name images by their image_id, as features.csv has them.',
  );
}

/** The first of them, and that there are more. */
export function listed(examples: readonly string[], count: number): string {
  return `${examples.slice(0, shownExamples).join(', ')}${count > shownExamples ? ', …' : ''}`;
}
