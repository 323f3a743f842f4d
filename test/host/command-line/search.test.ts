// Sweeps, comparisons and advice on the command line over a fake service: what is asked for, and what is said.
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Core } from '../../../src-main/contract/api.ts';
import { runCommandLine } from '../../../src-main/host/command-line/program.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { advice, comparison, dataset, fakeService, fakeSurroundings, run, sweep } from './fake-service.ts';

async function pinhole(words: string[], overrides: Partial<Core> = {}) {
  const service = fakeService(overrides);
  const { surroundings, printed } = fakeSurroundings(service);
  const code = await runCommandLine(words, surroundings);
  return { code, ...printed, calls: service.calls };
}

describe('sweep', () => {
  test('the grid and all other settings are passed on', async () => {
    const grid = ['--codes', '8,16', '--presets', 'recommended,conv', '--seeds', '1,2,2'];
    const { code, calls } = await pinhole(['sweep', dataset.name, ...grid, '--epochs', '3', '--loss', 'mae']);
    expect(code).toBe(0);
    const request = { presets: ['recommended', 'conv'], codeSizes: [8, 16], seeds: [1, 2] };
    expect(calls).toContainEqual(['sweep', dataset.id, { ...request, settings: { epochs: 3, loss: 'mae' } }]);
  });

  test('without a word it takes the newest data set and the usual grid', async () => {
    const { calls } = await pinhole(['sweep']);
    const request = { presets: ['recommended'], codeSizes: [8, 16, 32, 64], seeds: [1], settings: {} };
    expect(calls).toContainEqual(['sweep', dataset.id, request]);
  });

  test('images are imported first, with the settings of an import', async () => {
    const folder = temporaryFolder();
    const { calls } = await pinhole(['sweep', folder, '--size', '32']);
    expect(calls).toContainEqual(['import', { sources: [resolve(folder)], size: 32 }]);
    const known = await pinhole(['sweep', dataset.id, '--size', '32']);
    expect([known.code, known.errors]).toEqual([2, expect.stringContaining('size would change nothing')]);
  });

  test('trials are announced, with why one was stopped, and the result is one JSON object', async () => {
    const stop = { epoch: 2, best: 0.004, median: 0.003, others: 3 };
    const [trial] = sweep.trials;
    const stopped = { ...trial!, state: 'stopped' as const, stop };
    const overrides: Partial<Core> = {
      async sweep(_, __, context) {
        context?.onTrial?.(trial!, 1, null);
        context?.onTrial?.(stopped, 1, run);
        return { ...sweep, trials: [stopped] };
      },
    };
    const { output } = await pinhole(['sweep', '--codes', '64'], overrides);
    expect(output).toContain('Run 1 of 1: recommended, 64 codes, seed 1.');
    expect(output).toContain('stopped at epoch 2: its best, 0.00400, was above 0.00300, the median of 3 others.');
    expect(output).toMatch(/^ {2}recommended-c0ffee +recommended +64 +1 +0\.00300 +0\.00900 +97\.4 %/m);
    const { output: json, errors } = await pinhole(['sweep', '--codes', '64', '--json'], overrides);
    expect(JSON.parse(json)).toMatchObject({ id: sweep.id, trials: [stopped], comparison });
    expect(errors).toContain('Run 1 of 1');
  });

  test.each([
    [['--codes', '8,x'], 'Expected whole number 1–65536, …'],
    [['--presets', 'recommended,magic'], 'Expected recommended|deep|'],
    [['--preset', 'deep'], "unknown option '--preset'"],
  ])('%j is refused', async (words, reason) => {
    const { code, errors, calls } = await pinhole(['sweep', ...words]);
    expect(code).toBe(2);
    expect(errors).toContain(reason);
    expect(calls).toEqual([]);
  });
});

describe('compare', () => {
  test('takes runs by the beginning of their ids, and sweeps, and the newest sweep', async () => {
    const out = temporaryFolder();
    const named = await pinhole(['compare', 'recommended-c', sweep.id, '--out', out]);
    expect(named.calls).toContainEqual(['compare', [run.id, run.id], out]);
    expect((await pinhole(['compare'])).calls).toContainEqual(['compare', [run.id], null]);
    const unknown = await pinhole(['compare', 'sweep-none']);
    expect([unknown.code, unknown.errors]).toEqual([1, expect.stringContaining('There is no sweep "sweep-none"')]);
    const none = await pinhole(['compare'], { sweeps: async () => [] });
    expect([none.code, none.errors]).toEqual([1, expect.stringContaining('There is no sweep in this workspace yet.')]);
  });

  test('shows a table, with the settings that differ, and devices once', async () => {
    const [first] = comparison.runs;
    const second = { ...first!, run: 'conv-b0a710ad', preset: 'conv', error: 0.0021, settings: { epochs: 3 } };
    const both = { ...comparison, runs: [second, { ...first!, settings: { 'optimizer.type': 'sgd' } }] };
    const { output } = await pinhole(['compare', run.id], { compare: async () => both });
    expect(output).toBe(
      `Errors on 10 images held out (validation); the mean image has 0.0670.
  run                      preset  codes  seed      MSE      PCA    5-NN    training   ended            settings
  conv-b0a710ad              conv     64     1  0.00210  0.00900  97.4 %  1 min 15 s  epochs            epochs 3
  recommended-c0ffee  recommended     64     1  0.00300  0.00900  97.4 %  1 min 15 s  epochs  optimizer.type sgd
Trained on CPU, 2 threads.
`,
    );
    const { output: json } = await pinhole(['compare', run.id, '--json'], { compare: async () => both });
    expect(JSON.parse(json)).toEqual(both);
  });
});

describe('advise', () => {
  test('trains as it is asked to, with the seed for both', async () => {
    const { calls } = await pinhole(['advise', dataset.id, '--preset', 'deep', '--epochs', '2', '--seed', '4']);
    expect(calls).toContainEqual(['advise', dataset.id, { preset: 'deep', epochs: 2, seed: 4 }]);
    expect((await pinhole(['advise', '--codes', '3'])).errors).toContain("unknown option '--codes'");
  });

  test('says what the shares cost, from and to, and what was more than was looked at', async () => {
    const { output } = await pinhole(['advise']);
    expect(output).toMatch(/^ {2}95 % +52 +45–60 +150$/m);
    expect(output).toMatch(/^ {2}99 % +161 +143–over 256 +over 256$/m);
    expect(output).toMatch(/^ {2}recommended-c0ffee +64 +0\.00300 +0\.00900 +1,000 of 4,200 +12 s$/m);
    expect(JSON.parse((await pinhole(['advise', '--json'])).output)).toEqual(advice);
  });
});
