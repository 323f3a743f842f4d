// The residual of two pictures, and its colours: the ends of the scale, what is beyond it, colour and grey.
import { describe, expect, test } from 'vitest';
import type { ImageBlock } from '../../src-main/contract/views.ts';
import { bytesOf, scalePalette, scaleSize } from '../../src-renderer/drawing/colors.ts';
import { heatMap, largestResidual, residualOf } from '../../src-renderer/drawing/residual.ts';

const block = (width: number, height: number, channels: 1 | 3, ...data: number[]): ImageBlock => ({
  ...{ ids: Int32Array.of(4), width, height, channels },
  data: Uint8Array.from(data),
});

test('of grey pixels the difference, whichever is larger', () => {
  const residual = residualOf(block(2, 2, 1, 0, 255, 100, 7), block(2, 2, 1, 255, 0, 151, 7));
  expect([...residual]).toEqual([1, 1, Math.fround(0.2), 0]);
});

test('of colours the mean over channels, where differences do not cancel out', () => {
  const residual = residualOf(block(2, 1, 3, 0, 0, 0, 51, 0, 102), block(2, 1, 3, 0, 0, 51, 0, 51, 51));
  expect([...residual]).toEqual([51 / 3 / 255, 0.2].map(Math.fround));
});

describe.each(['light', 'dark'] as const)('the heat map, %s', (theme) => {
  const palette = scalePalette(theme).map(bytesOf);
  const colorsOf = (map: ImageBlock) =>
    Array.from({ length: map.width * map.height }, (_, pixel) => [...map.data.subarray(3 * pixel, 3 * pixel + 3)]);

  test('begins at the first colour, ends at the last, which larger residuals share', () => {
    const seen = block(5, 1, 1, 0, 32, 64, 128, 255);
    const map = heatMap(seen, block(5, 1, 1, 0, 0, 0, 0, 0), theme);
    expect(map).toMatchObject({ width: 5, height: 1, channels: 3, ids: Int32Array.of(4) });
    const middle = palette[Math.round((32 / 255 / largestResidual) * (scaleSize - 1))];
    const last = palette[scaleSize - 1];
    expect(colorsOf(map)).toEqual([palette[0], middle, last, last, last]);
  });

  test('has the same colour for the same residual, in whatever image', () => {
    const alone = heatMap(block(1, 1, 1, 20), block(1, 1, 1, 50), theme);
    const beside = heatMap(block(2, 1, 1, 20, 0), block(2, 1, 1, 50, 255), theme);
    expect(colorsOf(alone)[0]).toEqual(colorsOf(beside)[0]);
  });
});
