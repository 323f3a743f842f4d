// Export: chosen columns of a selection and of all images, files that are replaced, downloads, cancel, by keyboard.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { parseNpy } from '../../src-main/files/npy.ts';
import { launchChromium } from '../support/chromium.ts';
import { unzip } from '../support/unzip.ts';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest, pressOn, tabTo } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const images = 150;

/** With a finished run, where asked for. */
const prepare = (withRun = true) => makeWorkspace({ images, run: withRun ? { epochs: 2, codeSize: 5 } : undefined });

const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();
const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
const readTable = (file: string) =>
  readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));

const begins = (words: string) => (file: Buffer) => file.subarray(0, words.length).toString('latin1') === words;
const array = (shape: number[]) => (file: Buffer) => isDeepStrictEqual(parseNpy(file).shape, shape);
const table = (file: Buffer) => file.toString().trimEnd().split('\r\n').length === images + 1;
const object = (file: Buffer) => typeof JSON.parse(file.toString()) === 'object';
/** An ONNX file begins with the version of its format, a safetensors file with the length of its header. */
const model = (file: Buffer) => file[0] === 8 && file.length > 1000;

/** Of each format, in the order of the screen: its files, and whether what is in them is right. */
const contents: Record<string, Record<string, (file: Buffer) => boolean>> = {
  CSV: { 'features.csv': table, 'features.json': object },
  Parquet: { 'features.parquet': (file) => begins('PAR1')(file) && file.subarray(-4).toString() === 'PAR1' },
  NumPy: { 'codes.npy': array([images, 5]), 'image_ids.npy': array([images]) },
  Model: { 'model/encoder.onnx': model, 'model/decoder.onnx': model, 'model/model.json': object },
  'Contact sheet': { 'contact-sheet.png': begins('\x89PNG') },
  'Loss plot': { 'loss.svg': begins('<svg') },
  'Map as SVG': { 'map.svg': begins('<svg') },
  'Map as PNG': { 'map.png': begins('\x89PNG') },
  Report: { 'report.html': begins('<!DOCTYPE html>') },
  // A record begins with its length, a little-endian 64-bit number.
  TensorBoard: { 'tensorboard/**/events.out.*': (file) => file.readBigUInt64LE() < file.length },
  'Embedding Projector': {
    'projector/vectors.tsv': (file) => file.toString().trimEnd().split('\n').length === images,
    'projector/metadata.tsv': (file) => file.toString().trimEnd().split('\n').length === images + 1,
    'projector/sprite.png': begins('\x89PNG'),
    'projector/projector_config.pbtxt': begins('embeddings {'),
  },
  'Run record': { 'run.pinhole-run.json': object },
};

/** The page as a browser shows it that opens the file, in the dark and on a narrow screen; and what it asks for or complains of. */
async function readOffline(file: string) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ colorScheme: 'dark', viewport: { width: 390, height: 800 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const address = pathToFileURL(file).href;
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(address);
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    if (!fits) complaints.push('It is wider than the screen.');
    const pictures = page.locator('img');
    return {
      complaints,
      title: await page.title(),
      headings: await page.getByRole('heading', { level: 2 }).allTextContents(),
      pictures: await pictures.count(),
      broken: await pictures.evaluateAll(
        (all) => all.filter((image) => !(image as HTMLImageElement).naturalWidth).length,
      ),
      dark: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    };
  } finally {
    await browser.close();
  }
}

throughEachDoor((door) => {
  test('chosen columns, with a preview that says what will be written, and a download of it', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Export');
    const table = page.getByRole('region', { name: 'How it will look' });
    await table.getByRole('columnheader', { name: 'z004' }).waitFor();
    for (const name of ['Contact sheet', 'SHA-256', 'Size', 'Split', 'Codes z000'])
      await page.getByRole('checkbox', { name }).uncheck();
    await page.getByRole('checkbox', { name: 'Place on the map' }).check();
    await table.getByRole('columnheader', { name: 'map_y' }).waitFor();
    await table.getByRole('columnheader', { name: 'z000' }).waitFor({ state: 'hidden' });
    const cellsOf = async (rows: string) =>
      Promise.all((await table.locator(rows).all()).map((row) => row.locator('th, td').allTextContents()));
    const preview = [...(await cellsOf('thead tr')), ...(await cellsOf('tbody tr'))];

    const out = join(app.files, 'a', 'b');
    await page.getByLabel('Folder to write to').fill(out);
    await button(page, 'Export').click();
    await page.getByText('Done: 2 files').waitFor();
    const rows = readTable(join(out, 'features.csv'));
    expect(rows[0]).toEqual(['image_id', 'path', 'label', 'mse', 'map_x', 'map_y']);
    expect(rows).toHaveLength(images + 1);
    expect(rows.slice(0, preview.length)).toEqual(preview);
    expect(existsSync(join(out, 'contact-sheet.png'))).toBe(false);

    if (door === 'browser') {
      const arrives = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download features.csv' }).click();
      const download = await arrives;
      expect(download.suggestedFilename()).toBe('features.csv');
      expect(readFileSync(await download.path())).toEqual(readFileSync(join(out, 'features.csv')));
    } else {
      await page.getByRole('button', { name: 'Show features.csv in its folder' }).waitFor();
    }

    // What was chosen is there the next time; what lies there is said before it is replaced.
    await page.reload();
    await page.getByText('Replaces what is there: features.csv, features.json.').waitFor();
    expect(await page.getByLabel('Folder to write to').inputValue()).toBe(out);
    expect(await page.getByRole('checkbox', { name: 'Codes z000' }).isChecked()).toBe(false);
    expect(await page.getByRole('checkbox', { name: 'Place on the map' }).isChecked()).toBe(true);
    expect(app.complaints).toEqual([]);
  });

  test('the selection made on the map, its ids beside its codes; then all images in its place', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Explore');
    await page.getByRole('button', { name: /^Select .*circle/ }).click();
    const said = await page
      .getByText(/^\d+ images selected$/)
      .first()
      .textContent();
    const count = Number.parseInt(said!, 10);
    expect(count).toBeGreaterThan(3);
    await open(page, 'Export');
    await page.getByText(`${count} of ${images} images.`).waitFor();
    expect(await page.getByRole('radio', { name: `Only the ${count} selected` }).isChecked()).toBe(true);
    await page.getByRole('checkbox', { name: 'NumPy' }).check();
    await page.getByLabel('Folder to write to').fill(join(app.files, 'circles'));
    await button(page, 'Export').click();
    await page.getByText(/^Done: 5 files/).waitFor();
    const [header, ...rows] = readTable(join(app.files, 'circles', 'features.csv'));
    expect(rows.map((row) => row[header!.indexOf('label')])).toEqual(Array(count).fill('circle'));
    const { data } = parseNpy(readFileSync(join(app.files, 'circles', 'image_ids.npy')));
    expect(Array.from(data as Int32Array)).toEqual(rows.map(([id]) => Number(id)));

    await page.getByRole('radio', { name: `All ${images} images` }).check();
    await page.getByText('Replaces features.csv, features.json and 3 more.').waitFor();
    await button(page, 'Export').click();
    await page.getByText(/^Done: 5 files/).waitFor();
    expect(readTable(join(app.files, 'circles', 'features.csv'))).toHaveLength(images + 1);
    expect(app.complaints).toEqual([]);
  });

  test('what stands in the way is said beside the button', { timeout: limit }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Export');
    const start = button(page, 'Export');
    await page.getByText(`All ${images} images.`).waitFor();
    await page.getByRole('checkbox', { name: 'Place on the map' }).check();
    await page.getByText('UMAP', { exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'This run has no such map yet.' }).waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByText('PCA', { exact: true }).click();
    await page.getByRole('checkbox', { name: 'Group' }).check();
    await page.getByRole('status').filter({ hasText: 'Groups have not been looked for yet.' }).waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Find them on the Explore screen' }).click();
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    const groups = page.getByRole('region', { name: 'Groups' });
    await groups.getByRole('button', { name: 'Find' }).click();
    await groups.getByRole('button', { name: 'Colour by cluster' }).waitFor();
    await page.keyboard.press('Escape');
    await open(page, 'Export');
    await expect.poll(() => start.isEnabled()).toBe(true);
    await page.getByRole('columnheader', { name: 'cluster' }).waitFor();
    await page.getByLabel('Folder to write to').fill('/etc/pinhole');
    await page.getByText('Expected a path in one of the folders that Pinhole may use').waitFor();
    expect(await start.isDisabled()).toBe(true);
    writeFileSync(join(app.files, 'file'), '');
    await page.getByLabel('Folder to write to').fill(join(app.files, 'file'));
    await page.getByText('Expected a folder to write to, received the file').waitFor();
    await page.getByLabel('Folder to write to').fill('');
    await page.getByText('Name a folder to write to.').waitFor();
    // Left empty, it is the run's own folder again.
    await page.getByLabel('Folder to write to').blur();
    expect(await page.getByLabel('Folder to write to').inputValue()).toContain(join('exports', 'recommended-'));
    // Among the folders of the machine that Pinhole runs on.
    mkdirSync(join(app.files, 'taken home'));
    await app.choose(() => page.getByRole('button', { name: 'Choose…' }).click(), join(app.files, 'taken home'));
    expect(await page.getByLabel('Folder to write to').inputValue()).toBe(join(app.files, 'taken home'));
    for (const box of await page.getByRole('group', { name: 'Files' }).getByRole('checkbox').all()) await box.uncheck();
    await page.getByText('Choose at least one kind of file.').waitFor();
    expect(await start.isDisabled()).toBe(true);
    expect(app.complaints).toEqual([]);
  });

  test('by keyboard alone: a file of every format, with what belongs in it, then off the list', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await pressOn(page, page.getByRole('navigation').getByRole('button', { name: 'Export' }));
    await page.getByText(`All ${images} images.`).waitFor();
    const formats = page.getByRole('group', { name: 'Files' });
    for (const name of Object.keys(contents)) {
      const box = formats.getByRole('checkbox', { name });
      await tabTo(page, box);
      if (!(await box.isChecked())) await page.keyboard.press('Space');
    }
    await tabTo(page, page.getByLabel('Folder to write to'));
    const out = join(app.files, 'all');
    await page.keyboard.press('Control+A');
    // As a whole, as from the clipboard: what lies there is looked at after every letter.
    await page.keyboard.insertText(out);
    await page.keyboard.press('Enter');
    await page.getByText(/^Done: \d+ files/).waitFor({ timeout: longest });
    const all = Object.values(contents).flatMap((files) => Object.entries(files));
    for (const [name, isRight] of all) {
      const [file] = globSync(name, { cwd: out });
      expect(file, name).toBeDefined();
      expect(isRight(readFileSync(join(out, file!))), name).toBe(true);
      await page.getByTitle(join(out, file!), { exact: true }).waitFor();
    }

    await pressOn(page, page.getByRole('button', { name: 'Show the files' }));
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Written files');
    if (door === 'browser') {
      const arrives = page.waitForEvent('download');
      await pressOn(page, page.getByRole('button', { name: 'Download all as ZIP' }));
      const archive = await unzip(await (await arrives).path());
      for (const [name] of all.filter(([pattern]) => !pattern.includes('*'))) {
        expect(archive.get(name)).toEqual(readFileSync(join(out, name)));
      }
    }
    const title = page.getByTitle(join(out, 'features.csv'), { exact: true });
    await pressOn(page, page.getByRole('button', { name: 'Take off this list; the files stay' }));
    await title.waitFor({ state: 'detached' });
    expect(existsSync(join(out, 'features.csv'))).toBe(true);
    expect(app.complaints).toEqual([]);
  });

  test('the map as on the screen, and a report that opens offline: from its file, with nothing asked of anywhere', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Explore');
    await page.getByLabel(/^Colour: /).click();
    await page.getByRole('option', { name: 'Error' }).click();
    await page.getByRole('button', { name: /^Select .*circle/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('button', { name: 'Export…' }).click();
    for (const name of ['CSV features.csv', 'Contact sheet']) await page.getByRole('checkbox', { name }).uncheck();
    for (const name of ['Map as SVG', 'Report']) await page.getByRole('checkbox', { name }).check();
    await page.getByRole('radio', { name: `All ${images} images` }).check();
    await page.getByLabel('Its colours: Error').waitFor();
    await page.getByLabel('Folder to write to').fill(app.files);
    await button(page, 'Export').click();
    await page.getByText(/^Done: 2 files/).waitFor();
    expect(readFileSync(join(app.files, 'map.svg'), 'utf8')).toContain('error (mean square, pixels 0–1)');

    const report = await readOffline(join(app.files, 'report.html'));
    expect(report.complaints).toEqual([]);
    expect(report.headings).toEqual([
      ...['Images', 'Model', 'Course of training', 'Error', 'Map', 'Clusters', 'Largest errors', 'Near-duplicates'],
      'Features',
    ]);
    expect(report.title).toBe('Sample images: recommended, 5 numbers a code');
    // Samples, and pairs of those that were held out and of the worst.
    expect(report.dark).toBe('rgb(22, 25, 29)');
    expect(report.pictures).toBeGreaterThan(100);
    expect(report.broken).toBe(0);
    expect(app.complaints).toEqual([]);
  });

  test('copies of the originals of a selection in a folder for each label; the same again finds them there', {
    timeout: limit,
  }, async () => {
    const app = await startApp({ door, workspace: await prepare() });
    const { page } = app;
    await open(page, 'Explore');
    await page.getByRole('button', { name: /^Select .*circle/ }).click();
    await page
      .getByText(/^\d+ images selected$/)
      .first()
      .waitFor();
    await open(page, 'Export');
    const out = join(app.files, 'sorted');
    const copy = async (scope: RegExp) => {
      await button(page, 'Copy into folders…').click();
      const dialog = page.getByRole('dialog', { name: 'Copy into folders' });
      await dialog.getByRole('radio', { name: scope }).check();
      await dialog.getByLabel('Folder to copy into').fill(out);
      await dialog.getByText(/^\d+ images; .* free\.$/).waitFor();
      await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    await copy(/^Only the/);
    await page.getByText(/^Copied \d+ images\./).waitFor();
    const first = globSync('**/*.png', { cwd: out });
    expect(first.length).toBeGreaterThan(3);
    expect(first.every((file) => file.startsWith('circle/'))).toBe(true);

    await copy(/^All/);
    await page.getByText(`${first.length} were there already.`).waitFor();
    await page.getByText(`Copied ${images - first.length} images.`).waitFor();
    expect(globSync('**/*.png', { cwd: out })).toHaveLength(images);

    // By groups only once they were looked for; never to where Pinhole may not write.
    await button(page, 'Copy into folders…').click();
    const dialog = page.getByRole('dialog', { name: 'Copy into folders' });
    await dialog.getByRole('radio', { name: 'Group' }).check();
    await dialog.getByText('Groups have not been looked for yet.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Copy', exact: true }).isDisabled()).toBe(true);
    await dialog.getByRole('radio', { name: 'Label' }).check();
    await dialog.getByLabel('Folder to copy into').fill('/etc/pinhole');
    await dialog.getByText('Expected a path in one of the folders that Pinhole may use').waitFor();
    expect(await dialog.getByRole('button', { name: 'Copy', exact: true }).isDisabled()).toBe(true);
    expect(app.complaints).toEqual([]);
  });

  test('without images, and without a run, it says what to do first', { timeout: limit }, async () => {
    const empty = await startApp({ door });
    await open(empty.page, 'Export');
    await button(empty.page, 'Import images').click();
    await empty.page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
    await empty.close();
    const { page } = await startApp({ door, workspace: await prepare(false) });
    await open(page, 'Export');
    await button(page, 'Train a model').click();
    await page.getByRole('heading', { level: 1, name: 'Train' }).waitFor();
  });
});
