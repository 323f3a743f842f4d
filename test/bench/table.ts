// The benchmark's printed page: machine and versions, rates of every contender, ratios beside their floors.
import type { ContenderResult, RowResult } from './harness.ts';
import { isBusy, type Machine } from './machine.ts';
import { type Ratio, spread } from './statistics.ts';

export interface BenchmarkResult {
  machine: Machine;
  versions: Record<string, string>;
  rounds: number;
  rows: RowResult[];
}

export function formatBenchmark(result: BenchmarkResult): string {
  return [formatSetting(result), ...result.rows.map(formatRow), formatRatios(result.rows)].join('\n\n');
}

export function formatSetting({ machine, versions, rounds }: Omit<BenchmarkResult, 'rows'>): string {
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, load ${machine.load}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `Medians of ${rounds} rounds in which contenders took turns; lowest to highest in brackets.`,
  ];
  if (isBusy(machine))
    lines.push(
      'Warning: something else was using the processor. Contenders with several threads suffer most from that.',
    );
  if (versions['PyTorch CPU capability'] === 'NO AVX') {
    lines.push('Warning: PyTorch saw no AVX. In a chroot it needs /proc: its figures here are several times too low.');
  }
  return lines.join('\n');
}

function formatRow(row: RowResult): string {
  if (row.skipped !== undefined) return `${row.title}: skipped, ${row.skipped}.`;
  return [`${row.title} (${row.unit})`, ...alignColumns(row.contenders.map(contenderCells))].join('\n');
}

function contenderCells(contender: ContenderResult): string[] {
  if (contender.absent !== undefined) return [`  ${contender.name}`, 'absent', '', contender.absent];
  if (contender.failed !== undefined) return [`  ${contender.name}`, 'FAILED', '', contender.failed];
  const { median, low, high } = spread(contender.rates);
  const written = contender.megabytesPerSecond === undefined ? '' : `${contender.megabytesPerSecond.toFixed(1)} MB/s`;
  return [`  ${contender.name}`, formatRate(median), `(${formatRate(low)}–${formatRate(high)})`, written];
}

function formatRatios(rows: readonly RowResult[]): string {
  const cells = rows.flatMap((row) => row.ratios.map((ratio) => ratioCells(row, ratio)));
  if (cells.length === 0) return 'No ratio could be taken.';
  return ['Pinhole against the others', ...alignColumns(cells)].join('\n');
}

function ratioCells(row: RowResult, { contender, ratio, atLeast, met }: Ratio): string[] {
  return [
    `  ${row.title}`,
    contender,
    `${formatRatio(ratio.median)} ×`,
    `(${formatRatio(ratio.low)}–${formatRatio(ratio.high)})`,
    atLeast === null ? '' : `floor ${atLeast} ×`,
    met === null ? '' : met ? 'met' : 'NOT MET',
  ];
}

function formatRate(rate: number): string {
  return rate.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function formatRatio(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

/** Columns as wide as their widest cell; figures end at the right edge, words begin at the left one. */
export function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows.reduce<number[]>((known, row) => {
    row.forEach((cell, column) => {
      known[column] = Math.max(known[column] ?? 0, cell.length);
    });
    return known;
  }, []);
  const align = (cell: string, width: number) => (/^\d/.test(cell) ? cell.padStart(width) : cell.padEnd(width));
  return rows.map((row) =>
    row
      .map((cell, column) => align(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
