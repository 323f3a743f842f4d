// What other formats take: on pictures of which it is known, and the arithmetic of the comparison.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesAtError, measureRivals, paysOffFrom } from '../../src-main/archive/rivals.ts';
import type { Rival } from '../../src-main/contract/archive.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

const count = 16;
const side = 24;
/** Smooth, a little noisy. */
function draw(channels: 1 | 3) {
  const random = createRandom(3);
  const data = new Uint8Array(count * side * side * channels);
  for (let index = 0; index < count; index++) {
    const [slope, shift] = [random.next(), random.next()];
    for (let place = 0; place < side * side; place++) {
      const [y, x] = [Math.floor(place / side), place % side];
      const value = 127 + 100 * Math.sin(slope * 0.4 * x + shift * 0.4 * y) + 4 * random.normal();
      for (let c = 0; c < channels; c++) data[(index * side * side + place) * channels + c] = value * (1 - 0.3 * c);
    }
  }
  return { data, count, height: side, width: side, channels };
}

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
});
afterAll(() => executor.dispose());

describe.each([1, 3] as const)('of images of %d channels', (channels) => {
  let rivals: Rival[];
  beforeAll(async () => {
    rivals = await measureRivals(draw(channels), executor);
  }, 300_000);
  const find = (name: string, layout: string) =>
    rivals.find((rival) => rival.name === name && rival.layout === layout)!;
  const most = (name: string, layout: string) => find(name, layout).points.at(-1)!;

  test('every format is there, as files and as a mosaic', () => {
    expect(rivals.map(({ name, layout }) => `${name} ${layout}`)).toEqual([
      ...['png files', 'png mosaic'],
      ...['webp', 'jpeg', 'avif'].flatMap((name) => [`${name} files`, `${name} mosaic`, `${name} reduced`]),
      'pca codes',
    ]);
  });

  test('PNG loses nothing', () => {
    for (const layout of ['files', 'mosaic']) expect(find('png', layout).points).toMatchObject([{ psnr: null }]);
  });

  test('a mosaic takes less than files of their own, at the best quality too', () => {
    for (const name of ['png', 'webp', 'jpeg', 'avif']) {
      expect(most(name, 'mosaic').bytesPerImage).toBeLessThan(most(name, 'files').bytesPerImage);
    }
  });

  test('more bytes are less error, from much to little; half the size is less of both', () => {
    for (const name of ['webp', 'jpeg', 'avif']) {
      const [least] = find(name, 'mosaic').points;
      expect(most(name, 'mosaic').psnr).toBeGreaterThan(least!.psnr! + 5);
      expect(most(name, 'mosaic').psnr).toBeGreaterThan(30);
      expect(most(name, 'reduced').bytesPerImage).toBeLessThan(most(name, 'mosaic').bytesPerImage);
      expect(most(name, 'reduced').psnr).toBeLessThan(most(name, 'mosaic').psnr!);
    }
  });

  test('PCA codes come close with fine steps, and pay for their components', () => {
    const { points } = find('pca', 'codes');
    expect(points.at(-1)!.psnr).toBeGreaterThan(30);
    expect(points.at(-1)!.bytesPerImage).toBeGreaterThan(points[0]!.bytesPerImage);
    for (const { decoderBytes } of points) {
      expect(decoderBytes % (2 * side * side * channels)).toBe(0);
      expect(decoderBytes).toBeGreaterThan(0);
    }
  });
});

test('bytes at an error lie between its points; beyond them there is none, or the smallest', () => {
  const rival: Rival = {
    ...{ name: 'webp', layout: 'mosaic' },
    points: [
      { bytesPerImage: 10, decoderBytes: 0, psnr: 20 },
      { bytesPerImage: 40, decoderBytes: 100, psnr: 30 },
    ],
  };
  expect(bytesAtError(rival, 25)).toEqual({ bytesPerImage: expect.closeTo(20, 9), decoderBytes: 50, psnr: 25 });
  expect(bytesAtError(rival, 15)).toEqual(rival.points[0]);
  expect(bytesAtError(rival, 31)).toBeNull();
  const png: Rival = { name: 'png', layout: 'files', points: [{ bytesPerImage: 90, decoderBytes: 0, psnr: null }] };
  expect(bytesAtError(png, 60)).toEqual(png.points[0]);
});

test('it pays off from the first image at which all of it is smaller', () => {
  const own = { bytesPerImage: 30, decoderBytes: 1000 };
  expect(paysOffFrom(own, { bytesPerImage: 50, decoderBytes: 0 })).toBe(51);
  expect(paysOffFrom(own, { bytesPerImage: 30, decoderBytes: 0 })).toBeNull();
  expect(paysOffFrom(own, { bytesPerImage: 31, decoderBytes: 5000 })).toBe(1);
});
