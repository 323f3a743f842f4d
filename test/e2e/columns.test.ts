// A person's own table: brought to the images of a data set, seen on map, table and card, taken along by the export, removed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { type App, isThere, startApp, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const count = 60;
let app: App;

throughEachDoor((door) => {
  beforeAll(async () => {
    if (!isThere(door)) return;
    const workspace = await makeWorkspace({ images: count, run: { epochs: 2, codeSize: 40 } });
    app = await startApp({ door, workspace, files: temporaryFolder() });
  }, limit);

  /** A CSV with these lines, chosen as a person does. */
  async function bring(name: string, lines: readonly string[]) {
    const { page, files } = app;
    const file = join(files, name);
    writeFileSync(file, `${lines.join('\r\n')}\r\n`);
    if (door === 'browser') await page.locator('input[accept*=".csv"]').setInputFiles(file);
    else await app.choose(() => page.getByRole('button', { name: 'Add columns from a CSV…' }).click(), file);
  }

  test('columns of a CSV are listed; what is wrong with one is said', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('navigation').getByRole('button', { name: 'Import' }).click();
    await page.getByRole('button', { name: 'Details' }).click();
    await bring('wrong.csv', ['image_id,mse', '0,1']);
    await page
      .getByText(/^Expected columns that have other names than Pinhole’s own for .*wrong\.csv, received mse$/)
      .waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
    const half = Array.from(
      { length: count / 2 },
      (_, id) => `${id},${1950 + id},${id % 3 ? '"south; ""old"""' : 'north'}`,
    );
    await bring('about.csv', ['image_id,year,place', ...half, '999,1,north']);
    await page.getByText(`Added for 30 of 60 images: year, place.`).waitFor();
    await page
      .getByText('1 row names no image of this data set: compare its path with those of the table in Explore.')
      .waitFor();
    await page
      .getByRole('list', { name: 'Columns' })
      .getByRole('listitem')
      .filter({ hasText: 'year numbers' })
      .waitFor();
    await page.getByRole('button', { name: 'Colour the map' }).click();
    await page.getByRole('application', { name: `Map of ${count} images` }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('colours by a column of texts are groups, by numbers a scale; a value of the code, too', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    const colorBy = async (name: string) => {
      await page.getByRole('combobox', { name: /^Colour: / }).click();
      await page.getByRole('option', { name }).click();
    };
    await colorBy('place');
    const legend = page.getByRole('list', { name: 'Values' });
    await legend.getByRole('button', { name: 'north: 10 images' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^10 images$/ })
      .waitFor();
    await legend.getByRole('button', { name: 'No value: 30 images' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^40 images$/ })
      .waitFor();
    await page.getByRole('button', { name: 'Show all', exact: true }).click();
    await colorBy('year');
    await page.getByRole('img', { name: 'year, from 1950 to 1979' }).waitFor();
    await page.getByText('No value 30').waitFor();
    await page
      .getByRole('status')
      .filter({ hasText: /^60 images$/ })
      .waitFor();
    // Forty values of the code would be a long list: the one that the table is sorted by is in it.
    await page.getByRole('combobox', { name: /^Sort by: / }).click();
    await page.getByRole('option', { name: 'z033' }).click();
    await colorBy('z033');
    await page.getByRole('img', { name: /^z033, from / }).waitFor();
    await colorBy('Folder');
    await legend.getByRole('button', { name: /^circle: \d+ images/ }).waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('the table is sorted by a column, and the card says what it says of the image', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('combobox', { name: /^Sort by: / }).click();
    await page.getByRole('option', { name: 'year' }).click();
    await page.getByRole('button', { name: 'Ascending: turn around' }).click();
    await page.getByRole('columnheader', { name: 'year' }).waitFor();
    const first = page.getByRole('row').nth(1);
    await first.getByRole('gridcell', { name: '1979', exact: true }).waitFor();
    await first.click();
    const card = page.getByRole('group', { name: 'Imported columns' });
    await card.getByText('1979').waitFor();
    await card.getByText('south; "old"').waitFor();
    expect(app.complaints).toEqual([]);
  });

  test('the export has the columns that are wanted; one that is removed is gone, and comes back', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    const file = await app.save(async () => {
      await page.getByRole('button', { name: 'All', exact: true }).click();
      await page.getByRole('button', { name: 'Save as CSV' }).click();
    });
    const lines = readFileSync(file, 'utf8').split('\r\n');
    expect(lines[0]).toContain(',map_x,map_y,year,place,z000,');
    expect(lines[2]).toContain(',1951,"south; ""old""",');
    await page.getByRole('navigation').getByRole('button', { name: 'Export' }).click();
    await page.getByRole('columnheader', { name: 'year' }).waitFor();
    await page.getByRole('checkbox', { name: 'year' }).uncheck();
    await page.getByRole('columnheader', { name: 'year' }).waitFor({ state: 'detached' });
    await page.getByRole('columnheader', { name: 'place' }).waitFor();
    await page.getByRole('checkbox', { name: 'Map as SVG' }).check();
    await page.getByLabel('Its colours: ').click();
    await page.getByRole('option', { name: 'place' }).click();
    await page.getByLabel('Its colours: place').waitFor();
    await page.getByLabel('Folder to write to').fill(app.files);
    await page.getByRole('main').getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByText(/^Done: \d files/).waitFor();
    expect(readFileSync(join(app.files, 'map.svg'), 'utf8')).toContain('>no value · ');
    await page.getByRole('navigation').getByRole('button', { name: 'Import' }).click();
    await page.getByRole('button', { name: 'Remove the column “place”' }).click();
    await page.getByText('The column “place” is removed.').waitFor();
    await page
      .getByRole('list', { name: 'Columns' })
      .getByRole('listitem')
      .filter({ hasText: 'place texts' })
      .waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo', exact: true }).click({ timeout: longest });
    await page
      .getByRole('list', { name: 'Columns' })
      .getByRole('listitem')
      .filter({ hasText: 'place texts' })
      .waitFor();
    expect(app.complaints).toEqual([]);
  });
});
