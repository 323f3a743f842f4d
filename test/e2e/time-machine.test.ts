// Back and forth through a training: curves, reconstructions and map of one step, by one line of steps, live and afterwards.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest, tabTo } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const request = { codeSize: 6, hidden: [24], epochs: 8 };

/** What is drawn, once it has come to rest. */
async function drawn(page: Page, region: string): Promise<string> {
  await page.bringToFront();
  return page
    .getByRole('region', { name: region })
    .locator('canvas')
    .last()
    .evaluate(async (canvas: HTMLCanvasElement) => {
      const rest = () => new Promise((resolve) => setTimeout(resolve, 400));
      for (let before = ''; ; await rest()) {
        const now = canvas.toDataURL();
        if (now === before) return now;
        before = now;
      }
    });
}

/** The three that follow the line, at the step that it says. */
async function moment(page: Page, step: string) {
  const map = page.getByRole('region', { name: 'Map of the codes' });
  await map.getByRole('img', { name: `Map of 100 images at step ${step}`, exact: true }).waitFor({ timeout: longest });
  await page.getByRole('img', { name: `Reconstruction 1 at step ${step}`, exact: true }).waitFor({ timeout: longest });
  return {
    map: await drawn(page, 'Map of the codes'),
    reconstructions: await drawn(page, 'What it sees and what it makes of it'),
    curves: await drawn(page, 'Error while it learns'),
  };
}

throughEachDoor((door) => {
  test('arrow keys take curves, reconstructions and map to the same step, and back', { timeout: limit }, async () => {
    const app = await startApp({ door, workspace: await makeWorkspace({ images: 300, run: request }) });
    try {
      const { page } = app;
      await page.getByRole('navigation').getByRole('button', { name: 'Train' }).click();
      await page.getByRole('button', { name: 'Recommended, 6 numbers', exact: true }).click();
      const line = page.getByRole('slider', { name: 'Step that is shown' });
      const home = page.getByRole('button', { name: 'Kept model', exact: true });
      await page.getByRole('img', { name: /^Map of 100 images at step/ }).waitFor({ timeout: longest });
      expect(await home.isDisabled()).toBe(true);
      await tabTo(page, line);
      await page.keyboard.press('Home');
      const start = await moment(page, '0');
      expect(await line.getAttribute('aria-valuetext')).toMatch(/^Step 0 · epoch 0 · held-out error 0\.\d+/);
      const legend = page.getByRole('region', { name: 'Error while it learns' });
      await legend.getByText('Step 0 · epoch 0', { exact: true }).waitFor();

      await page.keyboard.press('End');
      const words = (await line.getAttribute('aria-valuetext'))!;
      const [, step] = /^Step (\d+) · epoch 8/.exec(words)!;
      await legend.getByText(`Step ${step} · epoch 8`, { exact: true }).waitFor();
      const end = await moment(page, step!);
      for (const part of ['map', 'reconstructions', 'curves'] as const)
        expect(end[part] === start[part], part).toBe(false);

      await page.keyboard.press('Home');
      expect(await moment(page, '0')).toEqual(start);
      await page.getByRole('button', { name: 'Play from the start' }).click();
      expect(await moment(page, step!)).toEqual(end);
      await home.click();
      expect(await line.getAttribute('aria-valuetext')).toMatch(/kept model$/);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('while it trains the newest map is shown, until somebody looks back', { timeout: limit }, async () => {
    const app = await startApp({ door, workspace: await makeWorkspace({ images: 300 }) });
    try {
      const { page } = app;
      await page.getByRole('navigation').getByRole('button', { name: 'Train' }).click();
      await page.getByRole('button', { name: 'Advanced settings' }).click();
      await page.getByLabel('Hidden layers', { exact: true }).fill('24');
      await page.getByLabel('Epochs', { exact: true }).fill('100000');
      await page.getByLabel('Patience', { exact: true }).fill('0');
      await page.getByRole('main').getByRole('button', { name: 'Train', exact: true }).click();
      const map = page.getByRole('img', { name: /^Map of 100 images at step/ });
      const shown = async () => Number((await map.getAttribute('aria-label'))!.replace(/^.*step |,/g, ''));
      await map.waitFor({ timeout: longest });
      const first = await shown();
      await expect.poll(shown, { timeout: longest }).toBeGreaterThan(first);

      await tabTo(page, page.getByRole('slider', { name: 'Step that is shown' }));
      await page.keyboard.press('Home');
      await expect.poll(shown, { timeout: longest }).toBe(0);
      const step = page.locator('dt', { hasText: /^Step$/ }).locator('+ dd');
      const before = await step.textContent();
      await expect.poll(() => step.textContent(), { timeout: longest }).not.toBe(before);
      expect(await shown()).toBe(0);
      await page.getByRole('button', { name: 'Newest', exact: true }).click();
      await expect.poll(shown, { timeout: longest }).toBeGreaterThan(first);
      await page.getByRole('button', { name: 'Stop and keep the best' }).click();
      await page.getByRole('button', { name: 'Explore the codes' }).waitFor({ timeout: longest });
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('a run from before there were maps says so, and goes through its reconstructions', {
    timeout: limit,
  }, async () => {
    const workspace = await makeWorkspace({ images: 300, run: request });
    const app = await startApp({ door, workspace });
    try {
      const { page } = app;
      await page.getByRole('navigation').getByRole('button', { name: 'Train' }).click();
      const row = page
        .getByRole('row')
        .filter({ has: page.getByRole('button', { name: 'Recommended, 6 numbers', exact: true }) });
      const [id] = /recommended-[0-9a-f]{10}/.exec((await row.textContent())!)!;
      rmSync(join(workspace, 'runs', id!, 'probe-map'), { recursive: true });
      await page.getByRole('button', { name: 'Recommended, 6 numbers', exact: true }).click();
      await page.getByText('This run was trained before maps of its steps were kept.').waitFor({ timeout: longest });
      await page.getByRole('slider', { name: 'Step that is shown' }).focus();
      await page.keyboard.press('Home');
      await page.getByRole('img', { name: 'Reconstruction 1 at step 0', exact: true }).waitFor({ timeout: longest });
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
