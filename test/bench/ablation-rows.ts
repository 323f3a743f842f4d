// One row of the ablation table: a model of one code size, trained, encoded and measured through the service as a person would.
import { join } from 'node:path';
import type { Core, Run } from '../../src-main/contract/api.ts';
import { bestOf } from '../../src-main/contract/metrics.ts';
import type { Context, Quality } from '../../src-main/contract/records.ts';
import type { ImportRequest, PresetName, TrainingSettings } from '../../src-main/contract/settings.ts';
import { type OpenDataset, openDataset } from '../../src-main/dataset/open.ts';
import { drawSamples, type SampleSettings } from '../../src-main/dataset/samples.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import type { OpenWorkspace } from '../../src-main/host/service.ts';
import { readCodes } from '../../src-main/latent/encode.ts';
import type { Vectors } from '../../src-main/latent/neighbours.ts';
import { comparableCodes, heldOutSplit, labelledImages, pcaCodesOf } from '../../src-main/latent/report.ts';
import { loadModel } from '../../src-main/training/model-files.ts';
import { loadPca, readRunFile, runPaths } from '../../src-main/training/run-files.ts';
import { testData } from './data.ts';
import { probeAccuracy } from './linear-probe.ts';
import { describeMachine, type Machine } from './machine.ts';

export const dataNames = ['mnist', 'photos', 'samples'] as const;
export type DataName = (typeof dataNames)[number];

/** What is trained for a row. */
export interface Unit {
  data: DataName;
  model: PresetName;
  codes: number;
  /** From 1; null where a part of the data is held out once and for all. */
  fold: number | null;
  /** Null: as many as the preset takes by itself. */
  epochs: number | null;
}

/** Accuracies are shares, 0–1, and null where images have no labels. */
export interface Figures extends Pick<Quality, 'mse' | 'psnr'> {
  knn: number | null;
  probe: number | null;
}

export interface Row extends Unit {
  heldOutCount: number;
  figures: Figures;
  pca: Figures;
  meanImage: Figures;
  /** Of training alone, by the clock and of all cores together. */
  seconds: number;
  processorSeconds: number | null;
  trainedEpochs: number;
  device: string;
  /** Of a variational model as it is kept, on its validation images; `kl` in nats. */
  variational: { beta: number; kl: number; activeUnits: number } | null;
  run: string;
  machine: Machine;
}

// As many as `npm run folds` takes by itself.
export const folds = 5;
const photoSide = 64;
const drawn: SampleSettings = { count: 300, size: 32 };

/** The name of a unit's file: what was asked for, and nothing that came of it. */
export function unitName({ data, model, codes, fold, epochs }: Unit): string {
  return [
    data,
    model,
    codes,
    ...(fold === null ? [] : [`fold${fold}`]),
    ...(epochs === null ? [] : [`epochs${epochs}`]),
  ].join('-');
}

/** `folder` is for what has to be drawn first. Training that was interrupted goes on; what is trained already is only measured. */
export async function measureUnit(
  unit: Unit,
  device: TrainingSettings['device'],
  workspace: OpenWorkspace,
  folder: string,
  context: Context = {},
): Promise<Row> {
  const { core, catalogue } = workspace;
  const { dataset } = await core.import(await importRequest(unit, folder), context);
  const { model: preset, codes: codeSize, epochs } = unit;
  const request = { preset, codeSize, device, ...(epochs !== null && { epochs }) };
  const { run } = await core.train(dataset.id, request, {}, context);
  const { report, ...encoded } = (await core.encode(run.id, {}, context)).run;
  const { seconds, device: trainedOn, plan } = await readRunFile(encoded.folder);
  const open = openDataset(catalogue, core.workspace, dataset.id);
  try {
    const probes = await linearProbes(encoded, open, context);
    const { heldOutCount, model, pca, meanImage, knn, pcaKnn } = report!;
    return {
      ...unit,
      heldOutCount,
      figures: figures(model, knn, probes.model),
      pca: figures(pca, pcaKnn, probes.pca),
      meanImage: figures(meanImage, null, null),
      seconds: seconds.train,
      processorSeconds: seconds.processor ?? null,
      trainedEpochs: encoded.epochs,
      device: trainedOn.name,
      variational: await variationalFigures(core, encoded.id, plan.beta),
      run: encoded.id,
      machine: describeMachine(),
    };
  } finally {
    open.close();
  }
}

async function importRequest({ data, fold }: Unit, folder: string): Promise<ImportRequest> {
  const inFolds = fold === null ? {} : { fold: [fold, folds] as [number, number] };
  switch (data) {
    case 'mnist': {
      const [train, test] = ['train-images-idx3-ubyte.gz', 't10k-images-idx3-ubyte.gz'];
      return { sources: [join(testData, 'mnist', train)], testSources: [join(testData, 'mnist', test)], name: data };
    }
    case 'photos':
      return { sources: [join(testData, 'photos')], size: photoSide, name: data, ...inFolds };
    case 'samples': {
      const images = join(folder, 'samples');
      await drawSamples(drawn, images);
      return { sources: [images], name: data, ...inFolds };
    }
    default:
      return data satisfies never;
  }
}

const figures = ({ mse, psnr }: Quality, knn: number | null, probe: number | null): Figures => ({
  mse,
  psnr,
  knn,
  probe,
});

/** Of the model's codes and of as many principal components, with the same images as the report's neighbours. */
async function linearProbes(run: Omit<Run, 'report'>, dataset: OpenDataset, context: Context) {
  const paths = runPaths(run.folder);
  const saved = await loadModel(paths.model);
  const items = dataset.items();
  const { references, queries } = labelledImages(items, heldOutSplit(items), saved.model.image);
  if (queries.length === 0) return { model: null, pca: null };
  const codes = await readCodes(paths.codes);
  const pca = await loadPca(paths.pca);
  const executor = await createOnnxExecutor({ device: 'cpu' });
  try {
    const accuracy = async (vectorsOf: (ids: Uint32Array) => Vectors | Promise<Vectors>) => {
      const of = async (items: typeof queries) => ({
        vectors: await vectorsOf(Uint32Array.from(items, ({ id }) => id)),
        labels: items.map(({ label }) => label!),
      });
      return probeAccuracy(await of(references), await of(queries));
    };
    return {
      model: await accuracy((ids) => comparableCodes(saved, codes, ids)),
      pca: await accuracy((ids) => pcaCodesOf({ executor, saved, dataset, pca: pca! }, ids, context)),
    };
  } finally {
    await executor.dispose();
  }
}

async function variationalFigures(core: Core, run: string, beta: number): Promise<Row['variational']> {
  const { kl, activeUnits } = bestOf(await core.metrics(run))!;
  return kl === undefined || activeUnits === undefined ? null : { beta, kl, activeUnits };
}
