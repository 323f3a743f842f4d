// The key in the address: what a page without one says and offers, and that opening the address in the same tab is enough.
import { beforeEach, expect, test } from 'vitest';
import { need } from '../support/resources.ts';
import { startApp } from './app.ts';
import { limit } from './steps.ts';

beforeEach((context) => need(context, 'chromium'));

test('a tab without a key offers nothing, until the address with the key is opened in it', {
  timeout: limit,
}, async () => {
  const app = await startApp();
  const tab = await app.context.newPage();
  await tab.goto(new URL('/', app.address).href);
  await tab.getByText('This page has no valid key to Pinhole.').waitFor();
  await tab.getByText('Loading…').waitFor({ state: 'detached' });
  expect(
    await tab
      .locator('main .screen')
      .first()
      .evaluate((screen) => (screen as HTMLElement).inert),
  ).toBe(true);
  // Only what stands behind # differs: a browser loads nothing for that by itself.
  await tab.goto(app.address);
  await tab.getByRole('button', { name: 'Choose on this computer…' }).click();
  await tab.getByRole('dialog', { name: 'Choose images' }).getByRole('list').waitFor();
  expect(await tab.getByText('This page has no valid key').count()).toBe(0);
  expect(new URL(tab.url()).hash).not.toContain('token');
});
