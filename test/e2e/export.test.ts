// Export in a browser: chosen columns of a selection and of all images, files that are replaced, downloads, cancel, by keyboard.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { Task, TaskRequest } from '../../src-main/contract/tasks.ts';
import { parseNpy } from '../../src-main/files/npy.ts';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { unzip } from '../support/unzip.ts';
import { type App, closeBrowser, startApp } from './app.ts';

const images = 150;
let app: App | undefined;

beforeEach((context) => need(context, 'chromium'));
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(closeBrowser);

/** A workspace with sample images and, where asked for, a finished run. */
async function prepare(withRun = true): Promise<string> {
  const workspace = join(temporaryFolder(), 'workspace');
  const service = await createWindowService({ workspace, command: 'test' });
  const perform = async (request: TaskRequest) => {
    const id = await service.startTask(request);
    await new Promise<void>((resolve) => {
      const stop = service.subscribe('tasks', (tasks: Task[]) => {
        if (tasks.find((task) => task.id === id)?.ended == null) return;
        queueMicrotask(() => stop());
        resolve();
      });
    });
  };
  await perform({ kind: 'samples', count: images });
  const [dataset] = await service.datasets();
  if (withRun) await perform({ kind: 'train', datasetId: dataset!.id, request: { epochs: 2, codeSize: 5 } });
  await service.close();
  return workspace;
}

const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();
const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
const readTable = (file: string) =>
  readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));

test('chosen columns, with a preview that says what will be written, and a download of it', {
  timeout: 600_000,
}, async () => {
  app = await startApp({ workspace: await prepare() });
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

  const arrives = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download features.csv' }).click();
  const download = await arrives;
  expect(download.suggestedFilename()).toBe('features.csv');
  expect(readFileSync(await download.path())).toEqual(readFileSync(join(out, 'features.csv')));

  // What was chosen is there the next time; what lies there is said before it is replaced.
  await page.reload();
  await page.getByText('Replaces what is there: features.csv, features.json.').waitFor();
  expect(await page.getByLabel('Folder to write to').inputValue()).toBe(out);
  expect(await page.getByRole('checkbox', { name: 'Codes z000' }).isChecked()).toBe(false);
  expect(await page.getByRole('checkbox', { name: 'Place on the map' }).isChecked()).toBe(true);
  expect(app.complaints).toEqual([]);
});

test('the selection made on the map, its ids beside its codes; then all images in its place', {
  timeout: 600_000,
}, async () => {
  app = await startApp({ workspace: await prepare() });
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

test('what stands in the way is said beside the button', { timeout: 600_000 }, async () => {
  app = await startApp({ workspace: await prepare() });
  const { page } = app;
  await open(page, 'Export');
  const start = button(page, 'Export');
  await page.getByText(`All ${images} images.`).waitFor();
  await page.getByRole('checkbox', { name: 'Place on the map' }).check();
  await page.getByText('UMAP', { exact: true }).click();
  await page.getByRole('status').filter({ hasText: 'This run has no UMAP yet.' }).waitFor();
  expect(await start.isDisabled()).toBe(true);
  await page.getByText('PCA', { exact: true }).click();
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
  await page.getByRole('button', { name: 'Choose…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Choose a folder' });
  await dialog.getByRole('button', { name: 'taken home' }).click();
  await dialog.getByText('No folders in here.').waitFor();
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  expect(await page.getByLabel('Folder to write to').inputValue()).toBe(join(app.files, 'taken home'));
  for (const box of await page.getByRole('group', { name: 'Files' }).getByRole('checkbox').all()) await box.uncheck();
  await page.getByText('Choose at least one kind of file.').waitFor();
  expect(await start.isDisabled()).toBe(true);
  expect(app.complaints).toEqual([]);
});

test('by keyboard alone: every format, all files listed with sizes, then taken off the list', {
  timeout: 600_000,
}, async () => {
  app = await startApp({ workspace: await prepare() });
  const { page } = app;
  await page.keyboard.press('Alt+4');
  await page.getByText(`All ${images} images.`).waitFor();
  await page.getByLabel(/^Run: /).focus();
  for (const isOn of [true, false, false, false, true, false, false]) {
    await page.keyboard.press('Tab');
    if (!isOn) await page.keyboard.press('Space');
  }
  await page.getByLabel('Folder to write to').focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(join(app.files, 'all'));
  await page.keyboard.press('Enter');
  await page.getByText(/^Done: \d+ files/).waitFor();
  for (const name of ['features.parquet', 'codes.npy', 'model/encoder.onnx', 'contact-sheet.png', 'loss.svg']) {
    const file = join(app.files, 'all', name);
    expect(existsSync(file)).toBe(true);
    await page.getByTitle(file).waitFor();
  }
  const arrives = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download all as ZIP' }).click();
  const archive = await unzip(await (await arrives).path());
  for (const name of ['features.csv', 'model/encoder.onnx', 'loss.svg']) {
    expect(archive.get(name)).toEqual(readFileSync(join(app.files, 'all', name)));
  }
  await page.getByRole('button', { name: 'Show the files' }).focus();
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Written files');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Written files' }).waitFor({ state: 'hidden' });
  expect(existsSync(join(app.files, 'all', 'features.csv'))).toBe(true);
  expect(app.complaints).toEqual([]);
});

test('without images, and without a run, it says what to do first', { timeout: 600_000 }, async () => {
  app = await startApp();
  await open(app.page, 'Export');
  await button(app.page, 'Import images').click();
  await app.page.getByRole('heading', { level: 1, name: 'Import' }).waitFor();
  await app.close();
  app = await startApp({ workspace: await prepare(false) });
  await open(app.page, 'Export');
  await button(app.page, 'Train a model').click();
  await app.page.getByRole('heading', { level: 1, name: 'Train' }).waitFor();
});
