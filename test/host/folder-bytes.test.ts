// The size of a folder as screens show it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderBytes } from '../../src-main/host/window/workspace.ts';
import { need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('every file counts once, however many there are', async () => {
  const folder = temporaryFolder();
  for (let index = 0; index < 300; index++) {
    mkdirSync(join(folder, `${index % 7}`), { recursive: true });
    writeFileSync(join(folder, `${index % 7}`, `${index}`), new Uint8Array(index));
  }
  expect(await folderBytes(folder)).toBe((299 * 300) / 2);
});

test('a folder that is not there has nothing; links are not followed', async (context) => {
  const folder = temporaryFolder();
  expect(await folderBytes(join(folder, 'nothing'))).toBe(0);
  need(context, 'symlinks');
  symlinkSync('/', join(folder, 'link'));
  expect(await folderBytes(folder)).toBe(0);
});
