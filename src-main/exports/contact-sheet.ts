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
  /** Mean-squared error of each pair, printed below it. */
  readonly errors?: ArrayLike<number>;
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
const errorHeight = 20;
const errorWidth = 52;

const paper = 0xf4;
const labelStyle = { size: 6.5, color: '#6b7280', anchor: 'end' } as const;
const errorLabelStyle = { ...labelStyle, size: 5.2 } as const;
const errorStyle = { size: 5.2, color: '#6b7280', anchor: 'middle' } as const;

/** How many pairs of this size make a sheet of about 1400 × 1800 pixels. */
export function contactSheetCapacity(height: number, width: number): number {
  const { columns, rowStep } = layOut(height, width, Number.MAX_SAFE_INTEGER, true);
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
  const layout = layOut(originals.height, originals.width, originals.count, sheet.errors !== undefined);
  const shown = Math.min(originals.count, layout.rows * layout.columns);
  const picture = blankPicture(layout.width, layout.height, 3, paper);
  for (let pair = 0; pair < shown; pair++) {
    const [left, top] = cornerOf(pair, layout);
    pasteImage(picture, originals, pair, left, top, layout.scale);
    pasteImage(picture, reconstructions, pair, left, top + layout.imageHeight + pairGap, layout.scale);
  }
  return { png: await letteredPng(picture, lettering(layout, shown, sheet.errors)), shown };
}

function layOut(height: number, width: number, count: number, hasErrors: boolean): Layout {
  const scale = Math.max(1, Math.round(preferredSide / Math.max(height, width)));
  const [imageWidth, imageHeight] = [width * scale, height * scale];
  const columnStep = Math.max(imageWidth, hasErrors ? errorWidth : 0) + columnGap;
  const rowStep = 2 * imageHeight + pairGap + (hasErrors ? errorHeight : 0) + rowGap;
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

function lettering(layout: Layout, shown: number, errors: ArrayLike<number> | undefined): string[] {
  const { imageWidth, imageHeight, rows, rowStep } = layout;
  const parts: string[] = [];
  const right = margin + labelWidth - 14;
  for (let row = 0; row < rows; row++) {
    // A small letter's middle is half its height above the baseline.
    const middle = margin + row * rowStep + imageHeight / 2 + labelStyle.size / 2;
    parts.push(strokeText('original', right, middle, labelStyle));
    parts.push(strokeText('reconstruction', right, middle + imageHeight + pairGap, labelStyle));
    if (errors !== undefined)
      parts.push(strokeText('error', right, errorBaseline(margin + row * rowStep, layout), errorLabelStyle));
  }
  for (let pair = 0; errors !== undefined && pair < shown; pair++) {
    const [left, top] = cornerOf(pair, layout);
    parts.push(strokeText(formatError(errors[pair]!), left + imageWidth / 2, errorBaseline(top, layout), errorStyle));
  }
  return parts;
}

function errorBaseline(top: number, { imageHeight }: Layout): number {
  return top + 2 * imageHeight + pairGap + errorHeight - 4;
}

/** For every picture that shows both: the same size and number of images, and at least one. */
export function checkPairs(originals: ImageBatch, reconstructions: ImageBatch): void {
  const [one, other] = [originals, reconstructions].map(
    ({ count, height, width, channels }) => `${count}×${height}×${width}×${channels}`,
  );
  if (originals.count > 0 && one === other) return;
  throw new PinholeError('internal', `internal: expected ${one} reconstructions for a sheet, received ${other}`);
}
