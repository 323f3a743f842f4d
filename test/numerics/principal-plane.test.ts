import { expect, test } from 'vitest';
import { principalAxes } from '../../src-main/latent/principal-axes.ts';
import { principalPlane, turnOnto } from '../../src-main/numerics/principal-plane.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

/** N×size, varying less from column to column, around a mean that is not 0. */
function cloud(count: number, size: number, seed: number): Float32Array {
  const { normal } = createRandom(seed);
  return Float32Array.from({ length: count * size }, (_, at) => 3 + normal() / (1 + 0.4 * (at % size)));
}

const centred = (count: number, seed: number) => {
  const points = cloud(count, 2, seed);
  for (const axis of [0, 1]) {
    let mean = 0;
    for (let row = 0; row < count; row++) mean += points[2 * row + axis]! / count;
    for (let row = 0; row < count; row++) points[2 * row + axis]! -= mean;
  }
  return points;
};

function turned(xy: Float32Array, angle: number, mirror: boolean): Float32Array {
  return xy.map((_, at) => {
    const [x, y] = [xy[at & ~1]!, (mirror ? -1 : 1) * xy[at | 1]!];
    return at & 1 ? Math.sin(angle) * x + Math.cos(angle) * y : Math.cos(angle) * x - Math.sin(angle) * y;
  });
}

const farthest = (one: Float32Array, other: Float32Array) =>
  one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);

test.each([1, 2, 3, 12, 70])('the plane of vectors of %i numbers is that of their principal axes', async (size) => {
  const codes = cloud(90, size, 5);
  const { xy, explained } = await principalPlane(codes, size);
  const { mean, values, vectors } = await principalAxes({ codes, size });
  for (const axis of [0, 1].slice(0, size)) {
    const along = Float32Array.from({ length: 90 }, (_, row) =>
      vectors[axis]!.reduce((sum, value, at) => sum + value * (codes[row * size + at]! - mean[at]!), 0),
    );
    const own = Float32Array.from({ length: 90 }, (_, row) => xy[2 * row + axis]!);
    const sign = Math.sign(own.reduce((sum, value, row) => sum + value * along[row]!, 0));
    expect(
      farthest(
        own,
        along.map((value) => sign * value),
      ),
    ).toBeLessThan(0.01);
  }
  if (size === 1) expect(xy.filter((_, at) => at & 1).every((y) => y === 0)).toBe(true);
  const total = values.reduce((sum, value) => sum + value, 0);
  expect(explained).toBeCloseTo((values[0]! + (values[1] ?? 0)) / total, 4);
});

test('vectors that are all the same lie on one spot, and nothing is left to explain', async () => {
  const { xy, explained } = await principalPlane(new Float32Array(60).fill(2.5), 6);
  expect([...xy]).toEqual(new Array(20).fill(0));
  expect(explained).toBe(1);
});

test('the same vectors give the same bits', async () => {
  const codes = cloud(50, 40, 6);
  expect((await principalPlane(codes, 40)).xy).toEqual((await principalPlane(codes.slice(), 40)).xy);
});

test.each([false, true])('any turn is found again, mirrored: %s', (mirror) => {
  const { next } = createRandom(7);
  for (let trial = 0; trial < 50; trial++) {
    const points = centred(30, trial);
    const other = turned(points, 2 * Math.PI * next(), mirror);
    expect(farthest(turnOnto(other, points), points)).toBeLessThan(1e-5);
  }
});

test('what cannot fit comes as near as any turn can', () => {
  const [points, other] = [centred(40, 1), centred(40, 2)];
  const distance = (xy: Float32Array) => xy.reduce((sum, value, at) => sum + (value - other[at]!) ** 2, 0);
  const best = distance(turnOnto(points, other));
  for (const mirror of [false, true])
    for (let degrees = 0; degrees < 360; degrees++)
      expect(best).toBeLessThanOrEqual(distance(turned(points, (degrees * Math.PI) / 180, mirror)) + 1e-4);
});

test('distances stay as they are, and a spot that says nothing turns nothing', () => {
  const points = centred(20, 3);
  const length = (xy: Float32Array) => Math.hypot(...xy);
  expect(length(turnOnto(points, centred(20, 4)))).toBeCloseTo(length(points), 4);
  expect(turnOnto(points, new Float32Array(40))).toEqual(points);
});
