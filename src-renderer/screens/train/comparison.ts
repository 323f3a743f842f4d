// Runs side by side: how each curve is told apart from the others. No words, no drawing.
import type { CurveStyle } from '../../drawing/curves.ts';

/** More lines than this cannot be told apart by colour and dashes together. */
export const mostCompared = 6;

/** Colours that stay apart for all common kinds of colour blindness, and dashes for those who see none. */
export const comparedStyles: readonly CurveStyle[] = [
  { color: '--series-1', dash: [], width: 2 },
  { color: '--series-2', dash: [7, 4], width: 2 },
  { color: '--series-3', dash: [2, 3], width: 2 },
  { color: '--series-4', dash: [11, 3, 2, 3], width: 2 },
  { color: '--series-5', dash: [4, 2], width: 2 },
  { color: '--series-6', dash: [14, 5], width: 2 },
];
