// Original images as copies, in a folder for each group of them. Nothing that is there is written over; finding originals is elsewhere.
import { lstat, readFile, utimes } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { PinholeError, throwIfCancelled } from '../contract/errors.ts';
import type { CopyResult, ImageFolder, MissedImage, Original } from '../contract/explore.ts';
import type { Context, Dataset, Item } from '../contract/records.ts';
import { removeLeftovers, writeInPlace } from '../files/atomic.ts';
import { makeFolder, makeFolderInside } from '../files/folder.ts';
import { keyOf, safeName, shortened } from '../files/image-names.ts';
import { expectApart } from '../files/paths.ts';
import { progressReporter } from './progress.ts';

export interface CopyInput {
  folder: string;
  folders: readonly ImageFolder[];
  items: readonly Item[];
  /** Nothing is written into any of their sources. */
  datasets: readonly Pick<Dataset, 'name' | 'sources'>[];
  read(item: Item): Promise<Original | MissedImage>;
}

/**
 * What was copied before, and is as it was, stays and is not copied again. What cannot be had is listed. Throws `usage` for a
 * folder among the originals, before anything is written, and `refused` where one is a link to elsewhere.
 */
export async function copyIntoFolders(input: CopyInput, context: Context = {}): Promise<CopyResult> {
  const started = performance.now();
  const { folder, datasets, read } = input;
  const named = nameFolders(input.folders);
  for (const { name } of named) expectApart(datasets, join(folder, name));
  await makeFolder(folder);
  const items = new Map(input.items.map((item) => [item.id, item]));
  const total = named.reduce((sum, { ids }) => sum + ids.length, 0);
  const progress = progressReporter(context, 'copy', total);
  const result = { folder, folders: [] as CopyResult['folders'], copied: 0, present: 0, missed: [] as MissedImage[] };
  let done = 0;
  for (const { name, ids } of named) {
    const path = join(folder, name);
    await makeFolderInside(folder, path);
    await removeLeftovers(path);
    const places = placesIn(path);
    let images = 0;
    for (const id of ids) {
      throwIfCancelled(context.signal);
      const item = items.get(id)!;
      const original = await read(item);
      if ('why' in original) {
        result.missed.push(original);
        places.skip(basename(item.path));
      } else {
        result[await places.put(original)]++;
        images++;
      }
      progress(++done);
    }
    result.folders.push({ name, images });
  }
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

/** Safe on every system, and different where upper and lower case are the same. */
function nameFolders(folders: readonly ImageFolder[]): ImageFolder[] {
  const unused = createNumbering();
  return folders.map(({ name, ids }) => {
    const [safe] = unused(name === '' ? 'unlabelled' : safeName(name), '');
    return { name: safe!, ids };
  });
}

/** Puts one original after the other into a folder. */
function placesIn(folder: string) {
  const unused = createNumbering();
  const files = new Set<string>();
  const names = (name: string) => unused(basename(name, extname(name)), extname(name));
  return {
    /** Of one that is missed: its name is kept for it, so that others get the same ones when it is back. */
    skip(name: string): void {
      names(name).next();
    },
    async put({ name: wanted, bytes, modified, key }: Original): Promise<'copied' | 'present'> {
      // Pages of one file are images of their own, but the file is one.
      if (files.has(key)) return 'present';
      files.add(key);
      for (const name of names(wanted)) {
        const file = join(folder, name);
        const there = await standing(file, bytes);
        if (there === 'same') return 'present';
        if (there === 'other') continue;
        await writeInPlace(file, bytes);
        if (modified > 0) await utimes(file, modified / 1000, modified / 1000);
        return 'copied';
      }
      throw new PinholeError('internal', 'internal: names are never used up');
    },
  };
}

/** What is there under a name: links and folders are something other, whatever is behind them. */
async function standing(file: string, bytes: Uint8Array): Promise<'nothing' | 'same' | 'other'> {
  try {
    const info = await lstat(file);
    return info.isFile() && info.size === bytes.length && (await readFile(file)).equals(bytes) ? 'same' : 'other';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'nothing' : 'other';
  }
}

/** What file systems take, in bytes. */
const longestName = 255;

/** Names that were not given before, from the wanted one on: `a.png`, `a (2).png`, `a (3).png`, … */
function createNumbering() {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return function* unused(stem: string, ending: string): Generator<string, never> {
    const key = keyOf(stem + ending);
    for (let number = next.get(key) ?? 1; ; number++) {
      const rest = number === 1 ? ending : ` (${number})${ending}`;
      const name = shortened(stem, longestName - Buffer.byteLength(rest)) + rest;
      next.set(key, number + 1);
      if (taken.has(keyOf(name))) continue;
      taken.add(keyOf(name));
      yield name;
    }
  };
}
