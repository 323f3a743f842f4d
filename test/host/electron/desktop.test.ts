// The desktop door with a stand-in for Electron and the real worker: windows, page, bridge, attacks, menu, quitting with work under way.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bridgeCalls, type PortNotice } from '../../../src-main/contract/bridge.ts';
import type { Desktop } from '../../../src-main/host/electron/desktop.ts';
import { openService, type StartOptions, startStandIn } from '../../support/desktop.ts';
import type { StandInPort, World } from '../../support/electron.ts';
import { waitFor, waitUntil } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let running: { desktop: Desktop | null; world: World } | undefined;

afterEach(async () => {
  const { world, desktop } = running ?? {};
  running = undefined;
  if (!world || !desktop || world.app.ended) return;
  world.answers = [1];
  world.app.quit();
  await waitUntil(() => world.app.ended, 'the end');
});

async function begin(options: StartOptions = {}) {
  const begun = await startStandIn(options);
  running = begun;
  return { ...begun, window: begun.world.windows[0]! };
}

/** As Electron's frames are once they are disposed of. */
const frameThatIsGone = {
  parent: null,
  get url(): string {
    throw new Error('Render frame was disposed before WebFrameMain could be accessed');
  },
};

const reasonOf = (port: StandInPort) =>
  new Promise<string>((resolve) =>
    port.on('message', ({ data }: { data: PortNotice }) => data !== 'open' && resolve(data.closed)),
  );

describe('a window', () => {
  test('is a sandboxed frame around the own page', async () => {
    const { window, home } = await begin();
    expect(window.options.webPreferences).toEqual({
      preload: join(home, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      backgroundThrottling: false,
    });
    expect(window.address).toBe('pinhole://app/');
    expect(window.shown).toBeGreaterThan(0);
  });

  test('goes nowhere else, opens nothing, and is allowed to do nothing but copy words', async () => {
    const { window, world } = await begin();
    expect(window.webContents.openHandler?.({ url: 'https://example.org' })).toEqual({ action: 'deny' });
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview']) {
      let prevented = false;
      window.webContents.emit(name, { preventDefault: () => (prevented = true), url: 'https://example.org' });
      expect([name, prevented]).toEqual([name, true]);
    }
    const asked = (permission: string) => new Promise((resolve) => world.permissionRequest!(null, permission, resolve));
    expect(await asked('media')).toBe(false);
    expect(await asked('clipboard-sanitized-write')).toBe(true);
    expect(world.permissionCheck!(null, 'geolocation')).toBe(false);
    expect(world.devicePermission!()).toBe(false);
  });

  test('asks no other machine for anything, whatever the page or Chromium may want', async () => {
    const { window, world } = await begin();
    expect(world.app.switches).toEqual([
      ['host-resolver-rules', 'MAP * ~NOTFOUND'],
      ['disable-background-networking', undefined],
    ]);
    expect(world.app.switchedBeforeReady).toBe(true);
    expect(window.webContents.webRtcPolicy).toBe('disable_non_proxied_udp');
    const isLetThrough = (url: string) => {
      let verdict: { cancel: boolean } | undefined;
      world.requestFilter!({ url }, (given) => (verdict = given));
      return verdict!.cancel === false;
    };
    for (const url of ['pinhole://app/', 'pinhole://app/assets/a.js', 'blob:pinhole://app/1', 'data:image/png;base64,'])
      expect([url, isLetThrough(url)]).toEqual([url, true]);
    for (const url of [
      ...['https://example.org/', 'http://127.0.0.1:4747/', 'ws://localhost/', 'file:///etc/passwd', 'ftp://a/'],
      ...['pinhole://app.example.org/', 'pinhole://elsewhere/', 'wss://example.org/', 'chrome://settings/'],
    ])
      expect([url, isLetThrough(url)]).toEqual([url, false]);
  });
});

describe('the page', () => {
  const ask = (world: World, url: string, method = 'GET') => world.pageHandler!(new Request(url, { method }));

  test('comes over its own scheme with the policy of the other door', async () => {
    const { world } = await begin();
    expect(world.schemes[0]).toMatchObject({ scheme: 'pinhole', privileges: { standard: true, secure: true } });
    const page = await ask(world, 'pinhole://app/');
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>Pinhole</title>']);
    const policy = page.headers.get('Content-Security-Policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const script = await ask(world, 'pinhole://app/assets/a%20b.js');
    expect([script.status, script.headers.get('Content-Type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  });

  test.each([
    ['pinhole://app/../settings/pinhole.json', 404],
    ['pinhole://app/%2e%2e/%2e%2e/etc/passwd', 404],
    ['pinhole://app/..%2f..%2fetc/passwd', 404],
    ['pinhole://app/assets/..%5c..%5cpreload.cjs', 404],
    ['pinhole://app//etc/passwd', 404],
    ['pinhole://app/%E0%A4%A', 404],
    ['pinhole://elsewhere/index.html', 403],
  ])('%s is refused', async (url, status) => {
    const { world } = await begin();
    expect((await ask(world, url)).status).toBe(status);
  });

  test('takes nothing', async () => {
    const { world } = await begin();
    expect((await ask(world, 'pinhole://app/', 'POST')).status).toBe(405);
  });
});

describe('the bridge', () => {
  test('answers exactly what the contract names', async () => {
    const { world } = await begin();
    expect([...world.handlers.keys()].sort()).toEqual(
      Object.keys(bridgeCalls)
        .map((call) => `pinhole:${call}`)
        .sort(),
    );
  });

  test('a picked folder may be read from then on, and no other', async () => {
    const { world } = await begin();
    const outside = temporaryFolder();
    const { service, close } = await openService(world);
    await expect(service.listFolder(outside)).rejects.toMatchObject({ code: 'refused' });
    world.picked = [outside];
    expect(await world.invoke('pick-folders', [])).toEqual([outside]);
    expect(world.dialogs.at(-1)!.properties).toEqual(['openDirectory', 'multiSelections']);
    expect(world.app.recent).toEqual([outside]);
    await waitFor(() => service.listFolder(outside).catch(() => undefined), 'the folder to be allowed');
    world.picked = [];
    expect(await world.invoke('pick-out-folder', [])).toBeNull();
    close();
  });

  test('a dropped folder may be read; files are shown where they are; what is gone is said', async () => {
    const { world, home } = await begin();
    const outside = temporaryFolder();
    expect(await world.invoke('dropped', [[outside]])).toEqual([outside]);
    const { service, close } = await openService(world);
    await waitFor(() => service.listFolder(outside).catch(() => undefined), 'the folder to be allowed');
    await world.invoke('reveal', [home]);
    expect(world.revealed).toEqual([home]);
    await expect(world.invoke('reveal', [join(home, 'gone')])).rejects.toMatchObject({ code: 'not-found' });
    const elsewhere = temporaryFolder();
    for (const path of [elsewhere, join(elsewhere, 'gone'), '/etc/passwd', `${home}/../../etc/passwd`, 'settings'])
      await expect(world.invoke('reveal', [path])).rejects.toMatchObject({ code: 'refused' });
    await world.invoke('reveal', [outside]);
    expect(world.revealed).toEqual([home, outside]);
    await world.invoke('notify', ['Pinhole', 'Done.']);
    expect(world.notifications).toEqual([{ title: 'Pinhole', body: 'Done.' }]);
    close();
  });

  test.each([
    ['dropped', []],
    ['dropped', [[7]]],
    ['dropped', [['']]],
    ['dropped', [Array.from({ length: 10_001 }, () => '/x')]],
    ['reveal', [{ path: '/x' }]],
    ['reveal', ['/x', '/y']],
    ['notify', ['x'.repeat(2_001), 'y']],
    ['pick-folders', ['/etc']],
  ] as const)('%s with wrong parameters is refused', async (call, parameters) => {
    const { world } = await begin();
    await expect(world.invoke(call, [...parameters])).rejects.toMatchObject({ code: 'refused' });
  });

  test.each(Object.keys(bridgeCalls))('%s from somewhere else is refused', async (call) => {
    const { world, window } = await begin();
    const { webContents } = window;
    const good = { sender: webContents, senderFrame: webContents.mainFrame };
    for (const from of [
      { ...good, sender: {} },
      { ...good, senderFrame: null },
      { ...good, senderFrame: { url: 'https://example.org/', parent: null } },
      { ...good, senderFrame: { url: 'pinhole://app.example.org/', parent: null } },
      { ...good, senderFrame: { url: 'pinhole://app/', parent: {} } },
      { ...good, senderFrame: frameThatIsGone },
    ]) {
      await expect(world.invoke(call, [], from)).rejects.toMatchObject({ code: 'refused' });
    }
    expect([world.dialogs, world.notifications, world.revealed]).toEqual([[], [], []]);
  });
});

describe('a port', () => {
  test('leads to the service, with arrays as they are', async () => {
    const { world } = await begin();
    const { service, close } = await openService(world);
    expect(await service.datasets()).toEqual([]);
    const upload = await service.beginUpload();
    await service.upload(upload, 'a/b.bin', 0, Uint8Array.of(1, 2, 3));
    expect(existsSync(await service.endUpload(upload))).toBe(true);
    close();
  });

  test.each<[string, { sender?: unknown; senderFrame?: unknown }]>([
    ['a frame of another page', { senderFrame: { url: 'https://example.org/', parent: null } }],
    ['a frame within the page', { senderFrame: { url: 'pinhole://app/', parent: {} } }],
    ['a frame that is gone', { senderFrame: null }],
    ['a frame that goes in this moment', { senderFrame: frameThatIsGone }],
    ['a window of somebody else', { sender: {} }],
  ])('is refused to %s', async (_, from) => {
    const { world } = await begin();
    expect(await reasonOf(world.connect(from))).toBe('refused');
  });

  test('ends where more is poured into it than the worker takes', async () => {
    const { world, desktop } = await begin();
    const { service, close } = await openService(world);
    await service.datasets();
    const port = world.connect();
    const reason = reasonOf(port);
    // A worker that stands still takes nothing.
    process.kill(desktop!.workerPid!, 'SIGSTOP');
    const large = new Uint8Array(15 * 2 ** 20);
    for (let count = 0; count < 8; count++) port.postMessage(large);
    expect(await reason).toBe('refused');
    process.kill(desktop!.workerPid!, 'SIGCONT');
    expect(await service.datasets()).toEqual([]);
    close();
  });

  test.each([
    ['words', 'drop table'],
    ['a number', 7],
    ['too much', new Uint8Array(16 * 2 ** 20 + 1)],
  ])('%s end it, and the service stays up', async (_, nonsense) => {
    const { world } = await begin();
    const port = world.connect();
    const reason = reasonOf(port);
    port.postMessage(nonsense);
    expect(await reason).toBe('refused');
    const { service, close } = await openService(world);
    expect(await service.datasets()).toEqual([]);
    close();
  });

  test('hears that the worker died, and another one is there', async () => {
    const { world, desktop } = await begin();
    const { service, closed } = await openService(world);
    await service.datasets();
    process.kill(desktop!.workerPid!, 'SIGKILL');
    expect(await closed).toBe('worker');
    const again = await openService(world);
    expect(await again.service.datasets()).toEqual([]);
    again.close();
  });
});

describe('the program', () => {
  test('is there once: a second one hands over its files and ends', async () => {
    const { world: second } = await begin({ second: true });
    expect([second.app.quits, second.windows.length]).toEqual([1, 0]);
    const { world, window } = await begin();
    const folder = temporaryFolder();
    world.app.emit('second-instance', {}, ['pinhole', '--flag', folder, '/not/there'], '/');
    await waitUntil(() => window.webContents.sent.length > 0, 'the folder in the window');
    expect(window.webContents.sent).toEqual([['pinhole:open', [folder]]]);
  });

  test('imports what it is started with, and what the system opens', async () => {
    const folder = temporaryFolder();
    const { world, window } = await begin({ arguments: [folder] });
    expect(window.webContents.sent).toEqual([['pinhole:open', [folder]]]);
    let prevented = false;
    world.app.emit('open-file', { preventDefault: () => (prevented = true) }, folder);
    await waitUntil(() => window.webContents.sent.length === 2, 'the second file');
    expect(prevented).toBe(true);
  });

  test('its menu speaks the language of the window, knows the recent sources, and gives commands', async () => {
    const recent = temporaryFolder();
    const { world, window } = await begin();
    world.menuItem('Train').click!(null as never, undefined, null as never);
    await waitUntil(() => window.webContents.sent.length > 0, 'the command');
    expect(window.webContents.sent[0]).toEqual(['pinhole:menu', 'train']);
    const { service, close } = await openService(world);
    await service.setPreferences({ language: 'zh', recentSources: [recent] });
    await waitUntil(() => world.menu.some(({ label }) => label === '文件'), 'a Chinese menu');
    expect(world.menuItem('导入文件夹…').accelerator).toBe('CmdOrCtrl+O');
    expect(world.menuItem(recent.split('/').at(-1)!).toolTip).toBe(recent);
    close();
  });

  test('on a Mac it stays without windows, and opens one when it is clicked', async () => {
    const { world, window } = await begin({ platform: 'darwin' });
    expect(world.menu[0]!.role).toBe('appMenu');
    window.close();
    expect(world.app.quits).toBe(0);
    world.app.emit('activate');
    await waitUntil(() => world.windows.length === 1, 'a new window');
  });

  test('another workspace is kept, and it starts again there', async () => {
    const { world, home } = await begin();
    const chosen = temporaryFolder();
    world.picked = [chosen];
    await world.invoke('choose-workspace', []);
    expect([world.app.relaunched, world.app.ended]).toEqual([true, true]);
    const again = await begin({ home, userData: join(home, 'settings') });
    const { service, close } = await openService(again.world);
    expect((await service.info()).folder).toBe(chosen);
    close();
  });

  test('a workspace that another one holds is said, and it ends', async () => {
    const { home, world: holder } = await begin();
    const first = running!;
    const { service, close } = await openService(holder);
    await service.datasets();
    close();
    const { world } = await begin({ home });
    world.answers = [1];
    await waitUntil(() => world.app.ended, 'the end');
    expect(world.boxes[0]!.detail).toContain('is in use by');
    running = first;
  });
});

describe('with work under way', () => {
  async function beginWork() {
    const begun = await begin();
    const connected = await openService(begun.world);
    const { service } = connected;
    await service.startTask({ kind: 'samples', count: 60_000 });
    await waitUntil(() => begun.world.awake.size === 1, 'the computer to be kept awake');
    return { ...begun, ...connected };
  }

  test('the computer is kept awake until it is done', async () => {
    const { world, service } = await beginWork();
    const [task] = await service.tasks();
    await service.cancelTask(task!.id);
    await waitUntil(() => world.awake.size === 0, 'the computer to be let go');
  });

  test('quitting asks: staying keeps all, going on closes the windows only, stopping ends it', async () => {
    const { world } = await beginWork();
    world.answers = [2, 0, 1];
    world.app.quit();
    await waitUntil(() => world.boxes.length === 1, 'the question');
    expect(world.boxes[0]!.buttons).toEqual(['Go On Without a Window', 'Stop and Quit', 'Cancel']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([world.app.ended, world.windows.length]).toEqual([false, 1]);
    world.app.quit();
    await waitUntil(() => world.windows.length === 0, 'the windows to close');
    expect(world.app.ended).toBe(false);
    expect(world.notifications.at(-1)!.body).toContain('Work goes on without a window.');
    world.app.emit('activate');
    await waitUntil(() => world.windows.length === 1, 'a new window');
    world.app.quit();
    await waitUntil(() => world.app.ended, 'the end');
  });

  test('closing the last window ends all where the person does not want work to go on', async () => {
    const { world, service, window } = await beginWork();
    await service.setPreferences({ keepTraining: false, language: 'zh' });
    await waitUntil(() => world.menu.some(({ label }) => label === '文件'), 'the preferences to be known');
    window.close();
    await waitUntil(() => world.app.ended, 'the end');
  });

  test('work that ends without a window is said, and the program with it', async () => {
    const { world, service, window } = await beginWork();
    const [task] = await service.tasks();
    window.close();
    expect(world.app.ended).toBe(false);
    await service.cancelTask(task!.id);
    await waitUntil(() => world.app.ended, 'the end');
    expect(world.notifications.at(-1)!.body).toBe('What was running has ended.');
  });
});
