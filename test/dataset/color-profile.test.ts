// Colour profiles that are curves and a matrix, against what sharp makes of them; others and damaged ones are left alone.
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readColorProfile } from '../../src-main/dataset/formats/color-profile.ts';
import { isSrgbProfile } from '../../src-main/dataset/formats/metadata.ts';
import { difference, noise, scene } from './support/images.ts';

async function profileOf(name: 'p3' | 'srgb' | 'cmyk'): Promise<Buffer> {
  const image = name === 'cmyk' ? scene(8, 8).toColourspace('cmyk') : scene(8, 8);
  return (await sharp(await image.withIccProfile(name).jpeg().toBuffer()).metadata()).icc!;
}

/** An ICC profile of three equal curves and the columns of sRGB, laid out by hand. */
function handmadeProfile(curve: Buffer): Buffer {
  const header = Buffer.alloc(132);
  header.write('RGB ', 16);
  header.write('XYZ ', 20);
  const columns = [
    [0.4360747, 0.2225045, 0.0139322],
    [0.3850649, 0.7168786, 0.0971045],
    [0.1430804, 0.0606169, 0.7141733],
  ].map((column) => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ');
    for (const [index, value] of column.entries()) tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * index);
    return tag;
  });
  const tags: [string, Buffer][] = [
    ['rXYZ', columns[0]!],
    ['gXYZ', columns[1]!],
    ['bXYZ', columns[2]!],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  header.writeUInt32BE(tags.length, 128);
  const table = Buffer.alloc(12 * tags.length);
  let position = header.length + table.length;
  for (const [index, [name, body]] of tags.entries()) {
    table.write(name, 12 * index);
    table.writeUInt32BE(position, 12 * index + 4);
    table.writeUInt32BE(body.length, 12 * index + 8);
    position += body.length;
  }
  return Buffer.concat([header, table, ...tags.map(([, body]) => body)]);
}

function curve(type: 'curv' | 'para', kind: number, ...values: number[]): Buffer {
  const width = type === 'curv' ? 2 : 4;
  const tag = Buffer.alloc(12 + width * values.length);
  tag.write(type);
  if (type === 'curv') tag.writeUInt32BE(kind, 8);
  else tag.writeUInt16BE(kind, 8);
  for (const [index, value] of values.entries()) {
    if (type === 'curv') tag.writeUInt16BE(value, 12 + 2 * index);
    else tag.writeInt32BE(Math.round(value * 65536), 12 + 4 * index);
  }
  return tag;
}

test('Display P3 becomes sRGB as sharp converts it', async () => {
  const profile = await profileOf('p3');
  expect(isSrgbProfile(profile)).toBe(false);
  const stored = await scene(32, 32).withIccProfile('p3').png().toBuffer();
  const values = await sharp(stored, { ignoreIcc: true }).raw().toBuffer();
  const expected = await sharp(stored).raw().toBuffer();
  const converted = new Uint8Array(values);
  readColorProfile(profile)!(converted);
  expect(difference(values, expected)).toBeGreaterThan(1);
  expect(difference(converted, expected)).toBeLessThan(0.6);
});

describe('curves', () => {
  const srgb = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const samples = Array.from({ length: 1024 }, (_, index) => Math.round(65535 * srgb(index / 1023)));
  // The columns are those of sRGB: with its curve, nothing changes.
  const neutral = {
    sampled: curve('curv', 1024, ...samples),
    parametric: curve('para', 3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    'parametric with offsets': curve('para', 4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0),
  };

  test.each(Object.entries(neutral))('%s', (_, tag) => {
    const values = noise(3000);
    const converted = new Uint8Array(values);
    readColorProfile(handmadeProfile(tag))!(converted);
    expect(difference(converted, values)).toBeLessThan(0.3);
  });

  test('a gamma of 1 and a straight line make middle values lighter', () => {
    for (const tag of [curve('curv', 0), curve('curv', 1, 256), curve('para', 0, 1)]) {
      const grey = new Uint8Array([0, 0, 0, 128, 128, 128, 255, 255, 255]);
      readColorProfile(handmadeProfile(tag))!(grey);
      expect([...grey]).toEqual([0, 0, 0, 188, 188, 188, 255, 255, 255]);
    }
  });
});

test('sRGB is recognised, other kinds and damaged profiles are not converted', async () => {
  expect(isSrgbProfile(await profileOf('srgb'))).toBe(true);
  expect(readColorProfile(await profileOf('cmyk'))).toBeUndefined();
  expect(readColorProfile(Buffer.alloc(20))).toBeUndefined();
  const whole = handmadeProfile(curve('curv', 1, 256));
  expect(readColorProfile(whole.subarray(0, whole.length - 60))).toBeUndefined();
});
