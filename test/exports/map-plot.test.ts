// The map as a picture: every point is there, where it belongs, in the colour that the legend explains.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { mostGroups, renderMapPlot, writeMapPlot } from '../../src-main/exports/map-plot.ts';
import { temporaryFolder } from '../support/temporary.ts';

const plotOf = (xy: number[], groups: (string | null)[]) => ({
  ...{ xy: Float32Array.from(xy), groups, title: 'PCA of <cats & dogs>', caption: 'as it is' },
});
const places = (svg: string) =>
  Array.from(svg.matchAll(/M([\d.]+) ([\d.]+)h0/g), ([, x, y]) => [Number(x), Number(y)] as const);
const legend = (svg: string) =>
  Array.from(svg.matchAll(/<text [^>]*font-size="13"[^>]*>([^<]*)</g), ([, words]) => words);

test('one scale for both axes, up is up', () => {
  const svg = renderMapPlot(plotOf([-2, 0, 2, 0, 0, 1], ['a', 'a', 'a']));
  const [left, right, above] = places(svg);
  expect(right![0] - left![0]).toBeCloseTo(4 * (left![1] - above![1]));
  expect(above![1]).toBeLessThan(left![1]);
  expect(svg).toContain('PCA of &lt;cats &amp; dogs&gt;');
});

test('all points are drawn, frequent groups first, those beyond as others', () => {
  const groups = Array.from({ length: 2000 }, (_, row) => (row % 20 === 19 ? null : `g${Math.floor(Math.sqrt(row))}`));
  const svg = renderMapPlot(
    plotOf(
      groups.flatMap((_, row) => [Math.cos(row), Math.sin(row)]),
      groups,
    ),
  );
  expect(places(svg)).toHaveLength(2000);
  const words = legend(svg);
  expect(words).toHaveLength(mostGroups + 1);
  const counts = words.map((word) => Number(word!.split(' · ')[1]!.replace(',', '')));
  expect(counts.slice(0, -1)).toEqual(counts.slice(0, -1).toSorted((a, b) => b - a));
  expect(words.at(-1)).toMatch(/^other · /);
  expect(counts.reduce((sum, count) => sum + count)).toBe(2000);
});

test('images without a label are said; without any label there is no legend; one point and none are a picture', () => {
  expect(legend(renderMapPlot(plotOf([0, 0, 1, 1], ['<i>', null])))).toEqual(['&lt;i&gt; · 1', 'no label · 1']);
  expect(legend(renderMapPlot(plotOf([0, 0, 1, 1], [null, null])))).toEqual([]);
  expect(places(renderMapPlot(plotOf([3, 3], [null])))).toEqual([[360, 392]]);
  expect(renderMapPlot(plotOf([], []))).not.toContain('NaN');
});

test('PNG is 180 mm wide at 300 dpi and has the dots in their colours; SVG is the text', async () => {
  const folder = temporaryFolder();
  const plot = plotOf([0, 0, 1, 1], ['a', 'b']);
  await writeMapPlot(join(folder, 'map.png'), plot);
  const image = sharp(join(folder, 'map.png'));
  expect(await image.metadata()).toMatchObject({ width: 2126, density: 300, format: 'png' });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const [x, y] = places(renderMapPlot(plot))[0]!.map((place) => Math.round((place * 2126) / 720));
  const [red, , blue] = data.subarray((y! * info.width + x!) * info.channels);
  expect(blue! - red!).toBeGreaterThan(40);
  await writeMapPlot(join(folder, 'map.SVG'), plot);
  expect(readFileSync(join(folder, 'map.SVG'), 'utf8')).toBe(renderMapPlot(plot));
});
