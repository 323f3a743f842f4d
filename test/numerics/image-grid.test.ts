import { expect, test } from 'vitest';
import { blankPicture, imageGrid, type Picture, pasteImage } from '../../src-main/numerics/image-grid.ts';

function rows({ data, width, height, channels }: Picture): number[][] {
  const length = width * channels;
  return Array.from({ length: height }, (_, row) => [...data.slice(row * length, (row + 1) * length)]);
}

test('three grey images in two columns, enlarged, with a gap', () => {
  const images = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), count: 3, height: 1, width: 2, channels: 1 as const };
  expect(rows(imageGrid(images, { columns: 2, scale: 2, gap: 1, background: 9 }))).toEqual([
    [1, 1, 2, 2, 9, 3, 3, 4, 4],
    [1, 1, 2, 2, 9, 3, 3, 4, 4],
    [9, 9, 9, 9, 9, 9, 9, 9, 9],
    [5, 5, 6, 6, 9, 9, 9, 9, 9],
    [5, 5, 6, 6, 9, 9, 9, 9, 9],
  ]);
});

test('colour stays colour, grey goes into colour', () => {
  const colour = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), count: 2, height: 1, width: 1, channels: 3 as const };
  expect(rows(imageGrid(colour, { gap: 0, columns: 2 }))).toEqual([[1, 2, 3, 4, 5, 6]]);
  const picture = blankPicture(2, 1, 3, 0);
  pasteImage(picture, { data: Uint8Array.of(7), count: 1, height: 1, width: 1, channels: 1 }, 0, 1, 0, 1);
  expect([...picture.data]).toEqual([0, 0, 0, 7, 7, 7]);
});

test('the default is roughly square', () => {
  const images = { data: new Uint8Array(10), count: 10, height: 1, width: 1, channels: 1 as const };
  expect(imageGrid(images)).toMatchObject({ width: 7, height: 5 });
});
