// Codes as a person hands them back for decoding: a features CSV (edited or not) or an array file N×K.
import { PinholeError } from '../contract/errors.ts';
import { readNpy } from '../files/npy.ts';
import { readCsv } from './csv.ts';

export interface CodeTable {
  /** count × size, row-major. */
  codes: { count: number; size: number; data: Float32Array };
  /** The path of each row, null where the file says none. */
  names: (string | null)[];
}

/** Recognised by name: `.npy` is an array, everything else is CSV. Errors: `file-damaged`, `source-missing`, `source-empty`. */
export async function readCodeTable(path: string): Promise<CodeTable> {
  const table = path.toLowerCase().endsWith('.npy') ? await readArray(path) : await readTable(path);
  if (table.codes.count > 0) return expectFinite(table, path);
  throw new PinholeError(
    'source-empty',
    `${path} has no rows of codes.`,
    'Choose a file with at least one row below its header.',
  );
}

/** One infinite number would make the whole image black, or any image at all. */
function expectFinite(table: CodeTable, path: string): CodeTable {
  const { data, size } = table.codes;
  const place = data.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return table;
  throw new PinholeError(
    'file-damaged',
    `Expected codes that float32 can hold for ${path}, received ${data[place]} as number ${place % size} of row ${Math.floor(place / size)}, counted from 0.`,
    'Correct that number; the codes of images are seldom beyond ±100.',
  );
}

async function readArray(path: string): Promise<CodeTable> {
  const { shape, data } = await readNpy(path);
  const [count, size] = shape;
  if (shape.length !== 2 || count === undefined || size === undefined) {
    throw new PinholeError(
      'file-damaged',
      `Expected an array N×K for ${path}, received shape ${shape.join('×') || 'of a single value'}.`,
      'Choose a file that holds one row of codes per image.',
    );
  }
  return { codes: { count, size, data: Float32Array.from(data as Float32Array) }, names: Array(count).fill(null) };
}

async function readTable(path: string): Promise<CodeTable> {
  const rows: Float32Array[] = [];
  const names: (string | null)[] = [];
  for await (const row of readCsv(path)) {
    rows.push(row.codes);
    names.push(row.path);
  }
  const size = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries()) data.set(row, index * size);
  return { codes: { count: rows.length, size, data }, names };
}
