// How points look: which are drawn over which, how large and how opaque for their number. Knows no canvas.

import type { Mask } from './pick-grid.ts';
import { kindShift, kinds } from './points-shaders.ts';
import type { Size, View } from './view.ts';

export interface Styles {
  /** Colour in the lowest eight bits, then the kind. */
  readonly words: Uint32Array;
  /** How many points there are of each kind. */
  readonly counts: readonly [ghosts: number, plain: number, chosen: number];
}

/** Points that are not shown become ghosts: where they are stays seen. */
export function packStyles(colors: Uint8Array, shown: Mask, chosen: Mask): Styles {
  const words = new Uint32Array(colors.length);
  const counts: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < colors.length; row++) {
    const kind = shown !== null && !shown[row] ? kinds.ghost : chosen?.[row] ? kinds.chosen : kinds.plain;
    counts[kind]++;
    words[row] = colors[row]! | (kind << kindShift);
  }
  return { words, counts };
}

/**
 * The place in the drawing order of every point. Points come in blocks of one label: drawn as they come, the last label
 * would lie over all others. A stride that shares no factor with the number of points visits each once, well mixed.
 */
export function mixedOrder(count: number): Uint32Array {
  const order = new Uint32Array(count);
  let stride = Math.max(1, Math.round(count * 0.6180339887));
  while (greatestCommonDivisor(stride, count) > 1) stride++;
  for (let at = 0, row = 0; at < count; at++, row = (row + stride) % count) order[at] = row;
  return order;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Places in the drawing order sorted by kind: what is chosen lies over the rest, ghosts lie under it. */
export function placesByKind(words: Uint32Array, counts: Styles['counts']): Uint32Array {
  const next = [0, counts[0], counts[0] + counts[1]];
  const places = new Uint32Array(words.length);
  for (let place = 0; place < words.length; place++) places[next[words[place]! >> kindShift]!++] = place;
  return places;
}

export interface Look {
  /** Diameter in CSS pixels. */
  readonly size: number;
  /** 0–1. */
  readonly opacity: number;
}

export const sizeRange = { low: 1, high: 16 };
export const opacityRange = { low: 0.1, high: 1 };

/**
 * So large that the fitted map is neither bare nor a blot, growing with the zoom at a fourth of its pace, so that dense places open up:
 * an area divided among its points, the points being gathered on about a fifth of it.
 */
export function automaticLook(count: number, size: Size, view: View, home: View): Look {
  const room = Math.sqrt((size.width * size.height) / Math.max(1, count));
  const fitted = clamp(0.75 * room, 1.6, 7);
  const grown = fitted * Math.max(1, view.scale / home.scale) ** 0.25;
  const opacity = clamp(0.35 + 0.14 * room * Math.max(1, view.scale / home.scale) ** 0.5, 0.4, 0.9);
  return { size: clamp(grown, 1.6, 10), opacity };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
