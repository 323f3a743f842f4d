import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createNpyWriter,
  type NpyData,
  npyHeader,
  openNpy,
  parseNpy,
  readNpy,
  readNpyHeader,
  writeNpy,
} from '../../src-main/files/npy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-npy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An .npy file made by hand from the format's documentation. */
function npy(dictionary: string, data: Uint8Array = new Uint8Array(0), version: 1 | 2 | 3 = 1): Buffer {
  const header = Buffer.from(`${dictionary}\n`, version === 3 ? 'utf8' : 'latin1');
  const prefix = Buffer.alloc(version === 1 ? 10 : 12);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  if (version === 1) prefix.writeUInt16LE(header.length, 8);
  else prefix.writeUInt32LE(header.length, 8);
  return Buffer.concat([prefix, header, data]);
}

test('a header is what NumPy writes', () => {
  // numpy.save of np.zeros((2, 3), '<f4'), NumPy 2.2, first 128 bytes.
  const dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const expected = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
    Buffer.from(dictionary.padEnd(117)),
    Buffer.from('\n'),
  ]);
  expect(Buffer.from(npyHeader('<f4', [2, 3]))).toEqual(expected);
  expect(Buffer.from(npyHeader('|u1', [5])).toString('latin1')).toContain("'shape': (5,), ");
  expect(Buffer.from(npyHeader('|u1', [])).toString('latin1')).toContain("'shape': (), ");
  expect(npyHeader('|u1', [5], 256).length).toBe(256);
  expect(() => npyHeader('|u1', [5], 64)).toThrow('internal: expected a header of 64 bytes, received 128');
});

const samples: [string, NpyData][] = [
  ['<f4', Float32Array.of(1.5, -0, Number.NaN, 3e-45, 5, 6)],
  ['<f8', Float64Array.of(Math.PI, 2, 3, 4, 5, Number.POSITIVE_INFINITY)],
  ['|u1', Uint8Array.of(0, 255, 3, 4, 5, 6)],
  ['<u2', Uint16Array.of(0, 65535, 3, 4, 5, 6)],
  ['<i4', Int32Array.of(-1, 2, 3, 4, 5, -(2 ** 31))],
  ['<i8', BigInt64Array.of(-1n, 2n, 3n, 4n, 5n, -(2n ** 63n))],
];

describe.each(samples)('%s', (dtype, data) => {
  test('written, read whole and by rows', async () => {
    const path = join(folder, 'a.npy');
    await writeNpy(path, data, [3, 2]);
    expect(await readNpy(path)).toEqual({ dtype, shape: [3, 2], data });
    expect(parseNpy(readFileSync(path))).toEqual({ dtype, shape: [3, 2], data });
    const file = await openNpy(path);
    expect(file).toMatchObject({ dtype, rows: 3, rowLength: 2, fortranOrder: false });
    expect(await file.read(1, 2)).toEqual(data.slice(2));
    expect(() => file.read(2, 2)).toThrow(`internal: expected rows within 0 to 3 of ${path}, received rows 2 to 4`);
    await file.close();
  });
});

test('booleans are bytes of 0 and 1', () => {
  const bytes = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", Uint8Array.of(0, 1));
  expect(parseNpy(bytes)).toEqual({ dtype: '|b1', shape: [2], data: Uint8Array.of(0, 1) });
});

test('versions 2 and 3, a scalar, an empty array, Python 2 integers, other spacing and order of keys', () => {
  const one = Uint8Array.of(7);
  for (const version of [2, 3] as const) {
    expect(parseNpy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", one, version)).data).toEqual(one);
  }
  expect(parseNpy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", one)).shape).toEqual([]);
  expect(parseNpy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4)}")).data.length).toBe(0);
  expect(parseNpy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (0, 4)}")).data.length).toBe(0);
  expect(parseNpy(npy('{"shape":(1L,),"fortran_order":False,"descr":"|u1"}', one)).shape).toEqual([1]);
});

test('Fortran order comes out in C order, whole and by rows', async () => {
  // a[i, j, k] = 100 i + 10 j + k, shape (2, 3, 4), first axis fastest.
  const stored = Int32Array.from(
    { length: 24 },
    (_, n) => 100 * (n % 2) + 10 * (Math.floor(n / 2) % 3) + Math.floor(n / 6),
  );
  const bytes = npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 4), }", new Uint8Array(stored.buffer));
  const expected = Int32Array.from(
    { length: 24 },
    (_, n) => 100 * Math.floor(n / 12) + 10 * (Math.floor(n / 4) % 3) + (n % 4),
  );
  expect(parseNpy(bytes).data).toEqual(expected);
  const path = join(folder, 'f.npy');
  writeFileSync(path, bytes);
  expect((await readNpy(path)).data).toEqual(expected);
  const file = await openNpy(path);
  expect(await file.read(1, 1)).toEqual(expected.slice(12));
  await file.close();
});

test('rows are streamed and counted at the end', async () => {
  const path = join(folder, 's.npy');
  const writer = await createNpyWriter(path, '<f4', [2]);
  await writer.write(Float32Array.of(1, 2, 3, 4));
  await writer.write(Float32Array.of(5, 6));
  await expect(writer.write(Float32Array.of(1))).rejects.toThrow(
    'internal: expected rows of 2 <f4 values, received 1 values in a Float32Array',
  );
  await expect(writer.write(Uint8Array.of(1, 2))).rejects.toThrow('received 2 values in a Uint8Array');
  expect(readdirSync(folder)).not.toContain('s.npy');
  await writer.commit();
  expect(await readNpy(path)).toEqual({ dtype: '<f4', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  const aborted = await createNpyWriter(path, '<f4', [2]);
  await aborted.abort();
  expect(readdirSync(folder)).toEqual(['s.npy']);
});

const types = '<f4, <f8, |u1, <u2, <i4, <i8, |b1';
const header = (descr: string, shape: string) =>
  npy(`{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`);
const truncated = Buffer.from(npyHeader('<f4', [2, 3])).subarray(0, 100);
const longHeader = Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1');
const hostile: [string, Buffer, string][] = [
  ['empty', Buffer.alloc(0), 'Expected a NumPy array (\\x93NUMPY) for F, received a file that begins otherwise'],
  [
    'text',
    Buffer.from('hello, world'),
    'Expected a NumPy array (\\x93NUMPY) for F, received a file that begins otherwise',
  ],
  ['magic only', Buffer.from('\x93NUMPY', 'latin1'), 'Expected NumPy format version 1, 2 or 3 for F, received 0.0'],
  [
    'version 4',
    Buffer.from('\x93NUMPY\x04\x00\x00\x00', 'latin1'),
    'Expected NumPy format version 1, 2 or 3 for F, received 4.0',
  ],
  ['no length', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), 'Expected at least 10 bytes for F, received 8'],
  ['header of 4 GiB', longHeader, 'Expected a header of at most 65536 bytes for F, received 4294967295'],
  ['truncated header', truncated, 'Expected a header of 128 bytes for F, received 100 bytes'],
  ['not a dictionary', npy('[1, 2]'), 'Expected a dictionary as header for F, received "[1, 2]\\n"'],
  ['big-endian', header("'>f4'", '(1,)'), `Expected values of type ${types} for F, received ">f4"`],
  ['pickled', header("'|O'", '(1,)'), `Expected values of type ${types} for F, received "|O"`],
  [
    'structured',
    header("[('x', '<f4')]", '(1,)'),
    `Expected values of type ${types} for F, received a structured type`,
  ],
  [
    'a name of Object',
    header("'constructor'", '(1,)'),
    `Expected values of type ${types} for F, received "constructor"`,
  ],
  [
    'code',
    npy("{'descr': __import__('os')}"),
    `Expected a header entry of text, True, False or a shape for F, received "'descr': __import__('os')"`,
  ],
  [
    'no type',
    npy("{'fortran_order': False, 'shape': (1,)}"),
    'Expected a descr entry in the header for F, received none',
  ],
  [
    'no order',
    npy("{'descr': '<f4', 'shape': (1,)}"),
    'Expected True or False as fortran_order for F, received nothing',
  ],
  [
    'no shape',
    npy("{'descr': '<f4', 'fortran_order': False}"),
    'Expected a shape such as (60000, 28, 28) for F, received none',
  ],
  ['commas only', header("'<f4'", '(,,)'), 'Expected a shape such as (60000, 28, 28) for F, received (,,)'],
  [
    'too large to count',
    header("'<f4'", '(9007199254740993,)'),
    'Expected a shape that fits a file for F, received (9007199254740993,)',
  ],
  [
    'product too large',
    header("'<f4'", '(4294967296, 4294967296)'),
    'Expected a shape that fits a file for F, received (4294967296, 4294967296)',
  ],
  ['40 axes', header("'|u1'", `(${'1, '.repeat(40)})`), 'Expected a shape of at most 32 axes for F, received 40'],
  [
    'more promised than there',
    header("'<f4'", '(1000000000, 784)'),
    'Expected 3136000000081 bytes for shape (1000000000, 784) for F, received 81',
  ],
];

test.each(hostile)('refused: %s', async (_, bytes, message) => {
  const path = join(folder, 'F');
  writeFileSync(path, bytes);
  await expect(readNpy(path)).rejects.toThrow(message.replaceAll(' F,', ` ${path},`));
  expect(() => parseNpy(bytes, 'F')).toThrow(message);
});

test('a missing file is named', async () => {
  const path = join(folder, 'none.npy');
  await expect(openNpy(path)).rejects.toThrow(`Expected a file that may be read for ${path}, received ENOENT`);
});

test('readNpyHeader says where the data is', () => {
  const bytes = npyHeader('<u2', [4, 5]);
  expect(readNpyHeader(bytes)).toEqual({
    dtype: '<u2',
    shape: [4, 5],
    fortranOrder: false,
    dataOffset: 128,
    byteLength: 40,
  });
});
