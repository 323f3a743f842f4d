// `npm start`: the desktop window where there is a runtime or one to be fetched, and the reason where there is none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRuntime, type Machine, presentRuntime } from '../../src-main/host/start.ts';
import { temporaryFolder } from '../support/temporary.ts';

function putRuntime(electron: string): string {
  mkdirSync(join(electron, 'dist'), { recursive: true });
  writeFileSync(join(electron, 'path.txt'), 'electron');
  writeFileSync(join(electron, 'dist', 'electron'), '');
  return join(electron, 'dist', 'electron');
}

function machine(changes: Partial<Machine> = {}): Machine & { fetched: string[] } {
  const fetched: string[] = [];
  return {
    platform: 'linux',
    env: { DISPLAY: ':0' },
    electron: temporaryFolder(),
    async install(installer) {
      fetched.push(installer);
      return null;
    },
    say: () => {},
    ...changes,
    fetched,
  };
}

test('a runtime that is there is taken, and nothing is fetched', async () => {
  const here = machine();
  const executable = putRuntime(here.electron!);
  expect(await findRuntime(here)).toEqual({ executable });
  expect(here.fetched).toEqual([]);
});

test('one that is not is fetched by Electron’s own installer', async () => {
  const here = machine({
    async install(installer) {
      putRuntime(join(installer, '..'));
      return null;
    },
  });
  expect(await findRuntime(here)).toEqual({ executable: join(here.electron!, 'dist', 'electron') });
});

test.each<[string, Partial<Machine>]>([
  ['this machine has no screen', { env: {} }],
  ['the package electron is not installed', { electron: undefined }],
  ['Electron’s runtime is not there and could not be fetched (fetch failed)', { install: async () => 'fetch failed' }],
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

test('looked for without fetching, as the tests do', () => {
  const here = machine();
  expect(presentRuntime(here)).toEqual({ missing: 'Electron’s runtime is not there' });
  const executable = putRuntime(here.electron!);
  expect(presentRuntime(here)).toEqual({ executable });
  expect(presentRuntime({ ...here, env: {} })).toEqual({ missing: 'this machine has no screen' });
  expect(here.fetched).toEqual([]);
});
