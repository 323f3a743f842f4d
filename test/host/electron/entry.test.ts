// Electron's two entries themselves, with a stand-in for the module: what the preload script shows a page, and how main begins.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Bridge, pageOrigin } from '../../../src-main/contract/bridge.ts';
import { World } from '../../support/electron.ts';
import { waitUntil } from '../../support/processes.ts';
import { repository } from '../../support/resources.ts';
import { temporaryFolder } from '../../support/temporary.ts';

beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.doUnmock('electron');
  vi.unstubAllEnvs();
});

async function loadPreload() {
  const invoked: unknown[][] = [];
  const posted: { channel: string; ports: number }[] = [];
  const listeners = new Map<string, Set<(...parameters: unknown[]) => void>>();
  const shown = new Map<string, Bridge>();
  vi.doMock('electron', () => ({
    contextBridge: { exposeInMainWorld: (name: string, bridge: Bridge) => shown.set(name, bridge) },
    ipcRenderer: {
      invoke: async (...parameters: unknown[]) => {
        invoked.push(parameters);
        return parameters.at(-1);
      },
      postMessage: (channel: string, _: unknown, ports: unknown[]) => posted.push({ channel, ports: ports.length }),
      on: (channel: string, listener: () => void) =>
        listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener)),
      removeListener: (channel: string, listener: () => void) => listeners.get(channel)?.delete(listener),
    },
    webUtils: { getPathForFile: (file: { path: string }) => file.path },
  }));
  await import('../../../src-main/host/electron/preload.ts');
  const emit = (channel: string, value: unknown) => {
    for (const listener of listeners.get(channel) ?? []) listener({ secret: 'event' }, value);
  };
  return { bridge: shown.get('pinhole')!, shown, invoked, posted, listeners, emit };
}

test('the preload script shows one frozen bridge with these functions and nothing of Electron', async () => {
  const { bridge, shown } = await loadPreload();
  expect([...shown.keys()]).toEqual(['pinhole']);
  expect(Object.isFrozen(bridge)).toBe(true);
  expect(Object.keys(bridge).sort()).toEqual([
    'chooseWorkspace',
    'connect',
    'notify',
    'onMenu',
    'onOpen',
    'pathsOf',
    'pickFiles',
    'pickFolders',
    'pickOutFolder',
    'platform',
    'reveal',
  ]);
});

test('its calls go to their channels; paths are those of real files, never ones that a page makes up', async () => {
  const { bridge, invoked } = await loadPreload();
  await bridge.reveal('/a');
  await bridge.notify('b', 'c');
  expect(await bridge.pathsOf([{ path: '/dropped' }, { path: '' }])).toEqual(['/dropped']);
  expect(invoked).toEqual([
    ['pinhole:reveal', '/a'],
    ['pinhole:notify', 'b', 'c'],
    ['pinhole:dropped', ['/dropped']],
  ]);
});

test('a port goes to the main process and its other end to the own page alone', async () => {
  const { bridge, posted } = await loadPreload();
  const page = vi.fn();
  vi.stubGlobal('postMessage', page);
  bridge.connect();
  vi.unstubAllGlobals();
  expect(posted).toEqual([{ channel: 'pinhole:connect', ports: 1 }]);
  expect(page).toHaveBeenCalledWith('pinhole:connect', pageOrigin, [expect.anything()]);
});

test('listeners hear values without the event, until they stop', async () => {
  const { bridge, emit, listeners } = await loadPreload();
  const heard: unknown[] = [];
  const stops = [bridge.onMenu((...all) => heard.push(all)), bridge.onOpen((...all) => heard.push(all))];
  emit('pinhole:menu', 'train');
  emit('pinhole:open', ['/a']);
  for (const stop of stops) stop();
  emit('pinhole:menu', 'import');
  expect(heard).toEqual([['train'], [['/a']]]);
  expect([...listeners.values()].map((set) => set.size)).toEqual([0, 0]);
});

test('the main entry begins in a clone: window, preload script, worker on a Node that is not Electron’s', async () => {
  const home = temporaryFolder();
  const world = new World({ userData: join(home, 'settings'), home, appPath: repository });
  vi.doMock('electron', () => world.electron);
  vi.stubEnv('PINHOLE_NODE', process.execPath);
  vi.stubEnv('PINHOLE_WORKSPACE', join(home, 'workspace'));
  const words = process.argv;
  process.argv = ['electron', repository];
  await import('../../../src-main/host/electron/main.ts');
  process.argv = words;
  expect(world.windows[0]!.options.webPreferences!.preload).toBe(join(repository, 'out', 'preload', 'preload.cjs'));
  await waitUntil(() => existsSync(join(home, 'workspace', 'catalogue.sqlite')), 'the workspace');
  world.app.quit();
  await waitUntil(() => world.app.ended, 'the end');
});

test('a package without its Node says so and ends', async () => {
  const home = temporaryFolder();
  const world = new World({ userData: home, home, appPath: home });
  world.app.isPackaged = true;
  vi.doMock('electron', () => world.electron);
  Object.assign(process, { resourcesPath: home });
  await import('../../../src-main/host/electron/main.ts');
  expect([world.app.exitCode, world.boxes.length, world.windows.length]).toEqual([3, 1, 0]);
});
