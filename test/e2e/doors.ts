// The two doors of the program for end-to-end specs: Chromium on the page of a real server, and Electron where its runtime is.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  _electron,
  type Browser,
  type BrowserContext,
  type ElectronApplication,
  type Page,
  type WebSocketRoute,
} from 'playwright';
import { pageOrigin } from '../../src-main/contract/bridge.ts';
import { ensureRenderer } from '../../src-main/host/build-renderer.ts';
import { launchChromium } from '../support/chromium.ts';
import { start, waitUntil } from '../support/processes.ts';
import { electronRuntime, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

export const doorNames = ['browser', 'electron'] as const;
export type DoorName = (typeof doorNames)[number];

export interface DoorOptions {
  workspace: string;
  /** Folder that the page may choose from. */
  files: string;
  locale: string;
  width: number;
  height: number;
  theme: 'light' | 'dark';
}

export interface Door {
  context: BrowserContext;
  /** Of the page: with the key where there is one. */
  address: string;
  /** Everything that the page may ask for comes from here. */
  origin: string;
  /** Process that has the worker as its child. */
  pid: number;
  /** Opens a window; `prepare` sees it before its page is loaded, where that is possible. */
  window(prepare: (page: Page) => Promise<void>): Promise<Page>;
  /** Presses what saves a table, and gives the path of the file that a person then has. */
  save(page: Page, press: () => Promise<void>): Promise<string>;
  close(): Promise<void>;
}

export const openDoor: Record<DoorName, (options: DoorOptions) => Promise<Door>> = {
  browser: openBrowser,
  electron: openElectron,
};

let browser: Promise<Browser> | undefined;

/** One Chromium for all specs of a file; each app has a context of its own. */
function sharedBrowser(): Promise<Browser> {
  browser ??= launchChromium();
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

async function openBrowser({ workspace, files, locale, width, height, theme }: DoorOptions): Promise<Door> {
  const server = start(process.execPath, [
    join(repository, 'src-main/host/pinhole.mjs'),
    ...['serve', '--workspace', workspace, '--root', files],
  ]);
  const addressOf = () => /http:\/\/\S+/.exec(server.said.stdout)?.[0];
  await waitUntil(() => addressOf() !== undefined || server.child.exitCode !== null, 'the address');
  const address = addressOf();
  if (address === undefined) throw new Error(`The server ended: ${server.said.stderr}`);
  const context = await (await sharedBrowser()).newContext({
    locale,
    viewport: { width, height },
    colorScheme: theme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  return {
    context,
    address,
    origin: new URL(address).origin,
    pid: server.child.pid!,
    async window(prepare) {
      const page = await context.newPage();
      await prepare(page);
      await page.goto(address);
      return page;
    },
    async save(page, press) {
      const download = page.waitForEvent('download', { timeout: 300_000 });
      await press();
      return (await download).path();
    },
    async close() {
      await context.close();
      server.child.kill('SIGTERM');
      await server.ended;
    },
  };
}

async function openElectron({ workspace, files, locale, width, height, theme }: DoorOptions): Promise<Door> {
  const runtime = electronRuntime();
  if ('missing' in runtime) throw new Error(runtime.missing);
  await ensureRenderer();
  const program = await _electron.launch({
    executablePath: runtime.executable,
    // Chromium's own sandbox refuses to run as root; a person's does not run as root.
    args: [repository, `--user-data-dir=${temporaryFolder()}`, ...(process.geteuid?.() === 0 ? ['--no-sandbox'] : [])],
    // The home folder is what the page may choose from.
    env: { ...process.env, HOME: files, PINHOLE_WORKSPACE: workspace, PINHOLE_NODE: process.execPath },
    locale,
    colorScheme: theme,
  });
  let first: Page | undefined = await program.firstWindow();
  return {
    context: program.context(),
    address: `${pageOrigin}/`,
    origin: pageOrigin,
    pid: program.process().pid!,
    async window(prepare) {
      const page = first ?? (await nextWindow(program));
      first = undefined;
      await prepare(page);
      await page.setViewportSize({ width, height });
      return page;
    },
    async save(_page, press) {
      const folder = temporaryFolder();
      await program.evaluate(({ dialog }, path) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
      }, folder);
      await press();
      const file = join(folder, 'features.csv');
      await waitUntil(() => existsSync(file), file);
      return file;
    },
    async close() {
      // Whatever is at work is to stop.
      await program.evaluate(({ dialog }) => {
        dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
      });
      await program.close();
    },
  };
}

/** As a person opens one: from the menu. */
async function nextWindow(program: ElectronApplication): Promise<Page> {
  const next = program.waitForEvent('window');
  await program.evaluate(({ Menu }) => {
    const menus = Menu.getApplicationMenu()?.items ?? [];
    menus
      .flatMap(({ submenu }) => submenu?.items ?? [])
      .find(({ accelerator }) => accelerator === 'CmdOrCtrl+N')
      ?.click();
  });
  return next;
}

/** A page's connection as a network that fails: dropped at once, and refused until it is back. Before the page is loaded. */
export class Network {
  #isUp = true;
  #open = new Set<WebSocketRoute>();
  /** Answers that wait to be let through; null while they pass. */
  #held: (() => void)[] | null = null;

  async attach(page: Page): Promise<void> {
    await page.routeWebSocket(/\/port$/, async (socket) => {
      if (!this.#isUp) return void (await socket.close({ code: 1001 }));
      const server = socket.connectToServer();
      this.#open.add(socket);
      server.onMessage((message) => {
        if (this.#held) this.#held.push(() => socket.send(message));
        else socket.send(message);
      });
    });
  }

  async drop(): Promise<void> {
    this.#isUp = false;
    for (const socket of this.#open) await socket.close({ code: 1001 });
    this.#open.clear();
  }

  restore(): void {
    this.#isUp = true;
  }

  /** From now on the page hears nothing. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const pass of held) pass();
  }
}
