// Decoded beside the map: places, a walk, a direction, units and samples; each follows what is set, and is saved as it is seen.
import { globSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type App, startApp, throughEachDoor } from './app.ts';
import type { DoorName } from './doors.ts';
import { limit, longest } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

/** Of sample images, in pixels. */
const side = 32;

async function openDecode(door: DoorName, preset: 'variational' | 'fsq'): Promise<App> {
  const run = { preset, hidden: [32], epochs: 2, codeSize: 28 } as const;
  const app = await startApp({ door, workspace: await makeWorkspace({ images: 200, run }) });
  await app.page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  await app.page.getByRole('application', { name: 'Map of 200 images' }).waitFor();
  await app.page.getByRole('row').nth(5).waitFor();
  await app.page.getByRole('radio', { name: 'Decode' }).check();
  return app;
}

async function chooseMode(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: /^What is decoded/ }).click();
  await page.getByRole('option', { name }).click();
}

/** RGBA of every pixel of a picture on the screen. */
const pixelsOf = (picture: Locator): Promise<number[]> =>
  picture.first().evaluate((element) => {
    const canvas = element.querySelector('canvas')!;
    // Of a copy: the browser complains where one that is shown is read again and again.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    return Array.from(copy.getImageData(0, 0, canvas.width, canvas.height).data);
  });

/** Waits until a picture is another one than before. */
async function changed(picture: Locator, before: number[]): Promise<number[]> {
  await expect.poll(async () => String(await pixelsOf(picture)) !== String(before), { timeout: longest }).toBe(true);
  return pixelsOf(picture);
}

throughEachDoor((door) => {
  test('a model that cannot be read is said, and tried again when it is there', { timeout: limit }, async () => {
    const run = { hidden: [32], epochs: 1, codeSize: 4 };
    const app = await startApp({ door, workspace: await makeWorkspace({ images: 60, run }) });
    const { page } = app;
    const [folder] = globSync('runs/*/model', { cwd: app.workspace }).map((path) => join(app.workspace, path));
    renameSync(folder!, `${folder}.away`);
    await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
    await page.getByRole('application', { name: 'Map of 60 images' }).waitFor();
    await page.getByRole('radio', { name: 'Decode' }).check();
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await page.getByRole('alert').first().waitFor();
    renameSync(`${folder}.away`, folder!);
    await again.click();
    await page.getByText('Point at the map, also where it is empty; click to keep the place.').waitFor();
  });

  test('a place, a walk, a direction, units and samples', { timeout: limit }, async () => {
    const app = await openDecode(door, 'variational');
    const { page } = app;
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const map = page.getByRole('application');

    const place = page.getByRole('img', { name: 'What the model makes of this place' });
    const box = (await map.boundingBox())!;
    await page.mouse.move(box.x + 8, box.y + 8);
    await place.waitFor();
    const corner = await pixelsOf(place);
    await page.mouse.move(box.x + box.width - 8, box.y + box.height - 8);
    const other = await changed(place, corner);
    await page.mouse.move(box.x + 8, box.y + 8);
    await page.mouse.down();
    await page.mouse.up();
    await page.mouse.move(box.x + box.width - 8, box.y + box.height - 8);
    await expect.poll(() => pixelsOf(place), { timeout: longest }).toEqual(other);
    // The place that was clicked is what stays.
    await button('None').hover();
    await expect.poll(() => pixelsOf(place), { timeout: longest }).toEqual(corner);
    await page.getByRole('slider', { name: 'Across' }).press('End');
    await changed(place, corner);
    const wholeMap = await app.save(() => button('Save the whole map as PNG').click(), 'Sample-images-places.png');
    expect((await sharp(wholeMap).metadata()).width).toBeGreaterThan(400);

    await chooseMode(page, 'A walk between two images');
    await map.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await button('Take the image as A').click();
    await map.focus();
    for (let presses = 0; presses < 4; presses++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await button('Take the image as B').click();
    const steps = page.getByRole('img', { name: /^Step \d of 9$/ });
    await expect.poll(() => steps.count(), { timeout: longest }).toBe(9);
    const shown = page.getByRole('img', { name: /^Step \d of the walk$/ });
    const first = await pixelsOf(shown);
    expect(first).toEqual(await pixelsOf(steps.nth(0)));
    await page.getByRole('slider', { name: 'Along the way' }).press('End');
    expect(await changed(shown, first)).toEqual(await pixelsOf(steps.nth(8)));
    const strip = await app.save(() => button('Save as PNG').click(), 'Sample-images-walk.png');
    const { data, info } = await sharp(strip).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    const scale = info.height / side;
    expect([info.width, Number.isInteger(scale)]).toEqual([9 * info.height + 8 * 4, true]);
    for (const step of [0, 4, 8]) {
      const seen = await pixelsOf(steps.nth(step));
      for (const [x, y] of [
        [0, 0],
        [16, 16],
        [31, 20],
      ] as const) {
        const at = (y * scale * info.width + step * (info.height + 4) + x * scale) * info.channels;
        expect(Array.from(data.subarray(at, at + 3))).toEqual(seen.slice(4 * (side * y + x), 4 * (side * y + x) + 3));
      }
    }

    await chooseMode(page, 'A direction');
    await button('Take the selection as A').click();
    await button('Select all images of “circle”').click();
    await button('Take the selection as B').click();
    const moved = (amount: string) => page.getByRole('img', { name: `Moved by ${amount}`, exact: true });
    const start = moved('0').first();
    await start.waitFor();
    const before = await pixelsOf(start);
    await page.getByRole('slider', { name: 'How far' }).press('End');
    // The large one, and the last one of the strip.
    await expect.poll(() => moved('+2').count(), { timeout: longest }).toBe(2);
    const end = await changed(moved('+2').first(), before);
    await expect.poll(() => pixelsOf(moved('+2').last()), { timeout: longest }).toEqual(end);

    await chooseMode(page, 'Single units of a code');
    const decoded = page.getByRole('img', { name: /decoded with the units as they are set$/ });
    const units = page.getByRole('slider', { name: /^z\d{3}$/ });
    await expect.poll(() => units.count(), { timeout: longest }).toBe(24);
    await decoded.waitFor();
    const own = await pixelsOf(decoded);
    await units.first().press('Home');
    const low = await pixelsOf(decoded);
    await units.first().press('End');
    await changed(decoded, low);
    await button('Reset').click();
    await expect.poll(() => pixelsOf(decoded), { timeout: longest }).toEqual(own);
    await button('Next').click();
    await expect.poll(() => units.count(), { timeout: longest }).toBe(4);
    await page.getByLabel('Find a unit').fill('z007');
    await expect.poll(() => units.count(), { timeout: longest }).toBe(1);
    const unit = await app.save(() => button('Save as PNG').click(), 'Sample-images-units.png');
    expect(await sharp(unit).metadata()).toMatchObject({ width: 9 * side * scale + 8 * 4, height: side * scale });

    await chooseMode(page, 'Samples');
    const sample = page.getByRole('img', { name: 'Sample 16' });
    await sample.waitFor();
    const ofOne = await pixelsOf(sample);
    await button('Others').click();
    await changed(sample, ofOne);
    await page.getByLabel('Seed').fill('1');
    await expect.poll(() => pixelsOf(sample), { timeout: longest }).toEqual(ofOne);
    const sheet = await app.save(() => button('Save as PNG').click(), 'Sample-images-samples-1.png');
    expect((await sharp(sheet).metadata()).width).toBe(4 * side * scale + 3 * 4);
    expect(app.complaints).toEqual([]);
  });

  test('levels move by whole ones, and a model without a prior says why it draws no samples', {
    timeout: limit,
  }, async () => {
    const app = await openDecode(door, 'fsq');
    const { page } = app;
    await page.getByRole('combobox', { name: /^What is decoded/ }).click();
    const samples = page.getByRole('option', { name: /^Samples Not of the preset fsq/ });
    expect(await samples.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('option', { name: 'Single units of a code' }).click();
    await page.getByText('Click an image on the map first.').waitFor();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowRight');
    const unit = page.getByRole('slider', { name: /^z\d{3}$/ }).first();
    const decoded = page.getByRole('img', { name: /decoded with the units as they are set$/ });
    await decoded.waitFor();
    await unit.press('Home');
    expect(await unit.getAttribute('aria-valuetext')).toBe('0');
    await unit.press('ArrowRight');
    expect(await unit.getAttribute('aria-valuetext')).toBe('1');
    const low = await pixelsOf(decoded);
    await unit.press('End');
    await changed(decoded, low);
    expect(app.complaints).toEqual([]);
  });
});
