// A device lost in mid-training: training goes on from the last checkpoint on the next best one, and says so.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Notice } from '../../src-main/contract/records.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { libraryVariable } from '../../src-main/engine/tensorflow-library.ts';
import { createService } from '../../src-main/host/service.ts';
import { runPaths } from '../../src-main/training/run-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tensorflowStandIn } from '../support/tensorflow.ts';

let images: string;
beforeAll(async () => {
  images = join(temporaryFolder(), 'images');
  await drawSamples({ count: 60, size: 8, seed: 5 }, images);
});

const variables = [libraryVariable, 'PINHOLE_TEST_FAILURE', 'PINHOLE_DEVICE_PATIENCE'];
afterEach(() => {
  for (const name of variables) delete process.env[name];
});

const failures = [
  ['throw', /^TensorFlow failed while working: CUDA_ERROR_ILLEGAL_ADDRESS/],
  ['crash', /^A working process was ended by SIGSEGV\./],
  ['hang', /^The device has not answered for 4 seconds\./],
] as const;

test.each(failures)('a device that fails by a %s', { timeout: 600_000 }, async (failure, words) => {
  process.env[libraryVariable] = tensorflowStandIn('failing');
  process.env.PINHOLE_TEST_FAILURE = failure;
  process.env.PINHOLE_DEVICE_PATIENCE = '4';
  const service = await createService({ workspace: temporaryFolder(), command: 'test' });
  const notices: Notice[] = [];
  const { dataset } = await service.import({ sources: [images] });
  const settings = { codeSize: 4, hidden: [8], epochs: 20, batchSize: 16, threads: 1, checkpointSeconds: 0 };
  const context = { onNotice: (notice: Notice) => notices.push(notice) };
  const { run } = await service.train(dataset.id, { ...settings, device: 'tensorflow' }, {}, context);

  expect(run.state).toBe('finished');
  const file = JSON.parse(await readFile(runPaths(run.folder).run, 'utf8'));
  expect(file.device).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/^The CPU: /) });
  expect(file.lostDevices).toEqual([
    {
      ...{ kind: 'tensorflow', name: 'TensorFlow.js (tensorflow-failing)', threads: 1 },
      reason: 'TensorFlow.js (tensorflow-failing), as asked.',
      step: expect.any(Number),
      error: expect.stringMatching(words),
    },
  ]);
  // It went on from where it was, not from the start, and no step was counted twice.
  expect(file.lostDevices[0].step).toBeGreaterThan(0);
  const steps = (await service.metrics(run.id)).map(({ step }) => step);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps.at(-1)).toBe(20 * Math.floor(54 / 16));
  expect(notices.filter(({ level }) => level === 'warning').map(({ message }) => message)).toEqual([
    expect.stringMatching(words),
    `TensorFlow.js (tensorflow-failing) was lost. Training goes on from step ${file.lostDevices[0].step} on ${file.device.name}.`,
  ]);
  const encoded = await service.encode(run.id);
  expect(encoded.images).toBe(60);
  await service.close();
});
