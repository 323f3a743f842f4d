// How far each unit of the codes reaches: what a slider for it runs over.
import type { Codes } from './encode.ts';

export interface CodeRanges {
  /** Of each unit its 1st and 99th percentile: single codes far out would make a slider coarse. */
  low: Float32Array<ArrayBuffer>;
  high: Float32Array<ArrayBuffer>;
  /** Standard deviation of each unit. */
  deviation: Float32Array<ArrayBuffer>;
}

/** Of more codes, so many evenly among them are looked at: percentiles of 20,000 are good to a tenth of a percent. */
const mostRows = 20_000;

export function codeRanges({ codes, size }: Pick<Codes, 'codes' | 'size'>): CodeRanges {
  const all = codes.length / size;
  const rows = Math.min(all, mostRows);
  const ranges = { low: new Float32Array(size), high: new Float32Array(size), deviation: new Float32Array(size) };
  for (let unit = 0; unit < size; unit++) {
    const column = Float32Array.from(
      { length: rows },
      (_, row) => codes[Math.floor((row * all) / rows) * size + unit]!,
    ).sort();
    ranges.low[unit] = column[Math.floor(0.01 * (rows - 1))]!;
    ranges.high[unit] = column[Math.ceil(0.99 * (rows - 1))]!;
    ranges.deviation[unit] = deviationOf(column);
  }
  return ranges;
}

function deviationOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
