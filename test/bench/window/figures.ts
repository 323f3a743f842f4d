// What a section of the window's benchmark comes to: figures with their spread, tables, remarks. Measures nothing itself.

import { spread } from '../statistics.ts';
import { alignColumns } from '../table.ts';

export interface WindowResult {
  id: string;
  title: string;
  /** Rows of cells; columns are aligned. */
  rows: string[][];
  /** What must be said beside the figures. */
  remarks: string[];
  /** Why it cannot be measured here, or what went wrong. */
  skipped?: string;
  failed?: string;
}

/** A section of the benchmark: `measure` gives rows and remarks. */
export interface WindowSection {
  id: string;
  title: string;
  measure(say: (line: string) => void): Promise<Pick<WindowResult, 'rows' | 'remarks'>>;
  skipped?: string;
}

/** Sections one after the other: they would only disturb each other. One that fails is reported, and the others go on. */
export async function measureSections(
  sections: readonly WindowSection[],
  say: (line: string) => void,
): Promise<WindowResult[]> {
  const results: WindowResult[] = [];
  for (const { id, title, skipped, measure } of sections) {
    const about = { id, title, rows: [], remarks: [] };
    if (skipped !== undefined) {
      results.push({ ...about, skipped });
      continue;
    }
    say(title);
    try {
      results.push({ ...about, ...(await measure(say)) });
    } catch (error) {
      results.push({ ...about, failed: (error as Error).message });
    }
  }
  return results;
}

export function formatWindow(results: readonly WindowResult[]): string {
  return results.map(formatSection).join('\n\n');
}

function formatSection({ title, rows, remarks, skipped, failed }: WindowResult): string {
  if (skipped !== undefined) return `${title}: skipped, ${skipped}.`;
  if (failed !== undefined) return `${title}: FAILED\n  ${failed}`;
  return [
    title,
    ...alignColumns(rows.map(([first, ...rest]) => [`  ${first}`, ...rest])),
    ...remarks.map((line) => `  ${line}`),
  ].join('\n');
}

/** Median with lowest and highest; where there is a limit, whether the worst keeps it. */
export function figure(name: string, values: readonly number[], unit: string, atMost?: number): string[] {
  if (values.length === 0) return [name, 'none'];
  const { median, low, high } = spread(values);
  const range = values.length > 1 ? `(${number(low)}–${number(high)})` : '';
  const cells = [name, `${number(median)} ${unit}`, range];
  return atMost === undefined ? cells : [...cells, `at most ${atMost} ${unit}`, high <= atMost ? 'met' : 'NOT MET'];
}

/** Median, 95th percentile and largest of many values. */
export function distribution(name: string, values: readonly number[], unit: string, atMost?: number): string[] {
  if (values.length === 0) return [name, 'none'];
  const largest = Math.max(...values);
  const cells = [
    name,
    `${number(quantile(values, 0.5))} ${unit}`,
    `95 %: ${number(quantile(values, 0.95))} ${unit}`,
    `longest: ${number(largest)} ${unit}`,
    `of ${values.length}`,
  ];
  return atMost === undefined ? cells : [...cells, `at most ${atMost} ${unit}`, largest <= atMost ? 'met' : 'NOT MET'];
}

/** The smallest value that at least this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('Expected at least one value for a quantile, received none');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}
