// The command line's grammar: commands, options, examples, interrupts and exit codes. What commands do is in commands.ts.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ExportFormat, Service } from '../../contract/api.ts';
import { type ErrorCode, PinholeError } from '../../contract/errors.ts';
import type { Context, Notice } from '../../contract/records.ts';
import { sampleDefaults } from '../../dataset/samples.ts';
import * as commands from './commands.ts';
import { settingOptions } from './options.ts';
import { type Screen, Terminal } from './terminal.ts';

/** Everything outside that the command line touches, so that tests can stand in for it. */
export interface Surroundings {
  openService: (options: { workspace: string; command: string }, context: Context) => Promise<Service>;
  output: Screen;
  errors: Screen;
  variables: Record<string, string | undefined>;
  version: string;
  /** Calls back for every interrupt; gives back the way to stop listening. */
  onInterrupt: (listener: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
  /** Ends the process at once. */
  exit: (code: number) => void;
}

/** 3 is the launcher's: no Node to run on. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, locked: 4, interrupted: 130, terminated: 143 } as const;

const exitCodeOf: Partial<Record<ErrorCode, number>> = {
  usage: exitCodes.usage,
  'spec-invalid': exitCodes.usage,
  'workspace-locked': exitCodes.locked,
};

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 no Node to run on, 4 workspace in use by another process,
130 interrupted by Ctrl-C, 143 by SIGTERM. Whatever was interrupted goes on from there when the same command is run again.`;

/** Runs one command line and gives back its exit code. */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = words.includes('--json');
  const terminal = new Terminal({ ...surroundings, json });
  const interrupts = listenToInterrupts(terminal, surroundings);
  try {
    const program = makeProgram(terminal, interrupts.signal, words, surroundings);
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const error = PinholeError.from(thrown);
    if (error.code === 'cancelled') terminal.notice({ level: 'info', message: error.message, advice: error.advice });
    else terminal.error(error);
    terminal.result({ error: error.toJSON() });
    if (error.code === 'cancelled') return interrupts.exitCode();
    return exitCodeOf[error.code] ?? exitCodes.failure;
  } finally {
    interrupts.stop();
  }
}

/** Signals of one Ctrl-C may arrive twice, from the terminal and from the launcher; a person is not that quick. */
const oneInterruptMilliseconds = 300;

/** The first interrupt cancels, the second ends the process at once. */
function listenToInterrupts(terminal: Terminal, { onInterrupt, exit }: Surroundings) {
  const controller = new AbortController();
  let code: number = exitCodes.interrupted;
  let first: number | undefined;
  const stop = onInterrupt((signal) => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      code = signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
      terminal.notice({ level: 'info', message: 'Stopping. Press Ctrl-C again to end at once.' });
      controller.abort();
    } else if (now - first > oneInterruptMilliseconds) {
      exit(code);
    }
  });
  return { signal: controller.signal, exitCode: () => code, stop };
}

function makeProgram(
  terminal: Terminal,
  signal: AbortSignal,
  words: readonly string[],
  surroundings: Surroundings,
): Command {
  const { output, errors, variables, version } = surroundings;
  const defaultWorkspace = variables.PINHOLE_WORKSPACE || join(homedir(), 'Pinhole');
  const warnings: Notice[] = [];
  const context: Context = {
    signal,
    onProgress: (progress) => terminal.progress(progress),
    onNotice: (notice) => {
      if (notice.level === 'warning') warnings.push(notice);
      terminal.notice(notice);
    },
  };

  /** Opens the workspace for one command and closes it, whatever happens. */
  async function withService(options: commands.Options, action: (work: commands.Work) => Promise<void>): Promise<void> {
    const workspace = resolve((options.workspace as string | undefined) ?? defaultWorkspace);
    const service = await surroundings.openService({ workspace, command: ['pinhole', ...words].join(' ') }, context);
    try {
      await action({ service, terminal, context, warnings });
    } finally {
      await service.close();
    }
  }

  const program = new Command('pinhole')
    .description('Learns compact features from folders of images, on this machine, and writes them as CSV.')
    .version(version)
    .addHelpText(
      'after',
      `\nThe workspace holds data sets and runs: --workspace, PINHOLE_WORKSPACE, or ${defaultWorkspace}.\n${exitCodeHelp}`,
    )
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => errors.write(text),
      getOutHelpWidth: () => output.columns ?? 110,
      getErrHelpWidth: () => errors.columns ?? 110,
    })
    .showHelpAfterError('Run it with --help to see what is possible.')
    .exitOverride();

  function command(usage: string, description: string, examples: string[], options: Option[]): Command {
    const subcommand = program.command(usage).description(description);
    for (const option of options) subcommand.addOption(option);
    return subcommand.addHelpText('after', `\nExamples:\n${examples.map((line) => `  pinhole ${line}`).join('\n')}`);
  }
  const workspace = new Option('--workspace <dir>', `folder of data sets and runs (default: ${defaultWorkspace})`);
  const json = new Option(
    '--json',
    'last line on standard output is one JSON object; everything else goes to standard error',
  );
  const out = new Option('--out <dir>', 'folder to write to').makeOptionMandatory();
  const fresh = new Option('--fresh', 'train anew even if the same was trained before');
  const common = [workspace, json];
  const presetNote = '\nA setting without a default is as the preset has it.';

  command(
    'reduce [source...]',
    'The whole job in one line: images in, learned features out.',
    [
      'reduce photos --out features',
      'reduce train --test test --codes 30 --seconds 60 --out features',
      'reduce --samples --out my-first-features',
    ],
    [
      out,
      wholeNumber(
        '--samples [n]',
        'draw sample images into the output folder and reduce them',
        1,
        1_000_000,
        sampleDefaults.count,
      ),
      fresh,
      ...settingOptions('import', 'train'),
      ...common,
    ],
  )
    .addHelpText('after', presetNote)
    .action((sources, options) => withService(options, (work) => commands.reduce(work, sources, options)));

  command(
    'import <source...>',
    'Reads folders, single images, ZIP and TAR archives, IDX, NPY and NPZ files into a data set.',
    ['import photos', 'import mnist/train --test mnist/test --name mnist', 'import scans.zip --size 64 --color grey'],
    [...settingOptions('import'), ...common],
  ).action((sources, options) => withService(options, (work) => commands.importImages(work, sources, options)));

  command(
    'train [dataset]',
    'Trains on a data set (the newest, if none is named), or resumes what was interrupted.',
    [
      'train',
      'train mnist --codes 30 --epochs 20',
      'train photos --preset conv --augment crop=0.8,flip=true --seconds 600',
    ],
    [fresh, ...settingOptions('train'), ...common],
  )
    .addHelpText('after', presetNote)
    .action((dataset, options) => withService(options, (work) => commands.train(work, dataset, options)));

  command(
    'encode <run> [source...]',
    "Encodes the images that a run was trained on, or other images with the run's model.",
    ['encode recommended-1a2b3c4d5e', 'encode recommended-1a2b3c4d5e new-photos'],
    common,
  ).action((run, sources, options) => withService(options, (work) => commands.encode(work, run, sources)));

  command(
    'decode <run> <codes>',
    'Turns codes (CSV or NPY, edited or not) back into images.',
    ['decode recommended-1a2b3c4d5e features/features.csv --out decoded'],
    [out, ...common],
  ).action((run, codes, options) => withService(options, (work) => commands.decode(work, run, codes, options)));

  command(
    'export [run]',
    'Writes features, model and pictures of a run (the newest, if none is named).',
    ['export --out features', 'export recommended-1a2b3c4d5e --formats csv,tensorboard --out features'],
    [out, formatsOption(), ...common],
  ).action((run, options) => withService(options, (work) => commands.exportFeatures(work, run, options)));

  command(
    'info [id]',
    'Shows what the workspace holds, or all about one data set or run.',
    ['info', 'info mnist --json'],
    common,
  ).action((id, options) => withService(options, (work) => commands.showInfo(work, id)));

  command(
    'devices',
    'Shows what can train here, and why other things cannot.',
    ['devices', 'devices --json'],
    common,
  ).action((options) => withService(options, commands.listDevices));

  command(
    'samples <dir>',
    'Draws sample images: coloured shapes in class folders, the same on every machine.',
    ['samples shapes', 'samples shapes --count 500 --size 64 --seed 7'],
    [
      wholeNumber('--count <n>', 'images', 1, 1_000_000, sampleDefaults.count),
      wholeNumber('--size <px>', 'side of an image', 8, 1024, sampleDefaults.size),
      wholeNumber('--seed <n>', 'seed of everything random', 0, 2 ** 32 - 1, sampleDefaults.seed),
      json,
    ],
  ).action((folder, options) => commands.samples(terminal, context, folder, options));
  return program;
}

function formatsOption(): Option {
  const known: ExportFormat[] = [...commands.exportFormats, 'tensorboard'];
  const range = `any of ${known.join(',')}; default: all but tensorboard`;
  return new Option('--formats <list>', `what to write (${range})`).argParser((text) => {
    const formats = text.split(',');
    if (formats.every((format) => (known as string[]).includes(format))) return formats;
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}

function wholeNumber(flags: string, what: string, low: number, high: number, standard: number): Option {
  const range = `whole number ${low}–${high}`;
  return new Option(flags, `${what} (${range}; default: ${standard})`).argParser((text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}
