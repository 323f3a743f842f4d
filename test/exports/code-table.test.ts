import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCodeTable } from '../../src-main/exports/code-table.ts';
import { writeNpy } from '../../src-main/files/npy.ts';
import { temporaryFolder } from '../support/temporary.ts';

function table(text: string): string {
  const path = join(temporaryFolder(), 'codes.csv');
  writeFileSync(path, text);
  return path;
}

test('codes and names of a CSV, in the order of its rows', async () => {
  const { codes, names } = await readCodeTable(table('z001,path,z000\n1.5,a.png,-2\n0,,3e2\n'));
  expect(codes).toEqual({ count: 2, size: 2, data: Float32Array.of(-2, 1.5, 300, 0) });
  expect(names).toEqual(['a.png', null]);
});

test('an array has codes and no names', async () => {
  const path = join(temporaryFolder(), 'codes.npy');
  await writeNpy(path, Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  expect(await readCodeTable(path)).toEqual({
    codes: { count: 3, size: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    names: [null, null, null],
  });
});

test.each([
  ['1e999', 'Infinity'],
  ['-1e39', '-Infinity'],
  ['NaN', 'NaN'],
])('%s is no code', async (cell, received) => {
  const path = table(`z000,z001\n1,2\n3,${cell}\n`);
  await expect(readCodeTable(path)).rejects.toMatchObject({
    code: 'file-damaged',
    message: `Expected codes that float32 can hold for ${path}, received ${received} as number 1 of row 1, counted from 0.`,
  });
});

test('a header alone and an array of another shape are refused', async () => {
  await expect(readCodeTable(table('z000\n'))).rejects.toMatchObject({ code: 'source-empty' });
  const path = join(temporaryFolder(), 'cube.npy');
  await writeNpy(path, new Float32Array(8), [2, 2, 2]);
  await expect(readCodeTable(path)).rejects.toThrow(`Expected an array N×K for ${path}, received shape 2×2×2.`);
});
