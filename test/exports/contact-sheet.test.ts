import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { contactSheetCapacity, renderContactSheet, writeContactSheet } from '../../src-main/exports/contact-sheet.ts';
import type { ImageBatch } from '../../src-main/numerics/image-grid.ts';

const flat = (count: number, side: number, channels: 1 | 3, value: number): ImageBatch => ({
  data: new Uint8Array(count * side * side * channels).fill(value),
  count,
  height: side,
  width: side,
  channels,
});

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3),
  ];
  return { ...info, at, data };
}

test('originals stand above reconstructions, enlarged, in colour and grey', async () => {
  for (const channels of [1, 3] as const) {
    const sheet = { originals: flat(3, 28, channels, 10), reconstructions: flat(3, 28, channels, 200) };
    const { png, shown } = await renderContactSheet(sheet);
    const { width, height, at } = await pixelsOf(png);
    expect(shown).toBe(3);
    // Margins 28, labels 122, three images of 84 with gaps of 10; two images of 84 with a gap of 4.
    expect([width, height]).toEqual([56 + 122 + 3 * 84 + 2 * 10, 56 + 2 * 84 + 4]);
    expect([at(150, 28), at(233, 111)]).toEqual([
      [10, 10, 10],
      [10, 10, 10],
    ]);
    expect([at(149, 28), at(234, 28), at(150, 112)]).toEqual(Array(3).fill([0xf4, 0xf4, 0xf4]));
    expect([at(150, 116), at(338 + 83, 199)]).toEqual([
      [200, 200, 200],
      [200, 200, 200],
    ]);
  }
});

test('labels and errors are drawn without any font', async () => {
  const sheet = { originals: flat(2, 28, 1, 0), reconstructions: flat(2, 28, 1, 0) };
  const plain = await pixelsOf((await renderContactSheet(sheet)).png);
  const labelled = await pixelsOf((await renderContactSheet({ ...sheet, errors: [0.0035, 1.2e-5] })).png);
  const darkIn = ({ at }: typeof plain, left: number, right: number, top: number, bottom: number) => {
    let dark = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (at(x, y)[0]! < 0xd0) dark++;
    return dark;
  };
  expect(darkIn(plain, 28, 140, 55, 85)).toBeGreaterThan(60);
  expect(darkIn(plain, 28, 140, 145, 175)).toBeGreaterThan(100);
  expect(labelled.height).toBe(plain.height + 20);
  expect(darkIn(labelled, 150, 234, 202, 220)).toBeGreaterThan(40);
  // Which image it is, above its error.
  const numbered = await pixelsOf(
    (await renderContactSheet({ ...sheet, ids: [4711, 8], errors: [0.0035, 1.2e-5] })).png,
  );
  expect(numbered.height).toBe(plain.height + 40);
  expect(darkIn(numbered, 150, 234, 202, 220)).toBeGreaterThan(40);
  expect(darkIn(numbered, 150, 234, 222, 240)).toBeGreaterThan(40);
});

test.each([
  [2, 48, 96],
  [8, 12, 96],
  [28, 3, 84],
  [64, 2, 128],
  [512, 1, 512],
] as const)('%i px are enlarged %i times', async (side, _times, drawn) => {
  const { png } = await renderContactSheet({ originals: flat(1, side, 3, 0), reconstructions: flat(1, side, 3, 0) });
  expect((await pixelsOf(png)).height).toBe(56 + 2 * drawn + 4);
});

test('rows are even, and capacity fills a sheet', async () => {
  const { png } = await renderContactSheet({ originals: flat(40, 28, 1, 0), reconstructions: flat(40, 28, 1, 0) });
  expect((await pixelsOf(png)).width).toBe(56 + 122 + 10 * 94 - 10);
  for (const side of [2, 28, 64, 512, 1024]) {
    const count = contactSheetCapacity(side, side);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThan(200);
  }
  expect(contactSheetCapacity(28, 28)).toBeGreaterThan(40);
});

test('more than a sheet may hold: whole rows, and the number shown is said', async () => {
  const sheet = { originals: flat(60, 512, 1, 0), reconstructions: flat(60, 512, 1, 0) };
  const { shown, png } = await renderContactSheet(sheet);
  expect(shown).toBeLessThan(60);
  expect(shown % 2).toBe(0);
  const { width, height } = await sharp(png).metadata();
  expect(width! * height!).toBeLessThanOrEqual(2 ** 25);
});

test('written whole; pairs must match', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-sheet-'));
  const path = join(folder, 'contact-sheet.png');
  const sheet = { originals: flat(2, 8, 1, 0), reconstructions: flat(2, 8, 1, 9) };
  expect(await writeContactSheet(path, sheet)).toEqual({ shown: 2 });
  expect((await sharp(path).metadata()).format).toBe('png');
  await expect(writeContactSheet(path, { ...sheet, reconstructions: flat(1, 8, 1, 0) })).rejects.toThrow(
    'internal: expected 2×8×8×1 reconstructions for a sheet, received 1×8×8×1',
  );
  expect(readdirSync(folder)).toEqual(['contact-sheet.png']);
  rmSync(folder, { recursive: true });
});
