// `npm start`: the desktop window where there is a runtime or one to be fetched, and the reason where there is none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRuntime, type Machine } from '../../src-main/host/start.ts';
import { temporaryFolder } from '../support/temporary.ts';

function putRuntime(electron: string): string {
  mkdirSync(join(electron, 'dist'), { recursive: true });
  writeFileSync(join(electron, 'path.txt'), 'electron');
  writeFileSync(join(electron, 'dist', 'electron'), '');
  return join(electron, 'dist', 'electron');
}

function machine(changes: Partial<Machine> = {}): Machine & { said: string[]; reached: string[]; fetched: string[] } {
  const [said, reached, fetched]: string[][] = [[], [], []];
  return {
    platform: 'linux',
    env: { DISPLAY: ':0' },
    electron: temporaryFolder(),
    reach: async (address) => reached!.push(address) > 0,
    fetch: async (installer) => fetched!.push(installer) > 0,
    say: (line) => said!.push(line),
    ...changes,
    said: said!,
    reached: reached!,
    fetched: fetched!,
  };
}

test('a runtime that is there is taken, and nobody is asked', async () => {
  const here = machine();
  const executable = putRuntime(here.electron!);
  expect(await findRuntime(here)).toEqual({ executable });
  expect([here.reached, here.said]).toEqual([[], []]);
});

test('one that is not is fetched by Electron’s own installer, which is said', async () => {
  const here = machine({ fetch: async (installer) => putRuntime(join(installer, '..')) !== '' });
  expect(await findRuntime(here)).toEqual({ executable: join(here.electron!, 'dist', 'electron') });
  expect(here.said).toEqual(['Fetching Electron’s runtime, about 110 MB, once …']);
});

test('it is looked for where the person’s mirror is', async () => {
  const here = machine({ env: { DISPLAY: ':0', ELECTRON_MIRROR: 'https://mirror.example/' } });
  await findRuntime(here);
  expect(here.reached).toEqual(['https://mirror.example/']);
});

test.each<[string, Partial<Machine>]>([
  ['this machine has no screen', { env: {} }],
  ['the package electron is not installed', { electron: undefined }],
  ['Electron’s runtime is not there and cannot be reached', { reach: async () => false }],
  ['Electron’s runtime could not be fetched', { fetch: async () => false }],
  ['Electron’s installer has left no runtime', {}],
])('without one: %s', async (missing, changes) => {
  expect(await findRuntime(machine(changes))).toEqual({ missing });
});

test('a screen of another kind than X will do, and other systems always have one', async () => {
  const wayland = machine({ env: { WAYLAND_DISPLAY: 'wayland-0' } });
  const mac = machine({ platform: 'darwin', env: {} });
  for (const here of [wayland, mac]) {
    const executable = putRuntime(here.electron!);
    expect(await findRuntime(here)).toEqual({ executable });
  }
});
