// Clusters on the graph of neighbours: planted ones are found, modularity is what is defined, ends and repetition.
import { expect, test } from 'vitest';
import { findClusters } from '../../src-main/latent/clusters.ts';
import { type Found, nearestCodes } from '../../src-main/latent/nearest-codes.ts';
import { equalCodes, groupedCodes, randomCodes } from './support.ts';

const usual = { resolution: 1, seed: 1 };

test('planted groups are found, whole and apart, from the largest to the smallest', async () => {
  const codes = groupedCodes(400, 6, 5);
  // The last group loses half of its images to be the smallest.
  const kept = [...codes.ids].filter((row) => row % 5 !== 4 || row < 200);
  const some = {
    ...codes,
    codes: Float32Array.from(kept.flatMap((row) => [...codes.codes.subarray(row * 6, (row + 1) * 6)])),
    ids: Uint32Array.from(kept),
  };
  const { cluster, clusters, modularity } = await findClusters(await nearestCodes(some, 15), usual);
  expect(clusters.map(({ members }) => members.length)).toEqual([80, 80, 80, 80, 40]);
  for (const { members, central } of clusters) {
    expect(new Set(Array.from(members, (row) => kept[row]! % 5)).size).toBe(1);
    expect(central).toHaveLength(9);
    expect(central.every((row) => members.includes(row))).toBe(true);
  }
  expect(clusters[4]!.members.every((row) => cluster[row] === 4)).toBe(true);
  expect(modularity).toBeGreaterThan(0.7);
});

test('the most central images lie nearer to the middle than others do', async () => {
  const codes = groupedCodes(300, 4, 2);
  const { clusters } = await findClusters(await nearestCodes(codes, 15), usual);
  for (const { members, central } of clusters) {
    const mean = [0, 1, 2, 3].map(
      (at) => members.reduce((sum, row) => sum + codes.codes[row * 4 + at]!, 0) / members.length,
    );
    const distance = (rows: ArrayLike<number>) =>
      Array.from(rows, (row) => Math.hypot(...mean.map((value, at) => value - codes.codes[row * 4 + at]!))).reduce(
        (sum, one) => sum + one / rows.length,
        0,
      );
    expect(distance(central)).toBeLessThan(distance(members));
  }
});

test('two triangles joined by an edge: two clusters, with the modularity that is reckoned by hand', async () => {
  // Nearest two of each; the third of either triangle has the other one's as its second.
  const found: Found = {
    count: 6,
    k: 2,
    indices: Int32Array.of(1, 2, 0, 2, 0, 3, 4, 2, 3, 5, 3, 4),
    distances: new Float32Array(12).fill(1),
  };
  const { cluster, modularity } = await findClusters(found, usual);
  expect([cluster[0], cluster[1]]).toEqual([cluster[2], cluster[2]].map(() => cluster[0]));
  expect(new Set(cluster).size).toBe(2);
  // Jaccard weights: sets {0,1,2} {0,1,2} {0,2,3} {2,3,4} {3,4,5} {3,4,5}.
  const edges: [number, number, number][] = [
    [0, 1, 1],
    [0, 2, 0.5],
    [1, 2, 0.5],
    [2, 3, 0.5],
    [3, 4, 0.5],
    [3, 5, 0.5],
    [4, 5, 1],
  ];
  const total = 2 * edges.reduce((sum, [, , weight]) => sum + weight, 0);
  const inside = edges.filter(([a, b]) => cluster[a] === cluster[b]).reduce((sum, [, , weight]) => sum + 2 * weight, 0);
  const degrees = [0, 1].map((group) =>
    edges.reduce(
      (sum, [a, b, weight]) => sum + (cluster[a] === group ? weight : 0) + (cluster[b] === group ? weight : 0),
      0,
    ),
  );
  expect(modularity).toBeCloseTo(inside / total - degrees.reduce((sum, degree) => sum + (degree / total) ** 2, 0), 10);
});

test('a higher resolution gives more and smaller ones; the same seed the same', async () => {
  const near = await nearestCodes(randomCodes(400, 3), 15);
  const sizes = async (resolution: number) => (await findClusters(near, { resolution, seed: 1 })).clusters.length;
  const [coarse, usualCount, fine] = [await sizes(0.2), await sizes(1), await sizes(5)];
  expect(coarse).toBeLessThan(usualCount);
  expect(usualCount).toBeLessThan(fine);
  expect((await findClusters(near, usual)).cluster).toEqual((await findClusters(near, usual)).cluster);
});

test.each([1, 2, 3, 50])('%i equal images: every one has a cluster', async (count) => {
  const { cluster, clusters } = await findClusters(await nearestCodes(equalCodes(count, 2), 15), usual);
  expect(cluster).toHaveLength(count);
  expect(clusters.reduce((sum, { members }) => sum + members.length, 0)).toBe(count);
});

test('a cancel is heard', async () => {
  const near = await nearestCodes(randomCodes(200, 3), 15);
  const controller = new AbortController();
  controller.abort();
  await expect(findClusters(near, usual, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
});
