// When the window is built anew: a source is newer than the build was at its beginning.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ensureBuilt } from '../../src-main/host/build-renderer.ts';
import { temporaryFolder } from '../support/temporary.ts';

let project = '';
let builds = 0;
const source = () => join(project, 'src-renderer', 'App.svelte');
const build = async () => {
  builds++;
  mkdirSync(join(project, 'out', 'renderer'), { recursive: true });
  writeFileSync(join(project, 'out', 'renderer', 'index.html'), '');
};

beforeEach(() => {
  project = temporaryFolder();
  builds = 0;
  mkdirSync(join(project, 'src-renderer'));
  writeFileSync(source(), '');
  const earlier = new Date(Date.now() - 60_000);
  for (const path of [source(), join(project, 'src-renderer')]) utimesSync(path, earlier, earlier);
});

test('once, and again when a source has changed', async () => {
  await ensureBuilt(project, build);
  await ensureBuilt(project, build);
  expect(builds).toBe(1);
  const later = new Date(Date.now() + 1000);
  utimesSync(source(), later, later);
  await ensureBuilt(project, build);
  expect(builds).toBe(2);
});

test('again when a source changed while it was being built', async () => {
  await ensureBuilt(project, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(source(), 'changed');
    await build();
  });
  await ensureBuilt(project, build);
  expect(builds).toBe(2);
});

test('never where there are no sources', async () => {
  await ensureBuilt(join(project, 'src-renderer'), build);
  expect(builds).toBe(0);
});
