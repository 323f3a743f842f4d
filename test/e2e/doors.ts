// The two doors of the program for end-to-end specs: Chromium on the page of a real server, and Electron where its runtime is.
import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
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
import { atEnd, atEndOfFile } from '../support/lifetime.ts';
import { startTethered, waitUntil } from '../support/processes.ts';
import { electronRuntime, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { longest } from './steps.ts';

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
  /** Presses what asks for a folder, and chooses this one, which lies in `files`. */
  choose(page: Page, press: () => Promise<void>, path: string): Promise<void>;
  /** Presses what saves a file of that name, and gives the path where a person then has it. */
  save(page: Page, press: () => Promise<void>, name: string): Promise<string>;
  close(): Promise<void>;
}

export const openDoor: Record<DoorName, (options: DoorOptions) => Promise<Door>> = {
  browser: openBrowser,
  electron: openElectron,
};

let browser: Promise<Browser> | undefined;

/** One Chromium for all specs of a file; each app has a context of its own. */
function sharedBrowser(): Promise<Browser> {
  if (browser === undefined) {
    browser = launchChromium();
    atEndOfFile(async () => (await browser)?.close());
  }
  return browser;
}

/** Registered before there is anything to wait for: what is being opened when a spec runs out of time is closed, too. */
function closedAtEnd(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  const once = () => {
    closed ??= close();
    return closed;
  };
  atEnd(once);
  return once;
}

async function openBrowser({ workspace, files, locale, width, height, theme }: DoorOptions): Promise<Door> {
  const chromium = await sharedBrowser();
  const server = startServer(workspace, files);
  let context: BrowserContext | undefined;
  const close = closedAtEnd(async () => {
    try {
      await context?.close();
    } finally {
      await server.end();
    }
  });
  const address = await server.address();
  context = await chromium.newContext({
    locale,
    viewport: { width, height },
    colorScheme: theme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  return {
    context,
    address,
    origin: new URL(address).origin,
    pid: server.pid,
    async window(prepare) {
      const page = await context.newPage();
      await prepare(page);
      await page.goto(address);
      return page;
    },
    async choose(page, press, path) {
      await press();
      const dialog = page.getByRole('dialog');
      let where = files;
      for (const name of relative(files, path).split(sep).filter(Boolean)) {
        await dialog.getByRole('button', { name, exact: true }).click();
        where = join(where, name);
        await dialog.getByTitle(where, { exact: true }).waitFor();
      }
      await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    },
    async save(page, press) {
      const download = page.waitForEvent('download', { timeout: longest });
      await press();
      return (await download).path();
    },
    close,
  };
}

function startServer(workspace: string, files: string) {
  const words = ['serve', '--workspace', workspace, '--root', files];
  const { pid, said, ended, end } = startTethered(process.execPath, [
    join(repository, 'src-main/host/pinhole.mjs'),
    ...words,
  ]);
  let hasEnded = false;
  void ended.finally(() => {
    hasEnded = true;
  });
  const addressOf = () => /http:\/\/\S+/.exec(said.stdout)?.[0];
  return {
    pid,
    async address(): Promise<string> {
      await waitUntil(() => addressOf() !== undefined || hasEnded, 'the address', longest);
      const address = addressOf();
      if (address === undefined) throw new Error(`The server ended: ${said.stderr}`);
      return address;
    },
    end,
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
  const close = closedAtEnd(async () => {
    // Whatever is at work is to stop.
    await program.evaluate(({ dialog }) => {
      dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
    });
    await program.close();
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
    async choose(_page, press, path) {
      await answerDialogs(program, path);
      await press();
    },
    async save(_page, press, name) {
      const folder = temporaryFolder();
      await answerDialogs(program, folder);
      await press();
      const file = join(folder, name);
      await waitUntil(() => existsSync(file), file, longest);
      return file;
    },
    close,
  };
}

/** The system's dialogs are out of reach: from now on, a person chooses this in them. */
function answerDialogs(program: ElectronApplication, path: string): Promise<void> {
  return program.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, path);
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
