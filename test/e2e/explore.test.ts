// The map: map, table and card show one and the same image; the CSV holds what the lasso enclosed, and nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../support/processes.ts';
import { repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type App, isThere, startApp, throughEachDoor } from './app.ts';
import type { DoorName } from './doors.ts';
import { limit, longest, pressOn, tabTo } from './steps.ts';

let app: App;

/** The explore screen on 3,000 drawn images that were trained on for a moment. */
async function openMap(door: DoorName): Promise<App> {
  const workspace = join(temporaryFolder(), 'workspace');
  const reduce = ['reduce', '--samples', '--hidden', '32', '--epochs', '2', '--workspace', workspace];
  const { code, stderr } = await run(process.execPath, [
    join(repository, 'src-main/host/pinhole.mjs'),
    ...reduce,
    ...['--out', temporaryFolder()],
  ]);
  if (code !== 0) throw new Error(stderr);
  const app = await startApp({ door, workspace });
  await app.page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  await app.page.getByRole('application', { name: 'Map of 3,000 images' }).waitFor();
  await app.page.getByRole('row', { name: 'circle/00000.png' }).waitFor();
  return app;
}

interface Row {
  id: number;
  x: number;
  y: number;
  path: string;
}

async function saveSelection(): Promise<Row[]> {
  const file = await app.save(() => app.page.getByRole('button', { name: 'Save as CSV' }).click());
  const lines = readFileSync(file, 'utf8').trim().split('\r\n');
  const header = lines[0]!.split(',');
  const column = (name: string) => header.indexOf(name);
  return lines.slice(1).map((line) => {
    const cells = line.split(',');
    const [id, x, y] = ['image_id', 'map_x', 'map_y'].map((name) => Number(cells[column(name)]));
    return { id: id!, x: x!, y: y!, path: cells[column('path')]! };
  });
}

const sortedBy = (page: Page, column: string) =>
  page.getByRole('columnheader', { name: column, exact: true }).getAttribute('aria-sort');

/** Of the column that the table is sorted by, which stands behind the path. */
async function firstValues(page: Page, count: number): Promise<number[]> {
  const texts: string[] = [];
  for (let row = 2; row < 2 + count; row++) {
    const cell = page.locator(`[role="row"][aria-rowindex="${row}"]`).getByRole('gridcell').nth(3);
    texts.push((await cell.textContent())!);
  }
  return texts.map(Number);
}

throughEachDoor((door) => {
  beforeAll(async () => {
    if (isThere(door)) app = await openMap(door);
  }, limit);

  test('the CSV of a lasso has the images that it enclosed', { timeout: limit }, async () => {
    const { page, complaints } = app;
    await page.getByRole('button', { name: 'All', exact: true }).click();
    const all = await saveSelection();
    expect(all).toHaveLength(3000);
    const xs = all.map(({ x }) => x);
    const middle = (Math.min(...xs) + Math.max(...xs)) / 2;

    await page.getByRole('radio', { name: 'Lasso' }).check();
    const box = (await page.getByRole('application').boundingBox())!;
    const corners = [
      [2, 2],
      [box.width / 2, 2],
      [box.width / 2, box.height - 2],
      [2, box.height - 2],
    ] as const;
    await page.mouse.move(box.x + corners[0][0], box.y + corners[0][1]);
    await page.mouse.down();
    for (const [x, y] of corners.slice(1)) await page.mouse.move(box.x + x, box.y + y, { steps: 5 });
    await page.mouse.up();

    const enclosed = all.filter(({ x }) => x < middle);
    expect(enclosed.length).toBeGreaterThan(100);
    await page
      .getByText(`${enclosed.length.toLocaleString('en')} images selected`)
      .first()
      .waitFor();
    const saved = await saveSelection();
    expect(saved.map(({ id }) => id)).toEqual(enclosed.map(({ id }) => id));
    expect(complaints).toEqual([]);
  });

  test('a rectangle selects; held keys add a second one and take a part away again; undo goes back step by step', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    const map = page.getByRole('application');
    const { x, y, width, height } = (await map.boundingBox())!;
    const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
      await page.mouse.move(x + from[0] * width, y + from[1] * height);
      await page.mouse.down();
      await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 5 });
      await page.mouse.up();
    };
    const selected = () => page.getByRole('group', { name: 'Select', exact: true }).getByRole('status').textContent();
    const changed = async (act: () => Promise<void>) => {
      const before = await selected();
      await act();
      await expect.poll(selected, { timeout: longest }).not.toBe(before);
      return Number(/[\d,]+/.exec((await selected())!)![0].replace(',', ''));
    };
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await map.focus();
    await page.keyboard.press('r');
    await page.getByRole('radio', { name: 'Box' }).and(page.locator(':checked')).waitFor();
    const left = await changed(() => drag([0.01, 0.01], [0.5, 0.99]));
    expect(left).toBeGreaterThan(100);
    await page.keyboard.down('Shift');
    expect(await changed(() => drag([0.99, 0.99], [0.49, 0.01]))).toBe(3000);
    await page.keyboard.up('Shift');
    await page.keyboard.down('Alt');
    expect(await changed(() => drag([0.01, 0.01], [0.5, 0.99]))).toBe(3000 - left);
    await page.keyboard.up('Alt');
    await map.focus();
    expect(await changed(() => page.keyboard.press('Control+z'))).toBe(3000);
    expect(await changed(() => page.keyboard.press('Control+z'))).toBe(left);
    await page.keyboard.press('h');
    await page.getByRole('button', { name: 'None', exact: true }).click();
  });

  test('map, table and card show the same image; a click on the table moves the map', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await page.getByLabel('Filter by path or label').fill('star/00');
    const row = page.getByRole('row', { name: 'star/00004.png' });
    await row.click();
    const card = page.getByRole('region', { name: 'Image' });
    await card.getByText('star/00004.png').waitFor();
    await card.getByRole('img', { name: 'Original of star/00004.png' }).waitFor();
    await card.getByRole('img', { name: 'Reconstruction of star/00004.png' }).waitFor();
    await card.getByRole('img', { name: /^Residual of star\/00004\.png, error 0\.\d+/ }).waitFor();
    await card.getByRole('img', { name: 'Colours of the residual, from 0 to 0.25 and more' }).waitFor();
    // The ring on the map is at the image: pointing there finds it, or one that lies on the same spot.
    const ring = (await page.locator('.ring').first().boundingBox())!;
    await page.mouse.move(ring.x + ring.width / 2, ring.y + ring.height / 2);
    await page.getByRole('row', { name: 'star/00004.png' }).and(page.locator('.pointed')).waitFor();
    await page.getByLabel('Filter by path or label').fill('');
  });

  test('the table as pictures: the same images in the same order, by keyboard, shown on the map as well', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await page.getByLabel('Filter by path or label').fill('moon');
    await page.getByRole('button', { name: 'Show as pictures' }).click();
    const gallery = page.getByRole('listbox', { name: 'Images as pictures' });
    await gallery.getByRole('option').nth(3).waitFor();
    expect(await gallery.getByRole('option').first().getAttribute('aria-setsize')).toBe('375');
    await gallery.focus();
    await page.keyboard.press('End');
    const last = gallery.locator('[aria-posinset="375"]');
    const path = (await last.getAttribute('title'))!;
    await page.getByRole('region', { name: 'Image' }).getByText(path).waitFor();
    await page.locator('.ring').first().waitFor();
    await page.keyboard.press('Space');
    await page.getByText('1 image selected').first().waitFor();
    await page.getByRole('button', { name: 'Show as a table' }).click();
    // The table is where the gallery was.
    await page.getByRole('row', { name: path }).and(page.locator('.current')).waitFor();
    await page.getByLabel('Filter by path or label').fill('');
  });

  test('nothing moves when an image is pointed at: the row below the pointer stays there', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await page.getByRole('grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'None', exact: true }).hover();
    await page.getByText('Point at an image to see it here; click to keep it.').waitFor();
    const path = 'circle/00000.png';
    const row = page.getByRole('row', { name: path });
    const before = await row.boundingBox();
    await row.hover();
    await page.getByRole('region', { name: 'Image' }).getByText(path).waitFor();
    expect(await row.boundingBox()).toEqual(before);
  });

  test('a map that one comes back to is there as it was, and is not drawn anew', { timeout: limit }, async () => {
    const { page } = app;
    const map = page.getByRole('application');
    const navigation = page.getByRole('navigation');
    await navigation.getByRole('button', { name: 'Explore' }).hover();
    const box = (await map.boundingBox())!;
    // Without the rounded corners, which are not always smoothed in the same way.
    const clip = { x: box.x + 10, y: box.y + 10, width: box.width - 20, height: box.height - 20 };
    const picture = () => page.screenshot({ clip });
    let before = await picture();
    const isStill = async () => {
      const last = before;
      before = await picture();
      return before.equals(last);
    };
    await expect.poll(isStill, { timeout: longest }).toBe(true);
    await page.evaluate(() => {
      const { prototype } = WebGL2RenderingContext;
      for (const name of ['drawArrays', 'drawElements'] as const) {
        const draw = prototype[name] as (...words: unknown[]) => void;
        prototype[name] = function (this: WebGL2RenderingContext, ...words: unknown[]) {
          document.documentElement.dataset.drawn = 'anew';
          draw.apply(this, words);
        };
      }
    });
    await navigation.getByRole('button', { name: 'Train' }).click();
    await map.waitFor({ state: 'hidden' });
    await navigation.getByRole('button', { name: 'Explore' }).click();
    await map.waitFor();
    await expect.poll(async () => (await picture()).equals(before), { timeout: longest }).toBe(true);
    expect(await page.locator('html').getAttribute('data-drawn')).toBeNull();
  });

  test('by keyboard alone: to an image, select it, the next one, the large view', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('button', { name: 'None', exact: true }).click();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.getByText('1 image selected').first().waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await page.getByText('2 images selected').first().waitFor();
    await page.keyboard.press('Enter');
    await page
      .getByRole('dialog')
      .getByRole('img', { name: /^Original of/ })
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: 'triangle/02995.png' }).waitFor();
  });

  test('a map by t-SNE with its own setting, how true it is, and the nearest of an image', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await page.getByRole('radio', { name: 't-SNE' }).check();
    await page.getByLabel('Perplexity').fill('1');
    await page.getByText('Expected a number from 2 to 100.').waitFor();
    expect(await page.getByRole('button', { name: 'Run t-SNE' }).isDisabled()).toBe(true);
    await page.getByLabel('Perplexity').fill('12');
    await page.getByRole('button', { name: 'Run t-SNE' }).click();
    await page.getByText(/^Perplexity 12 · trustworthiness 0\.\d\d$/).waitFor({ timeout: longest });
    await page.getByRole('application').waitFor();
    await page.getByRole('row').nth(3).click();
    await page.getByRole('button', { name: 'Select it with the 15 nearest images' }).click();
    await page.getByText('16 images selected').first().waitFor();
    // Itself first, then the others from the nearest on.
    expect(await sortedBy(page, 'Distance')).toBe('ascending');
    const [first, ...others] = await firstValues(page, 5);
    expect(first).toBe(0);
    expect(others.every((distance) => distance > 0)).toBe(true);
    expect(others).toEqual(others.toSorted((a, b) => a - b));
    await page.getByRole('radio', { name: 'PCA' }).check();
    await page.getByText('16 images selected').first().waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('a selection gets a label, by keyboard; every other place shows it, and it can be undone', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    await page.getByRole('row').nth(3).click();
    await page.getByRole('button', { name: 'Select it with the 15 nearest images' }).click();
    await page.getByText('16 images selected').first().waitFor();
    await pressOn(page, page.getByRole('button', { name: 'Set label' }));
    const field = page.getByLabel('Label of the selected images');
    await tabTo(page, field);
    await page.keyboard.type(' odd rings ');
    await page.keyboard.press('Enter');
    await page.getByText('16 images are labelled “odd rings”.').waitFor();
    const legend = page.getByRole('list', { name: 'Labels' });
    const entry = legend.getByRole('button', { name: /^odd rings/ });
    await entry.waitFor();
    await page.getByText('16 images selected').first().waitFor();
    const file = await app.save(() => page.getByRole('button', { name: 'Save as CSV' }).click());
    expect(readFileSync(file, 'utf8').match(/,odd rings,/g)).toHaveLength(16);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await entry.waitFor({ state: 'detached' });
    expect(app.complaints).toEqual([]);
  });

  test('copies, what stands out, and groups are looked for when one says so', { timeout: limit }, async () => {
    const { page } = app;
    const find = () => page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' });
    const part = (name: string) => page.getByRole('region', { name });
    await find().click();
    for (const name of ['Copies', 'Images that stand out', 'Groups']) {
      await part(name).getByRole('button', { name: 'Find' }).click();
    }
    await part('Copies').getByText('0 copies in 0 groups.').waitFor({ timeout: longest });
    await part('Images that stand out').getByRole('button', { name: 'Select them' }).click({ timeout: longest });
    await page
      .getByText(/^\d+ images selected$/)
      .first()
      .waitFor();
    expect(await sortedBy(page, 'Outlier')).toBe('descending');
    const scores = await firstValues(page, 5);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    await part('Groups').getByRole('button', { name: 'Colour by cluster' }).click({ timeout: longest });
    await page.keyboard.press('Escape');
    const legend = page.getByRole('list', { name: 'Labels' });
    await legend.getByRole('button', { name: /^1\b/ }).first().click();
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).not.toBe('3001');
    await page.getByRole('button', { name: 'Show all', exact: true }).click();
    expect(app.complaints).toEqual([]);
  });

  test('a map by UMAP is made when it is asked for', { timeout: limit }, async () => {
    const { page, complaints } = app;
    await page.getByRole('radio', { name: 'UMAP' }).check();
    await page.getByRole('button', { name: 'Run UMAP' }).click();
    await page.getByText('15 neighbours, distance 0.1, seed 1').waitFor({ timeout: longest });
    await page.getByRole('application', { name: 'Map of 3,000 images' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
