// What several end-to-end specs do and read in a window: going by keyboard, the table as it is shown, a saved CSV, a result.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright';

/** Of anything that a person waits for: machines may be slow and busy. */
export const longest = 300_000;

/** Of a whole spec, which takes seconds on an idle machine and was seen to take 40 times as long on a busy one. */
export const limit = 1_800_000;

/** Presses Tab (or Shift and Tab) until this has the focus, as somebody without a pointer does. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 150; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  const where = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
  throw new Error(`Tab does not lead to ${target}; it stands at ${where}.`);
}

/** Goes there by keyboard and presses it. */
export async function pressOn(
  page: Page,
  target: Locator,
  key: 'Enter' | 'Space' = 'Enter',
  way: 'Tab' | 'Shift+Tab' = 'Tab',
): Promise<void> {
  await tabTo(page, target, way);
  await page.keyboard.press(key);
}

/** Path and label of all rows of the table of codes, as a person reads them: scrolled through from top to bottom. */
export async function readTable(
  page: Page,
  label = 'Images and their codes',
): Promise<{ path: string; label: string }[]> {
  // A page that the browser takes for hidden has no frames.
  await page.bringToFront();
  return page.getByRole('grid', { name: label }).evaluate(async (grid) => {
    const twoFrames = () =>
      new Promise((resolve, reject) => {
        requestAnimationFrame(() => requestAnimationFrame(resolve));
        setTimeout(() => reject(new Error('The browser draws no frames.')), 60_000);
      });
    const rows = new Map<number, { path: string; label: string }>();
    const wanted = Number(grid.getAttribute('aria-rowcount')) - 1;
    const word = (row: Element, column: string) => row.querySelector(`.cell.${column}`)?.textContent ?? '';
    for (grid.scrollTop = 0; ; grid.scrollTop += grid.clientHeight / 2) {
      await twoFrames();
      for (const row of grid.querySelectorAll('.slice .row')) {
        rows.set(Number(row.getAttribute('aria-rowindex')), { path: word(row, 'path'), label: word(row, 'label') });
      }
      if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) break;
    }
    if (rows.size !== wanted) throw new Error(`The table says ${wanted} rows and shows ${rows.size}.`);
    return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
  });
}

/** A CSV without quoted cells as objects by its header. */
export function readCsv(file: string): Record<string, string>[] {
  const [header, ...rows] = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return rows.map((cells) => Object.fromEntries(header!.map((name, index) => [name, cells[index]!])));
}

/** Errors of the model and of PCA on held-out images, as the result's table says them. */
export async function readResult(page: Page): Promise<{ model: number; pca: number }> {
  await page.getByRole('heading', { name: 'Result', exact: true }).waitFor({ timeout: longest });
  const error = async (name: string) => {
    const row = page.getByRole('group', { name: 'Result' }).getByRole('row').filter({ hasText: name });
    return Number(await row.getByRole('cell').first().textContent());
  };
  return { model: await error('This model'), pca: await error('PCA') };
}
