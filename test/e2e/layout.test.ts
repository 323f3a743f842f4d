// Nothing jumps: how much moves by itself while somebody opens Pinhole, follows a training to its end and looks at every screen.
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

/** Half of what counts as good for a page (https://web.dev/articles/cls); a result that pushes the rest away is 0.2. */
const most = 0.05;

interface Shift {
  value: number;
  moved: string[];
}

/** Runs in the page: keeps what moved by itself, as the browser measures it. */
function watchShifts(): void {
  const page = globalThis as unknown as { shifts: Shift[] };
  page.shifts = [];
  const place = ({ x, y, width, height }: DOMRectReadOnly) => [x, y, width, height].map(Math.round).join(',');
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
    })[]) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(
        ({ node, previousRect, currentRect }) =>
          `${node?.textContent?.trim().slice(0, 40)} ${place(previousRect)} → ${place(currentRect)}`,
      );
      page.shifts.push({ value: entry.value, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

const shifts = (page: Page) => page.evaluate(() => (globalThis as unknown as { shifts: Shift[] }).shifts);
const main = (page: Page) => page.getByRole('main');
const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();

async function look(page: Page): Promise<void> {
  for (const name of ['Explore', 'Compress', 'Export', 'Settings', 'Import', 'Train']) {
    await open(page, name);
    await page.getByRole('heading', { level: 1 }).filter({ visible: true }).waitFor();
  }
}

throughEachDoor((door) => {
  test('a training followed to its end in a large window and in the smallest one', { timeout: limit }, async () => {
    const app = await startApp({ door, workspace: await makeWorkspace({ images: 150 }) });
    const windows = [app.page, await app.window()] as const;
    const [large, small] = windows;
    await small.setViewportSize({ width: 900, height: 600 });
    for (const page of windows) {
      await page.addInitScript(watchShifts);
      await page.reload();
      await open(page, 'Train');
      await main(page).getByRole('button', { name: 'Advanced settings' }).waitFor();
      // The one button is in view below however many models, without scrolling.
      const begin = (await main(page).getByRole('button', { name: 'Train', exact: true }).boundingBox())!;
      expect(begin.y + begin.height).toBeLessThanOrEqual(page.viewportSize()!.height);
    }

    await main(large).getByRole('button', { name: 'Advanced settings' }).click();
    await large.getByLabel('Epochs', { exact: true }).fill('100000');
    await large.getByLabel('Patience', { exact: true }).fill('0');
    // It ends by itself, when nobody has pressed anything for a while.
    await large.getByLabel('Time budget', { exact: true }).fill('8');
    await main(large).getByRole('button', { name: 'Train', exact: true }).click();
    await small
      .getByRole('main')
      .getByRole('button', { name: /^Recommended/ })
      .click();
    for (const page of windows) {
      await page.getByRole('img', { name: /^Reconstruction 1 at step/ }).waitFor({ timeout: longest });
    }
    for (const page of windows) {
      await page.getByRole('heading', { name: 'Result', exact: true }).waitFor({ timeout: longest });
      await main(page).getByRole('button', { name: 'Explore the codes' }).waitFor();
      await look(page);
    }
    for (const page of windows) {
      const all = await shifts(page);
      const sum = all.reduce((total, { value }) => total + value, 0);
      expect(sum, JSON.stringify(all, null, 1)).toBeLessThan(most);
    }
    for (const page of windows) {
      await main(page).getByRole('button', { name: '← All runs' }).click();
      await main(page).getByRole('columnheader', { name: 'Held-out error' }).waitFor();
      // The list of runs scrolls in its screen; the window itself has nowhere to scroll to.
      const { scrollHeight, clientHeight } = await page.evaluate(() => {
        const { scrollHeight, clientHeight } = document.documentElement;
        return { scrollHeight, clientHeight };
      });
      expect(scrollHeight).toBe(clientHeight);
    }
    expect(app.complaints).toEqual([]);
  });
});
