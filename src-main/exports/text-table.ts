// A small table of texts as CSV: lists of images that were found. Features, which may be many and wide, are written elsewhere.
import { dirname } from 'node:path';
import { writeAtomic } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { escapeFormula, quoteCell } from './csv-text.ts';

/** Cells that are no numbers are escaped, so that no spreadsheet runs them. The folder is made where it is not there. */
export async function writeTextTable(
  file: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  await makeFolder(dirname(file));
  const cells = (row: readonly string[], isHeader: boolean) =>
    row.map((cell) => quoteCell(isHeader || isNumber(cell) ? cell : escapeFormula(cell))).join(',');
  await writeAtomic(file, [header, ...rows].map((row, line) => `${cells(row, line === 0)}\r\n`).join(''));
}

const isNumber = (cell: string) => /^-?[\d.]+(e[+-]\d+)?$/.test(cell);
