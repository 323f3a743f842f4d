// A million images in the window: how soon their map is there, how it moves, what the page takes, how the table scrolls.
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { writeNpy } from '../../../src-main/files/npy.ts';
import { createRandom } from '../../../src-main/numerics/random.ts';
import { distribution, figure, type WindowSection } from './figures.ts';
import { openMap, useMap } from './frames.ts';
import { read, startReading } from './instruments.ts';
import { openPlainPage } from './plain-page.ts';
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
      say('Explore is opened');
      const openings = await openExplore(stage.address, folder.path);
      await openMap(page, count);
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
          figure(
            'Explore is chosen, until map and table can be used',
            openings.map(({ usable }) => usable / 1000),
            's',
          ),
          figure(
            'and until all images are drawn',
            openings.map(({ whole }) => whole / 1000),
            's',
            openSeconds,
          ),
          distribution('between frames while it is moved', frames, 'ms'),
          ['fewest images seen while it moves', await parts()],
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
      const text = /([\d,]+) of [\d,]+ images shown so far/.exec(document.querySelector('.place')?.textContent ?? '');
      if (text) numbers.push(Number(text[1]!.replaceAll(',', '')));
    }).observe(document.querySelector('.place')!, { childList: true, subtree: true, characterData: true });
  });
  return async () => {
    const numbers = await page.evaluate(() => (window as unknown as { drawnParts: number[] }).drawnParts);
    return numbers.length === 0 ? 'all' : Math.min(...numbers).toLocaleString('en-US');
  };
}

/** Three times on new pages, the first of which is the first that the service has. */
async function openExplore(address: string, folder: string) {
  await using page = await openPlainPage(folder);
  const openings: { usable: number; whole: number }[] = [];
  for (let round = 0; round < 3; round++) {
    // From elsewhere: the same address with another place in it would not load anything.
    await page.load('about:blank');
    await page.load(address);
    openings.push(await page.evaluate(timeOpening, `Map of ${count.toLocaleString('en-US')} images`));
  }
  return openings;
}

/** Milliseconds until frames with map and table, and with all points, were drawn. Runs in the page. */
async function timeOpening(name: string): Promise<{ usable: number; whole: number }> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const until = async (isThere: () => unknown) => {
    while (!isThere()) await frame();
    await frame();
  };
  const button = () => [...document.querySelectorAll('nav button')].find((one) => one.textContent?.includes('Explore'));
  await until(button);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const started = performance.now();
  (button() as HTMLElement).click();
  const screen = '.screen:not([hidden])';
  await until(
    () =>
      document.querySelector(`${screen} [role="application"][aria-label="${name}"]`) &&
      document.querySelectorAll(`${screen} [role="row"]`).length > 3,
  );
  const usable = performance.now() - started;
  await until(() => !/so far/.test(document.querySelector(`${screen} .place`)?.textContent ?? 'so far'));
  return { usable, whole: performance.now() - started };
}

const hovers = 40;

/** From the pointer's move, as the page hears of it, until the picture beside the point has something on it. */
async function hover(page: Page): Promise<number[]> {
  // All of the map, of which the middle has images everywhere.
  await page.keyboard.press('0');
  await page.waitForTimeout(3000);
  const box = (await page.getByRole('application').boundingBox())!;
  await page.evaluate(() => {
    const seen: number[] = [];
    let since: number | null = null;
    Object.assign(window, {
      hovers: seen,
      watchHover() {
        since = null;
      },
    });
    document.querySelector('[role="application"]')!.addEventListener('pointermove', () => {
      since ??= performance.now();
    });
    const look = () => {
      const canvas = document.querySelector<HTMLCanvasElement>('.tip canvas');
      const alpha = canvas?.getContext('2d')?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3];
      if (since !== null && Number.isFinite(since) && alpha) {
        seen.push(performance.now() - since);
        since = Number.POSITIVE_INFINITY;
      }
      requestAnimationFrame(look);
    };
    look();
  });
  for (let at = 0; at < hovers; at++) {
    // Away from any image first, so that every picture is a new one.
    await page.mouse.move(box.x + 1, box.y + 1);
    await page.waitForTimeout(150);
    await page.evaluate(() => (window as unknown as { watchHover(): void }).watchHover());
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
