// The doctor in a window: what it finds while a run trains, the same at its end, and the button that tries the remedy.
import { expect, test } from 'vitest';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';

throughEachDoor((door) => {
  test('a rate that is far too high: warned of while it trains, and mended by the button at its end', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    try {
      const { page } = app;
      const main = page.getByRole('main');
      const button = (name: string) => main.getByRole('button', { name, exact: true });
      const doctor = page.getByRole('region', { name: 'Doctor' });
      await page.getByRole('button', { name: 'Draw sample images' }).click();
      await button('Train on them').click({ timeout: longest });
      await button('Advanced settings').click();
      await page.getByLabel('Hidden layers', { exact: true }).fill('32');
      await page.getByLabel('Epochs', { exact: true }).fill('100000');
      await page.getByLabel('Patience', { exact: true }).fill('0');
      await page.getByLabel('Learning rate', { exact: true }).fill('10');
      await button('Train').click();

      const finding = doctor.getByRole('article').filter({ hasText: 'the learning rate is too high' });
      await finding.waitFor({ timeout: longest });
      await finding.getByText('Learning rate = 0.002').waitFor();
      await button('Stop and keep the best').click();
      await button('Explore the codes').waitFor({ timeout: longest });
      await finding.getByText('The kept model is the start of training.').waitFor({ timeout: longest });

      await finding.getByRole('button', { name: 'Train again with this' }).click();
      await page.getByText(/with a remedy for: Learning rate\. Press Train to try it\./).waitFor();
      expect(await page.getByLabel('Learning rate', { exact: true }).inputValue()).toBe('0.002');
      expect(await page.getByLabel('Epochs', { exact: true }).inputValue()).toBe('100000');
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
