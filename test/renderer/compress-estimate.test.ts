// What the compress screen says of a quality between two that were measured, of bounds, and what its chart shows.
import { expect, test } from 'vitest';
import { keepsBound } from '../../src-main/archive/residuals.ts';
import type { CompressionCurve, CurvePoint } from '../../src-main/contract/archive.ts';
import {
  byteTicks,
  domainOf,
  estimateAt,
  linesOf,
  qualityFor,
  shareBelow,
} from '../../src-renderer/screens/compress/estimate.ts';

const point = (quality: number, psnr: number, codeBytes: number, more: Partial<CurvePoint> = {}): CurvePoint => ({
  ...{ quality, psnr, codeBytes, decoderBytes: 5000, decoderNumbers: 'int8', besideBytes: 1000 },
  ...{ psnrs: Float32Array.of(psnr - 4, psnr - 1, psnr, psnr + 1), compared: [] },
  ...{ worst: Int32Array.of(3), worstImages: new Uint8Array(4) },
  ...more,
});
const curve: CompressionCurve = {
  ...{ runId: 'r', measured: '', images: 1000, sampled: 4, seconds: 1, size: { height: 2, width: 2, channels: 1 } },
  points: [point(100, 30, 16_000), point(80, 29, 8000), point(0, 25, 1000)],
  rivals: [
    {
      name: 'webp',
      layout: 'mosaic',
      points: [
        { bytesPerImage: 5, decoderBytes: 0, psnr: 20 },
        { bytesPerImage: 40, decoderBytes: 0, psnr: 28 },
        { bytesPerImage: 900, decoderBytes: 0, psnr: 60 },
      ],
    },
    { name: 'png', layout: 'files', points: [{ bytesPerImage: 300, decoderBytes: 0, psnr: null }] },
  ],
};

test('what was measured is said as it was', () => {
  for (const one of curve.points) {
    const { psnr, codeBytes, bytes, psnrWorst, point } = estimateAt(curve, one.quality);
    expect({ psnr, codeBytes, point }).toEqual({ psnr: one.psnr, codeBytes: one.codeBytes, point: one });
    expect(bytes).toBe(one.codeBytes + 6000);
    expect(psnrWorst).toBe(one.psnrs[0]);
  }
});

test('between two points errors lie in proportion, sizes by their logarithms; the nearest shows its images', () => {
  expect(estimateAt(curve, 90)).toMatchObject({ psnr: 29.5, codeBytes: Math.round(Math.sqrt(16_000 * 8000)) });
  expect(estimateAt(curve, 91).point.quality).toBe(100);
  expect(estimateAt(curve, 89).point.quality).toBe(80);
  const qualities = Array.from({ length: 101 }, (_, quality) => quality);
  const sizes = qualities.map((quality) => estimateAt(curve, quality).bytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
});

test('a model with one point has it at every quality', () => {
  const one = { ...curve, points: [curve.points[1]!] };
  for (const quality of [0, 50, 100]) expect(estimateAt(one, quality)).toMatchObject({ psnr: 29, codeBytes: 8000 });
});

test('an error asks for as little as keeps it, a size for as much as fits; what cannot be is null', () => {
  expect(qualityFor(curve, { kind: 'quality', quality: 33 })).toBe(33);
  const psnr = qualityFor(curve, { kind: 'psnr', psnr: 29 })!;
  expect(estimateAt(curve, psnr).psnr).toBeGreaterThanOrEqual(29);
  expect(estimateAt(curve, psnr - 0.1).psnr).toBeLessThan(29);
  const bytes = qualityFor(curve, { kind: 'bytes', bytes: 12_000 })!;
  expect(estimateAt(curve, bytes).bytes).toBeLessThanOrEqual(12_000);
  expect(estimateAt(curve, bytes + 0.1).bytes).toBeGreaterThan(12_000);
  expect(qualityFor(curve, { kind: 'psnr', psnr: 31 })).toBeNull();
  expect(qualityFor(curve, { kind: 'bytes', bytes: 6500 })).toBeNull();
});

test('how many images break a bound is counted as the archive does, with its margin', () => {
  const [best] = curve.points;
  const psnrs = Float32Array.from({ length: 400 }, (_, index) => 20 + index / 50);
  for (const bound of [20, 22.5, 27.9]) {
    const over = psnrs.filter((psnr) => !keepsBound(10 ** (-psnr / 10), bound)).length;
    expect(shareBelow({ ...best!, psnrs }, bound)).toBe(over / psnrs.length);
  }
});

test('the chart shows Pinhole whole, others where they matter, and what loses nothing', () => {
  const lines = linesOf(curve);
  expect(lines.map(({ name, layout }) => `${name} ${layout}`)).toEqual([
    'webp mosaic',
    'png files',
    'pinhole codes',
    'pinhole all',
  ]);
  expect(lines.at(-1)!.points.map(([bytes]) => bytes)).toEqual([6, 13, 21]);
  const { x, y } = domainOf(lines);
  expect(y).toEqual([24, 34]);
  expect(x[0]).toBeLessThan(1);
  expect(x[1]).toBeGreaterThan(300);
  // What WebP takes for 60 dB would leave the rest no room.
  expect(x[1]).toBeLessThan(900);
  expect(byteTicks(x)).toEqual([1, 10, 100]);
  expect(byteTicks([3, 60])).toEqual([5, 10, 20, 50]);
});
