// Which points a drawn line encloses. In slices, so that a million points do not hold up the window.
import { boundsOf } from './view.ts';

/** x and y of the corners, one after the other, in map units; the last corner is joined to the first. */
export type Polygon = readonly number[];

/** Edges are sorted into this many bands by height, so that a point is compared with the few at its own height only. */
const bands = 256;
/** Some 5 ms of work. */
const slice = 200_000;

/**
 * 1 for every point that the line goes around at least once (nonzero winding: loops that cross themselves enclose what
 * they seem to), one byte per point. Lets the window breathe after every slice.
 */
export async function pointsInside(xy: Float32Array, polygon: Polygon): Promise<Uint8Array> {
  const inside = new Uint8Array(xy.length / 2);
  const test = insideOf(polygon);
  for (let first = 0; first < inside.length; first += slice) {
    const end = Math.min(inside.length, first + slice);
    for (let row = first; row < end; row++) inside[row] = test(xy[2 * row]!, xy[2 * row + 1]!) ? 1 : 0;
    if (end < inside.length) await new Promise((resolve) => setTimeout(resolve));
  }
  return inside;
}

/** A test of single positions. Edges belong to the inside at one of their sides, so that lassos side by side share no point. */
export function insideOf(polygon: Polygon): (x: number, y: number) => boolean {
  const corners = Float32Array.from(polygon);
  const { left, right, bottom, top } = boundsOf(corners);
  if (corners.length < 6 || !(top > bottom)) return () => false;
  const bandOf = (y: number) => Math.min(bands - 1, Math.floor(((y - bottom) / (top - bottom)) * bands));
  const edges = edgesByBand(corners, bandOf);
  return (x, y) => {
    // A point at NaN is nowhere.
    if (!(x >= left && x <= right && y >= bottom && y <= top)) return false;
    let winding = 0;
    const list = edges[bandOf(y)]!;
    for (let at = 0; at < list.length; at += 4) {
      const [ax, ay, bx, by] = [list[at]!, list[at + 1]!, list[at + 2]!, list[at + 3]!];
      const side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
      if (ay <= y) {
        if (by > y && side > 0) winding++;
      } else if (by <= y && side < 0) winding--;
    }
    return winding !== 0;
  };
}

/** Four numbers for each edge, in every band that it passes. */
function edgesByBand(corners: Float32Array, bandOf: (y: number) => number): Float64Array[] {
  const lists: number[][] = Array.from({ length: bands }, () => []);
  for (let at = 0; at < corners.length; at += 2) {
    const next = (at + 2) % corners.length;
    const [ax, ay, bx, by] = [corners[at]!, corners[at + 1]!, corners[next]!, corners[next + 1]!];
    for (let band = bandOf(Math.min(ay, by)); band <= bandOf(Math.max(ay, by)); band++)
      lists[band]!.push(ax, ay, bx, by);
  }
  return lists.map((list) => Float64Array.from(list));
}
