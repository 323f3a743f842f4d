// Images into Pinhole: dropped folders, corrupt files among them, the look beforehand, the data sets after.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { mnistPngFolder, need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { drop, startApp, takeImages, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

beforeEach((context) => need(context, 'mnist-png'));
/** Ten classes with so many digits each, and two files that are none. */
async function digits(perClass: number): Promise<string> {
  const folder = join(temporaryFolder(), 'digits');
  takeImages(join(await mnistPngFolder(), 'train'), folder, perClass);
  writeFileSync(join(folder, '3', 'empty.png'), '');
  writeFileSync(join(folder, '7', 'text.png'), 'not a picture');
  return folder;
}

throughEachDoor((door) => {
  test('a dropped folder: the look beforehand, the import, what was passed over, rename, delete, undo', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    // Anywhere on the window.
    await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click();
    await drop(page, await digits(20));
    await page.getByRole('heading', { name: '200 images found' }).waitFor();
    await page.getByText('The model will see each as 28 × 28 pixels in grey.').waitFor();
    await page.getByText('10 labels').first().waitFor();

    await page.getByRole('switch', { name: 'Labels from folders' }).click();
    await page.getByText('Folders are not taken as labels.').waitFor();
    await page.getByRole('switch', { name: 'Labels from folders' }).click();
    await page.getByRole('radio', { name: 'Colour' }).check();
    await page.getByText('The model will see each as 28 × 28 pixels in colour.').waitFor();
    await page.getByRole('radio', { name: 'Grey' }).check();
    await page.getByText('The model will see each as 28 × 28 pixels in grey.').waitFor();

    await page.getByRole('button', { name: 'Import 200 images' }).click();
    await page.getByText('200 images imported as “digits”').waitFor({ timeout: longest });
    // Its first step is taken: the guide does not come back above what was imported.
    expect(await page.getByRole('heading', { name: 'Welcome to Pinhole' }).count()).toBe(0);
    await page.getByText('2 files were passed over').first().waitFor();
    await page.getByText('3/empty.png').first().waitFor();
    await page.getByText('The file is empty (0 bytes).').first().waitFor();
    await page.getByText('7/text.png').first().waitFor();

    await page.getByRole('button', { name: 'Rename “digits”' }).click();
    await page.keyboard.type('my digits');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Delete “my digits”' }).click();
    await page.getByText('“my digits” was deleted.').waitFor();
    await page.getByRole('button', { name: 'Rename “my digits”' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Rename “my digits”' }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('a folder chosen on this computer, moved afterwards, and found again', { timeout: limit }, async () => {
    const folder = await digits(3);
    const app = await startApp({ door, files: join(folder, '..') });
    const { page } = app;
    const choose = door === 'browser' ? 'Choose on this computer…' : 'Choose a folder…';
    await app.choose(() => page.getByRole('button', { name: choose }).click(), folder);
    await page.getByRole('button', { name: 'Import 30 images' }).click();
    await page.getByText('30 images imported as “digits”').waitFor({ timeout: longest });
    const moved = join(folder, '..', 'elsewhere');
    renameSync(folder, moved);
    await page.reload();
    await page.getByText('The original images are not where they were: see Details.').waitFor();
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'It was moved…' }).click();
    await page.getByLabel('Full path of the folder or file').fill(moved);
    await page.getByRole('button', { name: 'Use this place' }).click();
    await page.getByText('The images were found.').waitFor();
    await page.getByText('The original images are not where they were: see Details.').waitFor({ state: 'detached' });
    expect(app.complaints).toEqual([]);
  });

  // The desktop window has the system's own dialog, and no network.
  if (door === 'browser') {
    test('a folder that is gone into and chosen at once is the one that is taken', { timeout: limit }, async () => {
      const app = await startApp({ door, network: true });
      const { page } = app;
      takeImages(join(await mnistPngFolder(), 'train'), join(app.files, 'digits'), 1);
      await page.getByRole('button', { name: 'Choose on this computer…' }).click();
      const digits = page.getByRole('button', { name: 'digits', exact: true });
      await digits.waitFor();
      app.network!.hold();
      await digits.click();
      await page.getByRole('button', { name: 'Choose this folder' }).click();
      app.network!.release();
      await page.getByTitle(join(app.files, 'digits'), { exact: true }).waitFor();
    });

    test('a folder that is copied in: the keyboard goes on in the look beforehand, not below it', {
      timeout: limit,
    }, async () => {
      const app = await startApp({ door, workspace: await makeWorkspace({ images: 10 }) });
      const { page } = app;
      // The guide goes away together with what was pressed.
      await page.getByRole('heading', { name: 'Welcome to Pinhole' }).waitFor();
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Copy a folder in…' }).click();
      await (await chooser).setFiles(await digits(3));
      await page.getByRole('button', { name: 'Import 30 images' }).waitFor();
      await page.getByRole('region', { name: 'What will be imported' }).locator(':focus').waitFor();
      expect(app.complaints).toEqual([]);
    });

    test('at the top of what it may look at, the folder browser says how images from elsewhere come in', {
      timeout: limit,
    }, async () => {
      const { page, files } = await startApp({ door });
      mkdirSync(join(files, 'within'));
      await page.getByRole('button', { name: 'Choose on this computer…' }).click();
      const top = page.getByText('Pinhole may look no higher. Images from elsewhere can be copied in.');
      await top.waitFor();
      await page.getByRole('button', { name: 'within', exact: true }).click();
      await top.waitFor({ state: 'detached' });
    });
  }

  test('nothing but what lies in the allowed roots can be chosen; a folder without images is said to have none', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    mkdirSync(join(app.files, 'nothing'));
    await page.getByLabel('Or the full path of a folder').fill('/etc');
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('alert').getByText('/etc').waitFor();
    // What was typed is there to be put right.
    expect(await page.getByLabel('Or the full path of a folder').inputValue()).toBe('/etc');
    await page.getByLabel('Or the full path of a folder').fill(`"${join(app.files, 'nothing')}"`);
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('alert').getByText('No image was found there.').waitFor();
    expect(await page.getByRole('button', { name: 'Import 0 images' }).isDisabled()).toBe(true);
    rmSync(join(app.files, 'nothing'), { recursive: true });
  });

  test('the guide is there at first, and never again once it was put away', { timeout: limit }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    await page.getByRole('heading', { name: 'Welcome to Pinhole' }).waitFor();
    await page.getByRole('button', { name: 'Got it' }).click();
    await page.getByRole('heading', { name: 'Welcome to Pinhole' }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('No images yet').waitFor();
    expect(await page.getByRole('heading', { name: 'Welcome to Pinhole' }).count()).toBe(0);
  });
});
