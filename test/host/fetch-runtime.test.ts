// Electron's installer as a child, played by scripts: it gets on, fails, or gets stuck, and nothing of it is left.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fetchRuntime } from '../../src-main/host/fetch-runtime.ts';
import { isAlive, waitUntil } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A package whose installer is this script, with what it needs at hand. */
function installer(script: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dist'));
  const file = join(folder, 'install.cjs');
  writeFileSync(
    file,
    `const { appendFileSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
writeFileSync(__dirname + '/begun', JSON.stringify([process.pid, tmpdir()]));
${script}`,
  );
  return file;
}

const quick = { tickMilliseconds: 20, silenceMilliseconds: 1_000 };

function expectNothingLeft(file: string): void {
  const [pid, folder] = JSON.parse(readFileSync(join(file, '../begun'), 'utf8'));
  expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
}

test('one that ends well is content, and says how much has arrived', async () => {
  const heard: number[] = [];
  const file = installer(`
    writeFileSync(tmpdir() + '/electron.zip', 'x'.repeat(1000));
    setTimeout(() => writeFileSync(__dirname + '/dist/electron', ''), 300);`);
  expect(await fetchRuntime(file, { ...quick, onProgress: (bytes) => heard.push(bytes) })).toBeNull();
  expect(heard).toContain(1000);
  expect(existsSync(join(file, '../dist/electron'))).toBe(true);
  expectNothingLeft(file);
});

test('one that fails is quoted in a few words, without its stack', async () => {
  const failing = installer(`console.error(new TypeError('fetch failed').stack); process.exit(1);`);
  expect(await fetchRuntime(failing, quick)).toBe('fetch failed');
  expect(await fetchRuntime(installer('process.exit(1);'), quick)).toBe('its installer has failed without a word');
});

test('one that gets on slowly is waited for; one that is stuck is ended', async () => {
  const slow = installer(`
    let count = 0;
    const timer = setInterval(() => {
      appendFileSync(tmpdir() + '/electron.zip', 'x');
      if (++count === 15) clearInterval(timer);
    }, 100);`);
  expect(await fetchRuntime(slow, { ...quick, silenceMilliseconds: 1_000 })).toBeNull();
  const stuck = installer(`writeFileSync(tmpdir() + '/electron.zip', 'x'); setInterval(() => {}, 1000);`);
  expect(await fetchRuntime(stuck, { ...quick, silenceMilliseconds: 500 })).toBe('nothing has arrived for 0.5 seconds');
  expectNothingLeft(stuck);
});

test('Ctrl-C ends it', async () => {
  const stop = new AbortController();
  const file = installer('setInterval(() => {}, 1000);');
  const result = fetchRuntime(file, { ...quick, silenceMilliseconds: 60_000, signal: stop.signal });
  await waitUntil(() => existsSync(join(file, '../begun')), 'the installer');
  stop.abort();
  expect(await result).toBe('it was stopped');
  expectNothingLeft(file);
});
