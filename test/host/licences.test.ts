// The About page's list: everything that is shipped, with a licence that allows it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLicences } from '../../src-main/host/window/licences.ts';
import { repository } from '../support/resources.ts';

test('direct packages, what they depend on, and what is built into the window are named with version and licence', async () => {
  const licences = await readLicences();
  const names = licences.map(({ name }) => name);
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), 'svelte', 'bits-ui', 'uplot']));
  // Of sharp, which is Apache-2.0 itself: the one licence that asks for more.
  expect(licences.find(({ name }) => name.startsWith('@img/sharp-libvips'))?.licence).toMatch(/LGPL/);
  expect(names).not.toContain('vitest');
  expect(licences.filter(({ version }) => version === '')).toEqual([]);
  expect(new Set(licences.map(({ name, version }) => `${name} ${version}`)).size).toBe(licences.length);
});
