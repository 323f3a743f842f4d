// What the colours of points mean: labels, clusters, errors, splits or nothing. Gives indices for the points and the palette to them.
import {
  assignLabelColors,
  type ErrorScale,
  errorColors,
  errorScale,
  labelColors,
  labelPalette,
  otherColor,
  otherIndex,
  plainColor,
  scalePalette,
  type Theme,
} from '../../drawing/colors.ts';
import type { Images } from './images.ts';

export const colorings = ['label', 'cluster', 'error', 'split', 'none'] as const;
export type Coloring = (typeof colorings)[number];

/** Of every row the index of its colour; independent of the theme, so that a change of theme uploads nothing but a palette. */
export interface PointColors {
  readonly indices: Uint8Array;
  /** For errors: what the ends of the scale stand for. */
  readonly scale: ErrorScale | null;
  /** For labels: the colour of each, at the end that of images without one; labels with a colour of their own. */
  readonly colorOf: readonly number[];
  readonly named: ReadonlySet<number>;
}

/** Splits have the first label colours; a row without a split has the fourth, which is the one of others. */
const splitColors = 3;

export function pointColors(images: Images, coloring: Coloring, isolated: ReadonlySet<number>): PointColors {
  const none = { scale: null, colorOf: [], named: new Set<number>() };
  if (coloring === 'none') return { ...none, indices: new Uint8Array(images.count) };
  if (coloring === 'split') return { ...none, indices: images.split.map((split) => Math.min(splitColors, split)) };
  if (coloring === 'error') {
    const scale = errorScale(images.errors);
    return { ...none, scale, indices: errorColors(images.errors, scale) };
  }
  const { colorOf, named } = assignLabelColors(images.labelCounts.subarray(0, images.labels.length), isolated);
  const indices = Uint8Array.from(images.label, (label) => (label < 0 ? otherIndex : colorOf[label]!));
  return { indices, scale: null, colorOf, named };
}

export function paletteOf(coloring: Coloring, theme: Theme): readonly string[] {
  if (coloring === 'none') return [plainColor[theme]];
  if (coloring === 'split') return [...labelColors[theme].slice(0, splitColors), otherColor[theme]];
  return coloring === 'error' ? scalePalette(theme) : labelPalette(theme);
}

/** Labels say most where there are several; errors say something always. */
export function usualColoring(images: Images | null): Coloring {
  return images !== null && images.labels.length > 1 ? 'label' : 'error';
}
