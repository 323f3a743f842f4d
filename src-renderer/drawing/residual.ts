// Where a reconstruction is wrong: the residual of every pixel, and that as a heat map on a fixed scale. Knows no canvas.
import type { ImageBlock } from '../../src-main/contract/views.ts';
import { bytesOf, scalePalette, scaleSize, type Theme } from './colors.ts';

/**
 * Residual that has the last colour; larger ones share it. The same for all images, so that heat maps can be compared: a quarter
 * of the range leaves steps to the small residuals of photographs, while those of a missed stroke, up to 1, still stand out.
 */
export const largestResidual = 0.25;

/** |seen − made| of each pixel, the mean of its channels, 0–1; of the first image of both blocks, which have one size. */
export function residualOf(seen: ImageBlock, made: ImageBlock): Float32Array {
  const { width, height, channels } = seen;
  return Float32Array.from({ length: width * height }, (_, pixel) => {
    let sum = 0;
    for (let at = pixel * channels; at < (pixel + 1) * channels; at++) sum += Math.abs(seen.data[at]! - made.data[at]!);
    return sum / (255 * channels);
  });
}

/** The first image of both blocks as a picture in the colours of errors. */
export function heatMap(seen: ImageBlock, made: ImageBlock, theme: Theme): ImageBlock {
  const palette = scalePalette(theme).map(bytesOf);
  const residual = residualOf(seen, made);
  const data = new Uint8Array(3 * residual.length);
  for (const [pixel, value] of residual.entries())
    data.set(palette[Math.round(Math.min(1, value / largestResidual) * (scaleSize - 1))]!, 3 * pixel);
  return { ids: seen.ids.slice(0, 1), width: seen.width, height: seen.height, channels: 3, data };
}
