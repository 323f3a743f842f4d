// Sweeps over courses made by hand, where it is known what must be stopped. One for real is in search.test.ts.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Core, Run } from '../../src-main/contract/api.ts';
import { throwIfCancelled } from '../../src-main/contract/errors.ts';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import type { SweepRequest } from '../../src-main/contract/search.ts';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import { readSweeps, runSweep } from '../../src-main/host/sweep.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { dataset, run as finished } from './command-line/fake-service.ts';

const epochs = 8;

/** A run whose error falls to a floor, from twice that. */
function courseOf(floor: number): EpochMetrics[] {
  return Array.from({ length: epochs + 1 }, (_, epoch) => ({
    ...{ epoch, step: 10 * epoch, trainLoss: null, validationMse: floor * (1 + 2 ** -epoch) },
    ...{ learningRate: 0.1, imagesPerSecond: 1, seconds: epoch },
  }));
}

/** Trains what it is asked to by the book: the same settings are the same run, found where it was finished before. */
function fakeTrainer(errorOf: (request: TrainingRequest) => number) {
  const runs = new Map<string, Run & { course: EpochMetrics[] }>();
  const trained: string[] = [];
  const service: Pick<Core, 'workspace' | 'train' | 'encode' | 'runs' | 'metrics'> = {
    workspace: temporaryFolder(),
    async train(_, request, __, context = {}) {
      const id = `${request.preset}-${request.codeSize}-${request.seed}`;
      const run = runs.get(id) ?? { ...finished, id, state: 'interrupted' as const, course: [] };
      context.onRun?.(id);
      if (run.state === 'finished') return { run, trained: false, seconds: 1 };
      runs.set(id, run);
      trained.push(id);
      let ended = false;
      const finish = () => {
        ended = true;
      };
      context.onControls?.({ pause() {}, resume() {}, finish });
      for (const metrics of courseOf(errorOf(request)).slice(run.course.length)) {
        context.onRunEvent?.({ type: 'epoch', metrics, bestStep: 0 });
        run.course.push(metrics);
        // As from another process: what is heard has been dealt with before the next.
        for (let turn = 0; turn < 5; turn++) await setImmediate();
        throwIfCancelled(context.signal);
        if (ended) break;
      }
      run.state = 'finished';
      return { run, trained: true, seconds: 1 };
    },
    encode: async (id) => ({ run: runs.get(id)!, images: 1, codesFile: '', seconds: 1, evaluateSeconds: 1 }),
    runs: async () => [...runs.values()],
    metrics: async (id) => [...runs.get(id)!.course],
  };
  return { service, runs, trained };
}

const grid: SweepRequest = {
  presets: ['recommended', 'deep', 'wae'],
  codeSizes: [4, 16],
  seeds: [1],
  settings: { epochs },
};

describe('the hopeless are stopped', () => {
  test('beside runs of the same code size alone, after a quarter of their course', async () => {
    const { service, runs } = fakeTrainer(
      ({ preset, codeSize }) => (preset === 'wae' ? 0.3 : 0.1) * (codeSize === 4 ? 9 : 1),
    );
    const { trials } = await runSweep(service, dataset, grid, {});
    expect(trials.map(({ run, state }) => [run, state])).toEqual([
      ['recommended-4-1', 'finished'],
      ['recommended-16-1', 'finished'],
      ['deep-4-1', 'finished'],
      ['deep-16-1', 'finished'],
      ['wae-4-1', 'stopped'],
      ['wae-16-1', 'stopped'],
    ]);
    expect(trials[5]!.stop).toMatchObject({ epoch: epochs / 4, others: 2 });
    expect(runs.get('wae-4-1')!.course.at(-1)!.epoch).toBe(epochs / 4);
    expect(runs.get('deep-4-1')!.course.at(-1)!.epoch).toBe(epochs);
  });

  test('never the second of two', async () => {
    const { service } = fakeTrainer(({ preset }) => (preset === 'deep' ? 9 : 0.1));
    const { trials } = await runSweep(service, dataset, { ...grid, presets: ['recommended', 'deep'] }, {});
    expect(trials.map(({ state }) => state)).toEqual(Array(4).fill('finished'));
  });
});

test('a sweep that was cancelled keeps what is done, and the same again goes on and says the same', async () => {
  const errorOf = ({ preset }: TrainingRequest) => (preset === 'wae' ? 0.3 : 0.1);
  const whole = await runSweep(fakeTrainer(errorOf).service, dataset, grid, {});
  const { service, runs, trained } = fakeTrainer(errorOf);
  const controller = new AbortController();
  const onTrial = (_: unknown, number: number) => number === 6 && controller.abort();
  await expect(runSweep(service, dataset, grid, { signal: controller.signal, onTrial })).rejects.toMatchObject({
    code: 'cancelled',
  });
  const [kept] = await readSweeps(service.workspace);
  expect(kept!.trials.map(({ state }) => state)).toEqual([...Array(4).fill('finished'), 'stopped', 'waiting']);

  trained.length = 0;
  const again = await runSweep(service, dataset, grid, {});
  expect(trained).toEqual(['wae-16-1']);
  expect(again.trials).toEqual(whole.trials);

  // The record of a third time agrees, and a run that was deleted is trained once more.
  runs.delete('deep-4-1');
  trained.length = 0;
  expect((await runSweep(service, dataset, grid, {})).trials).toEqual(whole.trials);
  expect(trained).toEqual(['deep-4-1']);
  expect(await readSweeps(service.workspace)).toHaveLength(1);
});

test('settings that one of the presets has no use for are refused before anything is trained', async () => {
  const { service, trained } = fakeTrainer(() => 0.1);
  const request = { ...grid, settings: { entries: 16 }, presets: ['vq', 'deep'] as const };
  await expect(runSweep(service, dataset, { ...request, presets: [...request.presets] }, {})).rejects.toMatchObject({
    code: 'usage',
    message: 'The preset deep has no codebook.',
  });
  expect(trained).toEqual([]);
});
