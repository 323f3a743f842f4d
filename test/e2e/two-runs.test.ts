// Two runs side by side: what is selected or pointed at on one map is so on the other; how many neighbours both have in common.
import type { Locator } from 'playwright';
import { beforeAll, expect, test } from 'vitest';
import { createWindowService } from '../../src-main/host/window-service.ts';
import { type App, isThere, startApp, throughEachDoor } from './app.ts';
import type { DoorName } from './doors.ts';
import { limit, longest, readCsv } from './steps.ts';
import { makeWorkspace } from './workspaces.ts';

const images = 300;
const run = { epochs: 1, codeSize: 4 };
const otherRun = { epochs: 1, codeSize: 3, seed: 7 };
const room = { width: 1280, height: 800 };

let app: App;
/** Of the other run's map: ids of the images left of its middle. */
let leftOfOther: number[];

async function open(door: DoorName): Promise<App> {
  const workspace = await makeWorkspace({ images, run, otherRun });
  const service = await createWindowService({ workspace, command: 'test' });
  const [older] = (await service.runs()).sort((a, b) => (a.created < b.created ? -1 : 1));
  const { ids, xy } = (await service.map(older!.id, 'pca'))!;
  await service.close();
  const xs = Array.from(ids, (_, row) => xy[2 * row]!);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  leftOfOther = [...ids].filter((_, row) => xs[row]! < middle);
  const app = await startApp({ door, workspace, ...room });
  await app.page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  await own(app).waitFor();
  return app;
}

const own = ({ page }: App) => page.getByRole('application', { name: 'Map of 300 images' });
const other = ({ page }: App) => page.getByRole('application', { name: 'Map of the same 300 images by' });

/** Around the left half of a map. */
async function lasso({ page }: App, map: Locator): Promise<void> {
  const { x, y, width, height } = (await map.boundingBox())!;
  await page.mouse.move(x + 2, y + 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2, y + 2, { steps: 5 });
  await page.mouse.move(x + width / 2, y + height - 2, { steps: 5 });
  await page.mouse.move(x + 2, y + height - 2, { steps: 5 });
  await page.mouse.up();
}

throughEachDoor((door) => {
  beforeAll(async () => {
    if (isThere(door)) app = await open(door);
  }, limit);

  test('a lasso on the map of the other run selects the same images in both', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('radio', { name: 'Another run' }).check();
    await other(app).waitFor();
    await page.getByRole('radio', { name: 'Lasso' }).check();
    await lasso(app, other(app));
    await page.getByText(`${leftOfOther.length} images selected`).first().waitFor();
    const saved = readCsv(await app.save(() => page.getByRole('button', { name: 'Save as CSV' }).click()));
    expect(saved.map(({ image_id }) => Number(image_id))).toEqual(leftOfOther);
    expect(leftOfOther.length).toBeGreaterThan(20);
  });

  test('a lasso on the map of the run is seen on that of the other', { timeout: limit }, async () => {
    const { page } = app;
    await page.getByRole('button', { name: 'None', exact: true }).click();
    await page.getByText('Nothing selected').first().waitFor();
    const { x, y, width, height } = (await other(app).boundingBox())!;
    const clip = { x: x + 10, y: y + 10, width: width - 20, height: height - 20 };
    let before = await page.screenshot({ clip });
    const isStill = async () => {
      const last = before;
      before = await page.screenshot({ clip });
      return before.equals(last);
    };
    await expect.poll(isStill, { timeout: longest }).toBe(true);
    await lasso(app, own(app));
    await page
      .getByText(/^\d+ images selected$/)
      .first()
      .waitFor();
    await expect.poll(async () => (await page.screenshot({ clip })).equals(before), { timeout: longest }).toBe(false);
  });

  test('what is pointed at and what stays has its ring on both, whichever map it was found on', {
    timeout: limit,
  }, async () => {
    const { page } = app;
    const rings = (map: Locator) => map.locator('.ring');
    await page.getByRole('radio', { name: 'Move', exact: true }).check();
    for (const [from, to] of [
      [other(app), own(app)],
      [own(app), other(app)],
    ] as const) {
      await from.focus();
      await page.keyboard.press('Escape');
      await expect.poll(() => rings(to).count()).toBe(0);
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => rings(to).count()).toBe(1);
      const { x, y } = (await rings(from).first().boundingBox())!;
      await page.mouse.move(x + 8, y + 8);
      await expect.poll(() => rings(to).count()).toBe(2);
      await expect.poll(() => page.locator('.tip').count()).toBe(1);
      await page.getByRole('button', { name: 'None', exact: true }).hover();
      await expect.poll(() => rings(to).count()).toBe(1);
    }
  });

  test('the neighbour overlap is measured when one says so, beside that of unrelated codes', {
    timeout: limit,
  }, async () => {
    const { page, complaints } = app;
    const figure = page.getByRole('group', { name: 'Neighbour overlap' });
    await figure.getByText(/^Takes about \d+ s/).waitFor();
    await figure.getByRole('button', { name: 'Measure' }).click();
    const value = Number(await figure.getByText(/^[01]\.\d{3}$/).textContent({ timeout: longest }));
    expect(value).toBeGreaterThan(15 / 299);
    expect(value).toBeLessThanOrEqual(1);
    await figure.getByText('unrelated codes: 0.05', { exact: true }).waitFor();
    await figure.getByText('The mean of 300 images.').waitFor();
    await page.getByRole('radiogroup', { name: 'Map of the other run' }).getByText('UMAP').click();
    await page.getByRole('button', { name: 'Run UMAP' }).waitFor();
    await page.getByRole('radiogroup', { name: 'Map of the other run' }).getByText('PCA').click();
    await other(app).waitFor();
    expect(complaints).toEqual([]);
  });

  test('where there is no other run of these images, the panel says what to do', { timeout: limit }, async () => {
    const { page, complaints } = await startApp({ door, workspace: await makeWorkspace({ images: 60, run }) });
    await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
    await page.getByRole('radio', { name: 'Another run' }).check();
    await page.getByText('No other run of these images').waitFor();
    await page.getByRole('button', { name: 'Train another run' }).click();
    await page.getByRole('heading', { name: 'Train', exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });
});
