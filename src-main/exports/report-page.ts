// The report of a run as one HTML file that needs nothing else: no request leaves it. Choosing what it shows is the caller's.
import { createHash } from 'node:crypto';
import type { Dataset, EpochMetrics, Item, Quality, Report } from '../contract/records.ts';
import { writeAtomic } from '../files/atomic.ts';
import { dataUri, Html, html, type PagePicture } from './html.ts';
import { renderLossPlot } from './loss-plot.ts';
import { type MapPlot, renderMapPlot, renderMapPng } from './map-plot.ts';

export interface ReportPage {
  readonly dataset: Pick<Dataset, 'name' | 'height' | 'width' | 'channels'>;
  readonly run: { readonly id: string; readonly preset: string; readonly codeSize: number; readonly created: string };
  /** Of the program that writes the page. */
  readonly version: string;
  readonly written: Date;
  /** The images that the page is of, and how many the run has in all. */
  readonly items: readonly Item[];
  readonly total: number;
  /** Facts of model and training by their names, then every setting by its name. */
  readonly facts: readonly Fact[];
  readonly settings: readonly Fact[];
  readonly metrics: readonly EpochMetrics[];
  readonly report: Report;
  readonly samples: readonly ShownImage[];
  readonly pairs: readonly ShownPair[];
  /** Null where no such map was made. */
  readonly map: MapPlot | null;
  /** Null where they were not looked for. */
  readonly clusters: readonly ShownCluster[] | null;
  /** Those with the largest errors, the largest first. */
  readonly outliers: readonly ShownPair[];
  /** The image to keep first; null where copies were not looked for. */
  readonly duplicates: { readonly groups: readonly (readonly ShownImage[])[]; readonly found: number } | null;
  /** The features of each image; null where there are too many to read. */
  readonly features: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] } | null;
}

export type Fact = readonly [name: string, value: string];

export interface ShownImage {
  readonly path: string;
  readonly label: string | null;
  readonly picture: PagePicture;
}

export interface ShownPair extends ShownImage {
  readonly reconstruction: PagePicture;
  /** Mean square, pixels 0–1. */
  readonly error: number;
}

export interface ShownCluster {
  readonly name: string;
  /** Of the images that the page is of. */
  readonly size: number;
  readonly label: string | null;
  readonly share: number | null;
  readonly central: readonly ShownImage[];
}

/** Of more points an SVG is slower to draw and larger than a picture of it. */
const mostVectorPoints = 3000;
/** Twice as many as a screen shows of it, for print and for sharp screens. */
const mapPixels = 1440;
const shownLabels = 40;

export async function writeReportPage(path: string, page: ReportPage): Promise<void> {
  await writeAtomic(path, await renderReportPage(page));
}

export async function renderReportPage(page: ReportPage): Promise<string> {
  const { dataset, run, version, written, items, total } = page;
  const title = `${dataset.name}: ${run.preset}, ${plural(run.codeSize, 'number')} a code`;
  const sections: [id: string, heading: string, content: Html][] = [
    ['images', 'Images', imagesSection(page)],
    ['model', 'Model', modelSection(page)],
    ['training', 'Course of training', trainingSection(page)],
    ['error', 'Error', errorSection(page)],
    ['map', 'Map', await mapSection(page)],
    ['clusters', 'Clusters', clusterSection(page)],
    ['outliers', 'Largest errors', pairList(page.outliers)],
    ['duplicates', 'Near-duplicates', duplicateSection(page)],
    ['features', 'Features', featureSection(page)],
  ];
  const some =
    items.length < total &&
    html`<p class="note">Of a selection: ${count(items.length)} of ${count(total)} images. Model, course of training and the table of errors are of the run as a whole.</p>`;
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>Run ${run.id} of ${day(run.created)}. Written on ${day(written.toISOString())} by Pinhole ${version}.</p>
${some}
<nav aria-label="Contents"><ul>${sections.map(([id, heading]) => html`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(([id, heading, content]) => html`<section aria-labelledby="${id}">\n<h2 id="${id}">${heading}</h2>\n${content}\n</section>\n`)}</main>
</body>
</html>
`.text;
}

// ---- sections -----------------------------------------------------------------------------------------------------

function imagesSection({ dataset, items, samples }: ReportPage): Html {
  const splits = countBy(items, ({ split }) => split);
  const labels = countBy(items, ({ label }) => label);
  const facts: Fact[] = [
    ['Images', `${count(items.length)} (${splits.map(([split, images]) => `${count(images)} ${split}`).join(', ')})`],
    ['Originals', rangeOfSizes(items)],
    ['As the model sees them', `${size(dataset)} pixels, ${dataset.channels === 1 ? 'grey' : 'colour'}`],
  ];
  return html`${factList(facts)}
${labels.length > 0 && labelList(labels)}
<h3>${items.length > samples.length ? `${samples.length} of them, by chance` : 'All of them'}</h3>
${imageList(samples)}`;
}

function labelList(labels: readonly [string, number][]): Html {
  const rest = labels.length - shownLabels;
  return html`<h3>${plural(labels.length, 'label')}</h3>
<ul class="labels">${labels.slice(0, shownLabels).map(([label, images]) => html`<li>${label} <small>${count(images)}</small></li>`)}${rest > 0 && html`<li>and ${count(rest)} more</li>`}</ul>`;
}

function modelSection({ facts, settings }: ReportPage): Html {
  return html`${factList(facts)}
<details><summary>Every setting</summary>${factList(settings)}</details>`;
}

function trainingSection({ metrics, report }: ReportPage): Html {
  return figure(new Html(renderLossPlot({ title: 'Error by epoch', metrics, report })));
}

function errorSection(page: ReportPage): Html {
  const { report, run, pairs } = page;
  const { heldOut, heldOutCount, knn } = report;
  const of =
    heldOut === 'none'
      ? `Of the ${plural(heldOutCount, 'image')} that the model has learned from; none were held out.`
      : `Of ${plural(heldOutCount, 'image')} that the model has not learned from (${heldOut}).`;
  const row = (name: string, { mse, psnr, ssim }: Quality, accuracy: number | null) =>
    html`<tr><th scope="row">${name}</th><td class="number">${mse.toPrecision(3)}</td><td class="number">${psnr === null ? '∞' : psnr.toFixed(1)}</td><td class="number">${ssim.toFixed(3)}</td>${knn !== null && html`<td class="number">${accuracy === null ? '' : percent(accuracy)}</td>`}</tr>`;
  return html`<table><caption>${of}</caption>
<thead><tr><th scope="col"></th><th scope="col" class="number">Mean square error</th><th scope="col" class="number">PSNR (dB)</th><th scope="col" class="number">SSIM</th>${knn !== null && html`<th scope="col" class="number">Labels by 5 nearest</th>`}</tr></thead>
<tbody>${row(run.preset, report.model, knn)}${row(`PCA with ${plural(run.codeSize, 'number')}`, report.pca, report.pcaKnn)}${row('Mean image', report.meanImage, null)}${report.rawKnn !== null && html`<tr><th scope="row">Raw pixels</th><td></td><td></td><td></td><td class="number">${percent(report.rawKnn)}</td></tr>`}</tbody></table>
${report.warnings.length > 0 && html`<ul>${report.warnings.map(({ message, advice }) => html`<li>${message} ${advice}</li>`)}</ul>`}
<h3>Originals and their reconstructions</h3>
${pairList(pairs)}`;
}

async function mapSection({ map }: ReportPage): Promise<Html> {
  if (map === null) {
    return html`<p>There is no such map of this run yet. Make it on the Explore screen, or by <code>pinhole export --formats html --map umap</code>.</p>`;
  }
  if (map.xy.length / 2 <= mostVectorPoints) return figure(new Html(renderMapPlot(map)));
  const src = dataUri('image/png', await renderMapPng(map, mapPixels, { palette: true }));
  const words = `${map.title}. ${map.captions.join('. ')}.`;
  return figure(html`<img src="${src}" alt="${words}" width="${mapPixels / 2}">`);
}

function clusterSection({ clusters }: ReportPage): Html {
  if (clusters === null) {
    return html`<p>Clusters were not looked for. “Find” on the Explore screen does, or <code>pinhole export --formats html --clusters</code>.</p>`;
  }
  const commonest = ({ label, share }: ShownCluster) =>
    label === null || share === null ? '' : `, ${percent(share)} of them ${label}`;
  return html`<p>${plural(clusters.length, 'cluster')} by PhenoGraph, the largest first, each with its most central images.</p>
${clusters.map((cluster) => html`<h3>${cluster.name} <small>${plural(cluster.size, 'image')}${commonest(cluster)}</small></h3>\n${imageList(cluster.central)}\n`)}`;
}

function duplicateSection({ duplicates }: ReportPage): Html {
  if (duplicates === null) {
    return html`<p>Near-duplicates were not looked for. “Find” on the Explore screen does, or <code>pinhole export --formats html --duplicates</code>.</p>`;
  }
  const { groups, found } = duplicates;
  if (found === 0) return html`<p>None were found.</p>`;
  const left = found - groups.length;
  return html`<p>${plural(found, 'group')} of images that are nearly the same; the first of each is the one to keep.</p>
<ol class="groups">${groups.map((images) => html`<li>${imageList(images)}</li>\n`)}</ol>
${left > 0 && html`<p>And ${plural(left, 'group')} more; <code>pinhole duplicates --out FILE.csv</code> lists them all.</p>`}`;
}

function featureSection({ features, run, items }: ReportPage): Html {
  if (features === null) {
    return html`<p>The features of ${plural(items.length, 'image')}, ${plural(run.codeSize, 'number')} each, are too many for a page. The Export screen writes them as CSV, Parquet or NumPy, and so does <code>pinhole export ${run.id} --out FOLDER</code>.</p>`;
  }
  return html`<div class="wide" role="region" aria-label="Features" tabindex="0"><table>
<thead><tr>${features.header.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${features.rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

// ---- parts --------------------------------------------------------------------------------------------------------

const factList = (facts: readonly Fact[]) =>
  html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

const figure = (content: Html) => html`<figure>${content}</figure>`;

const imageTag = ({ src, width, height }: PagePicture, alt: string) =>
  html`<img src="${src}" alt="${alt}" width="${width}" height="${height}">`;

const nameOf = ({ path, label }: ShownImage) => (label === null ? path : `${path} (${label})`);

const imageList = (images: readonly ShownImage[]) =>
  html`<ul class="pictures">${images.map((image) => html`<li title="${nameOf(image)}">${imageTag(image.picture, nameOf(image))}</li>`)}</ul>`;

const pairList = (pairs: readonly ShownPair[]) =>
  html`<p>Above the original, below what the model gives back, with its mean square error.</p>
<ul class="pictures">${pairs.map(
    (pair) =>
      html`<li title="${nameOf(pair)}">${imageTag(pair.picture, nameOf(pair))}${imageTag(pair.reconstruction, 'its reconstruction')}<small>${pair.error.toPrecision(2)}</small></li>`,
  )}</ul>`;

/** Most frequent first. */
function countBy<T extends string>(items: readonly Item[], of: (item: Item) => T | null): [T, number][] {
  const counts = new Map<T, number>();
  for (const item of items) {
    const name = of(item);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function rangeOfSizes(items: readonly Item[]): string {
  if (items.length === 0) return 'none';
  const range = (of: (item: Item) => number) => {
    const [low, high] = items.reduce(([a, b], item) => [Math.min(a, of(item)), Math.max(b, of(item))], [Infinity, 0]);
    return low === high ? count(low) : `${count(low)}–${count(high)}`;
  };
  return `${range(({ width }) => width)} pixels wide, ${range(({ height }) => height)} high`;
}

const size = ({ width, height }: { width: number; height: number }) => `${width}×${height}`;
const count = (value: number) => value.toLocaleString('en-US');
const plural = (value: number, one: string) => `${count(value)} ${value === 1 ? one : `${one}s`}`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const day = (date: string) => date.slice(0, 10);

// Paper is light whatever the screen is; drawings are made for paper, and keep it on a dark screen.
const style = `
:root { color-scheme: light dark; --ink: #1f2937; --quiet: #5b6472; --line: #d9dde3; --paper: #ffffff; --link: #0b5f58; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --quiet: #a3abb6; --line: #3a414b; --paper: #16191d; --link: #5fd0c4; }
}
body { max-width: 960px; margin: 0 auto; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 4px; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 48px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); font-size: 1.35rem; }
h3 { margin: 24px 0 8px; font-size: 1rem; }
p { max-width: 70ch; }
header p, small, caption { color: var(--quiet); }
small { font-weight: 400; font-size: 0.8125rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; list-style: none; }
dl { display: grid; grid-template-columns: minmax(8em, max-content) 1fr; gap: 4px 20px; }
dt { color: var(--quiet); }
dd { margin: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 4px 0; text-align: left; }
th, td { padding: 4px 20px 4px 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: 400; }
thead th { color: var(--quiet); vertical-align: bottom; }
.number { text-align: right; }
.wide { overflow-x: auto; }
.wide td, .wide th { white-space: nowrap; overflow-wrap: normal; }
.pictures { display: flex; flex-wrap: wrap; gap: 10px; padding: 0; list-style: none; }
.pictures li { display: grid; justify-items: center; gap: 3px; }
.pictures img { image-rendering: pixelated; outline: 1px solid var(--line); }
code { padding: 1px 4px; border: 1px solid var(--line); border-radius: 4px; font-size: 0.875em; }
.labels { display: flex; flex-wrap: wrap; gap: 4px 24px; padding: 0; list-style: none; }
.groups { display: flex; flex-wrap: wrap; gap: 12px 40px; padding-left: 2em; }
.groups li::marker { color: var(--quiet); font-size: 0.8125rem; }
.groups .pictures { gap: 3px; }
figure { margin: 0; padding: 12px; border: 1px solid var(--line); border-radius: 6px; background: #ffffff; }
figure svg, figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
summary { cursor: pointer; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  figure { padding: 0; border: 0; }
  figure, .pictures li, tr, dl { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .pictures img, figure { print-color-adjust: exact; }
}
`;
