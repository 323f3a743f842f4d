import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Item } from '../../src-main/contract/records.ts';
import { type FeatureRow, readCsv, writeCsv, writeFeaturesNote } from '../../src-main/exports/csv.ts';
import { escapeFormula, quoteCell, unescapeFormula } from '../../src-main/exports/csv-text.ts';
import type { FeatureSource } from '../../src-main/exports/feature-rows.ts';
import { writeNpy } from '../../src-main/files/npy.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-csv-'));
  path = join(folder, 'features.csv');
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = '0123456789abcdef'.repeat(4);
const item = (id: number, path: string, label: string | null = null): Item => ({
  id,
  path,
  label,
  split: 'train',
  width: 28,
  height: 30,
  bytes: 5,
  sha256,
});

async function source(
  items: Item[],
  codes: Float32Array,
  codeSize: number,
  errors?: Float32Array,
): Promise<FeatureSource> {
  const codesFile = join(folder, 'codes.npy');
  const errorsFile = join(folder, 'errors.npy');
  await writeNpy(codesFile, codes, [codes.length / codeSize, codeSize]);
  const rows = codes.length / codeSize;
  await writeNpy(errorsFile, errors ?? new Float32Array(rows).fill(0.25), [rows]);
  return { items, codesFile, errorsFile };
}

async function collect(file: string, options?: { codeSize: number }): Promise<FeatureRow[]> {
  const rows: FeatureRow[] = [];
  for await (const row of readCsv(file, options)) rows.push(row);
  return rows;
}

test('the file, byte for byte', async () => {
  const items = [item(7, 'a/b.png', 'a'), item(9, '=x,"y"', null)];
  const written = await writeCsv(path, await source(items, Float32Array.of(0.1, -2, 1e-7, 3), 2));
  const text =
    'image_id,path,label,split,width,height,sha256,mse,z000,z001\r\n' +
    `7,a/b.png,a,train,28,30,${sha256},0.25,0.1,-2\r\n` +
    `9,"'=x,""y""",,train,28,30,${sha256},0.25,1e-7,3\r\n`;
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(written).toEqual({ rows: 2, bytes: Buffer.byteLength(text) });
});

test('what is written is read back exactly: names in any script, escapes, every kind of float', async () => {
  const names = [
    '图片/猫.png',
    '😀.jpg',
    'new\nline',
    'carriage\r\nreturn',
    '"quoted"',
    'a,b;c',
    ' space ',
    "it's",
    '=1+1',
    "'=1+1",
  ];
  names.push(
    "''=1",
    '+1',
    '-1',
    '@x',
    '\tx',
    '\rx',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    "'plain",
    'a;=b',
    "a;'=b",
    'a\t=b',
    '\t=',
    '\r\n-',
    ';@',
    'a=b',
  );
  const random = createRandom(3);
  const bits = Uint32Array.from({ length: names.length * 5 }, () => random.integer(2 ** 32));
  const codes = new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 0 : value));
  const errors = new Float32Array(names.length).map(() => random.next());
  codes.set([-0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e-45]);
  const items = names.map((name, id) => item(id, name, id % 3 === 0 ? null : name));
  await writeCsv(path, await source(items, codes, 5, errors));
  const rows = await collect(path, { codeSize: 5 });
  expect(rows.map((row) => row.path)).toEqual(names);
  expect(rows.map((row) => row.label)).toEqual(items.map(({ label }) => label));
  expect(rows.map((row) => row.imageId)).toEqual(items.map(({ id }) => id));
  expect(Float32Array.from(rows, (row) => row.mse!)).toEqual(errors);
  expect(Float32Array.from(rows.flatMap((row) => [...row.codes]))).toEqual(codes);
  expect(rows[0]).toMatchObject({ line: 2, split: 'train', width: 28, height: 30, sha256 });
  // Line breaks inside of names count as lines of the file.
  expect(rows[3]!.line).toBe(7);
});

describe('formula escape', () => {
  test.each([
    ['=1', "'=1"],
    ["'=1", "''=1"],
    ['\t', "'\t"],
    ['＝1', "'＝1"],
    ['a;=1', "a;'=1"],
    ['\t=', "'\t'="],
    ["'plain", "'plain"],
    ['a=1', 'a=1'],
    ['a-b', 'a-b'],
    ['', ''],
  ])('%j is written as %j', (text, expected) => {
    expect(escapeFormula(text)).toBe(expected);
    expect(unescapeFormula(expected)).toBe(text);
  });

  test('any text comes back, and none begins a cell dangerously', () => {
    const random = createRandom(5);
    const alphabet = ["'", '=', '+', '-', '@', '\t', '\r', '\n', ';', '＝', 'a', ' ', '"', ','];
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random.integer(7) }, () => alphabet[random.integer(alphabet.length)]).join('');
      const written = escapeFormula(text);
      if (unescapeFormula(written) !== text) expect.fail(JSON.stringify(text));
      if (/^[=+\-@\t\r\n＝]|;[=+\-@＝]/.test(written)) expect.fail(JSON.stringify(written));
    }
  });
});

test('cells are quoted where needed', () => {
  expect(['a', 'a b', 'a,b', 'a"b', 'a\nb', ' a', 'a;b', ''].map(quoteCell)).toEqual([
    'a',
    'a b',
    '"a,b"',
    '"a""b"',
    '"a\nb"',
    '" a"',
    '"a;b"',
    '',
  ]);
});

test('more than a thousand code units get four digits; columns reach the last', async () => {
  await writeCsv(path, await source([item(0, 'a')], new Float32Array(1001), 1001));
  const header = readFileSync(path, 'utf8').split('\r\n')[0]!;
  expect(header).toContain(',z0000,z0001,');
  expect(header).toMatch(/,z1000$/);
  expect((await collect(path))[0]!.codes.length).toBe(1001);
});

test('rows longer than the buffer they are collected in', async () => {
  const codes = Float32Array.from({ length: 3 * 150_000 }, (_, index) => -(index + 1) / 3e30);
  await writeCsv(path, await source([item(0, 'a'), item(1, 'b'), item(2, 'c')], codes, 150_000));
  const rows = await collect(path);
  expect(rows.map((row) => row.path)).toEqual(['a', 'b', 'c']);
  expect(Buffer.concat(rows.map((row) => Buffer.from(row.codes.buffer))).equals(Buffer.from(codes.buffer))).toBe(true);
});

test('counts that do not match are refused and leave no file', async () => {
  const codes = new Float32Array(4);
  const three = await source([item(0, 'a'), item(1, 'b'), item(2, 'c')], codes, 2);
  await expect(writeCsv(path, three)).rejects.toThrow(
    `Expected 2 images for the rows of ${three.codesFile}, received more`,
  );
  await expect(writeCsv(path, { ...three, items: [item(0, 'a')] })).rejects.toThrow(
    `Expected 2 images for the rows of ${three.codesFile}, received 1`,
  );
  await writeNpy(three.errorsFile, new Float32Array(3), [3]);
  await expect(writeCsv(path, three)).rejects.toThrow(
    `Expected 2 errors of type <f4 for ${three.errorsFile}, received <f4 (3)`,
  );
  await writeNpy(three.codesFile, new Float64Array(4), [2, 2]);
  await expect(writeCsv(path, three)).rejects.toThrow('received <f8 (2, 2)');
  expect(readdirSync(folder).sort()).toEqual(['codes.npy', 'errors.npy']);
});

test('progress reaches the end; a cancel stops and leaves no file', async () => {
  const two = await source([item(0, 'a'), item(1, 'b')], new Float32Array(4), 2);
  const seen: [number, number | null][] = [];
  await writeCsv(path, two, { onProgress: ({ done, total }) => seen.push([done, total]) });
  expect(seen.at(-1)).toEqual([2, 2]);
  rmSync(path);
  const cancelled = writeCsv(path, two, { signal: AbortSignal.abort() });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(readdirSync(folder).sort()).toEqual(['codes.npy', 'errors.npy']);
});

describe('reading', () => {
  const read = (text: string | Uint8Array, codeSize?: number) => {
    writeFileSync(path, text);
    return collect(path, codeSize === undefined ? undefined : { codeSize });
  };

  test('LF, a byte order mark, no last line end, empty lines, other order, extra columns, other digits', async () => {
    const rows = await read('\uFEFFz1,note,z0,path\n0.5,"x ""y""",-1,a.png\n\n2,,3e-1,"b,\nc.png"');
    expect(rows.map(({ path, codes, line }) => ({ path, codes: [...codes], line }))).toEqual([
      { path: 'a.png', codes: [-1, 0.5], line: 2 },
      { path: 'b,\nc.png', codes: [Math.fround(0.3), 2], line: 4 },
    ]);
    expect(rows[0]).toMatchObject({ imageId: null, label: null, mse: null, width: null, split: null });
  });

  test('codes alone are enough; a header alone has no rows', async () => {
    expect(await read('z000\r\n1\r\n')).toMatchObject([{ path: null, codes: Float32Array.of(1) }]);
    expect(await read('z000\r\n')).toEqual([]);
  });

  test('records, quotes and characters split between chunks', async () => {
    // Longer than one read of the file; the shift moves every boundary through the record.
    for (let shift = 0; shift < 12; shift++) {
      const filler = `${'x'.repeat(2 ** 20 - 24 - shift)}`;
      const rows = await read(`note,path,z0\r\n${filler},"é""猫\r\n😀",1\r\nb,"c",2\r\n`);
      expect(rows.map(({ path, line }) => [path, line])).toEqual([
        ['é"猫\r\n😀', 2],
        ['c', 4],
      ]);
    }
  });

  test.each<[string, string | Uint8Array, string]>([
    ['empty file', '', 'Expected a line of column names for F, received an empty file'],
    ['no codes', 'path,label\na,b\n', 'Expected code columns z000 to z000 for F, received none called z000'],
    ['semicolons', 'path;z000\na;1,5\n', 'Expected columns separated by commas for F, received semicolons'],
    ['tabs', 'path\tz000\na\t1\n', 'Expected columns separated by commas for F, received tabs'],
    ['a gap', 'z000,z002\n1,2\n', 'Expected code columns z000 to z001 for F, received none called z001'],
    ['a column twice', 'z000,path,path\n', 'Expected each column once for F, received path twice'],
    ['a number twice', 'z0,z000\n', 'Expected code columns z000 to z001 for F, received none called z001'],
    ['text for a number', 'z000,z001\n1,2\n1,x\n', 'Expected a number in line 3, column z001 for F, received "x"'],
    ['an empty number', 'path,z000\na,\n', 'Expected a number in line 2, column z000 for F, received ""'],
    ['hexadecimal', 'z000\n0x10\n', 'Expected a number in line 2, column z000 for F, received "0x10"'],
    ['decimal comma', 'z000\n"1,5"\n', 'Expected a number in line 2, column z000 for F, received "1,5"'],
    ['a bad width', 'z000,width\n1,wide\n', 'Expected a number in line 2, column width for F, received "wide"'],
    ['too few cells', 'z000,z001\n1\n', 'Expected 2 cells in line 2 for F, received 1'],
    ['too many cells', 'z000\n1,2\n', 'Expected 1 cells in line 2 for F, received 2'],
    [
      'open quote',
      'z000,path\n1,a\n2,"b\n3,c\n',
      'Expected a closing quote for the text that begins in line 3 for F, received none',
    ],
    [
      'text behind a quote',
      'z000,path\n1,"a"b\n',
      'Expected a comma or the end of the line behind the closing quote in line 2 for F, received "b\\n"',
    ],
    ['Latin-1', Uint8Array.of(0x7a, 0x30, 0x0a, 0xe9, 0x0a), 'Expected UTF-8 text for F, received other bytes'],
  ])('refused: %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message.replaceAll(' F,', ` ${path},`));
  });

  test('another code size is named', async () => {
    await expect(read('z000,z001\n1,2\n', 3)).rejects.toThrow(
      `Expected code columns z000 to z002 for ${path}, received none called z002`,
    );
    await expect(read('z000,z001\n1,2\n', 1)).rejects.toThrow(
      `Expected code columns z000 to z000 for ${path}, received z001`,
    );
  });

  test('a missing file is named', async () => {
    await expect(collect(join(folder, 'none.csv'))).rejects.toThrow('received ENOENT');
  });
});

test('the note says what made the numbers and what the columns mean', async () => {
  const notePath = join(folder, 'features.json');
  await writeFeaturesNote(notePath, {
    pinholeVersion: '0.1.0',
    model: { runId: 'r1', preset: 'recommended', codeSize: 64, sha256, device: 'cpu' },
    preprocessing: { width: 28, height: 28, channels: 1, fit: 'cover', background: '#ffffff', intensity: null },
    seed: 1,
    dataset: { name: 'mnist', hash: sha256, images: 70_000 },
    versions: { node: '24.21.0' },
  });
  const note = JSON.parse(readFileSync(notePath, 'utf8'));
  expect(note).toMatchObject({ format: 'pinhole-features-1', seed: 1, model: { sha256 }, dataset: { images: 70_000 } });
  expect(Object.keys(note.columns)).toEqual([
    'image_id',
    'path',
    'label',
    'split',
    'width',
    'height',
    'sha256',
    'mse',
    'z000 to z063',
  ]);
  expect(note.table.escape).toContain('apostrophe');
});

test('a million rows are written and read in a heap that could not hold them', () => {
  // A million items as objects take some 150 MB, their text more.
  const child = `
    import { readCsv, writeCsv } from './src-main/exports/csv.ts';
    import { createNpyWriter } from './src-main/files/npy.ts';
    const [folder, rows] = [process.argv[1], 1_000_000];
    const codes = await createNpyWriter(folder + '/codes.npy', '<f4', [2]);
    const errors = await createNpyWriter(folder + '/errors.npy', '<f4', []);
    for (let done = 0; done < rows; done += 10_000) {
      await codes.write(Float32Array.from({ length: 20_000 }, (_, index) => (done * 2 + index) / 8));
      await errors.write(new Float32Array(10_000));
    }
    await codes.commit();
    await errors.commit();
    function* items() {
      const sha256 = 'a'.repeat(64);
      for (let id = 0; id < rows; id++) {
        yield { id, path: 'folder/' + id + '.png', label: null, split: 'train', width: 1, height: 1, bytes: 1, sha256 };
      }
    }
    const source = { items: items(), codesFile: folder + '/codes.npy', errorsFile: folder + '/errors.npy' };
    const { bytes } = await writeCsv(folder + '/features.csv', source);
    let read = 0;
    for await (const row of readCsv(folder + '/features.csv')) {
      if (row.imageId !== read || row.codes[1] !== (2 * read + 1) / 8) throw new Error('row ' + read);
      read++;
    }
    console.log(read, bytes > 100_000_000);
  `;
  const flags = ['--max-old-space-size=48', '--input-type=module', '-e', child, folder];
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()).toBe('1000000 true');
}, 600_000);
