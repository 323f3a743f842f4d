import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src-main/files/folder.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('everything missing on the way is made, and what is there is left alone', async () => {
  const folder = join(temporaryFolder(), 'a', 'b c', '名');
  await makeFolder(folder);
  writeFileSync(join(folder, 'kept'), '');
  await Promise.all([makeFolder(folder), makeFolder(join(folder, 'x', 'y')), makeFolder(join(folder, 'x', 'z'))]);
  for (const name of ['kept', 'x/y', 'x/z']) expect(existsSync(join(folder, name)), name).toBe(true);
  await makeFolder('/');
});

test.each([
  ['there is a file of that name', 'file'],
  ['a part of the path is a file', 'file/inside'],
  ['the name is too long', 'n'.repeat(300)],
])('%s', async (reason, name) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, name))).rejects.toMatchObject({
    code: 'usage',
    message: `The folder ${join(folder, name)} cannot be made: ${reason}.`,
  });
});

test.runIf(process.platform === 'linux')(
  'a file system that takes no folders is refused, not asked for ever',
  async () => {
    await expect(makeFolder('/proc/pinhole/workspace')).rejects.toMatchObject({
      code: 'usage',
      message: 'The folder /proc/pinhole/workspace cannot be made: its parent takes no new folders.',
    });
  },
);
