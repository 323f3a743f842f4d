// All 70,000 digits of MNIST in the window: map, labels, a lasso around a digit, neighbours, copies, odd ones, groups, a walk, export.
// Leaves screenshots in test/reports/mnist.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import { openCatalogue } from '../../src-main/dataset/catalogue.ts';
import { readNpy } from '../../src-main/files/npy.ts';
import { boundsOf, fitView, toScreen } from '../../src-renderer/drawing/view.ts';
import { run } from '../support/processes.ts';
import { mnistPngFolder, need, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest, readCsv } from './steps.ts';

const reports = join(repository, 'test/reports/mnist');

/** The digits with a run of one epoch. */
async function reduceMnist(): Promise<string> {
  const workspace = join(temporaryFolder(), 'workspace');
  const words = ['import', await mnistPngFolder(), '--name', 'MNIST', '--workspace', workspace];
  for (const command of [words, ['train', 'MNIST', '--epochs', '1', '--workspace', workspace]]) {
    const { code, stderr } = await run(process.execPath, [join(repository, 'src-main/host/pinhole.mjs'), ...command]);
    if (code !== 0) throw new Error(stderr);
  }
  return workspace;
}

/** Corners of a polygon around most of the images of a label, on the screen. */
async function around(page: Page, workspace: string, label: string): Promise<[number, number][]> {
  const catalogue = openCatalogue(workspace, { readOnly: true });
  const [made] = catalogue.listRuns();
  const labels = catalogue.items(made!.datasetId).map((item) => item.label);
  catalogue.close();
  const xy = (await readNpy(join(made!.folder, 'maps', 'umap.npy'))).data as Float32Array;
  const rows = labels.flatMap((one, row) => (one === label ? [row] : []));
  const middle = ([0, 1] as const).map((axis) => median(rows.map((row) => xy[2 * row + axis]!)));
  const radius = quantile(
    rows.map((row) => Math.hypot(xy[2 * row]! - middle[0]!, xy[2 * row + 1]! - middle[1]!)),
    0.6,
  );
  const box = (await page.getByRole('application').boundingBox())!;
  const view = fitView(boundsOf(xy), box);
  return Array.from({ length: 13 }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / 12;
    const place = [middle[0]! + radius * Math.cos(angle), middle[1]! + radius * Math.sin(angle)] as const;
    const [x, y] = toScreen(view, box, ...place);
    return [box.x + x, box.y + y];
  });
}

const quantile = (values: number[], share: number) => values.sort((a, b) => a - b)[Math.floor(share * values.length)]!;
const median = (values: number[]) => quantile(values, 0.5);

throughEachDoor((door) => {
  beforeEach((context) => need(context, 'mnist-png'));

  test('MNIST: from the map to the selection in a file', { timeout: limit }, async () => {
    mkdirSync(reports, { recursive: true });
    const workspace = await reduceMnist();
    const app = await startApp({ door, workspace });
    const { page } = app;
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const shot = async (name: string) => {
      // Nothing is pointed at, and pictures have come.
      await page.getByRole('heading', { name: 'Explore' }).hover();
      await page.waitForTimeout(1000);
      // Without a graphics card a part of the images is seen before all of them.
      await page.getByText(/shown so far$/).waitFor({ state: 'hidden', timeout: longest });
      await page.screenshot({ path: join(reports, `${door}-${name}.png`) });
    };
    const selected = async () => {
      const text = await page.getByRole('group', { name: 'Select', exact: true }).getByRole('status').textContent();
      return Number(/^[\d,]+/.exec(text!)?.[0].replaceAll(',', '') ?? 0);
    };

    await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
    const map = page.getByRole('application', { name: 'Map of 70,000 images' });
    await map.waitFor();
    await page.getByRole('row').nth(5).waitFor();
    await shot('1-pca');

    await page.getByRole('radio', { name: 'UMAP' }).check();
    await button('Run UMAP').click();
    await page.getByText(/trustworthiness 0\.9\d/i).waitFor({ timeout: longest });
    await map.waitFor();
    const legend = page.getByRole('list', { name: 'Labels' });
    expect(await legend.getByRole('button', { name: /^\d: [\d,]+ images$/ }).count()).toBe(10);
    await shot('2-umap-by-label');

    await page.getByRole('radio', { name: 'Lasso' }).check();
    const [first, ...corners] = await around(page, workspace, '1');
    await page.mouse.move(...first!);
    await page.mouse.down();
    for (const corner of corners) await page.mouse.move(...corner, { steps: 4 });
    await page.mouse.up();
    await expect.poll(selected, { timeout: longest }).toBeGreaterThan(3000);
    const enclosed = await selected();
    await page.getByRole('switch', { name: 'Selected only' }).click();
    await page.getByText(`${enclosed.toLocaleString('en')} images`, { exact: true }).waitFor();
    await button('Show as pictures').click();
    await page.getByRole('option').nth(5).waitFor();
    await shot('3-lasso');

    const rows = readCsv(await app.save(() => button('Save as CSV').click()));
    expect(rows).toHaveLength(enclosed);
    expect(rows.filter(({ label }) => label === '1').length / enclosed).toBeGreaterThan(0.9);
    await button('Show as a table').click();
    await page.getByRole('switch', { name: 'Selected only' }).click();

    const filter = page.getByLabel('Filter by path or label');
    await filter.fill(rows[0]!.path!);
    await page.getByRole('row', { name: rows[0]!.path! }).click();
    await filter.fill('');
    await button('Select it with the 15 nearest images').click();
    await expect.poll(selected, { timeout: longest }).toBe(16);
    await page.getByRole('switch', { name: 'Selected only' }).click();
    await shot('4-neighbours');
    await page.getByRole('switch', { name: 'Selected only' }).click();

    const find = page.getByRole('group', { name: 'Select', exact: true }).getByRole('button', { name: 'Find' });
    const part = (name: string) => page.getByRole('region', { name });
    await find.click();
    for (const name of ['Copies', 'Images that stand out', 'Groups'])
      await part(name).getByRole('button', { name: 'Find' }).click();
    await part('Copies')
      .getByText(/^[\d,]+ cop(y|ies) in [\d,]+ groups?\.$/)
      .waitFor({ timeout: longest });
    await part('Images that stand out').getByRole('button', { name: 'Select them' }).click({ timeout: longest });
    await part('Groups').getByRole('button', { name: 'Colour by cluster' }).click({ timeout: longest });
    await page.screenshot({ path: join(reports, `${door}-5-found.png`) });
    await page.keyboard.press('Escape');
    expect(await selected()).toBeGreaterThan(0);
    await page.getByRole('switch', { name: 'Selected only' }).click();
    await button('Show as pictures').click();
    await page.getByRole('option').nth(1).waitFor();
    await shot('6-outliers-and-clusters');
    await button('Show as a table').click();
    await page.getByRole('switch', { name: 'Selected only' }).click();

    await button('None').click();
    for (const name of [rows[0]!.path!, rows.at(-1)!.path!]) {
      await filter.fill(name);
      await page.getByRole('row', { name }).getByRole('checkbox').check();
    }
    await filter.fill('');
    await page.getByRole('radio', { name: 'Decode' }).check();
    await page.getByRole('combobox', { name: /^What is decoded/ }).click();
    await page.getByRole('option', { name: 'A walk between two images' }).click();
    await button('Take the two selected').click();
    await expect.poll(() => page.getByRole('img', { name: /^Step \d of 9$/ }).count(), { timeout: longest }).toBe(9);
    await shot('7-walk');
    const strip = await app.save(() => button('Save as PNG').click(), 'MNIST-walk.png');
    const { width, height } = await sharp(readFileSync(strip)).metadata();
    expect(width).toBe(9 * height + 8 * 4);
    expect(app.complaints).toEqual([]);
  });
});
