// A sweep: every cell of a grid trained and encoded in turn, the hopeless stopped early, and its record in the workspace.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModel } from '../compiler/model.ts';
import type { Core } from '../contract/api.ts';
import { throwIfCancelled } from '../contract/errors.ts';
import type { Context, Dataset, EpochMetrics, TrainingControls } from '../contract/records.ts';
import type { MedianStop, Sweep, SweepContext, SweepRequest, Trial } from '../contract/search.ts';
import { type TrainingRequest, trainingSettingsSchema } from '../contract/settings.ts';
import type { RunEvent } from '../contract/views.ts';
import { writeAtomic } from '../files/atomic.ts';
import { makeFolder } from '../files/folder.ts';
import { ifThere } from '../files/json-lines.ts';
import { type Course, hopeless } from '../training/median-stopping.ts';
import { planTraining, type TrainingPlan } from '../training/presets.ts';
import { parse } from './parse-settings.ts';

type Trainer = Pick<Core, 'workspace' | 'train' | 'encode' | 'runs' | 'metrics'>;

// In its first quarter a run is still warming up, and one that starts at PCA is ahead of one that starts at random.
export const graceShare = 0.25;

/**
 * Settings that do not go together are refused before anything is trained. Errors: `usage`, `spec-invalid`, `cancelled`,
 * and those of training; whatever ends a sweep, the same again goes on from there.
 */
export async function runSweep(
  service: Trainer,
  dataset: Dataset,
  request: SweepRequest,
  context: SweepContext,
): Promise<Sweep> {
  const cells = planCells(dataset, request);
  const sweep = await openSweep(service.workspace, dataset, request, cells);
  for (const [index, { settings, plan }] of cells.entries()) {
    throwIfCancelled(context.signal);
    const trial = sweep.trials[index]!;
    context.onTrial?.(trial, index + 1, null);
    const watch = new Watch(service, plan, await coursesOfRivals(service, sweep, trial));
    const { run: trainedRun, trained } = await service.train(dataset.id, settings, {}, watch.over(context));
    const stop = trained ? await watch.verdict() : trial.stop;
    const { run } = await service.encode(trainedRun.id, {}, context);
    Object.assign(trial, { state: stop ? 'stopped' : 'finished', run: run.id, stop } satisfies Partial<Trial>);
    await writeSweep(service.workspace, sweep);
    context.onTrial?.(trial, index + 1, run);
  }
  return sweep;
}

// ---- the grid -----------------------------------------------------------------------------------------------------

interface Cell {
  settings: TrainingRequest;
  plan: TrainingPlan;
}

/** Seeds in the outermost place: a sweep that is cancelled has seen as much of the grid as it could. */
function planCells(dataset: Dataset, { presets, codeSizes, seeds, settings: common }: SweepRequest): Cell[] {
  const sizes = codeSizes.length > 0 ? codeSizes.map((codeSize) => ({ codeSize })) : [{}];
  return seeds.flatMap((seed) =>
    presets.flatMap((preset) =>
      sizes.map((size) => {
        const settings = { ...common, ...size, preset, seed };
        const plan = planTraining(parse(trainingSettingsSchema, settings), dataset, dataset.count);
        buildModel(plan.spec, dataset);
        return { settings, plan };
      }),
    ),
  );
}

/** Of the trials of the same code size that are done: a small code is not hopeless beside a large one. */
async function coursesOfRivals(service: Trainer, { trials }: Sweep, trial: Trial): Promise<Course[]> {
  const rivals = trials.filter((other) => other !== trial && other.codeSize === trial.codeSize);
  // Runs can have been deleted since.
  const runs = (await service.runs()).filter(({ id }) => rivals.some(({ run }) => run === id));
  return Promise.all(runs.map(({ id }) => service.metrics(id)));
}

// ---- one run ------------------------------------------------------------------------------------------------------

/** Follows the course of a run, from where it was interrupted, and ends it as soon as it is hopeless. */
class Watch {
  readonly #service: Trainer;
  readonly #plan: TrainingPlan;
  readonly #others: readonly Course[];
  #course: EpochMetrics[] = [];
  #controls: TrainingControls | undefined;
  #stop: MedianStop | null = null;
  /** Events are heard one after the other, behind what the run had before. */
  #heard: Promise<void> = Promise.resolve();

  constructor(service: Trainer, plan: TrainingPlan, others: readonly Course[]) {
    this.#service = service;
    this.#plan = plan;
    this.#others = others;
  }

  over(context: Context): Context {
    return {
      ...context,
      onRun: (id) =>
        this.#then(async () => {
          this.#course = await this.#service.metrics(id);
        }),
      onRunEvent: (event) => this.#then(() => this.#hear(event)),
      onControls: (controls) => {
        this.#controls = controls;
      },
    };
  }

  /** Why it was ended, or null, once all is heard. */
  async verdict(): Promise<MedianStop | null> {
    await this.#heard;
    return this.#stop;
  }

  #then(next: () => void | Promise<void>): void {
    this.#heard = this.#heard.then(next);
    // Told by `verdict`, and until then not taken for an error that nobody looks at.
    this.#heard.catch(() => {});
  }

  #hear(event: RunEvent): void {
    if (event.type === 'rewind') this.#course = this.#course.filter(({ step }) => step <= event.step);
    if (event.type !== 'epoch' || this.#stop) return;
    this.#course.push(event.metrics);
    const share = this.#share(event.metrics);
    if (share < graceShare || share >= 1) return;
    this.#stop = hopeless(this.#course, this.#others);
    if (this.#stop) this.#controls?.finish();
  }

  /** How much of the run is done, 0–1. */
  #share({ epoch, seconds }: EpochMetrics): number {
    const { epochs, seconds: budget } = this.#plan;
    return Math.max(epoch / epochs, budget === null ? 0 : seconds / budget);
  }
}

// ---- the record ---------------------------------------------------------------------------------------------------

const folderOf = (workspace: string) => join(workspace, 'sweeps');

/** The same data and the same grid are the same sweep. */
async function openSweep(
  workspace: string,
  dataset: Dataset,
  request: SweepRequest,
  cells: readonly Cell[],
): Promise<Sweep> {
  const identity = createHash('sha256')
    .update(JSON.stringify([dataset.hash, request]))
    .digest('hex');
  const id = `sweep-${identity.slice(0, 10)}`;
  const known = await ifThere(readSweep(workspace, `${id}.json`));
  if (known) return known;
  const trials = cells.map(
    ({ settings, plan: { preset, seed, spec } }): Trial => ({
      ...{ preset: settings.spec?.name ?? preset, codeSize: spec.codeSize, seed },
      ...{ state: 'waiting', run: null, stop: null },
    }),
  );
  return { id, datasetId: dataset.id, created: new Date().toISOString(), request, trials };
}

async function writeSweep(workspace: string, sweep: Sweep): Promise<void> {
  await makeFolder(folderOf(workspace));
  await writeAtomic(join(folderOf(workspace), `${sweep.id}.json`), `${JSON.stringify(sweep, null, 2)}\n`);
}

/** Newest first. */
export async function readSweeps(workspace: string): Promise<Sweep[]> {
  if (!existsSync(folderOf(workspace))) return [];
  const files = (await readdir(folderOf(workspace))).filter((name) => /^sweep-.*\.json$/.test(name));
  const sweeps = await Promise.all(files.map((name) => readSweep(workspace, name)));
  return sweeps.toSorted((a, b) => (a.created < b.created ? 1 : -1));
}

async function readSweep(workspace: string, name: string): Promise<Sweep> {
  return JSON.parse(await readFile(join(folderOf(workspace), name), 'utf8')) as Sweep;
}
