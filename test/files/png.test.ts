import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodePng } from '../../src-main/files/png.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

test.each([1, 3, 4] as const)('%i channels: another decoder gives the pixels back', async (channels) => {
  const random = createRandom(channels);
  const [width, height] = [17, 9];
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
  for (const level of [0, 6]) {
    const png = encodePng({ data, width, height, channels }, level);
    const { format, channels: stored } = await sharp(png).metadata();
    expect({ format, stored }).toEqual({ format: 'png', stored: channels });
    const decoded = await sharp(png)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(decoded.info).toMatchObject({ width, height, channels });
    expect(new Uint8Array(decoded.data)).toEqual(data);
  }
});
