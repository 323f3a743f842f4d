// Whole runs on made-up images for tests of the doctor: trained, encoded and reported as they are from the command line.
import { mkdir } from 'node:fs/promises';
import * as v from 'valibot';
import type { Dataset, Item, Warning } from '../../src-main/contract/records.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../../src-main/contract/settings.ts';
import type { OpenDataset } from '../../src-main/dataset/index.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { encodeDataset, readCodes } from '../../src-main/latent/encode.ts';
import { makeReport } from '../../src-main/latent/report.ts';
import { createRandom, type Random } from '../../src-main/numerics/random.ts';
import { loadModel } from '../../src-main/training/model-files.ts';
import {
  loadPca,
  readBaselines,
  readMetrics,
  readRunFile,
  runPaths,
  writeRunFile,
} from '../../src-main/training/run-files.ts';
import { train } from '../../src-main/training/train.ts';
import { temporaryFolder } from '../support/temporary.ts';

const side = 16;

/** Grey images of 16×16 in memory, every `holdOut`-th of them held out. `paint` gives pixel values, 0–255 and beyond. */
export function painted(
  count: number,
  paint: (random: Random) => (x: number, y: number) => number,
  holdOut = 5,
): OpenDataset {
  const random = createRandom(11);
  const data = new Uint8ClampedArray(count * side * side);
  for (let id = 0; id < count; id++) {
    const value = paint(random);
    for (let pixel = 0; pixel < side * side; pixel++)
      data[id * side * side + pixel] = value(pixel % side, Math.floor(pixel / side));
  }
  const items = Array.from({ length: count }, (_, id): Item => {
    const split = holdOut > 0 && id % holdOut === 0 ? 'validation' : 'train';
    return { id, path: `${id}.png`, label: null, split, width: side, height: side, bytes: 256, sha256: `${id}` };
  });
  const preprocessing = {
    width: side,
    height: side,
    channels: 1,
    fit: 'cover',
    background: '#ffffff',
    intensity: null,
  } as const;
  const info: Dataset = {
    ...{ id: 'painted', name: 'painted', sources: [], state: 'ready', count, skipped: 0, hash: 'ab'.repeat(32) },
    ...{ height: side, width: side, channels: 1, preprocessing, created: '2026-01-01T00:00:00.000Z' },
  };
  return {
    info,
    pixels: {
      shape: [count, side, side, 1],
      read(ids, out) {
        for (let row = 0; row < ids.length; row++)
          out.set(data.subarray(ids[row]! * side * side, (ids[row]! + 1) * side * side), row * side * side);
      },
      close() {},
    },
    items: () => items,
    split: (name) => Uint32Array.from(items.filter(({ split }) => split === name).map(({ id }) => id)),
    close() {},
  };
}

/** A bright disc somewhere on a dark ground: much for a code to say, and nothing that PCA could say at once. */
export function disc(random: Random) {
  const [x0, y0, radius] = [4 + 8 * random.next(), 4 + 8 * random.next(), 2 + 3 * random.next()];
  return (x: number, y: number) => 30 + 190 / (1 + Math.exp(2 * (Math.hypot(x - x0, y - y0) - radius)));
}

/** One brightness for the whole image, under much noise of which no code can tell. */
export function fog(random: Random) {
  const brightness = 128 + 110 * (2 * random.next() - 1);
  return () => brightness + 50 * random.normal();
}

export interface Examined {
  /** What the doctor said at the end, and last while it trained. */
  warnings: Warning[];
  meanwhile: Warning[];
  settings: TrainingRequest;
  /** Held-out error of the kept model, of PCA and of the mean image. */
  mse: number;
  pca: number;
  meanImage: number;
  /** What run.json keeps of the course. */
  kept: Warning[];
}

/** On one thread of the CPU, with seed 1. */
export async function examine(dataset: OpenDataset, request: TrainingRequest): Promise<Examined> {
  const folder = temporaryFolder();
  const paths = runPaths(folder);
  const settings = v.parse(trainingSettingsSchema, { device: 'cpu', threads: 1, ...request });
  let meanwhile: Warning[] = [];
  const outcome = await train(
    { runId: 'examined', folder, dataset, settings, resume: false },
    {
      onRunEvent(event) {
        if (event.type === 'warnings') meanwhile = event.warnings;
      },
    },
  );
  const { warnings: kept = [] } = await readRunFile(folder);
  const run = { ...outcome.run, reason: outcome.reason };
  await writeRunFile(folder, run);
  const saved = await loadModel(paths.model);
  const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
  try {
    await mkdir(paths.codes, { recursive: true });
    await encodeDataset(executor, saved, dataset, paths.codes);
    const [codes, pca, epochs] = [await readCodes(paths.codes), await loadPca(paths.pca), await readMetrics(folder)];
    const baselines = await readBaselines(folder);
    const report = await makeReport({ executor, saved, dataset, codes, pca: pca!, run, epochs, baselines });
    const errors = { mse: report.model.mse, pca: report.pca.mse, meanImage: report.meanImage.mse };
    return { warnings: report.warnings, meanwhile, settings: request, kept, ...errors };
  } finally {
    await executor.dispose();
  }
}
