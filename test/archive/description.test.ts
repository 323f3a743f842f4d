// index.json: what is written is read, and what it claims is not believed.
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Index, indexBytes, parseIndex } from '../../src-main/archive/description.ts';

function indexOf(paths: string[]): Index {
  const zeros = paths.map(() => 0);
  return {
    paths,
    labels: ['cat'],
    label: zeros,
    widths: zeros.map(() => 640),
    heights: zeros.map(() => 480),
    modified: zeros,
    psnr: paths.map((_, place) => (place === 0 ? null : 217)),
    residuals: [],
    originals: [],
    unread: [],
  };
}

const parse = (value: unknown) => parseIndex(Buffer.from(JSON.stringify(value)));

test('comes back as it was, whatever paths have in common', () => {
  const index = indexOf([
    '',
    'a/1.png',
    'a/10.png',
    'a/1.png',
    'a/1.png',
    'é/猫.jpg',
    'é/狗.jpg',
    '\u{1F600}.png',
    '\u{1F601}.png',
    'b',
  ]);
  expect(parseIndex(indexBytes(index))).toEqual(index);
});

test('of a numbered folder takes less than a byte for each path', () => {
  const paths = Array.from({ length: 10_000 }, (_, place) => `holidays/2024/${String(place).padStart(5, '0')}.png`);
  const { paths: stored } = JSON.parse(Buffer.from(indexBytes(indexOf(paths))).toString());
  expect(deflateRawSync(JSON.stringify(stored)).length).toBeLessThan(paths.length);
});

test('paths that take more from the one before than it has, that are too long or without end are refused', () => {
  const { paths, ...others } = JSON.parse(Buffer.from(indexBytes(indexOf(['a', 'ab']))).toString());
  expect(parse({ ...others, paths }).paths).toEqual(['a', 'ab']);
  const refused = (shared: number[], rest: string[]) =>
    expect(() => parse({ ...others, paths: { shared, rest } })).toThrow(
      expect.objectContaining({ code: 'file-damaged' }),
    );
  refused([0, 2], ['a', 'b']);
  refused([1, 0], ['a', 'b']);
  refused([0], ['a', 'b']);
  refused([0, 0.5], ['a', 'b']);
  refused([0, -1], ['a', 'b']);
  refused([0, 4000], ['x'.repeat(4000), 'y'.repeat(97)]);
});
