// The same seed gives the same bits: for every preset, on one thread and on two, at once or with an interruption.
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import { matmul } from '../../src-main/compiler/functions.ts';
import type { Context } from '../../src-main/contract/records.ts';
import {
  importSettingsSchema,
  type PresetName,
  presetNames,
  type TrainingRequest,
  trainingSettingsSchema,
} from '../../src-main/contract/settings.ts';
import { type Catalogue, importDataset, openCatalogue, openDataset } from '../../src-main/dataset/index.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { presets } from '../../src-main/training/presets.ts';
import { loadCheckpoint, readMetrics, runPaths } from '../../src-main/training/run-files.ts';
import { train } from '../../src-main/training/train.ts';
import { temporaryFolder } from '../support/temporary.ts';

// Batches with fewer rows than a layer has columns, and more pixels than are added up at once: what threads part over.
const steps = 20;
let workspace: string;
let catalogue: Catalogue;
let datasetId: string;
beforeAll(async () => {
  workspace = temporaryFolder();
  const images = join(workspace, 'images');
  await drawSamples({ count: 72, size: 16, seed: 3 }, images);
  catalogue = openCatalogue(workspace);
  const settings = v.parse(importSettingsSchema, { sources: [images], color: 'grey', validation: 0.1 });
  datasetId = (await importDataset(catalogue, workspace, settings, {})).dataset.id;
  return () => catalogue.close();
});

function requestOf(preset: PresetName, threads: number): TrainingRequest {
  const { hidden, filters } = presets[preset];
  return {
    ...{ preset, codeSize: 24, batchSize: 12, epochs: 4, device: 'cpu', threads },
    augment: { crop: 0.8, flip: true },
    ...(hidden.length > 0 && { hidden: [96, 40] }),
    ...(filters > 0 && { filters: 8 }),
  };
}

async function trainInto(folder: string, request: TrainingRequest, resume: boolean, context: Context = {}) {
  const dataset = openDataset(catalogue, workspace, datasetId);
  try {
    const settings = v.parse(trainingSettingsSchema, request);
    return await train({ runId: 'test', folder, dataset, settings, resume }, context);
  } finally {
    dataset.close();
  }
}

/** SHA-256 of what was learned last, of what it started from, and the errors of every evaluation. */
async function resultsIn(folder: string) {
  const paths = runPaths(folder);
  const { values } = (await loadCheckpoint(paths.last))!;
  return {
    values: [...values].map(([name, data]) => `${name} ${hash('sha256', bytesOf(data))}`).sort(),
    pca: hash('sha256', await readFile(paths.pca)),
    model: hash('sha256', await readFile(join(paths.model, 'model.safetensors'))),
    errors: (await readMetrics(folder)).map(({ step, validationMse, score }) => ({ step, validationMse, score })),
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

async function trained(request: TrainingRequest) {
  const folder = temporaryFolder();
  await trainInto(folder, request, false);
  return resultsIn(folder);
}

/** Ended after its second evaluation, then taken up again. */
async function interrupted(request: TrainingRequest) {
  const folder = temporaryFolder();
  const controller = new AbortController();
  const onRunEvent: Context['onRunEvent'] = (event) => {
    if (event.type === 'epoch' && event.metrics.step > 0) controller.abort();
  };
  const context = { signal: controller.signal, onRunEvent };
  await expect(trainInto(folder, request, false, context)).rejects.toMatchObject({ code: 'cancelled' });
  expect((await readMetrics(folder)).at(-1)!.step).toBeLessThan(steps);
  await trainInto(folder, request, true);
  return resultsIn(folder);
}

/** Whole runs: half a second each on an idle machine. */
describe.each(presetNames)('%s', { timeout: 300_000 }, (preset) => {
  test(`${steps} steps: the same bits on one thread and on two, interrupted and resumed`, async () => {
    const one = await trained(requestOf(preset, 1));
    expect(one.errors.at(-1)!.step).toBe(steps);
    expect(new Set(one.errors.map(({ validationMse }) => validationMse)).size).toBe(one.errors.length);
    expect(await trained(requestOf(preset, 2))).toEqual(one);
    expect(await interrupted(requestOf(preset, 2))).toEqual(one);
  });
});

describe('a product', () => {
  const values = (length: number) => Float32Array.from({ length }, (_, index) => Math.sin(index) / 8);
  const shapes = [
    [16, 784, 64, false],
    [12, 257, 96, false],
    [31, 300, 128, true],
    [2, 3072, 3, false],
    [1, 1000, 64, false],
    [64, 1000, 64, false],
    [200, 300, 100, true],
    [20, 200, 512, false],
  ] as const;

  test.each(shapes)(
    'of %i × %i and %i columns (transposed: %s) has the same bits',
    async (rows, inner, columns, transposeB) => {
      const builder = new GraphBuilder();
      const a = builder.input('a', { dtype: 'float32', shape: [rows, inner] });
      const b = builder.input('b', { dtype: 'float32', shape: transposeB ? [columns, inner] : [inner, columns] });
      const graph = builder.build('product', { product: matmul(a, b, { transposeB }) });
      const feeds = {
        a: { dtype: 'float32' as const, shape: a.shape as number[], data: values(rows * inner) },
        b: { dtype: 'float32' as const, shape: b.shape as number[], data: values(inner * columns) },
      };
      const on = async (threads: number) => {
        const executor = await createOnnxExecutor({ device: 'cpu', threads });
        const { product } = await (await executor.compile(graph)).run(feeds);
        const data = product!.data.slice();
        await executor.dispose();
        return data;
      };
      expect(await on(2)).toEqual(await on(1));
    },
  );
});
