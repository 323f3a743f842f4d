// Sample images are the same on every machine, balanced, varied, and written where they are asked for.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawSample, drawSamples, shapeNames } from '../../src-main/dataset/samples.ts';
import { temporaryFolder } from '../support/temporary.ts';

function hashOf(count: number, seed: number): string {
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) hash.update(drawSample(index, 32, seed).data);
  return hash.digest('hex');
}

describe('pixels', () => {
  test('are the same on every platform', () => {
    expect(hashOf(64, 1)).toBe('c844046c3f8f024585194810bd97560a0031bc60b8e746517ce0a7f2be4a6c33');
  });

  test('differ with the seed and from image to image', () => {
    expect(hashOf(8, 1)).not.toBe(hashOf(8, 2));
    const images = Array.from({ length: 64 }, (_, index) => Buffer.from(drawSample(index, 32, 1).data).toString('hex'));
    expect(new Set(images).size).toBe(64);
  });

  test('show a shape that stands out from its ground', () => {
    for (let index = 0; index < 64; index++) {
      const { data } = drawSample(index, 32, 1);
      const spread = Math.max(...data) - Math.min(...data);
      expect(spread).toBeGreaterThan(60);
    }
  });
});

test('files are PNGs in one folder per shape, as many as asked for', async () => {
  const folder = temporaryFolder();
  expect(await drawSamples({ count: 20, size: 16 }, folder)).toEqual({ count: 20 });
  expect(readdirSync(folder).sort()).toEqual([...shapeNames].sort());
  const files = shapeNames.flatMap((shape) =>
    readdirSync(join(folder, shape)).map((file) => join(folder, shape, file)),
  );
  expect(files).toHaveLength(20);
  for (const file of files) expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
});

test('a cancel stops the drawing', async () => {
  const drawing = drawSamples({}, temporaryFolder(), { signal: AbortSignal.abort() });
  await expect(drawing).rejects.toMatchObject({ code: 'cancelled' });
});
