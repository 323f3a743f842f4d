// Neighbour overlap of codes whose overlap is known: equal, turned, unrelated, half of each; sampled among many.
import { describe, expect, test } from 'vitest';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { overlapSample } from '../../src-main/contract/explore.ts';
import type { Codes } from '../../src-main/latent/encode.ts';
import { neighbourOverlap, sharedCodes } from '../../src-main/latent/overlap.ts';
import { codesOf, randomCodes } from './support.ts';

const k = 15;

/** Turned in the plane of the first two numbers, moved and made larger. */
function turned({ codes, ids, errors, size }: Codes): Codes {
  const rows = Array.from(ids, (_, row) => {
    const [x, y, ...rest] = codes.subarray(row * size, (row + 1) * size);
    return [0.6 * x! - 0.8 * y!, 0.8 * x! + 0.6 * y!, ...rest].map((value) => 3 * value + 1);
  });
  return { ...codesOf(size, ...rows), ids, errors };
}

test('equal codes: 1, and turned ones too', async () => {
  const codes = randomCodes(400, 6);
  expect(await neighbourOverlap(codes, codes, k)).toEqual({ k, overlap: 1, images: 400, points: 400 });
  const { overlap } = await neighbourOverlap(codes, turned(codes), k);
  expect(overlap).toBeGreaterThan(0.999);
});

test('unrelated codes: about k of all others', async () => {
  const count = 600;
  const { overlap } = await neighbourOverlap(randomCodes(count, 6, 1), randomCodes(count, 9, 2), k);
  // The deviation of the mean of 600 × 15 draws is below 0.002.
  expect(Math.abs(overlap - k / (count - 1))).toBeLessThan(0.008);
});

test('by hand: of four on a line one changes its place', async () => {
  const before = codesOf(1, [0], [1], [10], [11.5]);
  const after = codesOf(1, [0], [9], [10], [11.5]);
  // The nearest: 1 0 3 2, and 1 2 1 2.
  expect(await neighbourOverlap(before, after, 1)).toMatchObject({ overlap: 0.5, k: 1 });
});

test('as many neighbours as there are others; no neighbours, no overlap', async () => {
  const few = randomCodes(5, 2);
  expect(await neighbourOverlap(few, randomCodes(5, 3, 2), k)).toMatchObject({ k: 4, overlap: 1 });
  await expect(neighbourOverlap(randomCodes(1, 2), randomCodes(1, 2), k)).rejects.toThrow(
    'Expected two images or more that both runs have, received 1.',
  );
});

test('images are matched by their ids: those that one lacks do not count', async () => {
  const all = randomCodes(200, 4);
  const ids = all.ids.map((id) => 10 + 2 * id);
  const kept = [...ids.keys()].filter((row) => row % 3 > 0).reverse();
  const part = {
    size: 4,
    ids: Uint32Array.from(kept, (row) => ids[row]!),
    codes: Float32Array.from(kept.flatMap((row) => [...all.codes.subarray(4 * row, 4 * row + 4)])),
  };
  const [one, other] = sharedCodes({ ...all, ids }, part);
  expect([...one.codes]).toEqual([...other.codes]);
  expect(await neighbourOverlap(one, other, k)).toMatchObject({ overlap: 1, images: kept.length });
  expect(sharedCodes(all, { ...all })).toEqual([all, all]);
});

describe('among many', () => {
  const many = randomCodes(overlapSample.from, 3);

  test('a sample, whose neighbours are sought among all', async () => {
    const done: number[] = [];
    const context = {
      onProgress: ({ done: now, total }: { done: number; total: number | null }) => done.push(now / total!),
    };
    const { overlap, images, points } = await neighbourOverlap(many, turned(many), k, context);
    expect({ images, points }).toEqual({ images: overlapSample.from, points: overlapSample.points });
    expect(overlap).toBeGreaterThan(0.99);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(1);
  });

  test('a cancel is heard', async () => {
    const controller = new AbortController();
    const context = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(neighbourOverlap(many, many, k, context)).rejects.toBeInstanceOf(PinholeError);
  });
});
