// What the colours of points mean: labels, clusters, errors, splits, any column or nothing. Gives indices for the points and the palette to them.
import {
  assignLabelColors,
  labelColors,
  labelPalette,
  missingIndex,
  type Numbers,
  otherColor,
  otherIndex,
  plainColor,
  type Scale,
  scaleColors,
  scaleOf,
  scalePalette,
  type Theme,
} from '../../drawing/colors.ts';
import type { Images } from './images.ts';
import type { ValueColumn, Values } from './values.ts';

export const ownColorings = ['label', 'cluster', 'error', 'split', 'none'] as const;
type OwnColoring = (typeof ownColorings)[number];
export type Coloring = OwnColoring | ValueColumn;

export const isOwn = (coloring: Coloring): coloring is OwnColoring =>
  (ownColorings as readonly string[]).includes(coloring);

/** The column whose values must be fetched; null where none must. */
export function columnOf(coloring: Coloring): ValueColumn | null {
  return isOwn(coloring) ? null : coloring;
}

/** How colours tell it: each group has one, numbers are on a scale. */
export type ColorKind = 'plain' | 'split' | 'groups' | 'scale';

/** `values` are those of the coloring's column; while they are not there, all points have one colour. */
export function kindOf(coloring: Coloring, values: Values | null): ColorKind {
  if (!isOwn(coloring)) return values === null ? 'plain' : values.kind === 'number' ? 'scale' : 'groups';
  return ({ label: 'groups', cluster: 'groups', error: 'scale', split: 'split', none: 'plain' } as const)[coloring];
}

/** Of every row the index of its colour; independent of the theme, so that a change of theme uploads nothing but a palette. */
export interface PointColors {
  readonly indices: Uint8Array;
  /** For numbers: what the ends of the scale stand for, null where there are none; and how many rows have none. */
  readonly scale: Scale | null;
  readonly missing: number;
  /** For groups: the colour of each, at the end that of images without one; groups with a colour of their own. */
  readonly colorOf: readonly number[];
  readonly named: ReadonlySet<number>;
}

/** Splits have the first label colours; a row without a split has the fourth, which is the one of others. */
const splitColors = 3;

/** Groups are those of `images`; `numbers` those of a scale. */
export function pointColors(
  images: Images,
  kind: ColorKind,
  numbers: Numbers | null,
  isolated: ReadonlySet<number>,
): PointColors {
  const none = { scale: null, missing: 0, colorOf: [], named: new Set<number>() };
  if (kind === 'split') return { ...none, indices: images.split.map((split) => Math.min(splitColors, split)) };
  if (kind === 'scale' && numbers !== null) {
    const scale = scaleOf(numbers);
    const indices = scaleColors(numbers, scale);
    return { ...none, indices, scale, missing: missingOf(indices) };
  }
  if (kind !== 'groups') return { ...none, indices: new Uint8Array(images.count) };
  const { colorOf, named } = assignLabelColors(images.labelCounts.subarray(0, images.labels.length), isolated);
  const indices = Uint8Array.from(images.label, (label) => (label < 0 ? otherIndex : colorOf[label]!));
  return { ...none, indices, colorOf, named };
}

function missingOf(indices: Uint8Array): number {
  let missing = 0;
  for (const index of indices) if (index === missingIndex) missing++;
  return missing;
}

export function paletteOf(kind: ColorKind, theme: Theme): readonly string[] {
  if (kind === 'plain') return [plainColor[theme]];
  if (kind === 'split') return [...labelColors[theme].slice(0, splitColors), otherColor[theme]];
  return kind === 'scale' ? scalePalette(theme) : labelPalette(theme);
}

/** Labels say most where there are several; errors say something always. */
export function usualColoring(images: Images | null): Coloring {
  return images !== null && images.labels.length > 1 ? 'label' : 'error';
}
