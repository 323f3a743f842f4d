// The whole way of a person with a pointer: drop a folder, train, look at the map, draw a lasso, take the selection home as CSV.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openCatalogue } from '../../src-main/dataset/catalogue.ts';
import { mnistPngFolder, need } from '../support/resources.ts';
import { drop, startApp, takeImages, throughEachDoor } from './app.ts';
import { limit, longest, readCsv, readResult, readTable } from './steps.ts';

throughEachDoor((door) => {
  beforeEach((context) => need(context, 'mnist-png'));

  test('2,000 digits and three files that are none: dropped, trained below PCA, lassoed, saved as the window shows it', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door });
    const { page } = app;
    const folder = join(app.files, 'digits');
    takeImages(join(await mnistPngFolder(), 'train'), folder, 200);
    writeFileSync(join(folder, '3', 'empty.png'), '');
    writeFileSync(join(folder, '7', 'text.png'), 'not a picture');
    writeFileSync(
      join(folder, '9', 'cut.png'),
      readFileSync(join(folder, '9', readdirSync(join(folder, '9'))[0]!)).subarray(0, 120),
    );

    await drop(page, folder);
    await page.getByRole('button', { name: /^Import 2,00\d images$/ }).click({ timeout: longest });
    await page.getByText('2,000 images imported as “digits”').waitFor({ timeout: longest });
    await page.getByText('3 files were passed over').first().waitFor();
    for (const name of ['3/empty.png', '7/text.png', '9/cut.png']) await page.getByText(name).first().waitFor();

    await page.getByRole('button', { name: 'Train on them' }).click();
    await page.getByRole('button', { name: 'Advanced settings' }).click();
    await page.getByLabel('Code size', { exact: true }).fill('12');
    await page.getByLabel('Epochs', { exact: true }).fill('5');
    await page.getByRole('main').getByRole('button', { name: 'Train', exact: true }).click();
    const { model, pca } = await readResult(page);
    expect(model).toBeGreaterThan(0);
    expect(model).toBeLessThan(pca);
    await page.getByText(/% lower than PCA with as many numbers/).waitFor();

    await page.getByRole('button', { name: 'Explore the codes' }).click();
    const map = page.getByRole('application', { name: 'Map of 2,000 images' });
    await map.waitFor();
    await page.getByRole('radio', { name: 'Lasso' }).check();
    const { x, y, width, height } = (await map.boundingBox())!;
    const corners = [0.35, 0.3, 0.75, 0.35, 0.6, 0.8, 0.4, 0.7];
    const at = (index: number): [number, number] => [x + width * corners[index]!, y + height * corners[index + 1]!];
    await page.mouse.move(...at(0));
    await page.mouse.down();
    for (const corner of [2, 4, 6]) await page.mouse.move(...at(corner), { steps: 5 });
    await page.mouse.up();

    const said = await page
      .getByText(/^[\d,]+ images selected$/)
      .first()
      .textContent();
    await page.getByRole('switch', { name: 'Selected only' }).click();
    const shown = await readTable(page);
    expect(shown.length).toBeGreaterThan(50);
    expect(shown.length).toBeLessThan(1900);
    expect(said).toBe(`${shown.length.toLocaleString('en')} images selected`);

    const rows = readCsv(await app.save(() => page.getByRole('button', { name: 'Save as CSV' }).click()));
    expect(rows.map(({ path, label }) => ({ path, label }))).toEqual(shown);
    for (const { path, image_id } of [rows[0]!, rows[Math.floor(rows.length / 2)]!]) {
      await page.getByLabel('Filter by path or label').fill(path!);
      await page.getByRole('row', { name: path! }).click();
      await page.getByRole('region', { name: 'Image' }).getByText(`#${image_id}`, { exact: true }).waitFor();
    }
    expect(app.complaints).toEqual([]);

    // The ids are those of the workspace, image by image.
    const catalogue = openCatalogue(app.workspace, { readOnly: true });
    const items = new Map(catalogue.items(catalogue.listDatasets()[0]!.id).map(({ id, path }) => [path, id]));
    catalogue.close();
    expect(rows.map(({ image_id }) => Number(image_id))).toEqual(shown.map(({ path }) => items.get(path)));
  });
});
