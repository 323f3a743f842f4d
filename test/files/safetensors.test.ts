import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type NamedTensor,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../src-main/files/safetensors.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-safetensors-'));
  path = join(folder, 'a.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensors = new Map<string, NamedTensor>([
  ['bytes', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ['encoder.0.weight', { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) }],
  ['7', { shape: [], data: BigInt64Array.of(-5n) }],
  ['wide', { shape: [1], data: Float64Array.of(Math.PI) }],
  ['none', { shape: [0, 4], data: new Int32Array(0) }],
  ['short', { shape: [1], data: Uint16Array.of(65535) }],
]);

test('written and read back, whole and lazily', async () => {
  await writeSafetensors(path, tensors, { format: 'pinhole', 'a "b"': '重' });
  const content = await readSafetensors(path);
  expect(content.metadata).toEqual({ format: 'pinhole', 'a "b"': '重' });
  expect([...content.tensors.keys()]).toEqual(['7', 'wide', 'encoder.0.weight', 'none', 'short', 'bytes']);
  for (const [name, { shape, data }] of tensors) {
    expect(content.tensors.get(name)).toMatchObject({ shape, data });
  }
  const file = await openSafetensors(path);
  expect(await file.read('bytes')).toEqual(Uint8Array.of(1, 2, 3));
  await expect(file.read('nothing')).rejects.toThrow(
    `Expected a tensor "nothing" for ${path}, received 7, wide, encoder.0.weight, none, short, bytes`,
  );
  await file.close();
});

test('the bytes are those of the specification', async () => {
  await writeSafetensors(path, new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]), { k: 'v' });
  const json = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(padded.length);
  const data = Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
  expect(readFileSync(path)).toEqual(Buffer.concat([length, Buffer.from(padded), data]));
});

test('no metadata, no tensors', async () => {
  await writeSafetensors(path, new Map());
  expect(await readSafetensors(path)).toEqual({ metadata: {}, tensors: new Map() });
});

test('a wrong shape is our fault', async () => {
  await expect(writeSafetensors(path, new Map([['w', { shape: [3], data: new Float32Array(2) }]]))).rejects.toThrow(
    'internal: expected 3 values for tensor "w", received 2',
  );
});

function file(header: string, dataLength = 0): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(Buffer.byteLength(header));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataLength)]);
}
const one = (dtype: string, shape: string, offsets: string) =>
  `{"w":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
const two = (first: string, second: string) =>
  `{"a":{"dtype":"U8","shape":[4],"data_offsets":${first}},"b":{"dtype":"U8","shape":[4],"data_offsets":${second}}}`;

const hostile: [string, Buffer, string][] = [
  ['empty', Buffer.alloc(0), 'Expected at least 8 bytes of safetensors for F, received 0'],
  ['huge header', Buffer.alloc(8, 0xff), 'Expected a header of at most 0 bytes for F, received 18446744073709551615'],
  ['not JSON', file('{"w"'), 'Expected a JSON object as header for F, received "{\\"w\\""'],
  ['an array', file('[]'), 'Expected a JSON object as header for F, received "[]"'],
  ['leading space', file(' {}'), 'Expected a JSON object as header for F, received " {}"'],
  ['entry is text', file('{"w":"x"}'), 'Expected an object for tensor "w" for F, received "x"'],
  ['no dtype', file('{"w":{}}'), 'Expected a dtype for tensor "w" for F, received undefined'],
  [
    'bfloat16',
    file(one('"BF16"', '[1]', '[0,2]'), 2),
    'Expected F32, F64, I32, I64, U16, U8 for tensor "w" of F, received BF16',
  ],
  ['dtype of Object', file(one('"toString"', '[1]', '[0,2]'), 2), 'received toString'],
  ['negative axis', file(one('"U8"', '[-1]', '[0,1]'), 1), 'Expected a shape for tensor "w" for F, received [-1]'],
  [
    'fractional offset',
    file(one('"U8"', '[1]', '[0,1.5]'), 1),
    'Expected two data_offsets for tensor "w" for F, received [0,1.5]',
  ],
  ['one offset', file(one('"U8"', '[1]', '[0]'), 1), 'Expected two data_offsets for tensor "w" for F, received [0]'],
  ['size differs', file(one('"F32"', '[2]', '[0,4]'), 4), 'Expected 8 bytes for tensor "w" for F, received 4'],
  [
    'size overflows',
    file(one('"F32"', '[9007199254740991,9007199254740991]', '[0,4]'), 4),
    'for tensor "w" for F, received 4',
  ],
  ['beyond the end', file(one('"F32"', '[2]', '[0,8]'), 4), 'Expected 8 bytes of data for F, received 4'],
  ['unclaimed data', file('{}', 4), 'Expected 0 bytes of data for F, received 4'],
  ['overlap', file(two('[0,4]', '[2,6]'), 8), 'Expected tensor "b" at byte 4 for F, received 2'],
  ['gap', file(two('[0,4]', '[6,10]'), 10), 'Expected tensor "b" at byte 4 for F, received 6'],
  ['metadata number', file('{"__metadata__":{"a":1}}'), 'Expected text values as __metadata__ for F, received {"a":1}'],
];

test.each(hostile)('refused: %s', async (_, bytes, message) => {
  writeFileSync(path, bytes);
  await expect(openSafetensors(path)).rejects.toThrow(message.replaceAll(' F,', ` ${path},`));
});

test('names that mean something to JavaScript are only names', async () => {
  writeFileSync(path, file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1));
  const content = await readSafetensors(path);
  expect([...content.tensors.keys()]).toEqual(['__proto__']);
});
