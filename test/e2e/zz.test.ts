import { expect, test } from 'vitest';
import { startApp } from './app.ts';
import { limit } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const shots = '/tmp/shots-decode';
test.each([
  ['light', 1280, 800],
  ['dark', 900, 640],
] as const)('%s', { timeout: limit }, async (theme, width, height) => {
  const app = await startApp({
    workspace: await makeWorkspace({
      images: 300,
      run: { preset: 'variational', hidden: [64], epochs: 12, codeSize: 32 },
    }),
    theme,
    width,
    height,
  });
  const { page } = app;
  const shot = (name: string) => page.screenshot({ path: `${shots}/${theme}-${name}.png` });
  const mode = async (name: string) => {
    await page.getByRole('combobox', { name: /^What is decoded/ }).click();
    if (name === 'Samples') await shot('select');
    await page.getByRole('option', { name }).click();
  };
  await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  const map = page.getByRole('application');
  await map.waitFor();
  await page.getByRole('row').nth(3).waitFor();
  await shot('images');
  await page.getByRole('radio', { name: 'Decode' }).check();
  await map.scrollIntoViewIfNeeded();
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + 30, box.y + 60);
  await page.getByRole('img', { name: 'What the model makes of this place' }).waitFor();
  await page.mouse.click(box.x + 40, box.y + 80);
  await page.mouse.move(box.x + 30, box.y + 160, { steps: 4 });
  await page.waitForTimeout(400);
  await shot('place');
  await mode('A walk');
  await shot('walk-empty');
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Take the image as A' }).click();
  await map.focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Take the image as B' }).click();
  await page.getByRole('img', { name: 'Step 3 of 9' }).waitFor();
  await page.getByRole('slider', { name: 'Along the way' }).press('ArrowRight');
  await shot('walk');
  await mode('A direction');
  await shot('direction-empty');
  await page.getByRole('button', { name: 'Take the selection as A' }).click();
  await page
    .getByRole('button', { name: /^Select all images of/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Take the selection as B' }).click();
  await page.getByRole('slider', { name: 'How far' }).press('End');
  await page.getByRole('img', { name: 'Moved by +2' }).first().waitFor();
  await page.waitForTimeout(300);
  await shot('direction');
  await mode('Single units');
  await page.getByRole('slider', { name: /^z/ }).first().waitFor();
  await page.getByRole('slider', { name: /^z/ }).first().press('End');
  await page.getByRole('slider', { name: /^z/ }).nth(2).press('Home');
  await page.waitForTimeout(300);
  await shot('units');
  await mode('Samples');
  await page.getByRole('img', { name: 'Sample 16' }).waitFor();
  await shot('samples');
  expect(app.complaints).toEqual([]);
});
