// The whole program for end-to-end specs: real worker, real ONNX Runtime, real files, through either door.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright';
import { beforeEach, describe } from 'vitest';
import { descendants } from '../support/processes.ts';
import { need, resource } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type DoorName, doorNames, Network, openDoor } from './doors.ts';
import { longest } from './steps.ts';

export interface App {
  page: Page;
  context: BrowserContext;
  address: string;
  workspace: string;
  /** Folder that the page may choose from. */
  files: string;
  /** Of the first window; null where there is none between page and worker. */
  network: Network | null;
  /** Process numbers of the worker: children of the server, or of Electron's main process. */
  workers(): number[];
  /** Another window on the same workspace. */
  window(): Promise<Page>;
  /** Presses what asks for a folder, and chooses this one, which lies in `files`. */
  choose(press: () => Promise<void>, path: string): Promise<void>;
  /** Presses what saves a table, or a file of another name, and gives the path where a person then has it. */
  save(press: () => Promise<void>, name?: string): Promise<string>;
  /** What pages said on their consoles as errors, and requests that went anywhere but to the own server. */
  complaints: string[];
  /** Before the test is over; then, it is closed in any case. */
  close(): Promise<void>;
}

export interface AppOptions {
  workspace?: string;
  files?: string;
  /** `zh-CN` shows the Chinese interface where the person has not chosen. */
  locale?: string;
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  /** `browser` where it is left out. */
  door?: DoorName;
  /** The connection of the first window can be dropped and held; costs time with every message. */
  network?: boolean;
}

const resourceOf = { browser: 'chromium', electron: 'electron' } as const;

/** For what is started before a test can be skipped. */
export const isThere = (door: DoorName) => resource(resourceOf[door]).available;

/** Declares specs once for each door; where one is not there, its specs are skipped with the reason. */
export function throughEachDoor(declare: (door: DoorName) => void): void {
  for (const door of doorNames) {
    describe(door, () => {
      beforeEach((context) => need(context, resourceOf[door]));
      declare(door);
    });
  }
}

/** It is closed when the running test is over, however that ends; started in a `beforeAll`, at the end of the file. */
export async function startApp(options: AppOptions = {}): Promise<App> {
  const workspace = options.workspace ?? join(temporaryFolder(), 'workspace');
  const files = options.files ?? temporaryFolder();
  const { locale = 'en-US', width = 1280, height = 800, theme = 'light', door: name = 'browser' } = options;
  const door = await openDoor[name]({ workspace, files, locale, width, height, theme });
  const complaints: string[] = [];
  const network = options.network && name === 'browser' ? new Network() : null;
  const open = (first: boolean) =>
    door.window(async (page) => {
      page.setDefaultTimeout(longest);
      watch(page, door.origin, complaints);
      if (first) await network?.attach(page);
    });
  const page = await open(true);
  return {
    page,
    context: door.context,
    address: door.address,
    workspace,
    files,
    network,
    workers: () => descendants(door.pid, 'worker.ts'),
    window: () => open(false),
    choose: (press, path) => door.choose(page, press, path),
    save: (press, name = 'features.csv') => door.save(page, press, name),
    complaints,
    close: door.close,
  };
}

function watch(page: Page, origin: string, complaints: string[]): void {
  const host = origin.replace(/^\w+:\/\//, '');
  page.on('console', (message) => {
    // Software graphics remark on their own speed whenever pixels are read back, which is how they reach the screen.
    const remark = message.text().includes('GL Driver Message (OpenGL, Performance');
    if (['error', 'warning'].includes(message.type()) && !remark) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(blob|data):/.test(url)) complaints.push(`request to ${url}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) complaints.push(`socket to ${socket.url()}`);
  });
}

/** Drops a real folder or file onto the middle of the window, as the system would. Nobody drops on a blank window. */
export async function drop(page: Page, path: string): Promise<void> {
  await page.getByRole('navigation').waitFor();
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize()!;
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  }
  await session.detach();
}

/** A folder with the first images of each class of a class folder tree, as `<class>/<name>.png`. */
export function takeImages(from: string, to: string, perClass: number): void {
  for (const label of readdirSync(from)) {
    mkdirSync(join(to, label), { recursive: true });
    for (const name of readdirSync(join(from, label)).sort().slice(0, perClass)) {
      cpSync(join(from, label, name), join(to, label, name));
    }
  }
}
