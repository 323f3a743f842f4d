// Near-duplicates: copies as people make them are found, what is only alike is not; which to keep; pictures that show nothing.

import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { type Copy, findDuplicates, worth } from '../../src-main/latent/duplicates.ts';
import { type Found, nearestCodes } from '../../src-main/latent/nearest-codes.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { randomCodes } from './support.ts';

const side = 48;

/** A picture that no other is like: patches of colour with soft edges. */
function scene(seed: number): Sharp {
  const random = createRandom(seed);
  const shapes = Array.from({ length: 12 }, () => {
    const [x, y, r] = [256 * random.next(), 256 * random.next(), 20 + 60 * random.next()];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="hsl(${360 * random.next()} 70% ${20 + 60 * random.next()}%)" opacity="0.8"/>`;
  });
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">${shapes.join('')}</svg>`),
  ).flatten();
}

async function pixelsOf(picture: Sharp): Promise<Uint8Array> {
  const encoded = await picture.toBuffer();
  return sharp(encoded).rotate().resize(side, side, { fit: 'cover' }).removeAlpha().raw().toBuffer();
}

/** Everyone is a candidate for everyone. */
function allPairs(count: number): Found {
  const k = count - 1;
  const indices = Int32Array.from({ length: count * k }, (_, at) => {
    const [row, place] = [Math.floor(at / k), at % k];
    return place < row ? place : place + 1;
  });
  return { count, k, indices, distances: new Float32Array(count * k) };
}

async function find(pictures: readonly Uint8Array[], channels: 1 | 3 = 3) {
  const read = (rows: ArrayLike<number>) => {
    const data = Buffer.concat(Array.from(rows, (row) => pictures[row]!));
    return { data, count: rows.length, height: side, width: side, channels };
  };
  const copies = pictures.map((_, row): Copy => ({ path: `${row}.png`, width: 10, height: 10, bytes: 100 - row }));
  return findDuplicates(read, allPairs(pictures.length), copies);
}

test('re-encoded, smaller, cropped by five hundredths and turned copies are found, and nothing else', async () => {
  const pictures: Uint8Array[] = [];
  for (let seed = 0; seed < 12; seed++) {
    pictures.push(
      await pixelsOf(scene(seed).png()),
      await pixelsOf(scene(seed).jpeg({ quality: 50 })),
      await pixelsOf(scene(seed).resize(120).webp({ quality: 70 })),
      await pixelsOf(scene(seed).extract({ left: 6, top: 6, width: 244, height: 244 }).jpeg({ quality: 80 })),
      await pixelsOf(
        sharp(await scene(seed).png().toBuffer())
          .rotate(270)
          .withMetadata({ orientation: 6 })
          .jpeg(),
      ),
    );
  }
  const { groups, candidates } = await find(pictures);
  expect(candidates).toBe((60 * 59) / 2);
  expect(groups.map((rows) => rows.toSorted((a, b) => a - b))).toEqual(
    Array.from({ length: 12 }, (_, seed) => [0, 1, 2, 3, 4].map((variant) => 5 * seed + variant)),
  );
});

test('the same in another colour, upside down, or with a part exchanged is another picture', async () => {
  const original = await pixelsOf(scene(3).png());
  const grey = original.map((_, at) => original[at - (at % 3)]!);
  const upsideDown = await pixelsOf(
    sharp(await scene(3).png().toBuffer())
      .flip()
      .png(),
  );
  const other = await pixelsOf(scene(4).png());
  const exchanged = original.map((value, at) => (Math.floor(at / 3) % side < side / 2 ? value : other[at]!));
  expect((await find([original, grey, upsideDown, exchanged])).groups).toEqual([]);
});

test('pictures that show nothing are the same where their colour is', async () => {
  const flat = (value: number) => new Uint8Array(side * side).fill(value);
  const noisy = flat(200).map((value, at) => value + (at % 2));
  const { groups } = await find([flat(200), flat(90), noisy, flat(93)], 1);
  expect(groups).toEqual([[0, 2]]);
});

test('a copy of a copy is of the same group', async () => {
  const first = await pixelsOf(scene(9).png());
  const second = await pixelsOf(scene(9).jpeg({ quality: 40 }));
  expect((await find([first, await pixelsOf(scene(1).png()), second, first])).groups).toEqual([[0, 2, 3]]);
});

describe('worth keeping', () => {
  const copy = (changes: Partial<Copy>): Copy => ({ path: 'b.jpg', width: 100, height: 100, bytes: 1000, ...changes });

  test.each<[string, Partial<Copy>, Partial<Copy>]>([
    ['more pixels, whatever its file', { width: 200, bytes: 10 }, { bytes: 9999 }],
    ['of as many pixels, the larger file', { bytes: 1001 }, {}],
    ['else the path that comes first', { path: 'a.jpg' }, {}],
  ])('%s', (_, better, worse) => {
    expect(worth(copy(better), copy(worse))).toBeGreaterThan(0);
    expect(worth(copy(worse), copy(better))).toBeLessThan(0);
  });
});

test('a cancel is heard; without images there is nothing', async () => {
  const controller = new AbortController();
  controller.abort();
  const codes = randomCodes(3, 2);
  const read = () => ({ data: new Uint8Array(side * side), count: 1, height: side, width: side, channels: 1 as const });
  const copies = [0, 1, 2].map((row): Copy => ({ path: `${row}`, width: 1, height: 1, bytes: 1 }));
  const near = await nearestCodes(codes, 2);
  await expect(findDuplicates(read, near, copies, { signal: controller.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect((await findDuplicates(read, await nearestCodes(randomCodes(0, 2), 2), [])).groups).toEqual([]);
});
