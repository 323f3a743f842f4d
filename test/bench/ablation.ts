// `npm run ablation`: every model at every code size on one kind of images, and the table of what came of it. Asserts nothing.
// A finished row is a file and not made again, so that the same command goes on where it was interrupted.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command as Arguments, InvalidArgumentError, Option } from 'commander';
import type { Context } from '../../src-main/contract/records.ts';
import { type PresetName, presetNames, type TrainingSettings } from '../../src-main/contract/settings.ts';
import { writeAtomic } from '../../src-main/files/atomic.ts';
import { openWorkspace } from '../../src-main/host/service.ts';
import { type DataName, dataNames, folds, measureUnit, type Row, type Unit, unitName } from './ablation-rows.ts';
import { formatAblation } from './ablation-table.ts';

export interface Ablation {
  data: DataName;
  models: readonly PresetName[];
  codes: readonly number[];
  folds: number;
  epochs: number | null;
  device: TrainingSettings['device'];
  /** Where rows are, and what is drawn. */
  out: string;
  workspace: string;
}

/** Makes the rows that are missing; the table is of all rows of this data that are there. `say` gets a line at a time. */
export async function runAblation(
  ablation: Ablation,
  say: (line: string) => void,
  context: Context = {},
): Promise<string> {
  const { data, device, out, workspace: folder } = ablation;
  const rowFolder = join(out, 'rows');
  await mkdir(rowFolder, { recursive: true });
  const known = new Set((await readRows(rowFolder)).map(unitName));
  const missing = unitsOf(ablation).filter((unit) => !known.has(unitName(unit)));
  if (missing.length > 0) {
    const workspace = await openWorkspace({ workspace: folder, command: 'npm run ablation' }, context);
    try {
      for (const [done, unit] of missing.entries()) {
        say(`${unitName(unit)}, ${done + 1} of ${missing.length}`);
        const row = await measureUnit(unit, device, workspace, out, context);
        await writeAtomic(join(rowFolder, `${unitName(unit)}.json`), `${JSON.stringify(row, null, 2)}\n`);
      }
    } finally {
      await workspace.core.close();
    }
  }
  return formatAblation((await readRows(rowFolder)).filter((row) => row.data === data));
}

/** In the order that models and code sizes are named in. */
function unitsOf({ data, models, codes, folds: count, epochs }: Ablation): Unit[] {
  const parts = data === 'mnist' ? [null] : Array.from({ length: count }, (_, index) => index + 1);
  return codes.flatMap((size) =>
    models.flatMap((model) => parts.map((fold) => ({ data, model, codes: size, fold, epochs }))),
  );
}

async function readRows(folder: string): Promise<Row[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Row));
}

// ---- command line -------------------------------------------------------------------------------------------------

const wholeNumber = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`Expected a whole number from 1 on, received ${text}.`);
  return value;
};

function isPreset(name: string): name is PresetName {
  return (presetNames as readonly string[]).includes(name);
}

function readModels(text: string): PresetName[] {
  const models = text.split(',');
  const unknown = models.find((model) => !isPreset(model));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Expected models of ${presetNames.join(', ')}, received ${unknown}.`);
  return models as PresetName[];
}

/** A line every ten seconds, for a log. */
function progressTo(say: (line: string) => void): Context {
  let last = performance.now();
  return {
    onProgress({ stage, done, total, detail }) {
      if (performance.now() - last < 10_000) return;
      last = performance.now();
      say(`  ${stage} ${done} of ${total ?? '?'}${detail ? `, ${detail}` : ''}`);
    },
    onNotice: ({ message }) => say(`  ${message}`),
  };
}

async function main(): Promise<void> {
  const out = join(tmpdir(), 'pinhole-ablation');
  const program = new Arguments('ablation')
    .description('Trains models at several code sizes and prints a table of them, as Markdown.')
    .addArgument(new Argument('<data>', 'MNIST, the photographs in five folds, or drawn images').choices(dataNames))
    .option('--models <names>', 'which, in this order', readModels, [...presetNames])
    .option('--codes <sizes>', 'code sizes, in this order', (text) => text.split(',').map(wholeNumber), [16])
    .option('--folds <n>', `how many of the ${folds} folds, for data without a test set`, wholeNumber, folds)
    .option('--epochs <n>', 'instead of what presets take, for a quick look', wholeNumber)
    .addOption(
      new Option('--device <kind>', 'what trains').choices(['auto', 'cpu', 'webgpu', 'tensorflow']).default('auto'),
    )
    .option('--out <dir>', 'where finished rows are kept', out)
    .option('--workspace <dir>', 'where runs are kept; two commands at a time need two (default: in --out)')
    .parse();
  const options = program.opts<
    Omit<Ablation, 'data' | 'epochs' | 'workspace'> & { epochs?: number; workspace?: string }
  >();
  const ablation: Ablation = {
    ...options,
    data: program.args[0] as DataName,
    epochs: options.epochs ?? null,
    workspace: options.workspace ?? join(options.out, 'workspace'),
  };
  const say = (line: string) => console.error(line);
  console.log(await runAblation(ablation, say, progressTo(say)));
}

if (import.meta.main) await main();
