// Opens an address in the person's browser, without the address appearing in the list of processes.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

const openedMilliseconds = 3_000;

/**
 * Rejects where there is no browser to be opened. The address carries the token, and arguments of a process can be read
 * by everybody on the machine: the browser is given a page in `folder` that only its owner may read and that leads there.
 */
export async function openBrowser(address: string, folder: string, opener = openers[process.platform]): Promise<void> {
  const page = pageFile(folder);
  rmSync(page, { force: true });
  const html = `<!doctype html><meta charset="utf-8"><title>Pinhole</title><meta http-equiv="refresh" content="0;url=${address}">\n`;
  writeFileSync(page, html, { mode: 0o600, flag: 'wx' });
  const [command = '', ...words] = opener ?? ['xdg-open'];
  const child = spawn(command, [...words, page], { stdio: 'ignore', detached: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  // Some openers stay until the browser is closed: that it lives is success, too.
  const timer = setTimeout(resolve, openedMilliseconds);
  child.unref();
  await promise.finally(() => clearTimeout(timer));
}

export function removePage(folder: string): void {
  rmSync(pageFile(folder), { force: true });
}

function pageFile(folder: string): string {
  return join(folder, 'open-in-browser.html');
}
