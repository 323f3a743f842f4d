// From `npm start` to the first usable screen, with the window built: what a person waits for who opens Pinhole.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright';
import { ensureRenderer } from '../../../src-main/host/build-renderer.ts';
import { launchChromium } from '../../support/chromium.ts';
import { descendants, waitUntil } from '../../support/processes.ts';
import { repository } from '../../support/resources.ts';
import { figure, type WindowSection } from './figures.ts';
import { openPage, temporaryFolder } from './stage.ts';

const firstScreenSeconds = 2;

export function startSection(rounds: number): WindowSection {
  return {
    id: 'window-start',
    title: 'npm start to the first usable screen, in a browser that is open already',
    async measure(say) {
      await ensureRenderer(say);
      using folder = temporaryFolder();
      const browser = await launchChromium();
      try {
        const times: StartTimes[] = [];
        for (let round = 0; round < rounds; round++) {
          const times_ = await startOnce(browser, join(folder.path, String(round)), folder.path);
          times.push(times_);
        }
        return {
          rows: [
            figure(
              'to the address',
              times.map(({ address }) => address),
              's',
            ),
            figure(
              'from there to the screen',
              times.map(({ screen }) => screen),
              's',
            ),
            figure(
              'both',
              times.map(({ address, screen }) => address + screen),
              's',
              firstScreenSeconds,
            ),
            figure(
              'of a processor, to the address',
              times.map(({ processor }) => processor),
              's',
            ),
          ],
          remarks: ['Every round has a new workspace and an empty browser cache.'],
        };
      } finally {
        await browser.close();
      }
    },
  };
}

interface StartTimes {
  /** Seconds of a processor that npm and all that it started have had until the address was there. */
  processor: number;
  address: number;
  screen: number;
}

async function startOnce(browser: Browser, workspace: string, folder: string): Promise<StartTimes> {
  const page = await openPage(browser);
  const started = performance.now();
  const npm = spawn('npm', ['start', '--', '--browser', '--workspace', workspace], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${openerThatDoesNothing(folder)}${delimiter}${process.env.PATH}` },
  });
  const ended = new Promise((resolve) => npm.once('close', resolve));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  const hear = (text: string) => {
    said += text;
    const address = /http:\/\/\S+/.exec(said)?.[0];
    if (address) resolve(address);
  };
  npm.stdout.setEncoding('utf8').on('data', hear);
  npm.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  void ended.then(() => reject(new Error(`npm start ended:\n${said}`)));
  try {
    const found = await promise;
    const address = performance.now();
    const processor = processorSeconds([npm.pid!, ...descendants(npm.pid!, '')]);
    await page.goto(found);
    await page.getByText('No images yet').waitFor();
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => setTimeout(painted))));
    const screen = performance.now();
    return { processor, address: (address - started) / 1000, screen: (screen - address) / 1000 };
  } finally {
    await page.context().close();
    // The one that listens; those around it end with it.
    for (const pid of descendants(npm.pid!, 'start.ts')) process.kill(pid, 'SIGTERM');
    await ended;
    await waitUntil(() => npm.exitCode !== null || npm.signalCode !== null, 'the end');
  }
}

/** With processes that have ended and were waited for; Linux counts in hundredths of a second. */
function processorSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    // After the name, which may hold anything, the 12th to 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / 100;
}

/** The browser is opened by the benchmark, not by the desktop of whoever runs it. */
function openerThatDoesNothing(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(bin, name), '#!/bin/sh\n');
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
