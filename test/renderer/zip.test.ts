// Archives that the window makes for a download are read by another program, byte for byte.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { storeZip, zipBytes } from '../../src-renderer/service/zip.ts';
import { pythonWith } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { unzip } from '../support/unzip.ts';

const modified = new Date(2026, 10, 24, 17, 18, 20);
const members = [
  { name: 'features.csv', parts: [Buffer.from('a,b\r\n'), Buffer.from('1,2\r\n')] },
  { name: 'model/编码 encoder.onnx', parts: [Uint8Array.from({ length: 70_000 }, (_, index) => index * 7)] },
  { name: 'empty', parts: [] },
];

test('names, folders, contents and checksums', async () => {
  const archive = Buffer.concat(storeZip(members, modified));
  const found = await unzip(archive);
  expect([...found.keys()]).toEqual(members.map(({ name }) => name));
  for (const { name, parts } of members) expect(found.get(name)).toEqual(Buffer.concat(parts));
});

test('its size is known beforehand', () => {
  const sizes = members.map(({ name, parts }) => ({ name, bytes: Buffer.concat(parts).length }));
  expect(zipBytes(sizes)).toBe(Buffer.concat(storeZip(members, modified)).length);
  expect(zipBytes([])).toBe(22);
});

test('the time of day is there, and a third reader finds nothing wrong', (context) => {
  const file = join(temporaryFolder(), 'a.zip');
  writeFileSync(file, Buffer.concat(storeZip(members, modified)));
  const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.infolist()[0].date_time)';
  const python = pythonWith('zipfile');
  if (python === undefined) return context.skip('missing resource python');
  const said = execFileSync(python, ['-c', script, file], { encoding: 'utf8' });
  expect(said.trim()).toBe('None (2026, 11, 24, 17, 18, 20)');
});
