// Settings: switched live in every window, devices measured and remembered, shortcuts, guide, about.
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { type App, startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

let app: App;

const openSettings = (page: Page) => page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click();
const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

throughEachDoor((door) => {
  beforeEach(async () => {
    app = await startApp({ door });
    await openSettings(app.page);
  }, limit);

  test('theme and language change at once, in every window, and stay', { timeout: limit }, async () => {
    const { page } = app;
    const other = await app.window();
    await openSettings(other);
    const light = await background(other);
    await page.getByRole('radiogroup', { name: 'Theme' }).getByText('Dark').click();
    await page.getByRole('radiogroup', { name: 'Language' }).getByText('简体中文').click();
    await title(page, '设置');
    await title(other, '设置');
    expect(await background(other)).not.toBe(light);
    expect(await background(other)).toBe(await background(page));
    expect(await other.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    await other.reload();
    await title(other, '设置');
    // By keyboard: the arrows of a radio group.
    await page.getByRole('radio', { name: '简体中文' }).focus();
    await page.keyboard.press('ArrowLeft');
    await title(other, 'Settings');
    expect(app.complaints).toEqual([]);
  });

  test('devices are measured on request and remembered, for the train screen too', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByText('Not measured yet. It takes a few seconds.').waitFor();
    await page.getByRole('button', { name: 'Measure the devices' }).click();
    await page.getByText('Measuring: this takes a few seconds…').waitFor();
    await page.getByRole('button', { name: 'Measure again' }).waitFor({ timeout: longest });
    const rate = await page
      .getByText(/^[\d,.]+ steps\/s$/)
      .first()
      .textContent();
    const known = JSON.parse(readFileSync(join(app.workspace, 'devices.json'), 'utf8'));
    expect(known.devices[0]).toMatchObject({ kind: 'cpu', usable: true });
    expect(Number.parseFloat(rate!.replace(',', ''))).toBeCloseTo(
      Number(known.devices[0].stepsPerSecond.toPrecision(3)),
      2,
    );
    await page.reload();
    await page.getByText(rate!, { exact: true }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  // The desktop window needs nobody's leave.
  if (door === 'browser') {
    test('notifications are asked for when they are switched on; what the browser refuses is said', {
      timeout: limit,
    }, async () => {
      const { page } = app;
      const notify = page.getByRole('switch', { name: 'Notify me when training ends' });
      // Until somebody wants it, nothing is asked and nothing is said.
      expect(await notify.isChecked()).toBe(false);
      expect(await page.getByText('This browser does not allow this page to do so.').count()).toBe(0);
      await notify.click();
      // A page without a screen is asked nobody: Chromium refuses at once.
      await page.getByText('This browser does not allow this page to do so.').waitFor();
      await app.context.grantPermissions(['notifications']);
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      await page.getByText('This browser does not allow this page to do so.').waitFor({ state: 'hidden' });
      expect(await notify.isChecked()).toBe(true);
      await notify.click();
      await expect
        .poll(() => JSON.parse(readFileSync(join(app.workspace, 'preferences.json'), 'utf8')).notifications)
        .toBe(false);
    });
  }

  test('a workspace that was moved has its images and its runs', { timeout: limit }, async () => {
    const before = await makeWorkspace({ images: 60, run: { epochs: 1, codeSize: 4 } });
    const workspace = join(temporaryFolder(), 'moved');
    renameSync(before, workspace);
    const { page, complaints } = await startApp({ door, workspace });
    const main = page.getByRole('main');
    await page.getByRole('navigation').getByRole('button', { name: 'Train' }).click();
    await main
      .getByRole('button', { name: /^Recommended/ })
      .last()
      .click();
    await page.getByRole('heading', { name: 'Result', exact: true }).waitFor();
    await page.getByRole('img', { name: /^Reconstruction 1 at step/ }).waitFor();
    await main.getByRole('button', { name: 'Explore the codes' }).click();
    await page.getByRole('application', { name: 'Map of 60 images' }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('workspace, shortcuts, guide and about', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByText(app.workspace, { exact: true }).waitFor();
    await page.getByText(/used; .* free on its disk\.$/).waitFor();
    await page.getByRole('button', { name: 'Show the list' }).click();
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Go to “Export”').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByText(/^Built on \d+ packages$/).click();
    const svelte = page.getByRole('row').filter({ has: page.getByRole('cell', { name: 'svelte', exact: true }) });
    expect(await svelte.textContent()).toMatch(/MIT/);
    if (door === 'browser') {
      await page.getByRole('button', { name: 'Copy the address' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(app.address);
    }
    await page.getByRole('button', { name: 'Show the guide again' }).click();
    await title(page, 'Import');
    expect(JSON.parse(readFileSync(join(app.workspace, 'preferences.json'), 'utf8')).guideSeen).toBe(false);
    expect(app.complaints).toEqual([]);
  });
});
