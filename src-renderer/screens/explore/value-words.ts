// What a column says of an image, in the words of the window's language.
import { formatValue } from '../../language/index.svelte.ts';
import type { Values } from './values.ts';

/** A dash where it says nothing, or is not there yet. */
export function valueWords(values: Values | null, row: number): string {
  if (values?.kind === 'text') return values.names[values.of[row]!] ?? '–';
  const value = values?.numbers[row] ?? Number.NaN;
  return Number.isNaN(value) ? '–' : formatValue(value);
}
