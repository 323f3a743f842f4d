// HTML that is put together from what people have named: nothing of it becomes markup, and pictures come back as they were.
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { dataUri, Html, html, pagePictures } from '../../src-main/exports/html.ts';

test('what is put in is escaped, in text and in attributes; what is HTML already is not', () => {
  const name = `<script>alert("1")</script> & 'others'`;
  const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;others&#39;';
  expect(html`<p title="${name}">${name}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`);
  expect(html`<p>${new Html('<b>1</b>')}${html`<i>${'<'}</i>`}</p>`.text).toBe('<p><b>1</b><i>&lt;</i></p>');
});

test('lists are joined, numbers said, null and false left out', () => {
  expect(html`${[1, ' < ', html`<hr>`]}|${null}${false}|${0}`.text).toBe('1 &lt; <hr>||0');
});

test('control characters and halves of letters become one that can be shown', () => {
  expect(html`${'a\u0000b\u001b[31m\u0085\ud800c\td'}`.text).toBe('a�b�[31m��c\td');
});

const decode = async (src: string) => {
  const [, type, text] = /^data:(image\/\w+);base64,([A-Za-z0-9+/]+=*)$/.exec(src)!;
  const { data, info } = await sharp(Buffer.from(text!, 'base64')).raw().toBuffer({ resolveWithObject: true });
  return { type, data, info };
};

test('a data URI is the bytes', () => {
  expect(dataUri('image/png', Uint8Array.of(0, 255, 62))).toBe('data:image/png;base64,AP8+');
});

test('tiny images come back pixel by pixel, enlarged by a whole number; each in its place', async () => {
  const data = Uint8Array.from({ length: 2 * 28 * 20 * 3 }, (_, at) => (at * 7) % 256);
  const pictures = await pagePictures({ data, count: 2, height: 28, width: 20, channels: 3 });
  expect(pictures.map(({ width, height }) => [width, height])).toEqual([
    [40, 56],
    [40, 56],
  ]);
  for (const [at, { src }] of pictures.entries()) {
    const image = await decode(src);
    expect(image.type).toBe('image/png');
    expect(image.data.equals(data.subarray(at * 28 * 20 * 3, (at + 1) * 28 * 20 * 3))).toBe(true);
  }
});

test('larger ones are nearly the same, and none is larger than a page has room for', async () => {
  const grey = (side: number) =>
    Uint8Array.from({ length: side * side }, (_, at) => Math.floor((255 * (at % side)) / side));
  const [small] = await pagePictures({ data: grey(64), count: 1, height: 64, width: 64, channels: 1 });
  const image = await decode(small!.src);
  expect([image.type, image.info.width, small!.width]).toEqual(['image/webp', 64, 64]);
  const off = Array.from({ length: 64 * 64 }, (_, at) =>
    Math.abs(image.data[at * image.info.channels]! - grey(64)[at]!),
  );
  expect(Math.max(...off)).toBeLessThan(16);
  const [large] = await pagePictures({ data: grey(300), count: 1, height: 300, width: 300, channels: 1 });
  expect([(await decode(large!.src)).info.width, large!.width, large!.height]).toEqual([128, 128, 128]);
});
