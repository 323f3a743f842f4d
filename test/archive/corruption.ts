// Archives damaged at random, and what becomes of one when its images are to be had all the same.
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decompress } from '../../src-main/archive/restore.ts';
import { PinholeError } from '../../src-main/contract/errors.ts';
import type { Random } from '../../src-main/numerics/random.ts';

type Damage = (bytes: Buffer, random: Random) => Buffer;

const damages: Record<string, Damage> = {
  cut: (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  'bit flipped': (bytes, random) => {
    bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
    return bytes;
  },
  'bytes changed': (bytes, random) => {
    for (let count = 1 + random.integer(20); count > 0; count--)
      bytes[random.integer(bytes.length)] = random.integer(256);
    return bytes;
  },
  'run of zeros': (bytes, random) => {
    const start = random.integer(bytes.length);
    return bytes.fill(0, start, Math.min(bytes.length, start + random.integer(4096)));
  },
  'parts swapped': (bytes, random) => {
    const length = 1 + random.integer(2048);
    const [one, other] = [random.integer(bytes.length), random.integer(bytes.length)];
    const kept = Buffer.from(bytes.subarray(one, one + length));
    bytes.copy(bytes, one, other, other + length);
    kept.copy(bytes, other);
    return bytes;
  },
  'hostile number': (bytes, random) => {
    const headers = [...'\x01\x03\x05'].flatMap((_, kind) =>
      placesOf(bytes, ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06'][kind]!),
    );
    const place = headers[random.integer(headers.length)]! + 4 + random.integer(40);
    if (place + 4 <= bytes.length)
      bytes.writeUInt32LE([0xffffffff, 0x7fffffff, 0, random.integer(2 ** 32)][random.integer(4)]!, place);
    return bytes;
  },
  'other name': (bytes, random) => {
    const names = ['codes.bin', 'index.json', 'decoder.onnx', 'manifest.json'].flatMap((name) => placesOf(bytes, name));
    bytes.write('../../../x', names[random.integer(names.length)]!);
    return bytes;
  },
};
export const damageKinds = Object.keys(damages);

function placesOf(bytes: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text, 0, 'latin1'); at >= 0; at = bytes.indexOf(text, at + 1, 'latin1')) found.push(at);
  return found;
}

export interface Outcome {
  kind: string;
  /** Images that were had; of them, those that are not what the whole archive gives. */
  saved: number;
  changed: number;
  /** Whether anything was said to be damaged. */
  told: boolean;
  /** What went otherwise than it may: an error without a code, a file outside of the target. */
  fault: string | null;
}

/** `images` are the whole archive's, by name. `folder` is new and empty. */
export async function damageOnce(
  whole: Buffer,
  images: ReadonlyMap<string, Buffer>,
  random: Random,
  folder: string,
): Promise<Outcome> {
  const kind = damageKinds[random.integer(damageKinds.length)]!;
  writeFileSync(join(folder, 'damaged.pinhole'), damages[kind]!(Buffer.from(whole), random));
  const target = join(folder, 'target');
  const outcome: Outcome = { kind, saved: 0, changed: 0, told: false, fault: null };
  try {
    const result = await decompress(
      { file: join(folder, 'damaged.pinhole'), folder: target, format: 'png', only: [], threads: 1 },
      {},
    );
    outcome.told = result.problems.length > 0 || result.lost > 0;
    outcome.saved = result.files;
    outcome.fault = result.problems.find((problem) => problem.startsWith('internal')) ?? null;
  } catch (error) {
    outcome.told = true;
    const known = error instanceof PinholeError && error.code === 'file-damaged';
    outcome.fault = known ? null : String((error as Error).stack);
  }
  const contents = new Set(Array.from(images.values(), (image) => image.toString('base64')));
  for (const name of globSync('**/*.*', { cwd: target })) {
    if (!contents.has(readFileSync(join(target, name)).toString('base64'))) outcome.changed++;
  }
  const beside = readdirSync(folder).filter((name) => !['damaged.pinhole', 'target'].includes(name));
  if (beside.length > 0) outcome.fault = `written outside: ${beside.join()}`;
  return outcome;
}
