// Pictures of images with letters on them, as PNG.
import type { Picture } from '../numerics/image-grid.ts';

/** The picture with SVG elements drawn over it, in its own coordinates. */
export async function letteredPng(
  { data, width, height, channels }: Picture,
  parts: readonly string[],
): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`;
  // Loaded when first needed: the service starts sooner without.
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .png()
    .toBuffer();
}

/** Two significant figures, as short as they can be said. */
export function formatError(error: number): string {
  return error > 0 && error < 1e-4 ? error.toExponential(0) : String(Number(error.toPrecision(2)));
}
