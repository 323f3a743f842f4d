// Two windows on one workspace see each other's work live; one whose connection drops catches up.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { type App, startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';

const main = (page: Page) => page.getByRole('main');
const button = (page: Page, name: string | RegExp) => main(page).getByRole('button', { name, exact: true });
const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();

/** The step that the window says training has come to. */
async function stepOf(page: Page): Promise<number> {
  const figure = page.getByRole('region', { name: 'Progress' }).locator('div').filter({ hasText: /^Step/ });
  return Number.parseInt((await figure.getByRole('definition').textContent())!.replaceAll(',', ''), 10);
}

async function untilStep(page: Page, step: number): Promise<void> {
  await expect.poll(() => stepOf(page), { timeout: longest }).toBeGreaterThan(step);
}

/** All evaluations of the curve, as its table says them. */
async function curveOf(page: Page): Promise<string[][]> {
  const rows = page.getByRole('group', { name: 'Error while it learns' }).getByRole('row');
  return Promise.all((await rows.all()).map((row) => row.locator('th, td').allTextContents()));
}

async function trainLong(app: App): Promise<void> {
  const { page } = app;
  await page.getByRole('button', { name: 'Draw sample images' }).click();
  await button(page, 'Train on them').click({ timeout: longest });
  await button(page, 'Advanced settings').click();
  // Quick steps, and more of them than anybody waits for: it is stopped by a person.
  await page.getByLabel('Hidden layers', { exact: true }).fill('32');
  await page.getByLabel('Epochs', { exact: true }).fill('100000');
  await page.getByLabel('Patience', { exact: true }).fill('0');
  await button(page, 'Train').click();
}

throughEachDoor((door) => {
  test('what one window does, the other one shows: images, names, training, its end, deletion', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    const other = await app.window();
    await trainLong(app);
    await button(other, 'Rename “Sample images”').click();
    await other.keyboard.type('shapes');
    await other.keyboard.press('Enter');
    await page
      .getByText(/shapes/)
      .filter({ visible: true })
      .first()
      .waitFor();

    await open(other, 'Train');
    await button(other, /^Recommended/).click();
    await untilStep(page, 0);
    await untilStep(other, await stepOf(page));
    await button(other, 'Pause').click();
    await page.getByText('Paused. A checkpoint was written; nothing is lost.').waitFor();
    await button(page, 'Resume').click();
    await untilStep(other, await stepOf(other));
    await button(other, 'Stop and keep the best').click();
    for (const window of [page, other]) {
      await window.getByRole('heading', { name: 'Result', exact: true }).waitFor({ timeout: longest });
      await button(window, 'As a table').click();
    }
    expect(await curveOf(other)).toEqual(await curveOf(page));

    await open(page, 'Import');
    await button(page, 'Delete “shapes”').click();
    await open(other, 'Import');
    await button(other, 'Delete “shapes”').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await button(other, 'Delete “shapes”').waitFor();
    expect(app.complaints).toEqual([]);
  });

  // The desktop window has no network between page and worker.
  if (door === 'browser') {
    test('a dropped socket: training goes on, and the window that was cut off has all of its curve afterwards', {
      timeout: limit,
    }, async () => {
      const app = await startApp({ door, network: true });
      const { page } = app;
      await trainLong(app);
      await untilStep(page, 0);
      const other = await app.window();
      await open(other, 'Train');
      await button(other, /^Recommended/).click();

      await app.network!.drop();
      await page.getByText('The connection to Pinhole was lost. Trying again…').waitFor();
      const before = await stepOf(page);
      await untilStep(other, before + 100);
      // What had come before it dropped may still be shown; nothing comes after.
      expect(await stepOf(page)).toBeLessThan(before + 100);
      app.network!.restore();
      await page.getByText('The connection to Pinhole was lost. Trying again…').waitFor({ state: 'hidden' });
      await untilStep(page, before + 100);

      await button(page, 'Stop and keep the best').click();
      for (const window of [page, other]) {
        await window.getByRole('heading', { name: 'Result', exact: true }).waitFor({ timeout: longest });
        await button(window, 'As a table').click();
      }
      expect(await curveOf(page)).toEqual(await curveOf(other));
    });
  }
});
