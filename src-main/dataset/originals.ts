// Originals of many images: files and members of archives byte by byte, slices of arrays as PNG. Pictures to look at are of locate.ts.
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { PinholeError } from '../contract/errors.ts';
import type { MissedImage, Original } from '../contract/explore.ts';
import type { Context, Dataset, Item, Preprocessing } from '../contract/records.ts';
import { safeName } from '../files/image-names.ts';
import { encodePng } from '../files/png.ts';
import { decodeArray } from './array.ts';
import { readAll } from './bytes.ts';
import { findCandidate, plainCandidate, scanAgain } from './locate.ts';
import { render } from './picture.ts';
import type { ArrayLayout, Candidate } from './tasks.ts';

/** Reads one after the other, each whole. Sources are looked through once, when the first image has no file of its own. */
export function openOriginals(
  dataset: Dataset,
  spoolFolder: string,
  context: Context = {},
): (item: Item) => Promise<Original | MissedImage> {
  let scanned: Promise<Map<string, Candidate>> | undefined;
  async function locate(item: Item): Promise<Candidate | undefined> {
    const plain = plainCandidate(dataset, item);
    if (plain) return plain;
    scanned ??= scanAgain(dataset, spoolFolder, context, 'list');
    return findCandidate(await scanned, item);
  }
  return async (item) => {
    const missed = (why: MissedImage['why'], detail = ''): MissedImage => ({ path: item.path, why, detail });
    try {
      const candidate = await locate(item);
      if (!candidate || !existsSync(candidate.place.file)) return missed('gone');
      const { bytes, modified } = readAll(candidate.place);
      if (hash('sha256', bytes, 'hex') !== item.sha256) return missed('changed');
      return { ...originalOf(candidate, bytes, dataset.preprocessing), modified };
    } catch (error) {
      const { code, message } = PinholeError.from(error);
      if (code === 'cancelled' || code === 'disk-full' || code === 'internal') throw error;
      return missed('unreadable', message);
    }
  };
}

function originalOf({ path, place, array }: Candidate, bytes: Uint8Array, preprocessing: Preprocessing) {
  const name = basename(path);
  const key = `${place.file}\n${place.offset}`;
  if (array) return { name: `${safeName(name)}.png`, key, bytes: sliceAsPng(array, bytes, preprocessing) };
  // A file's name was fit for a disk; whoever packed an archive may have called its members anything.
  return { name: place.length < 0 ? name : safeName(name), key, bytes: bytes.slice() };
}

/** Eight bits a sample, stored values of other types as the model saw them; opacity stays where there are eight already. */
function sliceAsPng(layout: ArrayLayout, bytes: Uint8Array, { background, intensity }: Preprocessing): Uint8Array {
  const { width, height, type } = layout;
  if (type === 'uint8' && layout.channels !== 2) {
    return encodePng({ data: bytes, width, height, channels: layout.channels });
  }
  const channels = layout.channels === 1 ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const whole = { width, height, channels, fit: 'stretch', background, intensity } as const;
  render(decodeArray(bytes, layout), whole, data, 0);
  return encodePng({ data, width, height, channels });
}
