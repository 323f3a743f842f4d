// The whole program for end-to-end specs: real worker, real server, Chromium on the page; or Electron where its runtime is there.
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { start, waitUntil } from '../support/processes.ts';
import { repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

export interface App {
  page: Page;
  context: BrowserContext;
  address: string;
  workspace: string;
  /** Folder that the page may choose from. */
  files: string;
  /** Process numbers of the worker: children of the server. */
  workers(): number[];
  /** Another window on the same workspace. */
  window(): Promise<Page>;
  /** What pages said on their consoles as errors, and requests that went anywhere but to the own server. */
  complaints: string[];
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
}

let browser: Promise<Browser> | undefined;

/** One Chromium for all specs of a file; each app has a context of its own. */
function sharedBrowser(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--enable-unsafe-swiftshader',
    ],
  });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export async function startApp(options: AppOptions = {}): Promise<App> {
  const workspace = options.workspace ?? join(temporaryFolder(), 'workspace');
  const files = options.files ?? temporaryFolder();
  const server = start(process.execPath, [
    join(repository, 'src-main/host/pinhole.mjs'),
    ...['serve', '--workspace', workspace, '--root', files],
  ]);
  const addressOf = () => /http:\/\/\S+/.exec(server.said.stdout)?.[0];
  await waitUntil(() => addressOf() !== undefined || server.child.exitCode !== null, 'the address', 60_000);
  const address = addressOf();
  if (address === undefined) throw new Error(`The server ended: ${server.said.stderr}`);

  const context = await (await sharedBrowser()).newContext({
    locale: options.locale ?? 'en-US',
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const complaints: string[] = [];
  const window = async () => {
    const page = await context.newPage();
    watch(page, address, complaints);
    await page.goto(address);
    return page;
  };
  return {
    page: await window(),
    context,
    address,
    workspace,
    files,
    workers: () => descendants(server.child.pid!, 'worker.ts'),
    window,
    complaints,
    async close() {
      await context.close();
      server.child.kill('SIGTERM');
      await server.ended;
    },
  };
}

function watch(page: Page, address: string, complaints: string[]): void {
  const { origin, host } = new URL(address);
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

/** Living descendants of a process whose command line names a file. */
function descendants(pid: number, file: string): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const found: number[] = [];
  for (const parents = [pid]; parents.length > 0; ) {
    const parent = parents.pop()!;
    for (const child of processes.filter((candidate) => candidate.parent === parent)) {
      parents.push(child.pid);
      if (child.command.includes(file)) found.push(child.pid);
    }
  }
  return found;
}

const text = (path: string) => readFileSync(path, 'utf8');

function readProcess(pid: number): { pid: number; parent: number; command: string }[] {
  try {
    const [, state = 'Z', parent = '0'] = /\) (\S) (\d+)/.exec(text(`/proc/${pid}/stat`)) ?? [];
    return state === 'Z' ? [] : [{ pid, parent: Number(parent), command: text(`/proc/${pid}/cmdline`) }];
  } catch {
    return []; // ended between the listing and the reading
  }
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
