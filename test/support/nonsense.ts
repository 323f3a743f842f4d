// Messages that nobody means well with: seeded, from valid ones that are damaged to plain noise.
import { methods } from '../../src-main/contract/methods.ts';
import { encodeFrame } from '../../src-main/contract/wire.ts';
import type { Random } from '../../src-main/numerics/random.ts';

let lastId = 0;

export function call(method: string, ...parameters: unknown[]) {
  return { type: 'call', id: ++lastId, method, parameters };
}

const valid = (folder: string): unknown[] => [
  call('datasets'),
  call('info'),
  call('images', 'nothing', Int32Array.of(1, 2, 3)),
  call('renameDataset', 'nothing', 'name'),
  call('labelImages', 'nothing', [{ label: 'name', ids: Int32Array.of(1) }]),
  call('importColumns', 'nothing', '/nowhere.csv', { by: 'path', key: 'name' }),
  call('removeColumn', 'nothing', 'name'),
  call('setPreferences', { theme: 'dark', recentSources: ['a'] }),
  call('listFolder', folder),
  call('upload', 'nothing', 'a/b.png', 0, Uint8Array.of(1, 2, 3, 4)),
  call('download', `${folder}/nothing`, 0),
  call('original', 'nothing', 3),
  call('cancelTask', 'nothing'),
  call('startTask', {
    kind: 'export',
    request: { runId: 'nothing', out: '/nowhere', formats: ['csv'], ids: Int32Array.of(1) },
  }),
  call('startTask', { kind: 'import', request: { sources: ['/nowhere'], size: 32, fold: [1, 5] } }),
  call('relocateDataset', 'nothing', '/a', '/b'),
  call('startTask', {
    kind: 'compress',
    request: { runId: 'nothing', file: '/nowhere.pinhole', goal: { kind: 'bytes', bytes: 9 } },
  }),
  call('startTask', { kind: 'extract', request: { archive: folder, folder: '/nowhere', only: ['a'] } }),
  call('archiveImages', `${folder}/nothing.pinhole`, Int32Array.of(1, 2, 3)),
  call('openArchive', folder),
  call('lookAtTarget', folder, 'folder'),
  { type: 'cancel', id: 1 },
  { type: 'subscribe', id: 1, topic: 'run:nothing' },
  { type: 'unsubscribe', id: 1 },
];

/** Values that stand where others are expected. */
export const strange: readonly unknown[] = [
  ...[null, true, -1, 2 ** 53, 1e308, Number.NaN, '', '__proto__', 'constructor', '../../etc/passwd'],
  ...['x'.repeat(5_000), [], {}, { $: 0 }, { length: 1e9 }, JSON.parse('{"then":1}'), { toString: null }],
  ...[{ constructor: { prototype: { polluted: true } } }, JSON.parse('{"__proto__":{"polluted":true}}')],
  ...[[[[[[[]]]]]], new Uint8Array(100), new Float64Array(3)],
  Array.from({ length: 1000 }, (_, index) => index),
];

/** A maker of frames; `folder` is one that exists. */
export function nonsenseMaker(random: Random, folder: string): () => Uint8Array {
  const pick = <T>(values: readonly T[]) => values[random.integer(values.length)]!;
  const messages = valid(folder);
  return () => {
    switch (random.integer(4)) {
      case 0:
        return Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
      case 1:
        return damage(encodeFrame(pick(messages)), random);
      case 2:
        return encodeFrame(replaceSomewhere(pick(messages), pick(strange), random));
      default:
        return encodeFrame(
          call(pick(Object.keys(methods)), ...Array.from({ length: random.integer(4) }, () => pick(strange))),
        );
    }
  };
}

function damage(frame: Uint8Array, random: Random): Uint8Array {
  const bytes = frame.slice();
  for (let count = 1 + random.integer(4); count > 0; count--) bytes[random.integer(bytes.length)] = random.integer(256);
  const cut = random.integer(3);
  if (cut === 0) return bytes.subarray(0, random.integer(bytes.length));
  return cut === 1 ? Buffer.concat([bytes, bytes.subarray(random.integer(bytes.length))]) : bytes;
}

/** A copy in which one value, however deep, is another one. */
function replaceSomewhere(value: unknown, other: unknown, random: Random): unknown {
  const isNode = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  const keys = isNode ? Object.keys(value) : [];
  if (keys.length === 0 || random.integer(4) === 0) return other;
  const key = keys[random.integer(keys.length)]!;
  const changed = replaceSomewhere((value as Record<string, unknown>)[key], other, random);
  if (!Array.isArray(value)) return { ...(value as object), [key]: changed };
  return value.map((element, index) => (String(index) === key ? changed : element));
}
