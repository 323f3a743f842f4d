import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src-main/numerics/random.ts';
import { augmentImages, createBatches } from '../../src-main/training/batches.ts';

const image = { height: 4, width: 4, channels: 1 };
const size = 16;

/** Image `id` is `id` in every pixel. */
const pixels = {
  read(ids: ArrayLike<number>, out: Uint8Array) {
    for (let row = 0; row < ids.length; row++) out.fill(ids[row]!, row * size, (row + 1) * size);
  },
};
const options = {
  pixels,
  image,
  ids: Uint32Array.from({ length: 10 }, (_, id) => id * 3),
  batchSize: 4,
  seed: 7,
  augment: null,
  random: [],
  progress: false,
};

function idsAt(batches: ReturnType<typeof createBatches>, step: number): number[] {
  const { data } = batches.at(step, 0).images!;
  return Array.from({ length: data.length / size }, (_, row) => data[row * size]!);
}

describe('batches', () => {
  test('an epoch shows no image twice and leaves out what does not fill a batch', () => {
    const batches = createBatches(options);
    expect(batches.stepsPerEpoch).toBe(2);
    const seen = [...idsAt(batches, 1), ...idsAt(batches, 2)];
    expect(new Set(seen).size).toBe(8);
    expect(seen.every((id) => options.ids.includes(id))).toBe(true);
  });

  test('every epoch has its own order, and a step can be asked for out of order', () => {
    const batches = createBatches(options);
    const forwards = [1, 2, 3, 4].map((step) => idsAt(batches, step));
    expect(forwards[2]).not.toEqual(forwards[0]);
    expect([4, 1, 3, 2].map((step) => idsAt(createBatches(options), step))).toEqual(
      [3, 0, 2, 1].map((index) => forwards[index]),
    );
  });

  test('another seed gives another order', () => {
    expect(idsAt(createBatches({ ...options, seed: 8 }), 1)).not.toEqual(idsAt(createBatches(options), 1));
  });

  test('noise is standard normal, follows from the step, and differs between steps', () => {
    const noise = { name: 'noise', shape: [options.batchSize, 4], draw: 'normal' } as const;
    const batches = createBatches({ ...options, random: [noise] });
    const draw = (step: number) => Array.from(batches.at(step, 0).noise!.data);
    const many = Array.from({ length: 200 }, (_, step) => draw(step + 1)).flat();
    const mean = many.reduce((a, b) => a + b) / many.length;
    const variance = many.reduce((sum, value) => sum + (value - mean) ** 2, 0) / many.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});

describe('augmentation', () => {
  const ramp = Uint8Array.from({ length: size }, (_, index) => (index % 4) * 60);

  test('the whole image without a flip is the image', () => {
    const images = ramp.slice();
    augmentImages(images, image, { crop: 1, flip: false }, createRandom(1));
    expect(images).toEqual(ramp);
  });

  test('a flip mirrors left and right, about half of the time', () => {
    const mirrored = ramp.map((_, index) => ramp[Math.floor(index / 4) * 4 + 3 - (index % 4)]!);
    const random = createRandom(2);
    const outcomes = Array.from({ length: 200 }, () => {
      const images = ramp.slice();
      augmentImages(images, image, { crop: 1, flip: true }, random);
      return String(images);
    });
    expect(new Set(outcomes)).toEqual(new Set([String(ramp), String(mirrored)]));
    const flips = outcomes.filter((outcome) => outcome === String(mirrored)).length;
    expect(flips).toBeGreaterThan(70);
    expect(flips).toBeLessThan(130);
  });

  test('a crop stretches a part of the image: a ramp stays a ramp with a smaller slope', () => {
    const images = ramp.slice();
    augmentImages(images, image, { crop: 0.5, flip: false }, createRandom(3));
    const row = [...images.subarray(0, 4)];
    expect(row).toEqual([...row].sort((a, b) => a - b));
    expect(row[3]! - row[0]!).toBeLessThan(180);
    expect(row[3]! - row[0]!).toBeGreaterThan(0);
  });
});
