// Photographs with planted copies (re-encoded, smaller, cropped, turned by EXIF) and strangers, and how well they are found.
import { copyFileSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import type { DuplicateResult, OutlierResult } from '../../src-main/contract/explore.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

export interface Planted {
  folder: string;
  /** Paths of an original, which comes first, and its copies. */
  groups: string[][];
  strangers: string[];
}

/** All photographs of a folder, four copies of every n-th of them, and six pictures that are no photographs. */
export async function plantedFolder(photos: string, folder: string, copied: number): Promise<Planted> {
  mkdirSync(folder, { recursive: true });
  const names = globSync('*.{JPEG,jpg,jpeg,png}', { cwd: photos }).sort();
  for (const name of names) copyFileSync(join(photos, name), join(folder, basename(name)));
  const groups: string[][] = [];
  const step = Math.max(1, Math.floor(names.length / copied));
  for (const name of names.filter((_, place) => place % step === 0).slice(0, copied)) {
    groups.push([name, ...(await copiesOf(join(photos, name), folder, name.replace(/\.\w+$/, '')))]);
  }
  return { folder, groups, strangers: await drawStrangers(folder) };
}

async function copiesOf(photo: string, folder: string, name: string): Promise<string[]> {
  const upright = await sharp(photo).rotate().toBuffer();
  const { width, height } = await sharp(upright).metadata();
  const edge = (length: number) => Math.round(0.025 * length);
  const crop = {
    left: edge(width),
    top: edge(height),
    width: width - 2 * edge(width),
    height: height - 2 * edge(height),
  };
  const copies = {
    'encoded.jpg': sharp(upright).jpeg({ quality: 60 }),
    'smaller.webp': sharp(upright)
      .resize(Math.round(0.6 * width))
      .webp({ quality: 85 }),
    'cropped.jpg': sharp(upright).extract(crop).jpeg({ quality: 90 }),
    // Stored lying on its side, with the word that it is to be turned back.
    'turned.jpg': sharp(upright).rotate(270).withExif({}).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }),
  };
  const paths: string[] = [];
  for (const [ending, picture] of Object.entries(copies)) {
    const path = `${name}-${ending}`;
    await picture.toFile(join(folder, path));
    paths.push(path);
  }
  return paths;
}

async function drawStrangers(folder: string): Promise<string[]> {
  const side = 256;
  const random = createRandom(5);
  // Coarse enough to be noise at the model's size, too: finer, it would become an even grey.
  const grains = side / 4;
  const noise = Uint8Array.from({ length: 3 * grains * grains }, () => random.integer(256));
  const lines = Array.from(
    { length: 6 },
    (_, line) => `<text x="4" y="${40 + 42 * line}" font-size="44" font-weight="bold">PAGE ${line} OF</text>`,
  );
  const board = Array.from({ length: 64 }, (_, cell) => {
    const [row, column] = [cell >> 3, cell & 7];
    return (row + column) % 2 ? '' : `<rect x="${32 * column}" y="${32 * row}" width="32" height="32"/>`;
  });
  const stripes = Array.from(
    { length: 32 },
    (_, at) => `<rect x="${8 * at}" width="4" height="256" fill="hsl(${11 * at} 100% 50%)"/>`,
  );
  const svg = (content: string) =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="#fff"/>${content}</svg>`,
      ),
    );
  const pictures = {
    'stranger-noise.png': sharp(noise, { raw: { width: grains, height: grains, channels: 3 } }).resize(side, side, {
      kernel: 'nearest',
    }),
    'stranger-page.png': svg(lines.join('')),
    'stranger-board.png': svg(board.join('')),
    'stranger-stripes.png': svg(stripes.join('')),
    'stranger-neon.png': svg(
      '<rect width="128" height="256" fill="#0f0"/><rect x="128" width="128" height="256" fill="#f0f"/>',
    ),
  };
  for (const [name, picture] of Object.entries(pictures)) await picture.png().toFile(join(folder, name));
  return Object.keys(pictures);
}

/** Of pairs of images that are copies of each other. */
export function scoreDuplicates({ groups: found }: Pick<DuplicateResult, 'groups'>, groups: readonly string[][]) {
  const planted = pairsOf(groups);
  const told = pairsOf(found.map(({ keep, others }) => [keep, ...others].map(({ path }) => path)));
  const right = [...told].filter((pair) => planted.has(pair)).length;
  return {
    precision: told.size === 0 ? 1 : right / told.size,
    recall: right / planted.size,
    missed: [...planted].filter((pair) => !told.has(pair)),
    wrong: [...told].filter((pair) => !planted.has(pair)),
  };
}

function pairsOf(groups: readonly (readonly string[])[]): Set<string> {
  return new Set(
    groups.flatMap((group) =>
      group.flatMap((one, place) => group.slice(place + 1).map((other) => [one, other].sort().join(' = '))),
    ),
  );
}

/** How many of the strangers come before everything else, and the ranks of all of them. */
export function scoreOutliers({ outliers }: Pick<OutlierResult, 'outliers'>, strangers: readonly string[]) {
  const ranks = strangers.map((name) => outliers.findIndex(({ path }) => path === name) + 1).sort((a, b) => a - b);
  return { ranks, first: ranks.filter((rank, place) => rank === place + 1).length };
}
