// The train screen beside a real training of 20,000 steps: how long an update is on its way from the loop to the screen,
// and what page, worker and training process hold in memory.

import { distribution, number, type WindowSection } from './figures.ts';
import type { Readings } from './instruments.ts';
import { read, startReading } from './instruments.ts';
import { mnistWorkspace, openStage, residentMegabytes, type Stage, temporaryFolder } from './stage.ts';

const steps = 20_000;
const every = 5_000;
// MNIST without its held-out tenth, in batches of 32: 11 epochs are 20,000 steps and some. Small steps on one thread, because what is
// looked at is what stays of each.
const settings = { preset: 'agarap2019', batchSize: 32, epochs: 11, threads: 1 };

export function trainingSection(): WindowSection {
  return {
    id: 'window-training',
    title: `The train screen during ${steps.toLocaleString('en-US')} training steps of agarap2019 on MNIST, 32 images each`,
    async measure(say) {
      using folder = temporaryFolder();
      const workspace = await mnistWorkspace(folder.path);
      await using stage = await openStage(workspace, [], folder.path);
      await watchTraining(stage, settings);
      await startReading(stage.page);
      const table = [['step', 'page, live objects', 'page, process', 'server', 'worker', 'training']];
      for (let step = 0; step <= steps; step += every) {
        await reached(stage, Math.max(1, step));
        say(`step ${step}`);
        table.push([step.toLocaleString('en-US'), ...(await memory(stage))]);
      }
      const readings = await read(stage.page);
      return {
        rows: [...ways(stage, readings), ['longest task of the page', ...longest(readings.longTasks)], [''], ...table],
        remarks: ['Memory in MB: live objects after a garbage collection, processes as resident.'],
      };
    },
  };
}

/** Starts training on the one data set, and shows its run. */
export async function watchTraining(stage: Stage, request: Record<string, unknown>): Promise<string> {
  const { page, service } = stage;
  const [dataset] = await service.datasets();
  const id = await service.startTask({ kind: 'train', datasetId: dataset!.id, request, fresh: true });
  for (;;) {
    const task = (await service.tasks()).find((one) => one.id === id);
    if (task?.error) throw new Error(task.error.message);
    if (task?.runId) {
      await page.evaluate(
        ([datasetId, runId]) => {
          location.hash = `#/train?dataset=${datasetId}&run=${runId}`;
          dispatchEvent(new PopStateEvent('popstate'));
        },
        [dataset!.id, task.runId],
      );
      break;
    }
    await page.waitForTimeout(20);
  }
  await page.getByRole('button', { name: 'Stop and keep the best' }).waitFor();
  await reached(stage, 1);
  return id;
}

async function reached({ page, stamps }: Stage, step: number): Promise<void> {
  const deadline = performance.now() + 20 * 60_000;
  while (!stamps().some((stamp) => stamp.step >= step)) {
    if (performance.now() > deadline) throw new Error(`Step ${step} was not reached within 20 minutes.`);
    await page.waitForTimeout(200);
  }
}

/** The first paint that shows at least what an update said, after the moment in which the loop said it. */
function ways({ stamps }: Stage, { steps, points, probes }: Readings): string[][] {
  const said = stamps();
  const of = (...kinds: string[]) => said.filter(({ kind }) => kinds.includes(kind));
  const first = Math.min(...[steps, points, probes].flatMap(([start]) => (start ? [start[1]] : [])));
  const way = (updates: { value: number; time: number }[], paints: readonly [number, number][]) =>
    updates
      .filter(({ time }) => time >= first)
      .flatMap(({ value, time }) => {
        const paint = paints.find(([shown, at]) => shown >= value && at >= time);
        return paint ? [paint[1] - time] : [];
      });
  const asSteps = (updates: { step: number; time: number }[]) =>
    updates.map(({ step, time }) => ({ value: step, time }));
  // The n-th event of the loop is the n-th point of its curve.
  const asPoints = of('steps').map(({ time }, index) => ({ value: index + 1, time }));
  return [
    distribution('engine to pixel: step and figures', way(asSteps(of('steps', 'progress')), steps), 'ms'),
    distribution('engine to pixel: point of the curve', way(asPoints, points), 'ms'),
    distribution('engine to pixel: reconstructions', way(asSteps(of('probes')), probes), 'ms'),
  ];
}

function longest(values: readonly number[]): string[] {
  return values.length === 0
    ? ['below 50 ms']
    : [`${number(Math.max(...values))} ms`, '', '', `${values.length} above 50 ms`];
}

async function memory({ devtools, browserDevtools, processes }: Stage): Promise<string[]> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { processInfo } = await browserDevtools.send('SystemInfo.getProcessInfo');
  const [page] = processInfo.filter(({ type }) => type === 'renderer').sort((a, b) => b.cpuTime - a.cpuTime);
  const resident = (file: string) => residentMegabytes(processes(file)[0]);
  return [
    usedSize / 2 ** 20,
    residentMegabytes(page?.id),
    resident('cli.ts'),
    resident('worker.ts'),
    resident('training-job.ts'),
  ].map((megabytes) => megabytes.toFixed(1));
}
