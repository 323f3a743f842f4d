// Training as screens show it: what would be trained, the course of a run, its probes.
import * as v from 'valibot';
import { multiplyAdds } from '../../compiler/cost.ts';
import { buildModel, countParameters } from '../../compiler/model.ts';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import { bestOf } from '../../contract/metrics.ts';
import { type TrainingRequest, type TrainingSettings, trainingSettingsSchema } from '../../contract/settings.ts';
import type { ModelSummary, ProbeMapHistory, RunDetails } from '../../contract/views.ts';
import type { Catalogue, RunRecord } from '../../dataset/catalogue.ts';
import { inferenceGraph, trainingProgram } from '../../training/graphs.ts';
import { planTraining, type TrainingPlan } from '../../training/presets.ts';
import { type MappedStep, probeMapFiles, readMappedIds, readProbeMap } from '../../training/probe-map.ts';
import {
  findRunFile,
  type RunFile,
  readBaselines,
  readMetrics,
  readRunFile,
  readSteps,
  runPaths,
} from '../../training/run-files.ts';
import { readLoggedStep, readStepLog } from '../../training/step-log.ts';
import { usefulThreads } from '../../training/threads.ts';
import { trainingBytes, trainingSeconds } from './costs.ts';
import { readImages } from './datasets.ts';
import { compareTexts } from './item-table.ts';
import type { Surroundings } from './parts.ts';
import { folderBytes } from './workspace.ts';

export type TrainingPart = Pick<
  Service,
  'describeTraining' | 'runDetails' | 'deleteRun' | 'restoreRun' | 'probes' | 'probeImages' | 'probeMap'
>;

export function trainingPart(surroundings: Surroundings, endModel: (runId: string) => void): TrainingPart {
  const { catalogue, topics, aside } = surroundings;
  const changed = () => topics.publish('workspace', { what: ['runs'] });
  return {
    describeTraining: async (datasetId, request) => describeTraining(surroundings, datasetId, request),
    runDetails: async (id) => describeRun(catalogue.getRun(id)),
    async deleteRun(id) {
      catalogue.getRun(id);
      surroundings.expectIdle({ runId: id });
      surroundings.forgetTasks({ runId: id });
      endModel(id);
      aside.putRun(id);
      changed();
    },
    async restoreRun(id) {
      aside.takeRunBack(id);
      changed();
      return catalogue.getRun(id);
    },
    async probes(id) {
      const run = catalogue.getRun(id);
      const { probes } = await readRunFile(run.folder);
      const originals = readImages(surroundings, run.datasetId, Int32Array.from(probes));
      const steps = await readStepLog(runPaths(run.folder).probes);
      return { originals, steps: steps.map(({ step }) => step), map: await describeProbeMap(catalogue, run) };
    },
    async probeImages(id, index) {
      const { folder } = catalogue.getRun(id);
      const { probes } = runPaths(folder);
      expectStep(id, await readStepLog(probes), index);
      return (await readLoggedStep(probes, index, (await readRunFile(folder)).probes.length)) as Uint8Array;
    },
    async probeMap(id, index) {
      const files = probeMapFiles(runPaths(catalogue.getRun(id).folder).probeMap);
      const { explained } = expectStep(id, await readStepLog<MappedStep>(files), index);
      return { xy: await readProbeMap(files, index), explained };
    },
  };
}

async function describeProbeMap(catalogue: Catalogue, run: RunRecord): Promise<ProbeMapHistory | null> {
  const files = probeMapFiles(runPaths(run.folder).probeMap);
  const ids = await readMappedIds(files);
  if (ids === null) return null;
  const steps = await readStepLog(files);
  const items = Array.from(ids, (id) => catalogue.findItem(run.datasetId, id));
  const counts = catalogue.labelCounts(run.datasetId).sort((a, b) => compareTexts(a.label, b.label));
  const numbers = new Map<string | null | undefined, number>(counts.map(({ label }, index) => [label, index]));
  return {
    ids: Int32Array.from(ids),
    learned: items.filter((item) => item?.split === 'train').length,
    steps: steps.map(({ step }) => step),
    labels: counts.map(({ label }) => label),
    labelCounts: Uint32Array.from(counts, ({ count }) => count),
    label: Int32Array.from(items, (item) => numbers.get(item?.label) ?? -1),
  };
}

function expectStep<Line>(runId: string, lines: readonly Line[], index: number): Line {
  const line = lines[index];
  if (line !== undefined) return line;
  throw new PinholeError('not-found', `The run ${runId} has no logged step number ${index}.`, 'Load the run again.');
}

function describeTraining({ catalogue }: Surroundings, datasetId: string, request: TrainingRequest): ModelSummary {
  const dataset = catalogue.getDataset(datasetId);
  const image = { height: dataset.height, width: dataset.width, channels: dataset.channels };
  const settings = v.parse(trainingSettingsSchema, request);
  const count = catalogue.splitCounts(datasetId).get('train') ?? dataset.count;
  const plan = planTraining(settings, image, Math.max(1, count));
  const model = buildModel(plan.spec, image);
  const parameters = countParameters(model);
  const program = trainingProgram(model, plan);
  const cost = multiplyAdds(inferenceGraph(model, ['reconstruction'], 1));
  return {
    layers: model.layers.map(({ part, layer, output, parameters }) => ({
      part,
      name: layer,
      kind: layer.split(' ')[0]!,
      output: [...output],
      parameters,
    })),
    input: [image.height, image.width, image.channels],
    codeSize: plan.spec.codeSize,
    parameters,
    modelBytes: 4 * parameters,
    multiplyAdds: cost,
    memoryBytes: trainingBytes(model, plan, dataset.count),
    trainingImages: count,
    seconds: plan.seconds ?? trainingSeconds(model, plan, count),
    resolved: resolve(settings, plan, usefulThreads(program)),
    steps: plan.seconds === null ? plan.epochs * Math.max(1, Math.floor(count / plan.batchSize)) : 0,
  };
}

/** Every setting by its name, as it will be; null where it is off or does not apply. */
function resolve(settings: TrainingSettings, plan: TrainingPlan, threads: number): Record<string, unknown> {
  const { preset, device, seed, checkpointSeconds } = settings;
  const { spec, preset: _, ...chosen } = plan;
  const first = spec.encoder[0];
  const widths = spec.encoder.flatMap((layer) => (layer.type === 'dense' ? [layer.units] : []));
  const isConvolutional = first?.type === 'conv';
  return {
    ...chosen,
    ...{ preset, device, seed, checkpointSeconds, codeSize: spec.codeSize, pcaStart: spec.pcaStart },
    entries: spec.code.type === 'vq' ? spec.code.entries : null,
    levels: spec.code.type === 'fsq' ? Math.max(...spec.code.levels) : null,
    epochs: plan.epochs === Number.MAX_SAFE_INTEGER ? null : plan.epochs,
    hidden: isConvolutional ? null : widths.slice(0, -1),
    filters: isConvolutional ? first.filters : null,
    activation:
      spec.encoder.flatMap((layer) =>
        'activation' in layer && layer.activation !== 'linear' ? [layer.activation] : [],
      )[0] ?? 'linear',
    threads: settings.threads ?? threads,
  };
}

/** Works before the first step too, when there is no more than the settings. */
async function describeRun(run: RunRecord): Promise<RunDetails> {
  const { folder } = run;
  const file = await findRunFile(folder);
  const epochs = await readMetrics(folder);
  return {
    settings: run.settings as Record<string, unknown>,
    summary: file && {
      parameters: file.parameterCount,
      codeSize: file.plan.spec.codeSize,
      image: [file.image.height, file.image.width, file.image.channels],
    },
    device: file?.device ?? null,
    bytes: await folderBytes(folder),
    epochs,
    steps: await readSteps(folder),
    baselines: await readBaselines(folder),
    warnings: run.report?.warnings ?? file?.warnings ?? [],
    bestStep: bestOf(epochs)?.step ?? null,
    totalSteps: file ? totalSteps(file, epochs) : null,
  };
}

/** Null with a time budget, and until an epoch has shown how many steps it has. */
function totalSteps({ plan }: RunFile, epochs: RunDetails['epochs']): number | null {
  const last = epochs.findLast(({ epoch }) => epoch > 0);
  return plan.seconds !== null || !last ? null : Math.round((last.step / last.epoch) * plan.epochs);
}
