// A run as one file: exported, read back, and trained again from it by the command line, in its workspace and in another one.
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Core } from '../../src-main/contract/api.ts';
import type { Progress } from '../../src-main/contract/records.ts';
import type { TrainingRequest } from '../../src-main/contract/settings.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { libraryVariable } from '../../src-main/engine/tensorflow-library.ts';
import { readRunRecord, runRecordName } from '../../src-main/exports/run-record.ts';
import { runCommandLine } from '../../src-main/host/command-line/program.ts';
import { judgeRepetition, repeatRun } from '../../src-main/host/command-line/repeat-run.ts';
import { createService } from '../../src-main/host/service.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tensorflowStandIn } from '../support/tensorflow.ts';
import { fakeSurroundings } from './command-line/fake-service.ts';

const settings: TrainingRequest = { codeSize: 4, hidden: [12], epochs: 3, batchSize: 16, seed: 3, threads: 1 };
const [workspace, images, out] = [temporaryFolder(), join(temporaryFolder(), 'images'), temporaryFolder()];
const record = join(out, runRecordName);

let service: Core;
beforeAll(async () => {
  await drawSamples({ count: 60, size: 12, seed: 5 }, images);
  service = await createService({ workspace, command: 'test' });
  const { dataset } = await service.import({ sources: [images], validation: 0.2, seed: 9 });
  const { run } = await service.train(dataset.id, { ...settings, device: 'cpu' });
  await service.encode(run.id);
  await service.export(run.id, out, ['run-record', 'model']);
});
afterAll(() => service.close());

/** In the service that is open, or in a workspace of its own. */
async function repeat(words: string[], within: Core = service) {
  const { surroundings, printed } = fakeSurroundings({ ...bound(within), close: async () => {} });
  const code = await runCommandLine(['repeat', ...words, '--json'], surroundings);
  return { code, result: JSON.parse(printed.output), said: printed.errors };
}

/** Methods of a class do not survive being spread. */
function bound(core: Core): Core {
  const names = ['import', 'train', 'encode', 'datasets', 'items', 'contentHash', 'runs', 'metrics'] as const;
  const methods = Object.fromEntries(names.map((name) => [name, core[name].bind(core)]));
  return Object.assign(Object.create(core), { workspace: core.workspace }, methods);
}

async function elsewhere<T>(use: (core: Core) => Promise<T>): Promise<T> {
  const core = await createService({ workspace: temporaryFolder(), command: 'test' });
  try {
    return await use(core);
  } finally {
    await core.close();
  }
}

function changed(change: (content: ReturnType<typeof JSON.parse>) => void): string {
  const content = JSON.parse(readFileSync(record, 'utf8'));
  change(content);
  const file = join(temporaryFolder(), 'changed.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test('the record names settings, data, seeds, versions, device, figures and weights, and no path of this machine', async () => {
  const text = readFileSync(record, 'utf8');
  for (const path of [workspace, images, out]) expect(text).not.toContain(JSON.stringify(path).slice(1, -1));
  const { data, plan, seeds, versions, device, metrics, weights, best, report } = await readRunRecord(record);
  const model = JSON.parse(readFileSync(join(out, 'model', 'model.json'), 'utf8'));
  expect(data).toMatchObject({ height: 12, width: 12, division: { validation: 0.2, seed: 9 } });
  expect(data.images.train + data.images.validation).toBe(60);
  expect(data.hash).not.toBe(data.sourcesHash);
  expect(data.sourcesHash).toBe(model.datasetHash);
  expect(plan).toMatchObject({ preset: 'recommended', epochs: 3, batchSize: 16, spec: { codeSize: 4 } });
  expect(seeds).toEqual({ training: 3, division: 9 });
  expect(Object.keys(versions)).toEqual(expect.arrayContaining(['pinhole', 'node', 'onnxruntime-node']));
  expect(device).toMatchObject({ kind: 'cpu', threads: 1 });
  expect(weights.sha256).toBe(model.weightsHash);
  expect(metrics.map(({ step }) => step)).toEqual(
    [0, 1, 2, 3].map((epoch) => epoch * Math.floor(data.images.train / 16)),
  );
  expect(best.validationMse).toBe(Math.min(...metrics.map(({ validationMse }) => validationMse)));
  expect(report!.heldOutCount).toBe(data.images.validation);
});

describe('pinhole repeat', { timeout: 300_000 }, () => {
  test('finds the images by their content and comes out the same, bit for bit', async () => {
    const { code, result, said } = await repeat([record]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      verdict: 'same',
      bestMse: { difference: 0 },
      curve: { difference: 0, evaluations: 4 },
      changed: [],
    });
    expect(result.weights.repeated).toBe(result.weights.recorded);
    expect(result.run.id).toMatch(/^recommended-/);
    expect(result.run.id).not.toBe(result.repeats);
    expect(said).toContain('The same weights, bit for bit.');
  });

  test('in another workspace it imports the images that are named, wherever they lie, held out as they were', async () => {
    const moved = join(temporaryFolder(), 'moved');
    await cp(images, moved, { recursive: true });
    await elsewhere(async (core) => {
      expect(await repeat([record], core)).toMatchObject({
        code: 1,
        result: { error: { code: 'not-found', message: expect.stringContaining('does not hold the 60 images') } },
      });
      expect(await repeat([record, moved], core)).toMatchObject({ code: 0, result: { verdict: 'same' } });
    });
  });

  test('on another device it takes the same course within the tolerance, and says what has changed', async () => {
    process.env[libraryVariable] = tensorflowStandIn('wasm');
    try {
      const { code, result } = await repeat([record, '--device', 'tensorflow']);
      expect(code).toBe(0);
      expect(result.verdict).toMatch(/^(same|within-tolerance)$/);
      expect(result.curve.difference).toBeLessThanOrEqual(result.tolerance);
      expect(result.changed).toEqual([expect.stringMatching(/^It was trained on .+, and now on TensorFlow/)]);
    } finally {
      delete process.env[libraryVariable];
    }
  });

  test('other images are refused in words, and trained on if that is wanted', async () => {
    const fewer = join(temporaryFolder(), 'fewer');
    await cp(images, fewer, { recursive: true });
    await elsewhere(async (core) => {
      const { dataset } = await core.import({ sources: [fewer] });
      await rm(join(fewer, (await core.items(dataset.id))[7]!.path));
      const refused = await repeat([record, fewer], core);
      expect(refused).toMatchObject({ code: 2, result: { error: { code: 'usage' } } });
      expect(refused.result.error.message).toMatch(
        /^These are not the images that recommended-\w+ was trained on: \d+ to learn from, \d+ to choose by and 0 of a test split instead of/,
      );
      const trained = await repeat([record, fewer, '--other-data'], core);
      expect(trained).toMatchObject({ code: 0, result: { verdict: 'other-data' } });
    });
  });

  test('a preset that has changed since is trained as it was', async () => {
    const withoutSettings = changed((content) => {
      content.settings = { preset: 'recommended', seed: 3 };
    });
    expect(await repeat([withoutSettings])).toMatchObject({ code: 0, result: { verdict: 'same' } });
  });

  test('what differs a little or a lot is judged by the error of the model and of every evaluation', async () => {
    const run = await readRunRecord(record);
    const model = { weightsHash: run.weights.sha256, validationMse: run.best.validationMse };
    expect(judgeRepetition(run, model, run.metrics)).toMatchObject({ verdict: 'same', curve: { difference: 0 } });
    const others = { ...run, weights: { ...run.weights, sha256: 'ab'.repeat(32) } };
    const bent = (factor: number) =>
      run.metrics.map((line, at) => (at === 2 ? { ...line, validationMse: factor * line.validationMse } : line));
    const { verdict, curve } = judgeRepetition(others, model, bent(1.02));
    expect([verdict, curve!.step]).toEqual(['within-tolerance', run.metrics[2]!.step]);
    expect(curve!.difference).toBeCloseTo(0.02, 6);
    expect(judgeRepetition(others, model, bent(1.04)).verdict).toBe('differs');
    // Where a clock decided the course, the model alone is judged.
    const timed = { ...others, plan: { ...run.plan, seconds: 60 } };
    expect(judgeRepetition(timed, model, bent(1.04))).toMatchObject({ verdict: 'within-tolerance', curve: null });
    const worse = { ...model, validationMse: 1.04 * model.validationMse };
    expect(judgeRepetition(timed, worse, run.metrics).verdict).toBe('differs');
  });

  test('what differs has an exit code of its own', async () => {
    const otherwise = changed(({ weights, best }) => {
      weights.sha256 = 'ab'.repeat(32);
      best.validationMse *= 2;
    });
    const { code, result, said } = await repeat([otherwise]);
    expect([code, result.verdict]).toEqual([5, 'differs']);
    expect(said).toContain('It differs by more than 3 %.');
  });

  test('a repetition that was cut off goes on where it was', async () => {
    const long = await readRunRecord(
      changed(({ settings, plan }) => {
        settings.epochs = plan.epochs = 400;
      }),
    );
    const before = (await service.runs()).length;
    const controller = new AbortController();
    const context = {
      signal: controller.signal,
      onProgress: ({ stage, done }: Progress) => stage === 'train' && done > 0 && controller.abort(),
    };
    await expect(repeatRun(service, long, { sources: [] }, context)).rejects.toMatchObject({ code: 'cancelled' });
    const [stopped] = (await service.runs()).slice(before);
    const { run } = await repeatRun(service, long, { sources: [] });
    expect(run).toMatchObject({ id: stopped!.id, state: 'finished', epochs: 400 });
  });

  test.each([
    ['no JSON', 'nonsense', /is no run record. Expected JSON, received something else/],
    [
      'another file',
      '{"format":"pinhole-features-1"}',
      /Expected the format pinhole-run-1, received pinhole-features-1/,
    ],
    ['without its run', '{"format":"pinhole-run-1"}', /is no run record. Expected .* for run, received undefined/],
  ])('a file that is %s is refused', async (_, content, message) => {
    const file = join(temporaryFolder(), 'record.json');
    writeFileSync(file, content);
    const { code, result } = await repeat([file]);
    expect([code, result.error.code]).toEqual([1, 'file-damaged']);
    expect(result.error.message).toMatch(message);
  });
});
