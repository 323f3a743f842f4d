// The report as a page: every part where there is something to say, one sentence where there is not, and no request.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Item } from '../../src-main/contract/records.ts';
import { type ReportPage, renderReportPage } from '../../src-main/exports/report-page.ts';

const picture = { src: 'data:image/png;base64,AAAA', width: 56, height: 56 };
const shown = (path: string, label: string | null = null) => ({ path, label, picture });
const pair = (path: string, error: number) => ({ ...shown(path), reconstruction: picture, error });
const item = (id: number, label: string | null): Item => ({
  ...{ id, label, path: `${id}.png`, split: id % 2 ? 'train' : 'validation', width: 28 + id, height: 28 },
  ...{ bytes: 100, sha256: '00' },
});
const quality = { mse: 0.01234, psnr: 19.1, ssim: 0.8 };

const page: ReportPage = {
  dataset: { name: 'cats & <dogs>', height: 28, width: 28, channels: 1 },
  run: { id: 'deep-1a2b', preset: 'deep', codeSize: 1, created: '2026-01-02T03:04:05Z' },
  version: '9.9.9',
  written: new Date('2026-02-03T04:05:06Z'),
  items: [item(0, 'cat'), item(1, null), item(2, 'cat'), item(3, '"><img src=x>')],
  total: 4,
  facts: [['Parameters', '12,345']],
  settings: [['batchSize', '256']],
  metrics: [
    { epoch: 1, step: 5, trainLoss: 0.1, validationMse: 0.05, learningRate: 1, imagesPerSecond: 1, seconds: 1 },
  ],
  report: {
    ...{ heldOut: 'validation', heldOutCount: 2, knn: null, pcaKnn: null, rawKnn: null, knnCount: 0 },
    ...{ model: quality, pca: { ...quality, mse: 0.02 }, meanImage: { ...quality, psnr: null } },
    warnings: [{ code: 'plateau', message: 'It stands <still>.', advice: 'Wait.', figures: {} }],
  },
  samples: [shown('0.png', 'cat')],
  pairs: [pair('2.png', 0.00123)],
  map: null,
  clusters: null,
  outliers: [pair('odd.png', 0.5)],
  duplicates: null,
  features: null,
};
const words = (html: string) =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

test('facts of images, model, error and pictures; what was not looked for says how to get it', async () => {
  const html = await renderReportPage(page);
  const said = words(html);
  expect(said).toContain('Run deep-1a2b of 2026-01-02. Written on 2026-02-03 by Pinhole 9.9.9.');
  expect(said).toContain('4 (2 train, 2 validation)');
  expect(said).toContain('28–31 pixels wide, 28 high');
  expect(said).toMatch(/2 labels cat 2 .* 1/);
  expect(said).toContain('Parameters 12,345');
  expect(said).toContain('Of 2 images that the model has not learned from (validation).');
  expect(said).toContain('deep 0.0123 19.1 0.800');
  expect(said).toContain('PCA with 1 number 0.0200');
  expect(said).toContain('Mean image 0.0123 ∞ 0.800');
  expect(said).toContain('0.0012');
  expect(said).toContain('pinhole export --formats html --map umap');
  expect(said).toContain('Clusters were not looked for.');
  expect(said).toContain('Near-duplicates were not looked for.');
  expect(said).toContain('The features of 4 images, 1 number each, are too many for a page.');
  expect(said).not.toContain('Of a selection');
});

test('names are text, wherever they stand', async () => {
  const html = await renderReportPage(page);
  expect(html).toContain('<title>cats &amp; &lt;dogs&gt;: deep, 1 number a code</title>');
  expect(html).not.toContain('<img src=x>');
  expect(html).toContain('It stands &lt;still&gt;. Wait.');
});

test('nothing is asked of anywhere, and nothing runs', async () => {
  const html = await renderReportPage(page);
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!.replaceAll('&#39;', "'");
  expect(policy).toBe(`default-src 'none'; img-src data:; style-src 'sha256-${hash}'`);
  expect(html).not.toMatch(/<script|<link|style="|url\(|@import| on\w+="/i);
  for (const [, where] of html.matchAll(/ (?:src|href)="([^"]*)"/g)) expect(where).toMatch(/^(data:image\/|#[a-z]+$)/);
  expect(html.match(/https?:[^"'\s]*/g)).toEqual(['http://www.w3.org/2000/svg']);
});

test('of a selection, with everything that was found among it', async () => {
  const html = await renderReportPage({
    ...page,
    total: 1234,
    map: {
      ...{ xy: Float32Array.of(0, 0, 1, 1), title: 'Map of <it>', captions: ['PCA of 2 images'] },
      colors: { groups: ['cat', null], rest: 'not selected' },
    },
    clusters: [{ name: 'Cluster 3', size: 2, label: 'cat', share: 0.5, central: [shown('central.png')] }],
    duplicates: { groups: [[shown('keep.png'), shown('copy.png')]], found: 3 },
    features: { header: ['image_id', 'z000'], rows: [['0', '<0.5>']] },
  });
  const said = words(html);
  expect(said).toContain('Of a selection: 4 of 1,234 images.');
  expect(said).toContain('Map of &lt;it&gt;');
  expect(said).toContain('Cluster 3 2 images, 50.0 % of them cat');
  expect(html).toContain('alt="central.png"');
  expect(html.indexOf('alt="keep.png"')).toBeLessThan(html.indexOf('alt="copy.png"'));
  expect(said).toContain('3 groups of images that are nearly the same');
  expect(said).toContain('And 2 groups more');
  expect(said).toContain('image_id z000 0 &lt;0.5&gt;');
});

test('a map of many points is a picture, which takes less', async () => {
  const many = Float32Array.from({ length: 2 * 5000 }, (_, at) => Math.sin(at * at));
  const colors = { groups: Array(5000).fill('<a>'), rest: 'no label' };
  const html = await renderReportPage({ ...page, map: { xy: many, colors, title: '"Map"', captions: ['of 5,000'] } });
  expect(html).toMatch(/<figure><img src="data:image\/png;base64,[^"]+" alt="&quot;Map&quot;. of 5,000." width="720">/);
  expect(html.match(/<svg/g)).toHaveLength(1);
  expect(html.length).toBeLessThan(600_000);
});
