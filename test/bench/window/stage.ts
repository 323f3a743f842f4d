// What the window is measured on: the real server with its worker, Chromium on the page, MNIST in a workspace.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright';
import type { RemoteService } from '../../../src-main/contract/methods.ts';
import { connectService } from '../../../src-main/contract/rpc.ts';
import { openSocketPort } from '../../../src-main/host/socket-port.ts';
import { launchChromium } from '../../support/chromium.ts';
import { descendants, run, start, waitUntil } from '../../support/processes.ts';
import { mnistPngFolder, repository } from '../../support/resources.ts';
import { benchPlace } from '../data.ts';
import { installInstruments } from './instruments.ts';

export const launcher = join(repository, 'src-main/host/pinhole.mjs');
export const mnistCount = 70_000;

/** A folder that is removed when it is disposed of. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** What decides how a workspace is laid out: with any of it changed, the one that is kept is made anew. */
const layoutFiles = [
  ...['dataset/catalogue.ts', 'dataset/import.ts', 'training/run-files.ts', 'training/model-files.ts'],
  ...['training/presets.ts', 'latent/encode.ts'],
];

/** A copy in `folder` of a workspace that `fill` makes, once per machine. */
export async function keptWorkspace(
  folder: string,
  name: string,
  fill: (workspace: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of layoutFiles) hash.update(readFileSync(join(repository, 'src-main', file)));
  const kept = join(benchPlace().here, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (!existsSync(kept)) {
    const unfinished = `${kept}.${process.pid}`;
    await fill(unfinished);
    renameSync(unfinished, kept);
  }
  const workspace = join(folder, 'workspace');
  cpSync(kept, workspace, { recursive: true });
  return workspace;
}

/** With the 70,000 digits and a run of one epoch of the recommended preset, with its codes. */
export function mnistWorkspace(folder: string): Promise<string> {
  return keptWorkspace(folder, 'window', async (workspace) => {
    const words = ['reduce', await mnistPngFolder(), '--name', 'MNIST', '--epochs', '1'];
    using out = temporaryFolder();
    await pinhole(...words, '--workspace', workspace, '--out', out.path);
  });
}

/** The command line, to its end; throws what it said where it failed. */
export async function pinhole(...words: string[]): Promise<void> {
  const { code, stderr } = await run(process.execPath, [launcher, ...words]);
  if (code !== 0) throw new Error(stderr);
}

export interface Stage extends AsyncDisposable {
  page: Page;
  /** To the page's own devtools, and to those of the browser. */
  devtools: CDPSession;
  browserDevtools: CDPSession;
  service: RemoteService;
  address: string;
  /** Lines of job-stamps.mjs so far. */
  stamps(): { kind: string; step: number; time: number }[];
  /** Process numbers by the file that they run. */
  processes(file: string): number[];
  /** Those of the browser that show pages. */
  pageProcesses(): number[];
}

export async function openStage(workspace: string, roots: readonly string[], folder: string): Promise<Stage> {
  const stampFile = join(folder, `stamps-${Date.now()}`);
  const stamping = `--import=${pathToFileURL(join(import.meta.dirname, 'job-stamps.mjs')).href}`;
  const server = start(
    process.execPath,
    [launcher, 'serve', '--workspace', workspace, ...roots.flatMap((root) => ['--root', root])],
    { env: { NODE_OPTIONS: stamping, PINHOLE_BENCH_STAMPS: stampFile } },
  );
  const addressOf = () => /http:\/\/\S+/.exec(server.said.stdout)?.[0];
  try {
    await waitUntil(() => addressOf() !== undefined || server.child.exitCode !== null, 'the address', 300_000);
  } catch (error) {
    server.child.kill('SIGTERM');
    throw error;
  }
  const address = addressOf();
  if (address === undefined) throw new Error(`The server ended: ${server.said.stderr}`);
  const browser = await launchChromium();
  const page = await openPage(browser);
  await page.goto(address);
  const connection = connectService(await openSocketPort(address));
  return {
    page,
    devtools: await page.context().newCDPSession(page),
    browserDevtools: await browser.newBrowserCDPSession(),
    service: connection.service,
    address,
    stamps: () => readStamps(stampFile),
    processes: (file) => descendants(server.child.pid!, file),
    pageProcesses: () => descendants(process.pid, '--type=renderer'),
    async [Symbol.asyncDispose]() {
      connection.close();
      await browser.close();
      server.child.kill('SIGTERM');
      await server.ended;
    },
  };
}

export async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(installInstruments);
  return page;
}

function readStamps(file: string): { kind: string; step: number; time: number }[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // nothing was said yet
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind = '', step, time] = line.split(' ');
      return { kind, step: Number(step), time: Number(time) };
    });
}

/** Of a process; of one that has ended none. */
export function residentMegabytes(pid: number | undefined): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
