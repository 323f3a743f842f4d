// How smoothly the window moves and how soon it answers, with and without training beside it.
import type { Page } from 'playwright';
import { distribution, type WindowSection } from './figures.ts';
import { type Readings, read, startReading } from './instruments.ts';
import { mnistCount, mnistWorkspace, openStage, type Stage, temporaryFolder } from './stage.ts';
import { watchTraining } from './training.ts';

const longestWait = 200;
const seconds = 10;

export function framesSection(): WindowSection {
  return {
    id: 'window-frames',
    title: 'Frames and waits of input, with and without a training of the recommended preset beside the window',
    async measure(say) {
      using folder = temporaryFolder();
      const workspace = await mnistWorkspace(folder.path);
      await using stage = await openStage(workspace, [], folder.path);
      const { page, service } = stage;
      const [run] = await service.runs();
      await openMap(page);
      const readings: [string, Readings][] = [];
      const take = async (name: string, use: (page: Page) => Promise<void>) => {
        say(name);
        await startReading(page);
        await use(page);
        readings.push([name, await read(page)]);
      };
      await take('map, moved and pointed at', useMap);
      await showRun(stage, run!.id);
      await take('train screen and others, a run that has ended', useScreens);
      await watchTraining(stage, { preset: 'recommended', epochs: 1000 });
      await take('train screen, training, nobody touches it', (page) => page.waitForTimeout(seconds * 1000));
      await take('train screen and others, training', useScreens);
      await page.evaluate((id) => {
        location.hash = `#/explore?run=${id}`;
        dispatchEvent(new PopStateEvent('popstate'));
      }, run!.id);
      await openMap(page);
      await take('map, moved and pointed at, training', useMap);
      return {
        rows: readings.flatMap(([name, { frames, inputs, longTasks }]) => [
          [name],
          distribution('  between frames', frames, 'ms'),
          distribution('  tasks of over 50 ms', longTasks, 'ms'),
          distribution(
            '  inputs of over 16 ms',
            inputs.map(({ wait }) => wait),
            'ms',
            longestWait,
          ),
          ...slowest(inputs),
        ]),
        remarks: [
          'WebGL is drawn by the processor here. Waits are from the input to the paint after it, as the browser measures them.',
        ],
      };
    },
  };
}

function slowest(inputs: Readings['inputs']): string[][] {
  const late = inputs.filter(({ wait }) => wait > longestWait).sort((a, b) => b.wait - a.wait);
  return late.length === 0
    ? []
    : [
        [
          `  late: ${late
            .slice(0, 5)
            .map(({ name, wait }) => `${name} ${wait} ms`)
            .join(', ')}`,
        ],
      ];
}

async function showRun({ page, service }: Stage, runId: string): Promise<void> {
  const [dataset] = await service.datasets();
  await page.evaluate(
    ([datasetId, id]) => {
      location.hash = `#/train?dataset=${datasetId}&run=${id}`;
      dispatchEvent(new PopStateEvent('popstate'));
    },
    [dataset!.id, runId],
  );
  await page.getByRole('button', { name: 'As a table' }).first().waitFor();
}

export async function openMap(page: Page, count = mnistCount): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Explore' }).click();
  await map(page, count).waitFor({ timeout: 60_000 });
  await page.getByRole('row').nth(3).waitFor();
}

const map = (page: Page, count: number) =>
  page.getByRole('application', { name: `Map of ${count.toLocaleString('en-US')} images` });

/** Drags, turns the wheel, points at images, presses keys, for about the given time. */
export async function useMap(page: Page, count = mnistCount): Promise<void> {
  const box = (await map(page, count).boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const until = performance.now() + seconds * 1000;
  await page.keyboard.press('h');
  await page.mouse.move(x, y);
  for (let turn = 0; performance.now() < until; turn++) {
    await page.mouse.down();
    await page.mouse.move(x + 120 * Math.cos(turn), y + 80 * Math.sin(turn), { steps: 30 });
    await page.mouse.up();
    await page.mouse.wheel(0, turn % 2 === 0 ? -240 : 240);
    await page.mouse.move(x, y, { steps: 15 });
    await page.mouse.click(x, y);
    await page.keyboard.press(turn % 2 === 0 ? 'ArrowRight' : 'Shift+ArrowLeft');
  }
}

/** Goes through what a person does beside a training: scale, table, scrubber, other screens and back. */
async function useScreens(page: Page): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const screen = page.locator('.screen:not([hidden])');
  while (performance.now() < until) {
    await screen.getByText('Linear', { exact: true }).click();
    await screen.getByText('Log', { exact: true }).click();
    await screen.getByRole('button', { name: 'As a table' }).click();
    await screen.getByRole('slider').first().press('ArrowLeft');
    await screen.getByRole('button', { name: 'As a table' }).click();
    for (const key of ['Alt+1', 'Alt+3', 'Alt+4', 'Alt+5', 'Alt+6', 'Alt+2', 'Tab']) {
      await page.keyboard.press(key);
      await page.waitForTimeout(150);
    }
  }
}
