// Pixels of the service onto canvases: grey or colour bytes to what a canvas takes.
import type { ImageBlock } from '../../src-main/contract/views.ts';

/** Draws the image with this index of the block, at its own size; the canvas must have that size. */
export function paintImage(canvas: HTMLCanvasElement, block: ImageBlock, index: number): void {
  canvas.getContext('2d')?.putImageData(imageData(block, index), 0, 0);
}

export function imageData({ data, width, height, channels }: ImageBlock, index: number): ImageData {
  const size = width * height;
  const image = new ImageData(width, height);
  const target = image.data;
  const first = index * size * channels;
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  for (let pixel = 0; pixel < size; pixel++) {
    const source = first + pixel * channels;
    target[4 * pixel] = data[source]!;
    target[4 * pixel + 1] = data[source + green]!;
    target[4 * pixel + 2] = data[source + blue]!;
    target[4 * pixel + 3] = 255;
  }
  return image;
}
