import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PinholeError } from '../../src-main/contract/errors.ts';
import { createAtomicWriter, removeLeftovers, writeAtomic, writeError } from '../../src-main/files/atomic.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const failure = async (promise: Promise<unknown>): Promise<PinholeError> =>
  promise.then(
    () => expect.unreachable('expected a failure'),
    (error) => error,
  );

test('text, bytes and chunks arrive whole', async () => {
  const path = join(folder, 'file');
  await writeAtomic(path, 'naïve');
  expect(readFileSync(path, 'utf8')).toBe('naïve');
  await writeAtomic(path, Uint8Array.of(1, 2));
  expect([...readFileSync(path)]).toEqual([1, 2]);
  await writeAtomic(
    path,
    (async function* () {
      yield 'a';
      yield Uint8Array.of(98);
    })(),
  );
  expect(readFileSync(path, 'utf8')).toBe('ab');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('the old file stays until commit, and when the data fails', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'old');
  const writer = await createAtomicWriter(path);
  await writer.write('new and long');
  await writer.patch(Buffer.from('NEW'), 0);
  expect(readFileSync(path, 'utf8')).toBe('old');
  await writer.commit();
  expect(readFileSync(path, 'utf8')).toBe('NEW and long');
  expect(writer.length).toBe(12);

  const failing = (async function* () {
    yield 'half';
    throw new Error('the data failed');
  })();
  await expect(writeAtomic(path, failing)).rejects.toThrow('the data failed');
  expect(readFileSync(path, 'utf8')).toBe('NEW and long');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('abort leaves nothing, twice too', async () => {
  const writer = await createAtomicWriter(join(folder, 'file'));
  await writer.write('x');
  await writer.abort();
  await writer.abort();
  expect(readdirSync(folder)).toEqual([]);
});

test('a missing folder and a folder in place of the file are named', async () => {
  const missing = await failure(writeAtomic(join(folder, 'none', 'file'), ''));
  expect(missing.code).toBe('usage');
  expect(missing.message).toBe(`Expected an existing folder for file, received ${join(folder, 'none')}`);
  const path = join(folder, 'taken');
  mkdirSync(join(path, 'full'), { recursive: true });
  const taken = await failure(writeAtomic(path, 'x'));
  expect(taken.message).toMatch(/^Expected a file that may be written for .*taken, received \w+$/);
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('a full disk names the file', () => {
  const error = writeError('/data/codes.npy', Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  expect(error).toMatchObject({ code: 'disk-full', message: 'The disk is full: could not write /data/codes.npy' });
  expect(error.advice).toContain('Free some space');
});

test.skipIf(process.platform !== 'linux')('a device without space: disk-full from the write itself', async () => {
  // /dev/full fails every write with ENOSPC; a symbolic link cannot be used, since the temporary file is a new one.
  const child = `
    import { syncBuiltinESMExports } from 'node:module';
    import promises from 'node:fs/promises';
    const open = promises.open;
    promises.open = (path, flags) => open(flags === 'wx' ? '/dev/full' : path, flags === 'wx' ? 'w' : flags);
    syncBuiltinESMExports();
    const { writeAtomic } = await import('./src-main/files/atomic.ts');
    await writeAtomic(process.argv[1], 'x').catch((error) => console.log(error.code + '|' + error.message));
  `;
  const path = join(folder, 'features.csv');
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', child, path], { encoding: 'utf8' });
  expect(printed.trim()).toBe(`disk-full|The disk is full: could not write ${path}`);
});

test('leftovers of dead processes are removed, those of living ones kept', async () => {
  const dead = `.pinhole-4194304999-0123456789ab.tmp`;
  const earlier = `.pinhole-${process.pid}-0123456789ab.tmp`;
  writeFileSync(join(folder, dead), '');
  writeFileSync(join(folder, earlier), '');
  utimesSync(join(folder, earlier), 1, 1);
  writeFileSync(join(folder, 'mine.tmp'), '');
  const writer = await createAtomicWriter(join(folder, 'file'));
  expect(await removeLeftovers(folder)).toBe(2);
  await writer.commit();
  expect(readdirSync(folder)).toEqual(['file', 'mine.tmp']);
});
