// Columns of codes by the names that they have in files, so that what is seen in the table is found in the CSV.

/** `z007`; as many digits as the last one needs, three at least. */
export function codeName(index: number, codeSize: number): string {
  return `z${String(index).padStart(Math.max(3, String(codeSize - 1).length), '0')}`;
}
