// A million images in the window: how soon their map is there, how it moves, what the page takes, how the table scrolls.
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { writeNpy } from '../../../src-main/files/npy.ts';
import { createRandom } from '../../../src-main/numerics/random.ts';
import { distribution, figure, type WindowSection } from './figures.ts';
import { openMap, useMap } from './frames.ts';
import { read, startReading } from './instruments.ts';
import { keptWorkspace, openStage, pinhole, residentMegabytes, temporaryFolder } from './stage.ts';

const count = 1_000_000;
const side = 8;
const kinds = 12;
const openSeconds = 5;
const pageGigabytes = 1.5;
const hoverMilliseconds = 100;

export function millionSection(): WindowSection {
  return {
    id: 'window-million',
    title: `${count.toLocaleString('en-US')} drawn images of ${side}×${side}, codes of 16 numbers`,
    async measure(say) {
      using folder = temporaryFolder();
      say('import, training and map of a million images, once per machine');
      const workspace = await keptWorkspace(folder.path, 'million', fillWorkspace);
      await using stage = await openStage(workspace, [], folder.path);
      const { page, devtools } = stage;
      const opened: number[] = [];
      for (let round = 0; round < 3; round++) {
        if (round > 0) await page.reload();
        await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).waitFor();
        const started = performance.now();
        await openMap(page, count);
        opened.push((performance.now() - started) / 1000);
      }
      say('map, moved and pointed at');
      await startReading(page);
      const parts = await drawnParts(page);
      await useMap(page, count);
      const { frames } = await read(page);
      say('pointing at images');
      const hovers = await hover(page);
      const heap = await heapMegabytes(devtools);
      const resident = Math.max(...stage.pageProcesses().map(residentMegabytes));
      say('scrolling the table');
      const scrolled = await scroll(page, devtools);
      return {
        rows: [
          figure('Explore is chosen, until map and table are drawn', opened, 's', openSeconds),
          distribution('between frames while it is moved', frames, 'ms'),
          ['fewest images drawn while it moves', await parts()],
          distribution('pointed at, until the small picture is painted', hovers, 'ms', hoverMilliseconds),
          figure('heap and buffers of the page', [heap / 1024], 'GB', pageGigabytes),
          figure('memory of its process', [resident / 1024], 'GB', pageGigabytes),
          distribution('between frames while the table scrolls', scrolled.frames, 'ms'),
          [
            'heap and buffers, before and after all of the table',
            `${scrolled.before.toFixed(0)} MB`,
            `${scrolled.after.toFixed(0)} MB`,
          ],
        ],
        remarks: ['WebGL is drawn by the processor here.'],
      };
    },
  };
}

/** Images of twelve kinds with noise, trained for an epoch. */
async function fillWorkspace(workspace: string): Promise<void> {
  using folder = temporaryFolder();
  const file = join(folder.path, 'million.npy');
  await writeNpy(file, drawnImages(), [count, side, side]);
  await pinhole('import', file, '--size', String(side), '--name', 'million', '--workspace', workspace);
  const settings = ['--hidden', '32', '--codes', '16', '--epochs', '1', '--batch', '1024'];
  await pinhole('train', 'million', ...settings, '--workspace', workspace);
}

function drawnImages(): Uint8Array {
  const random = createRandom(1);
  const patterns = Array.from({ length: kinds }, () =>
    Float32Array.from({ length: side ** 2 }, () => 200 * random.next()),
  );
  const pixels = new Uint8ClampedArray(count * side ** 2);
  for (let image = 0; image < count; image++) {
    const light = 0.6 + 0.4 * random.next();
    const pattern = patterns[image % kinds]!;
    for (let pixel = 0; pixel < side ** 2; pixel++)
      pixels[image * side ** 2 + pixel] = light * pattern[pixel]! + 40 * random.next();
  }
  return new Uint8Array(pixels.buffer);
}

/** What the map says of how much it draws: the smallest number, until it is asked for. */
async function drawnParts(page: Page): Promise<() => Promise<string>> {
  await page.evaluate(() => {
    const numbers: number[] = [];
    Object.assign(window, { drawnParts: numbers });
    new MutationObserver(() => {
      const text = /([\d,]+) of [\d,]+ images while it moves/.exec(document.querySelector('.place')?.textContent ?? '');
      if (text) numbers.push(Number(text[1]!.replaceAll(',', '')));
    }).observe(document.querySelector('.place')!, { childList: true, subtree: true, characterData: true });
  });
  return async () => {
    const numbers = await page.evaluate(() => (window as unknown as { drawnParts: number[] }).drawnParts);
    return numbers.length === 0 ? 'all' : Math.min(...numbers).toLocaleString('en-US');
  };
}

/** From the pointer's move, as the page hears of it, until the picture beside the point has something on it. */
async function hover(page: Page): Promise<number[]> {
  const box = (await page.getByRole('application').boundingBox())!;
  await page.evaluate(() => {
    const map = document.querySelector('[role="application"]')!;
    const seen: number[] = [];
    Object.assign(window, { hovers: seen });
    let since: number | null = null;
    map.addEventListener('pointermove', () => {
      since ??= performance.now();
    });
    const look = () => {
      const canvas = document.querySelector<HTMLCanvasElement>('.tip canvas');
      const alpha = canvas?.getContext('2d')?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3];
      if (since !== null && alpha) {
        seen.push(performance.now() - since);
        since = null;
      }
      requestAnimationFrame(look);
    };
    look();
  });
  for (let at = 0; at < 40; at++) {
    // Away from any image first, so that every picture is a new one.
    await page.mouse.move(box.x + 1, box.y + 1);
    await page.waitForTimeout(150);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.mouse.move(box.x + box.width * (0.4 + 0.005 * at), box.y + box.height * (0.4 + 0.005 * at));
    await page.waitForTimeout(400);
  }
  return page.evaluate(() => (window as unknown as { hovers: number[] }).hovers);
}

/** Objects and typed arrays of the page, after what nobody holds any more was let go, in MiB. */
async function heapMegabytes(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  const {
    usedSize,
    backingStorageSize = 0,
    embedderHeapUsedSize = 0,
  } = (await devtools.send('Runtime.getHeapUsage')) as Record<string, number> & { usedSize: number };
  return (usedSize + backingStorageSize + embedderHeapUsedSize) / 2 ** 20;
}

/** From the first row to the last in 400 screens of rows. */
async function scroll(page: Page, devtools: CDPSession) {
  const before = await heapMegabytes(devtools);
  await startReading(page);
  const grid = page.getByRole('grid', { name: 'Images and their codes' });
  await grid.evaluate(async (element) => {
    const steps = 400;
    for (let step = 0; step <= steps; step++) {
      element.scrollTop = ((element.scrollHeight - element.clientHeight) * step) / steps;
      await new Promise(requestAnimationFrame);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await page
    .getByRole('row', { name: String(count - 1) })
    .first()
    .waitFor();
  const { frames } = await read(page);
  await grid.evaluate((element) => {
    element.scrollTop = 0;
  });
  return { frames, before, after: await heapMegabytes(devtools) };
}
