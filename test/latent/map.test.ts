// Maps of codes: PCA and UMAP on inputs that are small, flat, equal or cut into pieces, always finite, and their neighbours.
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src-main/contract/records.ts';
import type { Codes } from '../../src-main/latent/encode.ts';
import { pcaLayout, umapLayout } from '../../src-main/latent/map.ts';
import { takeExactly, takeOthers } from '../../src-main/latent/nearest-codes.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { codesOf, equalCodes, randomCodes } from './support.ts';

const isInSight = (xy: Float32Array) => xy.every((value) => Number.isFinite(value) && Math.abs(value) <= 1.5);
const umap = { method: 'umap', neighbours: 15, minDistance: 0.1, seed: 1 } as const;

describe('PCA', () => {
  test.each<[string, Codes, number]>([
    ['two images', codesOf(3, [0, 0, 0], [1, 2, 3]), 1],
    ['one image', codesOf(3, [1, 2, 3]), 1],
    ['codes of one number', codesOf(1, [1], [2], [5]), 1],
    ['codes of two numbers', codesOf(2, [1, 2], [2, 1], [5, 5]), 1],
    ['all codes equal', equalCodes(20, 4), 1],
    ['codes that vary in one direction', codesOf(4, ...[1, 2, 3, 4].map((at) => [at, 2 * at, 0, 1])), 1],
    ['huge and tiny numbers', codesOf(3, [1e18, 0, 1e-18], [-1e18, 1, 0], [0, 2, 1]), 1],
  ])('%s: finite, in sight, and all explained', async (_, codes, explained) => {
    const layout = await pcaLayout(codes);
    expect(layout.xy).toHaveLength(2 * codes.ids.length);
    expect(isInSight(layout.xy), String(layout.xy)).toBe(true);
    expect(layout.explained).toBeCloseTo(explained, 6);
  });

  test('none at all is an empty map', async () => {
    expect(await pcaLayout(codesOf(3))).toMatchObject({ xy: new Float32Array(0) });
  });

  test('two images lie apart, at the ends of the first axis; codes of one number on a line', async () => {
    const [x0, y0, x1, y1] = (await pcaLayout(codesOf(3, [0, 0, 0], [1, 2, 3]))).xy;
    expect([Math.abs(x0! - x1!), y0, y1].map((value) => Number(value!.toFixed(5)))).toEqual([2, 0, 0]);
    const line = (await pcaLayout(codesOf(1, [1], [2], [5]))).xy;
    expect([...line]).toEqual([-1, 0, -0.5, 0, 1, 0]);
  });

  test('distances in two leading directions are kept, whatever way the codes lie', async () => {
    const random = createRandom(3);
    const plane = Array.from({ length: 50 }, () => [random.normal(), random.normal()] as const);
    const turned = plane.map(([a, b]) => [(a + b) / Math.SQRT2, (a - b) / Math.SQRT2, 7, -2]);
    const { xy, explained } = await pcaLayout(codesOf(4, ...turned));
    const scale = (i: number, j: number) =>
      Math.hypot(xy[2 * i]! - xy[2 * j]!, xy[2 * i + 1]! - xy[2 * j + 1]!) /
      Math.hypot(plane[i]![0] - plane[j]![0], plane[i]![1] - plane[j]![1]);
    expect(explained).toBeCloseTo(1, 6);
    for (let row = 2; row < 50; row++) expect(scale(0, row)).toBeCloseTo(scale(0, 1), 4);
  });
});

describe('UMAP', () => {
  test.each<[string, Codes]>([
    ['two images', codesOf(3, [0, 0, 0], [1, 2, 3])],
    ['codes of one number', codesOf(1, [1], [2], [5], [6], [7], [8])],
    ['codes of two numbers', randomCodes(30, 2)],
  ])('%s: shown as they are, which is said', async (_, codes) => {
    const notices: Notice[] = [];
    const layout = await umapLayout(codes, umap, { onNotice: (notice) => notices.push(notice) });
    expect(layout).toEqual({ ...(await pcaLayout(codes)), explained: null });
    expect(notices.map(({ message }) => message)).toEqual([
      'There is nothing for UMAP to reduce: the map shows the codes themselves.',
    ]);
  });

  test.each<[string, Codes]>([
    ['five images, the fewest', randomCodes(5, 3)],
    ['fewer images than neighbours', randomCodes(12, 8)],
    ['all codes equal', equalCodes(300, 4)],
    ['a few codes many times', codesOf(3, ...Array.from({ length: 400 }, (_, row) => [row % 3, 0, 1]))],
    ['islands far apart', codesOf(3, ...Array.from({ length: 200 }, (_, row) => [1e6 * (row % 2), row, 1]))],
  ])('%s: finite and in sight', { timeout: 600_000 }, async (_, codes) => {
    const { xy } = await umapLayout(codes, umap);
    expect(xy).toHaveLength(2 * codes.ids.length);
    expect(isInSight(xy)).toBe(true);
  });
});

describe('neighbours', () => {
  const found = (count: number, k: number) => ({
    k,
    indices: new Int32Array(count * k),
    distances: new Float32Array(count * k),
  });

  test('what the index did not find is named, and never taken for image 0', () => {
    const result = found(3, 2);
    const matches = {
      keys: BigUint64Array.of(0n, 1n, 2n, /**/ 1n, 0n, 0n, /**/ 0n, 0n, 0n),
      distances: Float32Array.of(0, 1, 4, /**/ 0, 1, 0, /**/ 0, 0, 0),
      counts: BigUint64Array.of(3n, 2n, 0n),
    };
    expect(takeOthers(matches, 0, 3, result)).toEqual([1, 2]);
    expect([...result.indices.subarray(0, 2)]).toEqual([1, 2]);
    expect([...result.distances.subarray(0, 2)]).toEqual([1, 2]);
  });

  test('looked for among all, they are the nearest, in order, without the point itself', () => {
    const { codes, size } = randomCodes(60, 5, 9);
    const result = found(60, 4);
    for (let point = 0; point < 60; point++) takeExactly(codes, size, point, result);
    const distance = (i: number, j: number) =>
      Math.hypot(...Array.from({ length: size }, (_, at) => codes[i * size + at]! - codes[j * size + at]!));
    for (let point = 0; point < 60; point++) {
      const others = Array.from({ length: 60 }, (_, other) => other).filter((other) => other !== point);
      others.sort((a, b) => distance(point, a) - distance(point, b));
      expect([...result.indices.subarray(4 * point, 4 * point + 4)]).toEqual(others.slice(0, 4));
      expect(result.distances[4 * point]).toBeCloseTo(distance(point, others[0]!), 5);
    }
  });

  test('of equal codes each point has others, not itself', () => {
    const { codes, size } = equalCodes(6, 3);
    const result = found(6, 5);
    for (let point = 0; point < 6; point++) takeExactly(codes, size, point, result);
    for (let point = 0; point < 6; point++)
      expect([...result.indices.subarray(5 * point, 5 * point + 5)].sort()).toEqual(
        [0, 1, 2, 3, 4, 5].filter((other) => other !== point),
      );
    expect(new Set(result.distances)).toEqual(new Set([0]));
  });
});
