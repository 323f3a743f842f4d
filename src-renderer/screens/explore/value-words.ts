// What a column says of an image, in the words of the window's language.
import { formatNumber, formatValue } from '../../language/index.svelte.ts';
import type { Values } from './values.ts';

/** A dash where it says nothing, or is not there yet. */
export function valueWords(values: Values | null, row: number): string {
  if (values?.kind === 'text') return values.names[values.of[row]!] ?? '–';
  const value = values?.numbers[row] ?? Number.NaN;
  if (Number.isNaN(value)) return '–';
  // What was imported is said as it was written.
  return values?.numbers instanceof Float32Array ? formatComputed(value) : formatValue(value);
}

/** Values of codes, scores and distances, as far as they mean something; whole numbers in full. */
export function formatComputed(value: number): string {
  return Number.isInteger(value) ? formatValue(value) : formatNumber(value, { maximumSignificantDigits: 4 });
}
