// Work that is stopped and goes on: import, training, map and export cancelled and taken up again, and a worker that is killed.
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { run, waitUntil } from '../support/processes.ts';
import { mnistPngFolder, need, repository, resource } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type App, isThere, startApp, takeImages, throughEachDoor } from './app.ts';
import { limit, longest } from './steps.ts';

const perClass = 400;
const images = 10 * perClass;

interface Line {
  step: number;
  epoch: number;
  validationMse: number;
}

/** What the run's file says of its evaluations. */
function linesOf(app: App, file: string): Line[] {
  const [path] = globSync(join(app.workspace, 'runs', '*', file));
  if (path === undefined) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Line] : []));
}

const evaluations = (app: App) => linesOf(app, 'metrics.jsonl');
const lastStep = (app: App) => evaluations(app).at(-1)?.step ?? 0;
const open = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name }).click();

/** Few files that each take some time to read, so that an import is under way for a while on a machine of any speed. */
async function makeLargeImages(folder: string, count: number): Promise<void> {
  const side = 1600;
  const pixels = Uint8Array.from({ length: side * side }, (_, index) => (index % side) ^ (index / side));
  mkdirSync(folder);
  const first = join(folder, '0.png');
  await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toFile(first);
  for (let index = 1; index < count; index++) cpSync(first, join(folder, `${index}.png`));
}

throughEachDoor((door) => {
  let app: App;
  let page: Page;
  const button = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
  const afterMore = (what: string) => {
    const before = lastStep(app);
    return waitUntil(() => lastStep(app) > before, `a step of training ${what}`, longest);
  };

  beforeAll(async () => {
    if (!isThere(door) || !resource('mnist-png').available) return;
    const [workspace, files] = [join(temporaryFolder(), 'workspace'), temporaryFolder()];
    takeImages(join(await mnistPngFolder(), 'train'), join(files, 'digits'), perClass);
    const words = ['import', join(files, 'digits'), '--workspace', workspace];
    const { code, stderr } = await run(process.execPath, [join(repository, 'src-main/host/pinhole.mjs'), ...words]);
    if (code !== 0) throw new Error(stderr);
    app = await startApp({ door, workspace, files });
    ({ page } = app);
  }, limit);
  beforeEach((context) => need(context, 'mnist-png', 'signals'));

  test('an import that is cancelled goes on with what it has read', { timeout: limit }, async () => {
    await makeLargeImages(join(app.files, 'slides'), 240);
    await page.getByLabel('Or the full path of a folder').fill(join(app.files, 'slides'));
    await page.keyboard.press('Enter');
    const imports = page.getByRole('region', { name: 'Imports' });
    await button('Import 240 images').click({ timeout: longest });
    await imports.getByText(/^Reading images · [1-9]/).waitFor({ timeout: longest });
    await imports.getByRole('button', { name: 'Cancel' }).click();
    await imports.getByText('Interrupted', { exact: true }).waitFor();
    // Off the list, too: it is still there, as one that is not finished.
    await imports.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText(/^Not finished: \d+ images? (was|were) read before the import stopped\.$/).waitFor();
    await button('Delete “slides”').click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await button('Go on with the import of “slides”').click();
    await imports.getByText('240 images imported as “slides”').waitFor({ timeout: longest });
    await imports.getByText(/[1-9]\d* (was|were) there already/).waitFor();
  });

  test('training is paused, cancelled, loses its worker, and ends with every step in its curve', {
    timeout: limit,
  }, async () => {
    await open(page, 'Import');
    await page.getByRole('listitem').filter({ hasText: 'digits' }).getByRole('button', { name: 'Train on it' }).click();
    await button('Advanced settings').click();
    // Quick steps, and more of them than anybody waits for: it is stopped when everything has happened to it.
    for (const [name, value] of [
      ['Code size', '8'],
      ['Hidden layers', '32'],
      ['Epochs', '100000'],
      ['Patience', '0'],
      ['Checkpoint every', '1'],
    ] as const) {
      await page.getByLabel(name, { exact: true }).fill(value);
    }
    await button('Train').click();
    await afterMore('at first');

    await button('Pause').click();
    await page.getByText('Paused. A checkpoint was written; nothing is lost.').waitFor();
    const paused = lastStep(app);
    await button('Resume').click();
    await afterMore('after the pause');
    expect(lastStep(app)).toBeGreaterThan(paused);

    await button('Cancel').click();
    await page.getByText('Interrupted. Resume to go on from the last checkpoint.').waitFor();
    await button('Resume').click();
    await afterMore('after it was resumed');

    const [worker] = app.workers();
    process.kill(worker!, 'SIGKILL');
    await page.getByText('The working process ended unexpectedly and is being started again.').waitFor();
    await page.getByText('The working process ended unexpectedly and is being started again.').waitFor({
      state: 'hidden',
      timeout: longest,
    });
    await page.getByText(/this goes on from where it stood/).waitFor();
    expect(app.workers()).toHaveLength(1);
    expect(app.workers()).not.toContain(worker);

    await afterMore('after the worker came back');
    await button('Stop and keep the best').click();
    await page.getByRole('heading', { name: 'Result', exact: true }).waitFor({ timeout: longest });
    const known = evaluations(app).map(({ step }) => step);
    const perEpoch = known[1]!;
    // The last one is where it was stopped.
    expect(known.slice(0, -1)).toEqual(known.slice(0, -1).map((_, epoch) => epoch * perEpoch));
    expect(known.at(-1)).toBeGreaterThan((known.length - 2) * perEpoch);
    const steps = linesOf(app, 'steps.jsonl').map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    // The window's curve has the same points.
    await button('As a table').click();
    await page.getByText(`of ${known.length.toLocaleString('en')} evaluations, evenly spread.`).waitFor();
    const rows = page.getByRole('group', { name: 'Error while it learns' }).getByRole('row');
    const said = (await rows.getByRole('rowheader').allTextContents()).map((words) =>
      Number(words.replaceAll(',', '')),
    );
    expect(said.length).toBeGreaterThan(3);
    expect([said[0], said.at(-1)]).toEqual([0, known.at(-1)]);
    expect(said.filter((step) => !known.includes(step))).toEqual([]);
  });

  test('a map by UMAP that is cancelled is made when it is asked for again', { timeout: limit }, async () => {
    await open(page, 'Explore');
    await page.getByRole('radio', { name: 'UMAP' }).check();
    await button('Run UMAP').click();
    await page
      .getByRole('main')
      .getByText(/^Laying out · [1-9]/)
      .waitFor({ timeout: longest });
    await button('Cancel').click();
    await button('Run UMAP').click({ timeout: longest });
    await page.getByText('15 neighbours, distance 0.1, seed 1').waitFor({ timeout: longest });
    await page.getByRole('application', { name: 'Map of 4,000 images' }).waitFor();
  });

  test('an export that is cancelled leaves whole files, and writes all of them when it is tried again', {
    timeout: limit,
  }, async () => {
    await open(page, 'Export');
    const out = join(app.files, 'features');
    for (const box of await page.getByRole('group', { name: 'Files' }).getByRole('checkbox').all()) await box.check();
    await page.getByLabel('Folder to write to').fill(out);
    await Promise.all([button('Cancel').click({ timeout: longest }), button('Export').click()]);
    await page.getByText('Stopped. Files that were written before are complete.').first().waitFor();
    expect(existsSync(join(out, 'loss.svg')) && existsSync(join(out, 'tensorboard'))).toBe(false);
    // A notice of what was before may lie over it, and stays for as long as the pointer rests there.
    await button('Try again').press('Enter');
    await page.getByText(/^Done: \d+ files/).waitFor({ timeout: longest });
    for (const name of ['features.csv', 'features.parquet', 'codes.npy', 'model/encoder.onnx', 'contact-sheet.png']) {
      expect(existsSync(join(out, name))).toBe(true);
    }
    expect(readFileSync(join(out, 'features.csv'), 'utf8').trimEnd().split('\r\n')).toHaveLength(images + 1);
    expect(app.complaints).toEqual([]);
  });
});
