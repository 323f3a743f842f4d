// Every screen in each of its states, light and dark, through axe: it finds nothing. One program goes through all, from empty to exported.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { beforeAll, expect, test } from 'vitest';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { type App, isThere, startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';

/** What of axe each theme is held to: between them nothing changes but colours. */
const themes = { light: 'all', dark: ['color-contrast'] } as const;

let app: App;

/** What axe finds in both themes, as `theme impact rule: element`. */
async function findings(): Promise<string[]> {
  const found: string[] = [];
  for (const [theme, rules] of Object.entries(themes)) {
    await app.page.emulateMedia({ colorScheme: theme as 'light' | 'dark', reducedMotion: 'reduce' });
    // Without frames there is nothing that needs the blank page that axe would open otherwise.
    const axe = new AxeBuilder({ page: app.page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
    const { violations, passes } = await (rules === 'all' ? axe : axe.withRules(rules)).analyze();
    // A page that axe could not look into would pass as well.
    expect(passes.length).toBeGreaterThan(rules === 'all' ? 10 : 0);
    for (const { id, impact, nodes } of violations)
      found.push(...nodes.map(({ target }) => `${theme} ${impact} ${id}: ${target.join(' ')}`));
  }
  return found;
}

/** Runs in the page: adds up how much moved by itself, as the browser measures it. */
function watchShifts(): void {
  const page = globalThis as unknown as { shifted: number };
  page.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
      if (!entry.hadRecentInput) page.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

const shifted = () => app.page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted);
const focused = () =>
  app.page.evaluate(() =>
    (document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent)?.trim(),
  );

const show = (screen: string) => app.page.getByRole('navigation').getByRole('button', { name: screen }).click();
const button = (name: string | RegExp) => app.page.getByRole('button', { name, exact: true });

throughEachDoor((door) => {
  beforeAll(async () => {
    if (!isThere(door)) return;
    app = await startApp({ door });
    await app.page.addInitScript(watchShifts);
    await app.page.reload();
  }, limit);

  test('before there is anything: the guide, and what belongs on each empty screen', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('heading', { name: 'Welcome to Pinhole' }).waitFor();
    // The guide is there when the screen comes, not a moment later above what one is reading.
    expect(await shifted()).toBe(0);
    expect(await findings()).toEqual([]);
    await button('Got it').click();
    await page.getByRole('heading', { name: 'Welcome to Pinhole' }).waitFor({ state: 'hidden' });
    expect(await findings()).toEqual([]);
    for (const screen of ['Train', 'Explore', 'Compress', 'Export', 'Settings']) {
      await show(screen);
      await page.getByRole('heading', { level: 1, name: screen }).waitFor();
      expect(await findings()).toEqual([]);
    }
  });

  test('import: the look beforehand, the folder browser, data sets with their details', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await drawSamples({ count: 60 }, join(app.files, 'shapes'));
    writeFileSync(join(app.files, 'shapes', 'star', 'empty.png'), '');
    await show('Import');
    // The desktop window has the system's own dialog.
    if (door === 'browser') {
      await button('Choose on this computer…').click();
      await page.getByRole('dialog').getByRole('button', { name: 'shapes', exact: true }).waitFor();
      expect(await findings()).toEqual([]);
      await page.keyboard.press('Escape');
    }

    await page.getByLabel(/^Or the full path/).fill(join(app.files, 'shapes'));
    await page.keyboard.press('Enter');
    await button(/^Import 6\d images$/).waitFor();
    expect(await findings()).toEqual([]);

    await button(/^Import 6\d images$/).click();
    await page.getByText('60 images imported as “shapes”').waitFor({ timeout: longest });
    await button('Details').click();
    await page.getByText('Images for').waitFor();
    expect(await findings()).toEqual([]);
  });

  test('train: set up, running, finished, compared', { timeout: limit }, async () => {
    const { page } = app;
    const main = page.getByRole('main');
    await button('Train on them').click();
    await page.getByText('Image to code').waitFor();
    expect(await findings()).toEqual([]);
    await button('Advanced settings').click();
    await page.getByLabel('Code size', { exact: true }).fill('0');
    expect(await findings()).toEqual([]);
    await page.getByLabel('Code size', { exact: true }).fill('8');
    await page.getByLabel('Epochs', { exact: true }).fill('100000');
    await main.getByRole('button', { name: 'Train', exact: true }).click();
    await page.getByRole('img', { name: /^Reconstruction 1 at step/ }).waitFor({ timeout: longest });
    const before = await shifted();
    await page.getByRole('img', { name: /^Reconstruction 1 at step [1-9]/ }).waitFor({ timeout: longest });
    await main.getByRole('button', { name: 'Pause' }).click();
    await main.getByRole('button', { name: 'Resume' }).waitFor({ timeout: longest });
    // Figures at the right edge become longer; nothing else moves while a model learns.
    expect((await shifted()) - before).toBeLessThan(0.002);
    expect(await findings()).toEqual([]);
    await main.getByRole('button', { name: 'Resume' }).click();
    await button('Stop and keep the best').click();
    await button('Explore the codes').waitFor({ timeout: longest });
    expect(await findings()).toEqual([]);

    await button('← All runs').click();
    await page.getByLabel('Code size', { exact: true }).fill('4');
    await page.getByLabel('Epochs', { exact: true }).fill('2');
    await main.getByRole('button', { name: 'Train', exact: true }).click();
    await button('Explore the codes').waitFor({ timeout: longest });
    await button('← All runs').click();
    for (const box of await page.getByRole('checkbox', { name: /^Compare/ }).all()) await box.check();
    expect(await findings()).toEqual([]);
    await button(/^Compare \(2\)$/).click();
    await page.getByRole('heading', { level: 1, name: '2 runs compared' }).waitFor();
    // What each of them makes of the same images.
    await page.getByRole('img', { name: 'Original 1' }).filter({ visible: true }).waitFor();
    for (const run of ['1 · Recommended', '2 · Recommended']) {
      await page.getByRole('img', { name: new RegExp(`^${run}.*: Reconstruction 1 at step`) }).waitFor();
    }
    expect(await findings()).toEqual([]);
  });

  test('explore: the map with an image that is looked at, its options, the large view, UMAP', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await show('Explore');
    await page.getByRole('application', { name: 'Map of 60 images' }).waitFor({ timeout: longest });
    expect(await findings()).toEqual([]);
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.getByRole('img', { name: /^Reconstruction of/ }).waitFor();
    expect(await findings()).toEqual([]);
    await page.getByRole('application').press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: 'Decode' }).check();
    for (const mode of ['A place on the map', 'A walk between two images', 'A direction', 'Single units of a code']) {
      await page.getByRole('combobox', { name: /^What is decoded/ }).click();
      await page.getByRole('option', { name: mode }).waitFor();
      expect(await findings()).toEqual([]);
      await page.getByRole('option', { name: mode }).click();
      expect(await findings()).toEqual([]);
    }
    await page.getByRole('radio', { name: 'Images', exact: true }).check();
    await button('Points').click();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' }).click();
    for (const name of ['Images that stand out', 'Groups']) {
      await page.getByRole('region', { name }).getByRole('button', { name: 'Find' }).click();
    }
    await page.getByRole('button', { name: 'Colour by cluster' }).click({ timeout: longest });
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: 'Another run' }).check();
    await page.getByRole('application', { name: 'Map of the same 60 images' }).waitFor();
    await button('Measure').click();
    await page.getByText('The mean of 60 images.').waitFor({ timeout: longest });
    expect(await findings()).toEqual([]);
    await page.getByRole('radio', { name: 'Images', exact: true }).check();
    await page.getByRole('radio', { name: 'UMAP' }).check();
    await button('Run UMAP').waitFor();
    expect(await findings()).toEqual([]);
    await page.getByRole('radio', { name: 't-SNE' }).check();
    await button('Run t-SNE').waitFor();
    expect(await findings()).toEqual([]);
  });

  test('compress: measured, written, an archive that is open, an image of it large', { timeout: limit }, async () => {
    const { page } = app;
    await show('Compress');
    await button('Measure').waitFor();
    expect(await findings()).toEqual([]);
    await button('Measure').click();
    await page
      .getByRole('img', { name: /^Original of image/ })
      .first()
      .waitFor({ timeout: longest });
    const before = await shifted();
    await page.getByRole('switch', { name: 'A bound that each of them keeps' }).click();
    const goals = page.getByRole('radiogroup', { name: 'How much may be lost' });
    await goals.getByText('Size').click();
    await page.getByLabel('The whole archive at most').fill('0');
    expect(await findings()).toEqual([]);
    await goals.getByText('Quality').click();
    await button('Compress').last().click();
    await page.getByRole('heading', { name: 'Written archives' }).waitFor({ timeout: longest });
    expect((await shifted()) - before).toBeLessThan(0.002);
    expect(await findings()).toEqual([]);
    await button('Look into it').click();
    await page.getByRole('option').first().waitFor();
    expect(await findings()).toEqual([]);
    await page.getByRole('option').first().click();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('img', { name: 'Before it was compressed' }).waitFor();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Unpack one' }).click();
    await page.getByText('Done: one image.').waitFor({ timeout: longest });
    expect(await findings()).toEqual([]);
    await button('← Compress').click();
  });

  test('export: columns and preview, copies, and what was written', { timeout: limit }, async () => {
    const { page } = app;
    await show('Export');
    await page.getByRole('columnheader', { name: 'image_id' }).waitFor();
    await page.getByRole('checkbox', { name: 'Report' }).check();
    expect(await findings()).toEqual([]);
    await button('Copy into folders…').click();
    await page
      .getByRole('dialog')
      .getByText(/free\.$/)
      .waitFor();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await button('Export').last().click();
    await page.getByRole('heading', { name: 'Written files' }).waitFor({ timeout: longest });
    expect(await findings()).toEqual([]);
  });

  test('the keyboard goes on where it was, whatever closes or goes away', { timeout: limit }, async () => {
    const { page } = app;
    await show('Import');
    if (door === 'browser') {
      await button('Choose on this computer…').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await expect.poll(focused).toBe('Choose on this computer…');
    }
    await button('Rename “shapes”').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Rename “shapes”' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Rename “shapes”');
    await page.keyboard.press('Alt+5');
    await expect.poll(focused).toBe('Export');
    await page.keyboard.press('Alt+1');
    await expect.poll(focused).toBe('Import');
    await button('Delete “shapes”').focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^“shapes” and its \d runs were deleted\.$/).waitFor();
    await button('Undo').focus();
    await page.keyboard.press('Enter');
    await button('Delete “shapes”').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement === document.body)).toBe(false);
  });

  test('settings, the list of shortcuts, a list that is open, a notice', { timeout: limit }, async () => {
    const { page } = app;
    await show('Settings');
    await page.getByText(/^Built on \d+ packages$/).click();
    expect(await findings()).toEqual([]);
    await button('Show the list').click();
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await show('Train');
    if (await button('← All runs').isVisible()) await button('← All runs').click();
    await page.getByRole('combobox', { name: /^Images to learn from/ }).click();
    await page.getByRole('option', { name: /shapes/ }).waitFor();
    expect(await findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await show('Import');
    await button('Delete “shapes”').click();
    await page.getByText(/^“shapes” and its \d runs were deleted\.$/).waitFor();
    expect(await findings()).toEqual([]);
    expect(app.complaints).toEqual([]);
  });
});
