// t-SNE: forces beside those reckoned plainly, groups that stay together, the same map every time, and inputs at the ends.
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src-main/contract/records.ts';
import { codesLayout, pcaLayout, tsneLayout } from '../../src-main/latent/map.ts';
import { mapQuality } from '../../src-main/latent/map-quality.ts';
import { Tree } from '../../src-main/latent/tsne.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { codesOf, equalCodes, groupedCodes, randomCodes } from './support.ts';

const usual = { method: 'tsne', perplexity: 30 } as const;

describe('repulsion by the tree', () => {
  function plainly(positions: Float64Array) {
    const forces = new Float64Array(positions.length);
    let normal = 0;
    for (let one = 0; 2 * one < positions.length; one++) {
      for (let other = 0; 2 * other < positions.length; other++) {
        if (one === other) continue;
        const [dx, dy] = [0, 1].map((axis) => positions[2 * one + axis]! - positions[2 * other + axis]!) as [
          number,
          number,
        ];
        const near = 1 / (1 + dx * dx + dy * dy);
        normal += near;
        forces[2 * one]! += near * near * dx;
        forces[2 * one + 1]! += near * near * dy;
      }
    }
    return { forces, normal };
  }

  test.each([2, 3, 50, 700])('of %i points is near to that of all pairs', (count) => {
    const random = createRandom(count);
    const positions = Float64Array.from({ length: 2 * count }, () => 20 * random.normal());
    const out = new Float64Array(2 * count);
    const normal = new Tree(count).repel(positions, out);
    const plain = plainly(positions);
    expect(Math.abs(normal / plain.normal - 1)).toBeLessThan(0.03);
    const size = Math.sqrt(plain.forces.reduce((sum, force) => sum + force * force, 0));
    const off = Math.sqrt(out.reduce((sum, force, at) => sum + (force - plain.forces[at]!) ** 2, 0));
    expect(off / size).toBeLessThan(0.05);
  });

  test('points at one place do not make it deeper and deeper, and push nobody anywhere', () => {
    const positions = new Float64Array(200).fill(3);
    const out = new Float64Array(200).fill(7);
    expect(new Tree(100).repel(positions, out)).toBeGreaterThan(0);
    expect(out.every((force) => force === 0)).toBe(true);
  });
});

test('groups stay together, better than PCA shows them; the same codes give the same map', {
  timeout: 120_000,
}, async () => {
  const codes = groupedCodes(300, 12, 8, 2);
  const { xy } = await tsneLayout(codes, usual);
  const [tsne, pca] = [await mapQuality(codes, xy), await mapQuality(codes, (await pcaLayout(codes)).xy)];
  expect(tsne.trustworthiness).toBeGreaterThan(Math.max(0.97, pca.trustworthiness));
  expect(tsne.preserved).toBeGreaterThan(pca.preserved);
  expect((await tsneLayout(codes, usual)).xy).toEqual(xy);
});

test.each<[string, ReturnType<typeof randomCodes>]>([
  ['a few images', randomCodes(6, 4)],
  ['all codes equal', equalCodes(40, 4)],
  ['far outliers', codesOf(3, [1e6, 0, 0], [0, 1e6, 0], ...Array.from({ length: 30 }, (_, row) => [row / 30, 0, 0]))],
])('%s: finite and in sight', async (_, codes) => {
  const { xy } = await tsneLayout(codes, usual);
  expect(xy.every((value) => Number.isFinite(value) && Math.abs(value) <= 1.5)).toBe(true);
});

test('too many are refused, with the reason; codes of two numbers are shown as they are, which is said', async () => {
  await expect(tsneLayout(equalCodes(20_001, 3), usual)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('Expected at most 20000 images for t-SNE'),
  });
  const notices: Notice[] = [];
  await tsneLayout(randomCodes(20, 2), usual, { onNotice: (notice) => notices.push(notice) });
  expect(notices.map(({ message }) => message)).toEqual([
    'There is nothing for t-SNE to reduce: the map shows the codes themselves.',
  ]);
});

test('a cancel is heard between two rounds', async () => {
  const controller = new AbortController();
  const context = {
    signal: controller.signal,
    onProgress: ({ stage }: { stage: string }) => stage === 'map' && controller.abort(),
  };
  await expect(tsneLayout(randomCodes(100, 5), usual, context)).rejects.toMatchObject({ code: 'cancelled' });
});

test('codes of two numbers are a map by themselves, others are not', async () => {
  const codes = randomCodes(30, 2);
  expect((await mapQuality(codes, (await codesLayout(codes)).xy)).preserved).toBe(1);
  await expect(codesLayout(randomCodes(30, 3))).rejects.toMatchObject({ code: 'usage' });
});
