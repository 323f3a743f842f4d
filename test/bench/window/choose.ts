// A folder of 70,000 files, chosen or dropped: until something about it is seen, until it is counted, until it can be imported.
import { join } from 'node:path';
import type { Page } from 'playwright';
import { mnistPngFolder } from '../../support/resources.ts';
import { figure, type WindowSection } from './figures.ts';
import { mnistCount, openStage, type Stage, temporaryFolder } from './stage.ts';

export function chooseSection(rounds: number): WindowSection {
  return {
    id: 'window-folder',
    title: 'A folder of 70,000 PNGs on this computer, chosen by its path',
    async measure() {
      const times: Record<string, number[]> = { seen: [], counted: [], looked: [], importing: [] };
      for (let round = 0; round < rounds; round++) {
        using folder = temporaryFolder();
        const source = await mnistPngFolder();
        await using stage = await openStage(join(folder.path, 'workspace'), [source], folder.path);
        const once = await chooseOnce(stage.page, source);
        for (const [name, seconds] of Object.entries(once)) times[name]!.push(seconds);
      }
      return {
        rows: [
          figure('to the first word about it', times.seen!, 's'),
          figure('to the first count', times.counted!, 's'),
          figure('to what the model will see', times.looked!, 's'),
          figure('from “Import” to the first count', times.importing!, 's'),
        ],
        remarks: [],
      };
    },
  };
}

async function chooseOnce(page: Page, source: string): Promise<Record<string, number>> {
  await page.getByLabel('Or the full path of a folder').fill(source);
  const chosen = stopwatch();
  await page.getByRole('button', { name: 'Look at it' }).click();
  const counted = page
    .getByText(/[1-9][\d,]* (files?|images?) found/)
    .first()
    .waitFor()
    .then(chosen);
  await page.getByText('Looking at the images…').waitFor();
  const seen = chosen();
  const looked = page
    .getByRole('heading', { name: `${mnistCount.toLocaleString('en-US')} images found` })
    .waitFor({ timeout: 120_000 })
    .then(chosen);
  const times = { seen, counted: await counted, looked: await looked };
  const began = stopwatch();
  await page.getByRole('button', { name: 'Import 70,000 images' }).click();
  await page
    .getByText(/(Looking at the files|Reading images) · [1-9]/)
    .first()
    .waitFor();
  return { ...times, importing: began() };
}

export function dropSection(rounds: number): WindowSection {
  return {
    id: 'window-drop',
    title: 'The same folder dropped onto the page in a browser, which sends it',
    async measure() {
      const times: Record<string, number[]> = { seen: [], counted: [], sending: [], sent: [] };
      const rates: number[] = [];
      for (let round = 0; round < rounds; round++) {
        using folder = temporaryFolder();
        await using stage = await openStage(join(folder.path, 'workspace'), [], folder.path);
        const { rate, ...once } = await dropOnce(stage, await mnistPngFolder());
        for (const [name, seconds] of Object.entries(once)) times[name]!.push(seconds);
        rates.push(rate);
      }
      return {
        rows: [
          figure('to the first word about it', times.seen!, 's'),
          figure('to the first count', times.counted!, 's'),
          figure('to the first file sent', times.sending!, 's'),
          figure('files a second on their way', rates, 'files'),
        ],
        remarks: [
          'A real drop: the browser is told the folder’s path and reads it itself. The rate is of the first ten seconds.',
        ],
      };
    },
  };
}

const sendingSeconds = 10;

async function dropOnce({ page, devtools }: Stage, source: string): Promise<{ rate: number; [name: string]: number }> {
  await page.getByText('No images yet').waitFor();
  const data = { items: [], files: [source], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 640, y: 400, data });
  }
  const dropped = stopwatch();
  await devtools.send('Input.dispatchDragEvent', { type: 'drop', x: 640, y: 400, data });
  const upload = page.getByRole('region', { name: 'Sending images' }).or(page.locator('section.upload'));
  await upload.first().waitFor();
  const seen = dropped();
  await page.locator('section.upload').getByText(/[1-9]/).first().waitFor({ timeout: 300_000 });
  const counted = dropped();
  await page
    .locator('section.upload')
    .getByText(/[1-9][\d,]* of 70,000/)
    .waitFor({ timeout: 300_000 });
  const sending = dropped();
  await page.waitForTimeout(sendingSeconds * 1000);
  const words = (await page.locator('section.upload .number').textContent()) ?? '';
  const rate = Number(words.split(' of ')[0]!.replaceAll(',', '')) / (dropped() - sending);
  await page.locator('section.upload').getByRole('button', { name: 'Cancel' }).click();
  return { seen, counted, sending, rate };
}

/** Seconds since it was made. */
function stopwatch(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1000;
}
