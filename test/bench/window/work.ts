// What inputs cost the page: time of its processor from the input on. Unlike waits it stays the same on a busy machine.
import type { Page } from 'playwright';
import { figure, type WindowSection } from './figures.ts';
import { openMap } from './frames.ts';
import { mnistWorkspace, openStage, type Stage, temporaryFolder } from './stage.ts';

/** Until nothing of an input is left to be done. */
const restMilliseconds = 1500;

const inputs: [name: string, use: (page: Page) => Promise<void>][] = [
  ['to the import screen', (page) => page.keyboard.press('Alt+1')],
  ['to the train screen', (page) => page.keyboard.press('Alt+2')],
  ['to the export screen', (page) => page.keyboard.press('Alt+5')],
  ['to the settings', (page) => page.keyboard.press('Alt+6')],
  ['to the map', (page) => page.keyboard.press('Alt+3')],
  ['a turn of the wheel on the map', (page) => page.mouse.wheel(0, -240)],
  ['a click on the map', (page) => page.mouse.click(700, 400)],
  ['an arrow key on the map', (page) => page.keyboard.press('ArrowRight')],
];

export function workSection(rounds: number): WindowSection {
  return {
    id: 'window-work',
    title: 'Time of the page’s processor that an input costs, with 70,000 images',
    async measure() {
      using folder = temporaryFolder();
      const workspace = await mnistWorkspace(folder.path);
      await using stage = await openStage(workspace, [], folder.path);
      const { page, devtools } = stage;
      await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
      const idle = await cost(stage, async () => {});
      const first = (await cost(stage, () => openMap(page))) - idle;
      const costs = inputs.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, [, use]] of inputs.entries())
          costs[index]!.push((await cost(stage, () => use(page))) - idle);
      }
      return {
        rows: [
          figure('to the map for the first time, until map and table are there', [first], 'ms'),
          ...inputs.map(([name], index) => figure(name, costs[index]!, 'ms')),
        ],
        remarks: [
          `All tasks of the page within ${restMilliseconds} ms, less those of a page that nobody touches (${idle.toFixed(0)} ms).`,
          'The first round opens each screen for the first time.',
        ],
      };
    },
  };
}

/** Milliseconds of the processor in tasks of the page. */
async function cost({ page, devtools }: Stage, use: () => Promise<void>): Promise<number> {
  const taskTime = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  const before = await taskTime();
  await use();
  await page.waitForTimeout(restMilliseconds);
  return (await taskTime()) - before;
}
