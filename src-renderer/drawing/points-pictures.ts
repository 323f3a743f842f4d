// Pictures instead of dots: which of the points in sight are shown as pictures, and drawing those over the dots.
import type { Mask, PickGrid } from './pick-grid.ts';
import { type Size, toScreen, type View, visible } from './view.ts';

export interface Picture {
  readonly canvas: CanvasImageSource;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Sides of pictures in CSS pixels: small ones where there are many, larger ones where there is room. */
const sides = { low: 28, high: 64 };
/** Of the map; pictures side by side on all of it would leave nothing of where the points lie. */
const coveredShare = 0.55;

export interface PictureChoice {
  readonly rows: readonly number[];
  readonly side: number;
}

export const noPictures: PictureChoice = { rows: [], side: sides.low };

/**
 * One point for each cell of a grid that stays where it is while the map is panned: the point nearest to the cell's
 * middle. `always` shows them however many points there are; else they appear once those in sight have room.
 */
export function choosePictures(
  grid: PickGrid,
  xy: Float32Array,
  shown: Mask,
  view: View,
  size: Size,
  always: boolean,
): PictureChoice {
  const frame = visible(view, size);
  const room = coveredShare * size.width * size.height;
  const most = always ? Number.POSITIVE_INFINITY : Math.floor(room / sides.low ** 2);
  const rows: number[] = [];
  grid.inside(frame, (row) => {
    if (shown === null || shown[row]) rows.push(row);
    return rows.length <= most;
  });
  if (rows.length === 0 || rows.length > most) return noPictures;
  const side = 4 * Math.round(Math.min(sides.high, Math.max(sides.low, Math.sqrt(room / rows.length))) / 4);
  return { rows: oneForEachCell(rows, xy, side / view.scale), side };
}

function oneForEachCell(rows: readonly number[], xy: Float32Array, wanted: number): number[] {
  // A power of two, so that a little zooming keeps the cells.
  const cell = 2 ** Math.ceil(Math.log2(wanted));
  const best = new Map<number, { row: number; distance: number }>();
  for (const row of rows) {
    const [x, y] = [xy[2 * row]! / cell, xy[2 * row + 1]! / cell];
    const [column, line] = [Math.floor(x), Math.floor(y)];
    const distance = (x - column - 0.5) ** 2 + (y - line - 0.5) ** 2;
    const key = column * 0x4000000 + line;
    const known = best.get(key);
    if (known === undefined) best.set(key, { row, distance });
    else if (distance < known.distance) Object.assign(known, { row, distance });
  }
  return Array.from(best.values(), ({ row }) => row);
}

export interface PictureDrawing {
  readonly xy: Float32Array;
  readonly view: View;
  readonly size: Size;
  readonly choice: PictureChoice;
  /** Null while it is not there: its dot is seen then. */
  pictureOf(row: number): Picture | null;
  /** CSS colour of the frame around a picture. */
  colorOf(row: number): string;
  /** Pictures outside of a selection step back. */
  isDimmed(row: number): boolean;
}

export function drawPictures(canvas: HTMLCanvasElement, drawing: PictureDrawing): void {
  const { xy, view, size, choice } = drawing;
  const context = canvas.getContext('2d')!;
  context.resetTransform();
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (size.width === 0) return;
  const pixels = canvas.width / size.width;
  context.scale(pixels, pixels);
  for (const row of choice.rows) {
    const picture = drawing.pictureOf(row);
    if (picture === null) continue;
    const [x, y] = toScreen(view, size, xy[2 * row]!, xy[2 * row + 1]!);
    const scale = choice.side / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    const [left, top] = [x - width / 2, y - height / 2];
    context.globalAlpha = drawing.isDimmed(row) ? 0.35 : 1;
    context.fillStyle = drawing.colorOf(row);
    context.fillRect(left - 1.5, top - 1.5, width + 3, height + 3);
    // Few pixels are shown as they are, many without stairs.
    context.imageSmoothingEnabled = scale * pixels < 1.5;
    context.drawImage(picture.canvas, picture.x, picture.y, picture.width, picture.height, left, top, width, height);
  }
  context.globalAlpha = 1;
}
