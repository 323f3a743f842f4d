// The whole way at the first start: images, training, map, table; and nothing asked of anybody but the own server.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';

throughEachDoor((door) => {
  test('draw samples, train, stop early, look at the map, take the CSV home', { timeout: limit }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    await page.getByRole('button', { name: 'Draw sample images' }).click();
    await page.getByRole('button', { name: 'Train on it' }).click({ timeout: longest });
    await page.getByRole('button', { name: 'Train', exact: true }).last().click();
    await page.getByRole('button', { name: 'Stop and keep the best' }).click({ timeout: longest });
    await page.getByRole('button', { name: 'Stop and keep the best' }).waitFor({ state: 'hidden', timeout: longest });
    await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
    await page.getByRole('application', { name: 'Map of 3,000 images' }).waitFor({ timeout: longest });
    await page.getByRole('navigation').getByRole('button', { name: 'Export' }).click();
    const out = join(app.files, 'features');
    await page.getByLabel('Folder to write to').fill(out);
    await page.getByRole('button', { name: 'Export', exact: true }).last().click();
    await page.getByTitle(join(out, 'features.csv')).waitFor({ timeout: longest });
    expect(readFileSync(join(out, 'features.csv'), 'utf8').trim().split('\r\n')).toHaveLength(3001);
    expect(app.complaints).toEqual([]);
  });

  test('Chinese is complete on every screen', { timeout: limit }, async () => {
    const app = await startApp({ door, locale: 'zh-CN' });
    for (const name of ['训练', '探索', '导出', '设置', '导入']) {
      await app.page.getByRole('navigation').getByRole('button', { name }).click();
      await app.page.getByRole('heading', { level: 1, name }).waitFor();
    }
    expect(await app.page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    expect(app.complaints).toEqual([]);
  });
});
