import { existsSync } from 'node:fs';
import { appendFile, copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Context, Notice } from '../../src-main/contract/records.ts';
import {
  importSettingsSchema,
  type TrainingRequest,
  trainingSettingsSchema,
} from '../../src-main/contract/settings.ts';
import { type Catalogue, importDataset, openCatalogue, openDataset } from '../../src-main/dataset/index.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { principalPlane, turnOnto } from '../../src-main/numerics/principal-plane.ts';
import { inferenceGraph } from '../../src-main/training/graphs.ts';
import { runBlocks } from '../../src-main/training/inference.ts';
import { loadModel, saveModel } from '../../src-main/training/model-files.ts';
import { type MappedStep, probeMapFiles, readMappedIds, readProbeMap } from '../../src-main/training/probe-map.ts';
import { loadCheckpoint, readMetrics, runPaths } from '../../src-main/training/run-files.ts';
import { readStepLog } from '../../src-main/training/step-log.ts';
import { train } from '../../src-main/training/train.ts';
import { temporaryFolder } from '../support/temporary.ts';

// 120 drawn images of 16×16 in colour; one import serves every test of this file.
let workspace: string;
let catalogue: Catalogue;
let datasetId: string;
beforeAll(async () => {
  workspace = temporaryFolder();
  const images = join(workspace, 'images');
  await drawSamples({ count: 120, size: 16, seed: 3 }, images);
  catalogue = openCatalogue(workspace);
  const settings = v.parse(importSettingsSchema, { sources: [images] });
  datasetId = (await importDataset(catalogue, workspace, settings, {})).dataset.id;
  return () => catalogue.close();
});

const small: TrainingRequest = { codeSize: 6, hidden: [24], epochs: 4, batchSize: 16, device: 'cpu', threads: 1 };

async function trainInto(folder: string, request: TrainingRequest, resume = false, context: Context = {}) {
  const dataset = openDataset(catalogue, workspace, datasetId);
  try {
    const settings = v.parse(trainingSettingsSchema, request);
    return await train({ runId: 'test', folder, dataset, settings, resume }, context);
  } finally {
    dataset.close();
  }
}

/** Whole runs, each with its checkpoints and models: seconds on an idle machine, many more on one that is shared. */
const patience = { timeout: 600_000 };

describe('a run', patience, () => {
  test('starts at PCA, never ends above it, and leaves every file it promises', async () => {
    const folder = temporaryFolder();
    const outcome = await trainInto(folder, small);
    const metrics = await readMetrics(folder);
    expect(outcome).toMatchObject({ reason: 'epochs', epochs: 4 });
    expect(metrics.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4]);
    expect(outcome.bestMse).toBeLessThanOrEqual(metrics[0]!.validationMse);
    const paths = runPaths(folder);
    for (const path of [paths.run, paths.metrics, paths.last, paths.best, paths.pca])
      expect(existsSync(path), path).toBe(true);
    expect((await readdir(paths.model)).sort()).toEqual([
      'decoder.onnx',
      'encoder.onnx',
      'model.json',
      'model.safetensors',
    ]);
    expect((await readdir(paths.events)).sort()).toEqual(['train', 'validation']);
    expect(outcome.run.probes).toHaveLength(10);
  });

  test('the same seed gives the same bits, another one others', async () => {
    const [first, second, third] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await trainInto(first, small);
    await trainInto(second, small);
    await trainInto(third, { ...small, seed: 9 });
    const weights = async (folder: string) => (await loadModel(runPaths(folder).model)).info.weightsHash;
    expect(await weights(second)).toBe(await weights(first));
    expect(await weights(third)).not.toBe(await weights(first));
  });

  test.each([
    ['recommended', {}],
    ['agarap2019', {}],
    ['deep', { hidden: [32, 16] }],
    ['conv', { filters: 4, hidden: undefined }],
    ['resconv', { filters: 4, hidden: undefined }],
    ['denoising', { noiseKind: 'masking' }],
    ['sparse', {}],
    ['variational', { klWarmup: 0.5 }],
    ['vq', { entries: 16 }],
    ['fsq', { levels: 5 }],
    ['wae', {}],
    ['recommended', { noise: 0.1, codeL1: 0.001, augment: { crop: 0.8, flip: true } }],
  ] as const)(
    'stopped in the middle and resumed, %s ends with the bits of an undisturbed run',
    async (preset, extra) => {
      const request = { ...small, ...extra, preset } as TrainingRequest;
      const [whole, broken] = [temporaryFolder(), temporaryFolder()];
      await trainInto(whole, request);
      const controller = new AbortController();
      const stopAtStep = (step: number): Context => ({
        signal: controller.signal,
        onProgress: ({ stage, done }) => stage === 'train' && done >= step && controller.abort(),
      });
      await expect(trainInto(broken, request, false, stopAtStep(1))).rejects.toMatchObject({ code: 'cancelled' });
      const stopped = await loadCheckpoint(runPaths(broken).last);
      expect(stopped!.progress.step).toBeLessThan(24);
      await trainInto(broken, request, true);
      const end = async (folder: string) => (await loadCheckpoint(runPaths(folder).last))!.values;
      expect(await end(broken)).toEqual(await end(whole));
      const losses = async (folder: string) =>
        (await readMetrics(folder)).map(({ step, trainLoss, validationMse }) => [step, trainLoss, validationMse]);
      expect(await losses(broken)).toEqual(await losses(whole));
    },
  );

  test('a time budget ends where the clock says, in whole epochs and a rest', async () => {
    const folder = temporaryFolder();
    const { epochs: _, ...others } = small;
    const outcome = await trainInto(folder, { ...others, seconds: 1 });
    expect(outcome.reason).toBe('seconds');
    expect(Number.isInteger(outcome.epochs)).toBe(true);
    const last = (await readMetrics(folder)).at(-1)!;
    expect(outcome.epochs).toBe(Math.floor(last.epoch));
  });

  test('a rate that explodes is rolled back for real, and the model stays whole', async () => {
    const folder = temporaryFolder();
    const notices: Notice[] = [];
    await trainInto(
      folder,
      {
        ...small,
        preset: 'deep',
        hidden: [32, 16],
        optimizer: { type: 'sgd', momentum: 0.9 },
        schedule: 'constant',
        learningRate: 1e6,
        epochs: 3,
      },
      false,
      { onNotice: (notice) => notices.push(notice) },
    );
    expect(notices.filter(({ message }) => message.startsWith('The loss exploded')).length).toBeGreaterThanOrEqual(1);
    const { values } = await loadModel(runPaths(folder).model);
    for (const [name, data] of values) expect(data.every(Number.isFinite), name).toBe(true);
  });
});

describe('the map of the probes', patience, () => {
  const request = { ...small, epochs: 6 };

  test('is there for every evaluation, turned onto the one before, and of the very codes of the kept model', async () => {
    const folder = temporaryFolder();
    const { bestStep } = await trainInto(folder, request);
    const files = probeMapFiles(runPaths(folder).probeMap);
    const lines = await readStepLog<MappedStep>(files);
    expect(lines.map(({ step }) => step)).toEqual((await readMetrics(folder)).map(({ step }) => step));
    const ids = (await readMappedIds(files))!;
    expect(ids).toHaveLength(100);

    const dataset = openDataset(catalogue, workspace, datasetId);
    expect(dataset.split('validation').every((id) => ids.includes(id))).toBe(true);
    const { model, values } = await loadModel(runPaths(folder).model);
    const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
    const runner = await executor.compile(inferenceGraph(model, ['codes']), values);
    const codes: number[] = [];
    for await (const { results } of runBlocks(runner, dataset.pixels, ids, model.image))
      codes.push(...results.codes!.data);
    await executor.dispose();
    dataset.close();
    const place = lines.findIndex(({ step }) => step === bestStep);
    const [stored, own] = [await readProbeMap(files, place), await principalPlane(Float32Array.from(codes), 6)];
    const again = turnOnto(own.xy, stored);
    const size = Math.hypot(...stored) / Math.sqrt(ids.length);
    for (const [at, value] of again.entries()) expect(Math.abs(value - stored[at]!)).toBeLessThan(0.01 * size);
    expect(lines[place]!.explained).toBeCloseTo(own.explained, 3);

    for (let index = 1; index < lines.length; index++) {
      const [before, now] = [await readProbeMap(files, index - 1), await readProbeMap(files, index)];
      for (const [at, value] of turnOnto(now, before).entries()) expect(value).toBeCloseTo(now[at]!, 4);
    }
  });

  test('stopped in the middle and resumed, it is that of an undisturbed run', async () => {
    const [whole, broken] = [temporaryFolder(), temporaryFolder()];
    await trainInto(whole, request);
    const controller = new AbortController();
    const stop: Context = {
      signal: controller.signal,
      onRunEvent: (event) => event.type === 'probes' && event.step > 10 && controller.abort(),
    };
    await expect(trainInto(broken, request, false, stop)).rejects.toMatchObject({ code: 'cancelled' });
    await trainInto(broken, request, true);
    const content = (folder: string) => {
      const { ids, steps, array } = probeMapFiles(runPaths(folder).probeMap);
      return Promise.all([ids, steps, array].map((file) => readFile(file)));
    };
    expect(await content(broken)).toEqual(await content(whole));
  });
});

describe('model files', patience, () => {
  test('run unchanged in a plain ONNX runtime and agree with Pinhole', async () => {
    const folder = temporaryFolder();
    await trainInto(folder, { ...small, preset: 'conv', filters: 4, hidden: undefined } as TrainingRequest);
    const paths = runPaths(folder);
    const saved = await loadModel(paths.model);
    const dataset = openDataset(catalogue, workspace, datasetId);
    const images = new Uint8Array(3 * 16 * 16 * 3);
    dataset.pixels.read([0, 1, 2], images);
    dataset.close();

    const encoder = await InferenceSession.create(join(paths.model, 'encoder.onnx'));
    const decoder = await InferenceSession.create(join(paths.model, 'decoder.onnx'));
    const { code } = await encoder.run({ image: new Tensor('uint8', images, [3, 16, 16, 3]) });
    const { image } = await decoder.run({ code: code! });
    expect(code!.dims).toEqual([3, 6]);
    expect([image!.type, ...image!.dims]).toEqual(['uint8', 3, 16, 16, 3]);

    const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
    const runner = await executor.compile(inferenceGraph(saved.model, ['codes', 'reconstruction']), saved.values);
    const own = await runner.run({ images: { dtype: 'uint8', shape: [3, 16, 16, 3], data: images } });
    expect([...(code!.data as Float32Array)]).toEqual([...own.codes!.data]);
    expect([...(image!.data as Uint8Array)]).toEqual([...own.reconstruction!.data]);
    await executor.dispose();
  });

  test('changed weights are noticed', async () => {
    const folder = temporaryFolder();
    await trainInto(folder, small);
    const { model } = runPaths(folder);
    const saved = await loadModel(model);
    const other = temporaryFolder();
    await saveModel(
      other,
      saved.model,
      new Map([...saved.values].map(([name, data]) => [name, data.map((x) => x + 1)])),
      saved.info,
    );
    await copyFile(join(other, 'model.safetensors'), join(model, 'model.safetensors'));
    await expect(loadModel(model)).rejects.toMatchObject({ code: 'file-damaged' });
    await appendFile(join(other, 'model.json'), '{');
    await expect(loadModel(other)).rejects.toMatchObject({ code: 'file-damaged' });
    await expect(loadModel(temporaryFolder())).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('settings that cannot work', () => {
  test('a code larger than the image', async () => {
    await expect(trainInto(temporaryFolder(), { codeSize: 1000 })).rejects.toThrow(
      'The code size 1000 is larger than the image: 16×16×3 is 768 values.',
    );
  });
});
