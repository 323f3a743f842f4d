// The commands that search: a grid of runs, runs beside each other, and what a code size is worth. Reading options and reporting errors is not theirs.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Run } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Dataset } from '../../contract/records.ts';
import type { AdviceRequest, Sweep, SweepRequest, Trial } from '../../contract/search.ts';
import type { PresetName, TrainingRequest } from '../../contract/settings.ts';
import { findOne, importRequest, type Options, type Work } from './commands.ts';
import { pickSettings } from './options.ts';
import { describeAdvice, describeComparison, describeImport, printable } from './summary.ts';
import { plural } from './words.ts';

/** The grid where nothing else is asked for. */
export const usualGrid: Grid = { codes: [8, 16, 32, 64], presets: ['recommended'], seeds: [1] };

interface Grid {
  codes: number[];
  presets: PresetName[];
  seeds: number[];
}

export async function sweep(work: Work, given: string[], options: Options): Promise<void> {
  const { service, terminal } = work;
  const dataset = await imagesOf(work, given, options);
  const request = sweepRequest(options);
  const total = request.presets.length * request.seeds.length * (request.codeSizes.length || 1);
  terminal.say(`Training ${plural(total, 'run')} on ${printable(dataset.name)} (${dataset.id}).`);
  const onTrial = (trial: Trial, number: number, run: Run | null) => {
    terminal.say(run ? `  ${describeEnd(trial, run)}` : `Run ${number} of ${total}: ${describeTrial(trial)}.`);
  };
  const result = await service.sweep(dataset.id, request, { ...work.context, onTrial });
  const comparison = await service.compare(runsOf(result), null, work.context);
  terminal.say(describeComparison(comparison));
  terminal.say(`Sweep ${result.id}. Next: pinhole compare ${result.id} --out FOLDER`);
  terminal.result({ ...result, comparison });
}

/** Runs, or those of sweeps that are done; the newest sweep where nothing is named. */
export async function compare(work: Work, given: string[], options: Options): Promise<void> {
  const { service, terminal } = work;
  const [runs, sweeps] = [await service.runs(), await service.sweeps()];
  const words = given.length > 0 ? given : [findOne('sweep', sweeps, undefined).id];
  const ids = words.flatMap((word) => {
    return word.startsWith('sweep-') ? runsOf(findOne('sweep', sweeps, word)) : [findOne('run', runs, word).id];
  });
  const out = options.out === undefined ? null : resolve(options.out as string);
  const comparison = await service.compare(ids, out, work.context);
  terminal.say(describeComparison(comparison));
  if (out) terminal.say(`Wrote\n${comparison.files.map((file) => `  ${file}`).join('\n')}`);
  terminal.result(comparison);
}

/** What 95 % and 99 % of the achievable reduction cost in numbers. */
export async function advise(work: Work, given: string[], options: Options): Promise<void> {
  const dataset = await imagesOf(work, given, options);
  const request = pickSettings('train', options) as AdviceRequest;
  work.terminal.say(`Measuring PCA and two short runs on ${printable(dataset.name)} (${dataset.id}).`);
  const advice = await work.service.advise(dataset.id, request, work.context);
  work.terminal.say(describeAdvice(advice));
  work.terminal.result(advice);
}

function runsOf({ trials }: Sweep): string[] {
  return trials.flatMap(({ run }) => run ?? []);
}

function sweepRequest(options: Options): SweepRequest {
  const { codeSize: _, ...settings } = pickSettings('train', options) as TrainingRequest;
  const { codes, presets, seeds }: Grid = { ...usualGrid, ...(options as Partial<Grid>) };
  // A spec says its own code size.
  const codeSizes = options.spec && !options.codes ? [] : codes;
  return { presets, codeSizes, seeds, settings };
}

/** A data set by its id or name, or a new one of sources; the newest where nothing is named. */
async function imagesOf(work: Work, given: string[], options: Options): Promise<Dataset> {
  const datasets = await work.service.datasets();
  const [word] = given;
  const isSource = given.length > 1 || (word !== undefined && existsSync(word));
  if (!isSource) {
    const dataset = findOne('data set', datasets, word);
    const used = pickSettings('train', options);
    const unused = Object.keys(pickSettings('import', options)).find((setting) => !(setting in used));
    if (unused === undefined) return dataset;
    throw new PinholeError(
      'usage',
      `The data set ${dataset.id} has been imported: ${unused} would change nothing.`,
      'Leave it out, or name the folders or files of the images.',
    );
  }
  const imported = await work.service.import(importRequest(work, given, options), work.context);
  work.terminal.say(describeImport(imported));
  return imported.dataset;
}

function describeTrial({ preset, codeSize, seed }: Trial): string {
  return `${preset}, ${plural(codeSize, 'code')}, seed ${seed}`;
}

function describeEnd({ stop }: Trial, { report, epochs, device }: Run): string {
  const error = `held-out error ${figure(report!.model.mse)}, PCA ${figure(report!.pca.mse)}`;
  if (!stop) return `${error}; ${plural(epochs, 'epoch')} on ${device}.`;
  const reason = `its best, ${figure(stop.best)}, was above ${figure(stop.median)}, the median of ${stop.others} others`;
  return `${error}; stopped at epoch ${Number(stop.epoch.toFixed(1))}: ${reason}.`;
}

const figure = (error: number) => error.toPrecision(3);
