// Images read beside the step before are the same as images read when they are asked for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPixels } from '../../src-main/dataset/pixels.ts';
import { writeNpy } from '../../src-main/files/npy.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { createImageStream, type Pixels } from '../../src-main/training/image-stream.ts';

const size = 12;
const ids = Uint32Array.from({ length: 10 }, (_, index) => 2 * index);
const folder = mkdtempSync(join(tmpdir(), 'pinhole-stream-'));
const path = join(folder, 'pixels.npy');

beforeAll(() =>
  writeNpy(
    path,
    Uint8Array.from({ length: 20 * size }, (_, index) => index % 251),
    [20, 2, 2, 3],
  ),
);
afterAll(() => rmSync(folder, { recursive: true }));

const streamOf = (pixels: Pixels) =>
  createImageStream({ pixels, ids, batchSize: 3, size, random: (epoch) => createRandom(5, 1, epoch) });

/** The images of steps 1 to 8, each read ahead while the one before is in use, as the training loop does it. */
async function takeAhead(pixels: Pixels): Promise<number[][]> {
  const stream = streamOf(pixels);
  const taken = [];
  for (let step = 1; step <= 8; step++) {
    await stream.ready(step);
    const images = stream.take(step);
    stream.readAhead(step + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    taken.push([...images]);
  }
  await stream.ready(9);
  return taken;
}

describe('images read ahead', () => {
  test('from a file and from memory are the same, step by step over epochs', async () => {
    const [memory, file] = [openPixels(path), openPixels(path, { memoryLimit: 0 })];
    const stream = streamOf(memory);
    const expected = Array.from({ length: 8 }, (_, index) => [...stream.take(index + 1)]);
    expect(memory.readAhead).toBeUndefined();
    expect(await takeAhead(memory)).toEqual(expected);
    expect(await takeAhead(file)).toEqual(expected);
    memory.close();
    file.close();
  });

  test('for a step that is not taken are not taken for another', async () => {
    const file = openPixels(path, { memoryLimit: 0 });
    const stream = streamOf(file);
    const third = [...stream.take(3)];
    stream.readAhead(7);
    await stream.ready(7);
    expect([...stream.take(3)]).toEqual(third);
    file.close();
  });

  test('that are still being read are not mixed with those asked for meanwhile', async () => {
    const file = openPixels(path, { memoryLimit: 0 });
    const stream = streamOf(file);
    const [first, second] = [[...stream.take(1)], [...stream.take(2)]];
    stream.readAhead(2);
    stream.readAhead(1);
    expect([...stream.take(1)]).toEqual(first);
    await stream.ready(2);
    expect([...stream.take(2)]).toEqual(second);
    file.close();
  });

  test('throw where they are waited for', async () => {
    const broken: Pixels = { read() {}, readAhead: () => Promise.reject(new Error('the disk is gone')) };
    const stream = streamOf(broken);
    stream.readAhead(1);
    await expect(stream.ready(1)).rejects.toThrow('the disk is gone');
  });

  test('keep the file open until they are there', async () => {
    const file = openPixels(path, { memoryLimit: 0 });
    const out = new Uint8Array(3 * size);
    const reading = file.readAhead!([3, 4, 17], out);
    file.close();
    await reading;
    expect(out.subarray(2 * size)).toEqual(Uint8Array.from({ length: size }, (_, index) => (17 * size + index) % 251));
  });
});
