// The map as a picture: every point is there, where it belongs, in the colour that the legend explains.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type MapPlot, mostGroups, renderMapPlot, writeMapPlot } from '../../src-main/exports/map-plot.ts';
import { temporaryFolder } from '../support/temporary.ts';

const words = { title: 'PCA of <cats & dogs>', captions: ['as it is', 'and how'] };
const plotOf = (xy: number[], groups: (string | null)[]): MapPlot => ({
  ...{ xy: Float32Array.from(xy), colors: { groups, rest: 'no label' }, ...words },
});
const valuesOf = (values: number[]): MapPlot => ({
  xy: Float32Array.from(values.flatMap((_, row) => [row, 0])),
  colors: { values: Float32Array.from(values), name: 'error' },
  ...words,
});
/** From the lowest to the highest layer: its colour and how many dots it has. */
const layers = (svg: string) =>
  Array.from(svg.matchAll(/<path stroke="(#\w+)" d="([^"]*)"/g), ([, color, d]) => [color, d!.split('M').length - 1]);
const heightOf = (svg: string) => Number(/viewBox="0 0 720 ([\d.]+)"/.exec(svg)![1]);
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

test('the page is as high as the map: half of it is not empty where a map is wide', () => {
  const wide = renderMapPlot(plotOf([0, 0, 4, 1], [null, null]));
  const square = renderMapPlot(plotOf([0, 0, 1, 1], [null, null]));
  expect(heightOf(square) - heightOf(wide)).toBeCloseTo((3 / 4) * 664);
  for (const svg of [wide, square]) {
    const [low, high] = places(svg).map(([, y]) => y);
    expect(low! - 52).toBeCloseTo(high! - 52 + (low! - high!));
    expect(low).toBeLessThan(heightOf(svg) - 40);
  }
  // A line is still a picture.
  expect(heightOf(renderMapPlot(plotOf([0, 0, 1, 0], [null, null])))).toBeGreaterThan(180);
});

test('all points are drawn, frequent groups first in the legend, those beyond as others', () => {
  const groups = Array.from({ length: 2000 }, (_, row) => (row % 20 === 19 ? null : `g${Math.floor(Math.sqrt(row))}`));
  const svg = renderMapPlot(
    plotOf(
      groups.flatMap((_, row) => [Math.cos(row), Math.sin(row)]),
      groups,
    ),
  );
  expect(places(svg)).toHaveLength(2000);
  const entries = legend(svg);
  expect(entries).toHaveLength(mostGroups + 2);
  const counts = entries.map((word) => Number(word!.split(' · ')[1]!.replace(',', '')));
  expect(counts.slice(0, mostGroups)).toEqual(counts.slice(0, mostGroups).toSorted((a, b) => b - a));
  expect(entries.slice(-2)).toEqual([expect.stringMatching(/^other · /), 'no label · 100']);
  expect(counts.reduce((sum, count) => sum + count)).toBe(2000);
});

test('rare groups lie on top, and what has no group at the bottom', () => {
  const svg = renderMapPlot(
    plotOf(Array(12).fill(0), ['rare', 'often', 'often', null, 'often', 'some', 'some'].slice(0, 6)),
  );
  expect(layers(svg).map(([, count]) => count)).toEqual([1, 3, 1, 1]);
  expect(legend(svg)).toEqual(['often · 3', 'rare · 1', 'some · 1', 'no label · 1']);
});

test('long names are shortened to the room of their column, Chinese ones sooner', () => {
  const long = 'a rather long name of a folder that somebody once made';
  const chinese = '从前有人建立的一个名字相当长的文件夹里面放着许多图片';
  const entries = legend(renderMapPlot(plotOf([0, 0, 1, 1, 2, 2], [long, chinese, 'short'])));
  expect(entries).toEqual([
    expect.stringMatching(/^a rather long name of a folder that s.*… · 1$/),
    'short · 1',
    expect.stringMatching(/^从前有人建立的一个名字.*… · 1$/),
  ]);
  expect(entries[2]!.length).toBeLessThan(entries[0]!.length);
  const columns = (svg: string) => new Set(Array.from(svg.matchAll(/<circle cx="([\d.]+)"/g), ([, x]) => x)).size;
  expect(columns(renderMapPlot(plotOf([0, 0, 1, 1, 2, 2], [long, chinese, 'short'])))).toBe(2);
  expect(columns(renderMapPlot(plotOf([0, 0, 1, 1, 2, 2], ['a', 'b', 'c'])))).toBe(3);
});

test('errors on a scale of 98 % of them, the large ones on top, those left out at the bottom', () => {
  const values = Array.from({ length: 201 }, (_, row) => (row === 200 ? 50 : row / 1000));
  const svg = renderMapPlot(valuesOf([...values, Number.NaN]));
  const drawn = layers(svg);
  expect(drawn.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(202);
  expect(drawn[0]).toEqual(['#9ca3af', 1]);
  expect([drawn[1]![0], drawn.at(-1)![0]]).toEqual(['#95bdda', '#400115']);
  // One huge value does not leave one colour to all others.
  expect(Math.max(...drawn.map(([, count]) => Number(count)))).toBeLessThan(10);
  expect(legend(svg)).toEqual(['≤ 0.002', '≥ 0.2', 'error']);
  expect(renderMapPlot(valuesOf([0.5, 0.5]))).not.toContain('NaN');
  expect(renderMapPlot(valuesOf([]))).not.toMatch(/NaN|undefined/);
});

test('images without a label are said; without any label there is no legend; one point and none are a picture', () => {
  expect(legend(renderMapPlot(plotOf([0, 0, 1, 1], ['<i>', null])))).toEqual(['&lt;i&gt; · 1', 'no label · 1']);
  expect(legend(renderMapPlot(plotOf([0, 0, 1, 1], [null, null])))).toEqual([]);
  expect(places(renderMapPlot(plotOf([3, 3], [null])))).toEqual(
    [[360, 52 + 680 / 12]].map(([x, y]) => [x, Math.round(100 * y!) / 100]),
  );
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
