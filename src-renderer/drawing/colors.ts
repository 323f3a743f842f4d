// The colours of points, as palettes of up to 255: labels, a scale for numbers, splits. For light and dark surfaces.

export type Theme = 'light' | 'dark';
/** Of a point: the index of its colour in a palette. */
export type ColorIndex = number;

/**
 * Found by search: the first ten are as far apart as could be for common sight and for the three kinds of colour blindness
 * (Machado et al. 2009), the second ten as far as is left beside them; each has the same hue on both surfaces. Ordered so
 * that any number of them from the start differs most. No twenty colours are told apart with certainty: the legend shows
 * each alone.
 */
export const labelColors: Record<Theme, readonly string[]> = {
  light: [
    ...['#0d41ad', '#dd9782', '#9445ef', '#70125e', '#3d4900', '#fe4bc0', '#a05b11', '#137f78', '#879f18', '#59a0f9'],
    ...['#ce3e57', '#9f0c54', '#ba3bb4', '#ed1c80', '#71520b', '#c17fde', '#5c118a', '#6f2ddc', '#e7729b', '#604b83'],
  ],
  dark: [
    ...['#9dc7fe', '#ce4617', '#7453fe', '#fa59ab', '#cdf118', '#9d4997', '#f6b294', '#30fdef', '#a1a718', '#069ce4'],
    ...['#b67166', '#b3415f', '#d9a3d3', '#fa7f8c', '#f5dc98', '#c227bb', '#d968e9', '#9c4bd8', '#d34e90', '#6863b1'],
  ],
};
export const labelColorCount = labelColors.light.length;

/** What has no label, or none of the colours. */
export const otherColor: Record<Theme, string> = { light: '#8b8d91', dark: '#85898f' };

/** Where colour says nothing: the accent of the window. */
export const plainColor: Record<Theme, string> = { light: '#0b6e66', dark: '#3fc7b6' };

/** From small to large; lightness alone tells them apart too, and large ones stand out from the surface. */
const scaleStops: Record<Theme, readonly string[]> = {
  light: ['#95bdda', '#46a5af', '#358660', '#705301', '#701800', '#400115'],
  dark: ['#365270', '#207582', '#3f9a6f', '#bea333', '#fdb171', '#fedfde'],
};
/** A palette takes two more: the colour of points without a number, and that of points that are not shown. */
export const scaleSize = 254;
/** Index of the colour of points without a number. */
export const missingIndex: ColorIndex = scaleSize;

export interface LabelColors {
  /** For every label its colour, and at the end that of images without one. */
  readonly colorOf: readonly ColorIndex[];
  /** Labels with a colour of their own; all others share the last. */
  readonly named: ReadonlySet<number>;
}

/** Index of the colour that all others share. */
export const otherIndex: ColorIndex = labelColorCount;

/**
 * Colours for labels: where there are more labels than colours, the most frequent ones get them, and those that a person
 * looks at. Labels keep their order, so that neighbours in the legend differ most.
 */
export function assignLabelColors(counts: ArrayLike<number>, isolated: ReadonlySet<number> = new Set()): LabelColors {
  const labels = Array.from({ length: counts.length }, (_, label) => label);
  const frequent = labels.toSorted((a, b) => counts[b]! - counts[a]! || a - b).slice(0, labelColorCount);
  const base = frequent.toSorted((a, b) => a - b);
  const colors = new Map(base.map((label, index) => [label, index]));
  // Isolated ones take the colours of labels that are not seen meanwhile; all others keep theirs.
  const free = base.filter((label) => !isolated.has(label)).map((label) => ({ label, color: colors.get(label)! }));
  for (const label of isolated) {
    // Images without a label, which are −1, have the colour of others.
    if (label < 0 || colors.has(label)) continue;
    const taken = free.shift();
    if (taken === undefined) break;
    colors.delete(taken.label);
    colors.set(label, taken.color);
  }
  return {
    colorOf: [...labels.map((label) => colors.get(label) ?? otherIndex), otherIndex],
    named: new Set(colors.keys()),
  };
}

/** Colours of labels and, at `otherIndex`, of all others. */
export function labelPalette(theme: Theme): readonly string[] {
  return [...labelColors[theme], otherColor[theme]];
}

/** The scale in `scaleSize` steps and, at `missingIndex`, what has no number, as CSS colours. */
export function scalePalette(theme: Theme): readonly string[] {
  const stops = scaleStops[theme].map(bytesOf);
  const scale = Array.from({ length: scaleSize }, (_, index) => {
    const place = (index / (scaleSize - 1)) * (stops.length - 1);
    const first = Math.min(stops.length - 2, Math.floor(place));
    const part = place - first;
    const mixed = stops[first]!.map((value, channel) =>
      Math.round(value + part * (stops[first + 1]![channel]! - value)),
    );
    return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  });
  return [...scale, otherColor[theme]];
}

/** The scale from left to right, for a legend: a CSS image. */
export function scaleGradient(theme: Theme): string {
  return `linear-gradient(to right, ${scalePalette(theme)
    .filter((_, index) => index < missingIndex && index % 6 === 0)
    .join(', ')})`;
}

/** Of points; NaN where there is none. */
export type Numbers = Float32Array | Float64Array;

export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** Where a few huge numbers would leave one colour to all others, they share the last. */
const outlierShare = 0.01;
/** Sorting a million takes 0.2 s; quantiles of this many are the same to the eye. */
const mostSorted = 100_000;

/** The range of the colours: of 98 % of the numbers; NaN is passed over. Null where there are none. */
export function scaleOf(numbers: Numbers): Scale | null {
  let there = 0;
  for (let row = 0; row < numbers.length; row++) if (!Number.isNaN(numbers[row])) there++;
  const every = Math.max(1, Math.ceil(there / mostSorted));
  const sorted = new Float64Array(Math.ceil(there / every));
  for (let row = 0, place = 0; row < numbers.length; row++) {
    if (Number.isNaN(numbers[row])) continue;
    if (place % every === 0) sorted[place / every] = numbers[row]!;
    place++;
  }
  sorted.sort();
  if (sorted.length === 0) return null;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { low: at(outlierShare), high: at(1 - outlierShare) };
}

export function scaleColors(numbers: Numbers, scale: Scale | null): Uint8Array {
  const { low, high } = scale ?? { low: 0, high: 0 };
  const factor = high > low ? (scaleSize - 1) / (high - low) : 0;
  // A Uint8ClampedArray rounds and does not go below 0 by itself.
  const clamped = new Uint8ClampedArray(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const place = (numbers[row]! - low) * factor;
    clamped[row] = Number.isNaN(place) ? missingIndex : Math.min(scaleSize - 1, place);
  }
  return new Uint8Array(clamped.buffer);
}

/** RGB bytes of `#rrggbb`. */
export function bytesOf(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}

/** As a texture takes them: 256 × RGBA, of which the last is for points that are not shown. */
export function paletteBytes(colors: readonly string[], ghost: string): Uint8Array {
  const bytes = new Uint8Array(4 * 256);
  for (const [index, color] of colors.slice(0, 255).entries()) bytes.set([...bytesOf(color), 255], 4 * index);
  bytes.set([...bytesOf(ghost), 255], 4 * 255);
  return bytes;
}
