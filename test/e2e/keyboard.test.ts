// The whole way without a pointer: every step by keys alone, from the path of a folder to the saved CSV.
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { mnistPngFolder, need } from '../support/resources.ts';
import { startApp, takeImages, throughEachDoor } from './app.ts';
import { limit, longest, pressOn, readCsv, readResult, readTable, tabTo } from './steps.ts';

throughEachDoor((door) => {
  beforeEach((context) => need(context, 'mnist-png'));

  test('by keyboard alone: a folder by its path, import, training, a map, a selection, its CSV', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    const { keyboard } = page;
    const button = (name: string | RegExp) => page.getByRole('main').getByRole('button', { name, exact: true });
    takeImages(join(await mnistPngFolder(), 'train'), join(app.files, 'digits'), 60);

    await pressOn(page, page.getByLabel('Or the full path of a folder'));
    await keyboard.type(join(app.files, 'digits'));
    await keyboard.press('Enter');
    await button('Import 600 images').waitFor({ timeout: longest });
    await pressOn(page, button('Import 600 images'));
    await page.getByText('600 images imported as “digits”').waitFor({ timeout: longest });
    await pressOn(page, button('Train on them'));

    await pressOn(page, page.getByRole('button', { name: 'Advanced settings' }));
    await tabTo(page, page.getByLabel('Code size', { exact: true }));
    await keyboard.type('6');
    await tabTo(page, page.getByLabel('Epochs', { exact: true }));
    await keyboard.type('4');
    await tabTo(page, button('Train'), 'Shift+Tab');
    await keyboard.press('Enter');
    const { model, pca } = await readResult(page);
    expect(model).toBeLessThan(pca);
    await pressOn(page, button('Explore the codes'));

    const map = page.getByRole('application', { name: 'Map of 600 images' });
    await map.waitFor();
    // All images of one label, from the legend; then one more on the map, and one in the table.
    await tabTo(page, page.getByRole('button', { name: '0: 60 images' }));
    for (const _ of [1, 2, 3]) await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    await page.getByText('60 images selected').first().waitFor();
    await tabTo(page, page.getByLabel('Filter by path or label'));
    await keyboard.type('7/');
    await page.getByText('60 images', { exact: true }).filter({ visible: true }).first().waitFor();
    await tabTo(page, map, 'Shift+Tab');
    await keyboard.press('ArrowRight');
    await keyboard.press('Space');
    await page.getByText('61 images selected').first().waitFor();
    await tabTo(page, page.getByRole('grid'));
    await keyboard.press('Home');
    // The first one may be that of the map.
    const current = page.locator('[role=row].current');
    if ((await current.getAttribute('aria-selected')) === 'true') await keyboard.press('ArrowDown');
    await keyboard.press('Space');
    await page.getByText('62 images selected').first().waitFor();
    await tabTo(page, page.getByLabel('Filter by path or label'), 'Shift+Tab');
    // In a field these are the field's keys, not the map's.
    await keyboard.press('Control+A');
    await keyboard.press('Delete');
    await page.getByText('600 images', { exact: true }).filter({ visible: true }).first().waitFor();
    await pressOn(page, page.getByRole('switch', { name: 'Selected only' }), 'Space');

    const shown = await readTable(page);
    expect(shown).toHaveLength(62);
    await tabTo(page, button('Save as CSV'), 'Shift+Tab');
    const rows = readCsv(await app.save(() => keyboard.press('Enter')));
    expect(rows.map(({ path, label }) => ({ path, label }))).toEqual(shown);
    expect(rows.filter(({ label }) => label === '1')).toHaveLength(60);
    expect(rows.filter(({ label }) => label === '7')).toHaveLength(2);
    expect(app.complaints).toEqual([]);
  });
});
