// The comparison sheet: a PNG with the same originals in its first row and what each run makes of them in a row of its own.
import { blankPicture, type ImageBatch, pasteImage } from '../numerics/image-grid.ts';
import { checkPairs } from './contact-sheet.ts';
import { formatError, letteredPng } from './lettering.ts';
import { strokeText } from './stroke-text.ts';

export interface ComparisonSheet {
  readonly originals: ImageBatch;
  readonly rows: readonly ComparisonRow[];
}

export interface ComparisonRow {
  readonly name: string;
  readonly codeSize: number;
  /** Held-out mean-squared error of the run. */
  readonly error: number;
  /** Same size and number as the originals. */
  readonly reconstructions: ImageBatch;
}

// Pixels. Small images are enlarged by a whole number to about this side, so that single pixels can be seen.
const preferredSide = 80;
const sheetWidth = 1400;
const margin = 28;
const labelWidth = 132;
const gap = 6;
const lineHeight = 18;

const paper = 0xf4;
const nameStyle = { size: 6.5, color: '#1f2937', anchor: 'end' } as const;
const noteStyle = { size: 5.2, color: '#6b7280', anchor: 'end' } as const;
// What fits beside the images.
const longestName = 13;

/** How many images of this size stand side by side, at least one. */
export function comparisonSheetCapacity(height: number, width: number): number {
  const step = width * scaleOf(height, width) + gap;
  return Math.max(1, Math.floor((sheetWidth - 2 * margin - labelWidth + gap) / step));
}

export async function renderComparisonSheet({ originals, rows }: ComparisonSheet): Promise<Uint8Array> {
  const { count, height, width } = originals;
  const scale = scaleOf(height, width);
  const [stepX, stepY] = [width * scale + gap, Math.max(height * scale, 3 * lineHeight) + gap];
  const left = margin + labelWidth;
  const picture = blankPicture(
    left + count * stepX - gap + margin,
    2 * margin + (rows.length + 1) * stepY - gap,
    3,
    paper,
  );
  const paste = (images: ImageBatch, row: number) => {
    for (let index = 0; index < count; index++)
      pasteImage(picture, images, index, left + index * stepX, margin + row * stepY, scale);
  };
  paste(originals, 0);
  rows.forEach(({ reconstructions }, index) => {
    checkPairs(originals, reconstructions);
    paste(reconstructions, index + 1);
  });
  const labels = [labelOf(['original'], 0), ...rows.map((row, index) => labelOf(linesOf(row), index + 1))];
  return letteredPng(picture, labels.flat());

  function labelOf(lines: readonly string[], row: number): string[] {
    const middle = margin + row * stepY + (height * scale) / 2;
    const first = middle - ((lines.length - 1) * lineHeight) / 2 + nameStyle.size / 2;
    const place = left - 14;
    return lines.map((line, index) =>
      strokeText(line, place, first + index * lineHeight, index === 0 ? nameStyle : noteStyle),
    );
  }
}

function scaleOf(height: number, width: number): number {
  return Math.max(1, Math.round(preferredSide / Math.max(height, width)));
}

/** There are small letters only. */
function linesOf({ name, codeSize, error }: ComparisonRow): string[] {
  const size = `${codeSize} ${codeSize === 1 ? 'code' : 'codes'}`;
  return [name.toLowerCase().slice(0, longestName), size, `error ${formatError(error)}`];
}
