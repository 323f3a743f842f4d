// The contact sheet: a PNG with originals above their reconstructions. Choosing which images to show is the caller's.
import { PinholeError } from '../contract/errors.ts';
import { writeAtomic } from '../files/atomic.ts';
import { blankPicture, type ImageBatch, pasteImage } from '../numerics/image-grid.ts';
import { formatError, letteredPng } from './lettering.ts';
import { strokeText } from './stroke-text.ts';

export interface ContactSheet {
  readonly originals: ImageBatch;
  /** Same size and number as the originals. */
  readonly reconstructions: ImageBatch;
  /** Number of each image, as `image_id` of the tables, printed below its pair: which file it is stands there. */
  readonly ids?: ArrayLike<number>;
  /** Mean-squared error of each pair, printed below it. */
  readonly errors?: ArrayLike<number>;
}

/** A line of small print below every pair. */
interface Caption {
  readonly label: string;
  readonly text: (pair: number) => string;
}

interface Layout {
  readonly scale: number;
  readonly columns: number;
  readonly rows: number;
  /** Of an image as drawn, without gaps. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly columnStep: number;
  readonly rowStep: number;
  readonly width: number;
  readonly height: number;
}

// Pixels. Small images are enlarged by a whole number to about this side, so that single pixels can be seen.
const preferredSide = 96;
const sheetWidth = 1400;
const sheetHeight = 1800;
// Some programs refuse larger pictures, and nobody looks at more at once.
const largestSheet = 2 ** 25;
const margin = 28;
const labelWidth = 122;
const pairGap = 4;
const columnGap = 10;
const rowGap = 26;
const captionHeight = 20;
const captionWidth = 52;

const paper = 0xf4;
const labelStyle = { size: 6.5, color: '#6b7280', anchor: 'end' } as const;
const captionLabelStyle = { ...labelStyle, size: 5.2 } as const;
const captionStyle = { size: 5.2, color: '#6b7280', anchor: 'middle' } as const;

/** How many pairs of this size, with a caption, make a sheet of about 1400 × 1800 pixels. */
export function contactSheetCapacity(height: number, width: number): number {
  const { columns, rowStep } = layOut(height, width, Number.MAX_SAFE_INTEGER, 1);
  return columns * Math.max(1, Math.floor((sheetHeight - 2 * margin) / rowStep));
}

/** Writes the sheet atomically; `shown` is below the number given only where the sheet would exceed 33 megapixels. */
export async function writeContactSheet(path: string, sheet: ContactSheet): Promise<{ shown: number }> {
  const { png, shown } = await renderContactSheet(sheet);
  await writeAtomic(path, png);
  return { shown };
}

export async function renderContactSheet(sheet: ContactSheet): Promise<{ png: Uint8Array; shown: number }> {
  const { originals, reconstructions } = sheet;
  checkPairs(originals, reconstructions);
  const captions = captionsOf(sheet);
  const layout = layOut(originals.height, originals.width, originals.count, captions.length);
  const shown = Math.min(originals.count, layout.rows * layout.columns);
  const picture = blankPicture(layout.width, layout.height, 3, paper);
  for (let pair = 0; pair < shown; pair++) {
    const [left, top] = cornerOf(pair, layout);
    pasteImage(picture, originals, pair, left, top, layout.scale);
    pasteImage(picture, reconstructions, pair, left, top + layout.imageHeight + pairGap, layout.scale);
  }
  return { png: await letteredPng(picture, lettering(layout, shown, captions)), shown };
}

function captionsOf({ ids, errors }: ContactSheet): Caption[] {
  return [
    ...(ids ? [{ label: 'image', text: (pair: number) => String(ids[pair]) }] : []),
    ...(errors ? [{ label: 'error', text: (pair: number) => formatError(errors[pair]!) }] : []),
  ];
}

function layOut(height: number, width: number, count: number, captions: number): Layout {
  const scale = Math.max(1, Math.round(preferredSide / Math.max(height, width)));
  const [imageWidth, imageHeight] = [width * scale, height * scale];
  const columnStep = Math.max(imageWidth, captions > 0 ? captionWidth : 0) + columnGap;
  const rowStep = 2 * imageHeight + pairGap + captions * captionHeight + rowGap;
  const fitting = Math.max(1, Math.floor((sheetWidth - 2 * margin - labelWidth + columnGap) / columnStep));
  // As even as can be: 40 pairs where 12 fit side by side become 4 rows of 10.
  const columns = Math.max(1, Math.ceil(count / Math.ceil(count / fitting)));
  const sheetColumns = 2 * margin + labelWidth + columns * columnStep - columnGap;
  const mostRows = Math.max(1, Math.floor((largestSheet / sheetColumns - 2 * margin) / rowStep));
  const rows = Math.min(Math.ceil(count / columns), mostRows);
  const sheetRows = 2 * margin + rows * rowStep - rowGap;
  return { scale, columns, rows, imageWidth, imageHeight, columnStep, rowStep, width: sheetColumns, height: sheetRows };
}

function cornerOf(pair: number, { columns, columnStep, rowStep, imageWidth }: Layout): [left: number, top: number] {
  const spare = Math.floor((columnStep - columnGap - imageWidth) / 2);
  const left = margin + labelWidth + (pair % columns) * columnStep + spare;
  return [left, margin + Math.floor(pair / columns) * rowStep];
}

function lettering(layout: Layout, shown: number, captions: readonly Caption[]): string[] {
  const { imageWidth, imageHeight, rows, rowStep } = layout;
  const parts: string[] = [];
  const right = margin + labelWidth - 14;
  for (let row = 0; row < rows; row++) {
    // A small letter's middle is half its height above the baseline.
    const middle = margin + row * rowStep + imageHeight / 2 + labelStyle.size / 2;
    parts.push(strokeText('original', right, middle, labelStyle));
    parts.push(strokeText('reconstruction', right, middle + imageHeight + pairGap, labelStyle));
    for (const [line, { label }] of captions.entries())
      parts.push(strokeText(label, right, captionBaseline(margin + row * rowStep, line, layout), captionLabelStyle));
  }
  for (let pair = 0; pair < shown; pair++) {
    const [left, top] = cornerOf(pair, layout);
    for (const [line, { text }] of captions.entries())
      parts.push(strokeText(text(pair), left + imageWidth / 2, captionBaseline(top, line, layout), captionStyle));
  }
  return parts;
}

function captionBaseline(top: number, line: number, { imageHeight }: Layout): number {
  return top + 2 * imageHeight + pairGap + (line + 1) * captionHeight - 4;
}

/** For every picture that shows both: the same size and number of images, and at least one. */
export function checkPairs(originals: ImageBatch, reconstructions: ImageBatch): void {
  const [one, other] = [originals, reconstructions].map(
    ({ count, height, width, channels }) => `${count}×${height}×${width}×${channels}`,
  );
  if (originals.count > 0 && one === other) return;
  throw new PinholeError('internal', `internal: expected ${one} reconstructions for a sheet, received ${other}`);
}
