// Copies that were planted: decided group by group, by keyboard; what comes of it is a list and a selection, and no file is touched.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { run } from '../support/processes.ts';
import { repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type App, isThere, startApp, throughEachDoor } from './app.ts';
import type { DoorName } from './doors.ts';
import { limit, longest, readCsv } from './steps.ts';

const images = join(temporaryFolder(), 'images');
let app: App;

/** 64 drawn images of 32 × 32, one of them with two copies, another one with one; of each the larger copy is worth keeping. */
async function open(door: DoorName): Promise<App> {
  await drawSamples({ count: 64, size: 32, seed: 3 }, images);
  const copy = (from: string, to: string, side: number) =>
    sharp(join(images, from)).resize(side, side).toFile(join(images, to));
  await copy('circle/00000.png', 'circle/copy-large.png', 64);
  await copy('circle/00000.png', 'circle/copy.webp', 32);
  await copy('star/00004.png', 'star/copy-large.png', 64);
  const workspace = join(temporaryFolder(), 'workspace');
  const reduce = ['reduce', images, '--size', '32', '--hidden', '32', '--epochs', '2', '--workspace', workspace];
  const { code, stderr } = await run(process.execPath, [
    join(repository, 'src-main/host/pinhole.mjs'),
    ...reduce,
    ...['--out', temporaryFolder()],
  ]);
  if (code !== 0) throw new Error(stderr);
  const app = await startApp({ door, workspace });
  await app.page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  await app.page.getByRole('application', { name: 'Map of 67 images' }).waitFor();
  return app;
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'base64')])
    .sort(([a], [b]) => (a! < b! ? -1 : 1));

throughEachDoor((door) => {
  beforeAll(async () => {
    if (isThere(door)) app = await open(door);
  }, limit);

  test('group by group, the suggestion first; then a list, and a selection of what is not kept', {
    timeout: limit,
  }, async () => {
    const { page, complaints } = app;
    const before = filesOf(images);
    const choose = async () => {
      await page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' }).click();
      await page.getByRole('button', { name: 'Choose what to keep…' }).click({ timeout: longest });
    };
    await page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' }).click();
    const part = page.getByRole('region', { name: 'Copies' });
    await part.getByRole('button', { name: 'Find' }).click();
    await part.getByText('3 copies in 2 groups.').waitFor({ timeout: longest });
    await page.keyboard.press('Escape');
    await choose();

    const dialog = page.getByRole('dialog', { name: 'Choose what to keep' });
    await dialog.getByText('nothing is moved, changed or deleted').waitFor();
    await dialog.getByText('Group 1 of 2').waitFor();
    const chosen = () => dialog.getByRole('radio', { checked: true });
    const large = dialog.getByRole('radio', { name: 'circle/copy-large.png' });
    await expect.poll(() => large.isChecked()).toBe(true);
    await expect.poll(() => dialog.getByRole('img', { name: /^Original of circle/ }).count()).toBe(3);
    await dialog.getByText(/^64 × 64 · /).waitFor();
    await expect.poll(() => large.evaluate((radio) => radio === document.activeElement)).toBe(true);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target)])).toEqual([]);
    await page.keyboard.press('9');
    expect(await large.isChecked()).toBe(true);
    await page.keyboard.press('2');
    await expect.poll(() => large.isChecked()).toBe(false);
    const kept = (await chosen().evaluate((radio) => radio.closest('label')!.querySelector('.path')!.textContent))!;
    await page.keyboard.press('Enter');

    await dialog.getByText('Group 2 of 2').waitFor();
    await expect.poll(() => dialog.getByRole('radio', { name: 'star/copy-large.png' }).isChecked()).toBe(true);
    await page.keyboard.press('0');
    await expect.poll(() => dialog.getByRole('radio', { name: 'Keep all of them' }).isChecked()).toBe(true);
    await page.keyboard.press('Enter');
    await dialog.getByText('2 images of 2 groups are not kept.').and(page.locator(':focus')).waitFor();
    await dialog.getByRole('button', { name: 'Back' }).click();
    await page.keyboard.press('1');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => dialog.getByRole('radio', { name: 'star/00004.png' }).isChecked()).toBe(true);
    await page.keyboard.press('Enter');
    await dialog.getByText('3 images of 2 groups are not kept.').waitFor();

    const rows = readCsv(await app.save(() => dialog.getByRole('button', { name: 'Save the list as CSV' }).click()));
    expect(rows.map(({ group }) => group)).toEqual(['0', '0', '0', '1', '1']);
    const pathsOf = (advice: string) => rows.filter((row) => row.advice === advice).map(({ path }) => path!);
    expect(pathsOf('keep')).toEqual([kept, 'star/00004.png']);
    await dialog.getByRole('button', { name: 'Select what is not kept' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('3 images selected').first().waitFor();
    const selected = readCsv(await app.save(() => page.getByRole('button', { name: 'Save as CSV' }).click()));
    expect(selected.map(({ path }) => path).sort()).toEqual(pathsOf('copy').sort());
    expect(filesOf(images)).toEqual(before);
    expect(complaints).toEqual([]);
  });

  test('the rest as suggested: what the panel selects at once', { timeout: limit }, async () => {
    const { page, complaints } = app;
    await page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' }).click();
    await page.getByRole('button', { name: 'Choose what to keep…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose what to keep' });
    // Where one was: at the end.
    await dialog.getByText('3 images of 2 groups are not kept.').waitFor();
    await dialog.getByRole('button', { name: 'Back' }).click();
    await dialog.getByRole('button', { name: 'Back' }).click();
    await dialog.getByText('Group 1 of 2').waitFor();
    await page.keyboard.press('1');
    await dialog.getByRole('button', { name: 'Leave the rest as suggested' }).click();
    await dialog.getByText('3 images of 2 groups are not kept.').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  });
});
