// Decoders against each other: the fast ones must give the pixels that sharp gives, for every kind of file they cover.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Preprocessing } from '../../src-main/contract/records.ts';
import { decodeImage } from '../../src-main/dataset/decode.ts';
import { decodeJpegScaled, isFastJpeg } from '../../src-main/dataset/formats/jpeg.ts';
import { readJpegHeader } from '../../src-main/dataset/formats/jpeg-header.ts';
import { decodePng } from '../../src-main/dataset/formats/png.ts';
import { decodeWithSharp } from '../../src-main/dataset/formats/sharp.ts';
import { isGrey, orientedSize, type Picture, render } from '../../src-main/dataset/picture.ts';
import { need, photosFolder } from '../support/resources.ts';
import { difference, drawScene, handmadeBmp, handmadePng, handmadeTiff, noise, scene } from './support/images.ts';

const plain: Omit<Preprocessing, 'width' | 'height'> = {
  channels: 3,
  fit: 'stretch',
  background: '#336699',
  intensity: null,
};
const pixelLimit = 1e9;

/** At its own size, in colour. */
function pixelsOf(picture: Picture, changes: Partial<Preprocessing> = {}): Uint8Array {
  const target = { ...plain, ...orientedSize(picture), ...changes };
  const out = new Uint8Array(target.width * target.height * target.channels);
  render(picture, target, out, 0);
  return out;
}

describe('PNG: every kind equals what sharp decodes', async () => {
  const width = 21;
  const height = 13;
  const color = scene(width, height);
  const withAlpha = sharp(noise(width * height * 4), { raw: { width, height, channels: 4 } });
  const greyAlpha = sharp(noise(width * height * 2), { raw: { width, height, channels: 2 } }).toColourspace('b-w');
  const kinds: Record<string, Buffer> = {
    grey: await scene(width, height, 1).png().toBuffer(),
    colour: await color.clone().png().toBuffer(),
    'adaptive filters': await color.clone().png({ adaptiveFiltering: true }).toBuffer(),
    'interlaced colour': await color.clone().png({ progressive: true }).toBuffer(),
    'interlaced grey': await scene(3, 2, 1).png({ progressive: true }).toBuffer(),
    'colour and alpha': await withAlpha.clone().png().toBuffer(),
    'grey and alpha': await greyAlpha.png().toBuffer(),
    palette: await color.clone().png({ palette: true, colours: 40 }).toBuffer(),
    'palette of four': await color.clone().png({ palette: true, colours: 4 }).toBuffer(),
    'interlaced palette of two': await color.clone().png({ palette: true, colours: 2, progressive: true }).toBuffer(),
    'palette with alpha': await withAlpha.clone().png({ palette: true }).toBuffer(),
    'with EXIF': await color
      .clone()
      .withExif({ IFD0: { ImageDescription: 'a scene' } })
      .png()
      .toBuffer(),
    '1 bit grey': handmadePng({ width: 11, height: 3, depth: 1, colorType: 0, rows: noise(6) }),
    '2 bit grey': handmadePng({ width: 5, height: 3, depth: 2, colorType: 0, rows: noise(6) }),
    '4 bit grey': handmadePng({ width: 3, height: 3, depth: 4, colorType: 0, rows: noise(6) }),
    'a transparent grey': handmadePng({ ...of(4, 1, 0), rows: Buffer.of(7, 8, 7, 200), transparency: [0, 7] }),
    'a transparent 2 bit grey': handmadePng({
      ...of(4, 1, 0),
      depth: 2,
      rows: Buffer.of(0b00011011),
      transparency: [0, 2],
    }),
    'a transparent colour': handmadePng({
      ...of(2, 1, 2),
      rows: Buffer.of(1, 2, 3, 1, 2, 4),
      transparency: [0, 1, 0, 2, 0, 3],
    }),
  };

  test.each(Object.entries(kinds))('%s', async (_, bytes) => {
    const fast = decodePng(bytes);
    const general = await decodeWithSharp(bytes, 'png', 0);
    expect(pixelsOf(fast)).toEqual(pixelsOf(general));
  });

  test('16 bits keep all their bits', async () => {
    const samples = Uint16Array.from({ length: 12 }, (_, index) => index * 5461);
    const grey = sharp(samples, { raw: { width: 4, height: 3, channels: 1 } });
    const decoded = decodePng(await grey.toColourspace('grey16').png().toBuffer());
    expect(decoded.data).toEqual(samples);
    const color = sharp(samples, { raw: { width: 2, height: 2, channels: 3 } });
    expect(decodePng(await color.toColourspace('rgb16').png().toBuffer()).data).toEqual(samples);
  });

  function of(width: number, height: number, colorType: number) {
    return { width, height, colorType, depth: 8 };
  }
});

describe('JPEG at a fraction of its size', () => {
  const target: Preprocessing = { ...plain, width: 24, height: 24, fit: 'cover' };

  const samplings = ['4:4:4', '4:2:0'] as const;
  test.each(samplings)('%s agrees with full decoding within 2 of 255', async (chromaSubsampling) => {
    for (const size of [330, 130, 97, 80]) {
      const bytes = await scene(size, size + 7)
        .jpeg({ quality: 92, chromaSubsampling })
        .toBuffer();
      const fast = await decodeImage(bytes, 'scene.jpg', { page: 0, pixelLimit, target });
      const full = await decodeWithSharp(bytes, 'jpeg', 0);
      expect(fast.scale).toBeLessThan(1);
      expect(orientedSize(fast)).toEqual({ width: size, height: size + 7 });
      expect(difference(pixelsOf(fast, target), pixelsOf(full, target))).toBeLessThan(2);
    }
  });

  test('grey stays grey and agrees', async () => {
    const bytes = await scene(120, 90, 1).jpeg().toBuffer();
    const fast = await decodeImage(bytes, 'grey.jpg', { page: 0, pixelLimit, target });
    expect(fast.channels).toBe(1);
    const full = await decodeWithSharp(bytes, 'jpeg', 0);
    expect(full.channels).toBe(1);
    expect(difference(pixelsOf(fast, target), pixelsOf(full, target))).toBeLessThan(2);
  });

  test('restart intervals', () => {
    const header = readJpegHeader(restartJpeg)!;
    const fast = decodeJpegScaled(restartJpeg, header, 4)!;
    expect(difference(pixelsOf(fast, target), restartPixels())).toBeLessThan(2);
  });

  // A 48 × 32 gradient (red across, green down, blue 90) saved by Pillow 11.1 with quality=80, subsampling=2 and
  // restart_marker_blocks=2.
  const restartJpeg = Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAgADADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/90ABAAC/9oADAMBAAIRAxEAPwDwCDTf9mtGDTv9muig03/ZrRg03p8tepVx3mcGBzLbU52DTenFaMGm9Plro4NN6fLWjBpvT5a8+rjvM+ywOZban//Q4WDTfatGDTuny10UGm9PlrSt9N/2a4quO8z9VwOZbanNwab/ALNaUGm/7NdFBpv+zWjBpvT5a8+rjvM/lzA5ltqf/9G1BpvT5a0YNN6fLXRwab0+WtGDTeny18jVx3meHgcy21Odg03/AGa0YNN6fLXRQab0+WtKDTeny151XHeZ9lgcy21P/9k=',
    'base64',
  );

  function restartPixels(): Uint8Array {
    const data = Uint8Array.from({ length: 48 * 32 * 3 }, (_, index) => {
      const pixel = Math.floor(index / 3);
      return [Math.floor(((pixel % 48) * 255) / 47), Math.floor((Math.floor(pixel / 48) * 255) / 31), 90][index % 3]!;
    });
    return pixelsOf({ width: 48, height: 32, channels: 3, data, orientation: 1 }, target);
  }

  test('progressive, CMYK and damaged files are left to sharp', async () => {
    const progressive = await scene(80, 80).jpeg({ progressive: true }).toBuffer();
    expect(isFastJpeg(readJpegHeader(progressive)!)).toBe(false);
    const cmyk = await scene(80, 80).toColourspace('cmyk').jpeg().toBuffer();
    expect(isFastJpeg(readJpegHeader(cmyk)!)).toBe(false);
    const bytes = await scene(80, 80).jpeg().toBuffer();
    const cut = bytes.subarray(0, bytes.length >> 1);
    expect(decodeJpegScaled(cut, readJpegHeader(cut)!, 2)).toBeUndefined();
  });

  test('no damage goes unnoticed by an exception of another kind', async () => {
    const bytes = await scene(64, 64).jpeg().toBuffer();
    const header = readJpegHeader(bytes)!;
    for (let position = 20; position < bytes.length; position += 3) {
      const damaged = Buffer.from(bytes);
      damaged[position] = damaged[position]! ^ 0x5a;
      const picture = decodeJpegScaled(damaged, header, 2);
      if (picture !== undefined) expect(picture.data.length).toBe(16 * 16 * 3);
    }
  });

  test('photographs agree within 2 of 255 on average', async (context) => {
    need(context, 'photos');
    const target: Preprocessing = { ...plain, width: 64, height: 64, fit: 'cover' };
    const differences: number[] = [];
    for (const name of readdirSync(photosFolder())) {
      const bytes = readFileSync(join(photosFolder(), name));
      const fast = await decodeImage(bytes, name, { page: 0, pixelLimit, target });
      const full = await decodeWithSharp(bytes, 'jpeg', 0);
      differences.push(difference(pixelsOf(fast, target), pixelsOf(full, target)));
    }
    expect(differences).toHaveLength(100);
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(1.5);
    expect(Math.max(...differences)).toBeLessThan(3.5);
    // Were all of them left to sharp, the comparison would say nothing.
    expect(differences.filter((value) => value > 0).length).toBeGreaterThan(80);
  }, 600_000);
});

describe('EXIF orientation', () => {
  const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
  const formats = ['jpeg', 'png', 'webp', 'tiff'] as const;

  test.each(formats)('%s: all eight values as sharp turns them', async (format) => {
    for (const orientation of orientations) {
      const bytes = await scene(48, 36).withMetadata({ orientation }).toFormat(format, { quality: 100 }).toBuffer();
      const picture = await decodeImage(bytes, `scene.${format}`, { page: 0, pixelLimit, target: null });
      const expected = await sharp(bytes).autoOrient().removeAlpha().raw().toBuffer();
      expect(orientedSize(picture)).toEqual(orientation > 4 ? { width: 36, height: 48 } : { width: 48, height: 36 });
      expect(difference(pixelsOf(picture), expected)).toBe(0);
    }
  });

  test('JPEG at a fraction of its size turns the same way', async () => {
    const upright = await scene(200, 140).jpeg({ quality: 95 }).toBuffer();
    for (const orientation of orientations) {
      const bytes = await sharp(upright).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      for (const fit of ['cover', 'contain', 'stretch'] as const) {
        const target: Preprocessing = { ...plain, width: 20, height: 24, fit };
        const picture = await decodeImage(bytes, 'scene.jpg', { page: 0, pixelLimit, target });
        const turned = await sharp(bytes).autoOrient().raw().toBuffer();
        const [width, height] = orientation > 4 ? [140, 200] : [200, 140];
        const expected: Picture = { width, height, channels: 3, data: turned, orientation: 1 };
        expect(picture.scale).toBeLessThan(1);
        expect(difference(pixelsOf(picture, target), pixelsOf(expected, target))).toBeLessThan(2);
      }
    }
  });
});

describe('other formats', () => {
  const options = { page: 0, pixelLimit, target: null };

  test.each(['webp', 'gif', 'avif'] as const)('%s', async (format) => {
    const bytes = await scene(40, 30).toFormat(format, { lossless: true }).toBuffer();
    const picture = await decodeImage(bytes, `a.${format}`, options);
    expect(orientedSize(picture)).toEqual({ width: 40, height: 30 });
    expect(difference(pixelsOf(picture), drawScene(40, 30))).toBeLessThan(6);
  });

  test('GIF: the first frame', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 200), Buffer.alloc(12, 10)]);
    const bytes = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    const picture = await decodeImage(bytes, 'a.gif', options);
    expect(orientedSize(picture)).toEqual({ width: 2, height: 2 });
    expect([...pixelsOf(picture)]).toEqual(new Array(12).fill(200));
  });

  test('BMP, through another library', async () => {
    const picture = await decodeImage(handmadeBmp(5, 3, drawScene(5, 3)), 'a.bmp', options);
    expect(pixelsOf(picture)).toEqual(new Uint8Array(drawScene(5, 3)));
  });

  test('SVG', async () => {
    const svg =
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="6" height="4"><rect width="6" height="4" fill="#204060"/></svg>';
    const picture = await decodeImage(Buffer.from(svg), 'a.svg', options);
    expect(orientedSize(picture)).toEqual({ width: 6, height: 4 });
    expect([...pixelsOf(picture).subarray(0, 3)]).toEqual([0x20, 0x40, 0x60]);
  });

  test('SVG that is transparent lies on the background', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="6" height="4"></svg>';
    const picture = await decodeImage(Buffer.from(svg), 'a.svg', options);
    expect([...pixelsOf(picture).subarray(0, 3)]).toEqual([0x33, 0x66, 0x99]);
  });

  test('TIFF: pages, 16 bits, floats', async () => {
    const second = Uint16Array.of(0, 1000, 40000, 65535);
    const third = Float32Array.of(-2.5, 0, 0.5, 1e6);
    const size = { width: 2, height: 2 };
    const bytes = handmadeTiff(
      { ...size, data: Uint8Array.of(1, 2, 3, 4) },
      { ...size, data: second },
      { ...size, data: third },
    );
    const page = (number: number) => decodeImage(bytes, 'a.tif', { ...options, page: number });
    expect((await page(0)).data).toEqual(Buffer.of(1, 2, 3, 4));
    expect((await page(1)).data).toEqual(second);
    expect((await page(2)).data).toEqual(third);
  });

  test('CMYK JPEG becomes sRGB', async () => {
    const bytes = await scene(40, 30)
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const picture = await decodeImage(bytes, 'a.jpg', options);
    expect(picture.channels).toBe(3);
    expect(difference(pixelsOf(picture), drawScene(40, 30))).toBeLessThan(20);
  });

  test('a colour profile other than sRGB is converted', async () => {
    const plainBytes = await scene(40, 30).png().toBuffer();
    const p3 = await sharp(plainBytes).withIccProfile('p3').png().toBuffer();
    const picture = await decodeImage(p3, 'a.png', options);
    // Stored values differ (they are P3), what is seen does not.
    expect(difference(decodePng(p3).data as Uint8Array, drawScene(40, 30))).toBeGreaterThan(1);
    expect(difference(pixelsOf(picture), drawScene(40, 30))).toBeLessThan(1);
  });

  test('whether an image is grey is told from its pixels', async () => {
    const grey = await scene(20, 20, 1).toColourspace('srgb').png().toBuffer();
    expect(isGrey(decodePng(grey))).toBe(true);
    expect(isGrey(decodePng(await scene(20, 20).png().toBuffer()))).toBe(false);
  });
});

test('a JPEG with a colour profile is converted as sharp converts it', async () => {
  const target: Preprocessing = { ...plain, width: 24, height: 24, fit: 'cover' };
  for (const profile of ['p3', 'srgb'] as const) {
    const bytes = await scene(130, 100).withIccProfile(profile).jpeg({ quality: 95 }).toBuffer();
    const fast = await decodeImage(bytes, 'scene.jpg', { page: 0, pixelLimit, target });
    const full = await decodeWithSharp(bytes, 'jpeg', 0);
    expect(fast.scale).toBeLessThan(1);
    expect(difference(pixelsOf(fast, target), pixelsOf(full, target))).toBeLessThan(2);
  }
});
