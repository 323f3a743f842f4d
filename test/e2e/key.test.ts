// The key in the address: what a page without one says and offers, and that opening the address in the same tab is enough.
import { afterAll, beforeEach, expect, test } from 'vitest';
import { need } from '../support/resources.ts';
import { closeBrowser, startApp } from './app.ts';

beforeEach((context) => need(context, 'chromium'));
afterAll(closeBrowser);

test('a tab without a key offers nothing, until the address with the key is opened in it', {
  timeout: 600_000,
}, async () => {
  const app = await startApp();
  try {
    const tab = await app.context.newPage();
    await tab.goto(new URL('/', app.address).href);
    await tab.getByText('This page has no valid key to Pinhole.').waitFor();
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
  } finally {
    await app.close();
  }
});
