// Compress: the curve, the choice, the archive; looking into one that was written, dropped or damaged; taking images out.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { describeArchive, verifyArchive } from '../../src-main/host/archive-jobs.ts';
import { type App, drop, startApp, throughEachDoor } from './app.ts';
import { limit, longest, pressOn, tabTo } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const images = 60;

const prepare = (withRun = true) => makeWorkspace({ images, run: withRun ? { epochs: 4, codeSize: 8 } : undefined });
const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();
const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
const status = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });

/** Writes an archive with what is chosen, and gives its path. */
async function write({ page, files }: App, name: string): Promise<string> {
  const file = join(files, name);
  await page.getByLabel('Archive to write').fill(file);
  await button(page, 'Compress').click();
  await status(page, /^\s*Done: .* checked by decoding all of it\./).waitFor();
  return file;
}

throughEachDoor((door) => {
  test('measured, chosen, written within its bound; worst images looked at, some taken out, all of them', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Compress');
    await page.getByText(/Images come back at 32 × 32, in colour, whatever size they had/).waitFor();
    await page.getByText('What it costs has not been measured yet.').waitFor();
    await button(page, 'Measure').click();
    const table = page.getByRole('table', { name: 'Bytes of an image at the chosen error' });
    await table.waitFor({ timeout: longest });
    for (const name of ['Pinhole with decoder', 'AVIF, one mosaic', 'JPEG, a file each', 'PCA, codes'])
      await table.getByRole('row', { name }).waitFor();
    const outcome = page.getByText(/^About .*PSNR/);
    const before = await outcome.textContent();
    await page.getByRole('slider', { name: 'Quality' }).focus();
    await page.keyboard.press('Home');
    expect(await outcome.textContent()).not.toBe(before);
    await page.keyboard.press('End');
    await page
      .getByRole('img', { name: /^Original of image/ })
      .first()
      .waitFor();
    expect(await page.getByRole('img', { name: /as it comes back$/ }).count()).toBe(8);

    await page.getByRole('switch', { name: 'A bound that each of them keeps' }).click();
    await page.getByLabel('No image below').fill('18');
    const file = await write(app, 'shapes.pinhole');
    expect(await verifyArchive(file, null, {})).toMatchObject({ images, problems: [] });
    const { psnrWorst, maxError } = await describeArchive(file);
    expect(maxError).toBe(18);
    expect(psnrWorst!).toBeGreaterThanOrEqual(18);
    expect(await page.getByText(/^60 images, [\d,.]+ bytes each, [\d,.]+ without the decoder$/).count()).toBe(1);
    if (door === 'browser') {
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download shapes.pinhole' }).click();
      expect(readFileSync(await (await arrives).path())).toEqual(readFileSync(file));
    }
    await status(page, 'Done:').waitFor();

    await button(page, 'Look into it').click();
    await page.getByRole('heading', { level: 1, name: 'shapes.pinhole' }).waitFor();
    await page.getByText('None below 18.0 dB').waitFor();
    const gallery = page.getByRole('listbox', { name: 'Images of the archive' });
    const shown = gallery.getByRole('option');
    await shown.first().waitFor();
    const worst = await Promise.all((await shown.all()).slice(0, 5).map((tile) => tile.textContent()));
    const decibels = worst.map((words) => Number(/([\d.]+) dB/.exec(words!)![1]));
    expect(decibels).toEqual(decibels.toSorted((a, b) => a - b));

    await page.getByLabel('Search names and labels').fill('circle');
    await page.getByText(/^\d+ of 60 images$/).waitFor();
    await button(page, 'Select these').click();
    await page.getByText(/^\d+ of 60 images selected$/).waitFor();
    const count = await gallery.getByRole('option', { selected: true }).count();
    const some = join(app.files, 'some');
    await page.getByLabel('Folder for the images').fill(some);
    await page.getByText('WebP', { exact: true }).click();
    await page.getByRole('button', { name: /^Unpack \d+$/ }).click();
    await status(page, /Done: \d+ images\./).waitFor();
    const names = globSync('**/*.*', { cwd: some });
    expect(names.every((name) => /^circle[\\/].*\.webp$/.test(name))).toBe(true);
    expect(names.length).toBeGreaterThanOrEqual(count);

    await button(page, 'Select none').click();
    const all = join(app.files, 'all');
    await page.getByLabel('Folder for the images').fill(all);
    await page.getByText('PNG', { exact: true }).click();
    await button(page, 'Unpack all').click();
    await status(page, 'Done: 60 images.').waitFor();
    const pictures = globSync('**/*.png', { cwd: all });
    expect(pictures).toHaveLength(images);
    expect(await sharp(join(all, pictures[0]!)).metadata()).toMatchObject({ width: 32, height: 32 });
    // Both were seen to end here: elsewhere, nothing says so again when something else ends.
    await open(page, 'Export');
    await page.getByLabel('Folder to write to').fill(join(app.files, 'exported'));
    await button(page, 'Export').click();
    await page.getByText(/^\s*Done: \d+ files/).waitFor();
    expect(await page.locator('.notice').allTextContents()).toEqual([]);
    await open(page, 'Compress');
    // The address has the archive: it is there again after a reload.
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'shapes.pinhole' }).waitFor();
    await button(page, '← Compress').click();
    await page.getByRole('heading', { level: 1, name: 'Compress' }).waitFor();
    await page.getByRole('heading', { name: 'Written archives' }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('by keyboard alone: an error as the goal, the archive, an image large, selected and taken out', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await pressOn(page, page.getByRole('navigation').getByRole('button', { name: 'Compress' }));
    await tabTo(page, page.getByRole('radio', { name: 'Quality' }));
    await page.keyboard.press('ArrowRight');
    const psnr = page.getByLabel('PSNR of all images together');
    await tabTo(page, psnr);
    await page.keyboard.type('99');
    await tabTo(page, page.getByLabel('Archive to write'));
    await page.keyboard.press('Control+A');
    const file = join(app.files, 'keys.pinhole');
    await page.keyboard.insertText(file);
    await page.keyboard.press('Enter');
    await status(page, /Expected at most [\d.]+ dB, which is what this model can do, received 99\./).waitFor();
    expect(existsSync(file)).toBe(false);
    await tabTo(page, psnr, 'Shift+Tab');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('15');
    await tabTo(page, page.getByLabel('Archive to write'));
    await page.keyboard.press('Enter');
    await status(page, 'checked by decoding all of it').waitFor();
    expect((await describeArchive(file)).psnr!).toBeGreaterThanOrEqual(15);

    await pressOn(page, button(page, 'Look into it'), 'Enter', 'Shift+Tab');
    const gallery = page.getByRole('listbox', { name: 'Images of the archive' });
    await tabTo(page, gallery);
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.getByText('1 of 60 images selected').waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Image of the archive' });
    await dialog.getByRole('img', { name: 'As it comes back' }).waitFor();
    await dialog.getByRole('img', { name: 'Before it was compressed' }).waitFor();
    const path = await dialog.locator('.path').textContent();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await tabTo(page, page.getByLabel('Folder for the images'));
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(join(app.files, 'one'));
    await page.keyboard.press('Enter');
    await status(page, 'Done: one image.').waitFor();
    expect(globSync('**/*.*', { cwd: join(app.files, 'one') }).map((name) => name.replaceAll('\\', '/'))).toEqual([
      path,
    ]);
    expect(app.complaints).toEqual([]);
  });

  test('an archive that is dropped is looked into, without its data set; a damaged one says what is lost', {
    timeout: limit,
  }, async () => {
    const first = await startApp({ door, workspace: await prepare() });
    await open(first.page, 'Compress');
    const file = await write(first, 'travels.pinhole');
    const bytes = readFileSync(file);
    await first.close();
    const app = await startApp({ door });
    const { page } = app;
    const copy = join(app.files, 'travels.pinhole');
    writeFileSync(copy, bytes);
    await drop(page, copy);
    await page.getByRole('heading', { level: 1, name: 'travels.pinhole' }).waitFor();
    await page.getByRole('option').first().click();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Image of the archive' });
    await dialog.getByRole('img', { name: 'As it comes back' }).waitFor();
    expect(await dialog.getByRole('img', { name: 'Before it was compressed' }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await button(page, 'Unpack all').click();
    await status(page, 'Done: 60 images.').waitFor();

    const damaged = join(app.files, 'damaged.pinhole');
    const broken = Buffer.from(bytes);
    const { members } = await describeArchive(copy);
    const length = members.find(({ name }) => name === 'codes.bin')!.bytes;
    broken[broken.indexOf('codes.bin') + 'codes.bin'.length + length - 5]! ^= 0x10;
    writeFileSync(damaged, broken);
    // Among the folders of the machine that Pinhole runs on, or with the system's dialog.
    if (door === 'browser') {
      await button(page, 'Open an archive…').click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^damaged\.pinhole/ })
        .click();
      await page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).click();
    } else await drop(page, damaged);
    await page.getByRole('heading', { level: 1, name: 'damaged.pinhole' }).waitFor();
    await page.getByRole('option').filter({ hasText: 'lost' }).first().waitFor();
    await button(page, 'Unpack all').click();
    await status(page, /Done|saved/).waitFor();

    const none = join(app.files, 'none.pinhole');
    writeFileSync(none, 'no archive');
    await drop(page, none);
    await page.getByRole('heading', { name: 'This archive cannot be opened' }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('what stands in the way is said beside the button', { timeout: limit }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Compress');
    const start = button(page, 'Compress');
    const target = page.getByLabel('Archive to write');
    await status(page, /60 images; .* free/).waitFor();
    await target.fill(join(app.files, 'photo.png'));
    await status(page, 'Expected a file name that ends in .pinhole, received photo.png.').waitFor();
    expect(await start.isDisabled()).toBe(true);
    await target.fill('/etc/a.pinhole');
    await status(page, 'Expected a path in one of the folders that Pinhole may use').waitFor();
    await target.fill('');
    await status(page, 'Name a file to write.').waitFor();
    await target.blur();
    expect(await target.inputValue()).toMatch(/Sample images\.pinhole$/);
    await page.getByText('Size', { exact: true }).click();
    await status(page, 'Say how much may be lost.').waitFor();
    await page.getByLabel('The whole archive at most').fill('-3');
    await page.getByText('Expected a number above 0.').waitFor();
    await page.getByLabel('The whole archive at most').fill('1');
    await start.click();
    await status(page, /Expected at least \d+ bytes for these images and their decoder, received 1024/).waitFor();
    await page.getByText('Quality', { exact: true }).click();
    const file = await write(app, 'there.pinhole');
    await status(page, 'Done:').waitFor();
    // What lies there is said before it is replaced.
    await target.fill(join(app.files, 'other.pinhole'));
    await target.fill(file);
    await status(page, 'Replaces the archive of this name.').waitFor();
    mkdirSync(join(app.files, 'taken home'));
    await app.choose(() => page.getByRole('button', { name: 'Choose…' }).click(), join(app.files, 'taken home'));
    expect(await target.inputValue()).toBe(join(app.files, 'taken home', 'there.pinhole'));

    await button(page, 'Look into it').click();
    await page.getByLabel('Folder for the images').fill('/etc/unpacked');
    await status(page, 'Expected a path in one of the folders that Pinhole may use').waitFor();
    expect(await button(page, 'Unpack all').isDisabled()).toBe(true);
    rmSync(file);
    await page.reload();
    await page.getByRole('heading', { name: 'This archive cannot be opened' }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('without images, and without a run, it says what to do first', { timeout: limit }, async () => {
    const empty = await startApp({ door });
    await open(empty.page, 'Compress');
    await button(empty.page, 'Import images').click();
    await empty.page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
    await empty.close();
    const { page } = await startApp({ door, workspace: await prepare(false) });
    await open(page, 'Compress');
    await button(page, 'Train a model').click();
    await page.getByRole('heading', { level: 1, name: 'Train' }).waitFor();
  });
});
