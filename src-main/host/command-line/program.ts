// Runs one command line: opens the workspace, listens to interrupts, turns errors into exit codes. Commands are in grammar.ts.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import type { Core } from '../../contract/api.ts';
import { type ErrorCode, PinholeError } from '../../contract/errors.ts';
import type { Context, Notice } from '../../contract/records.ts';
import type { LoneWork, Options } from './commands.ts';
import { type CommandDescription, describeCommands } from './grammar.ts';
import { type Screen, Terminal } from './terminal.ts';

/** Everything outside that the command line touches, so that tests can stand in for it. */
export interface Surroundings {
  openService: (options: { workspace: string; command: string }, context: Context) => Promise<Core>;
  /** Beside a process that holds the workspace, for commands that only look. */
  openReader: Surroundings['openService'];
  findDevices: LoneWork['findDevices'];
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
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  locked: 4,
  differs: 5,
  interrupted: 130,
  terminated: 143,
} as const;

const exitCodeOf: Partial<Record<ErrorCode, number>> = {
  usage: exitCodes.usage,
  'spec-invalid': exitCodes.usage,
  'workspace-locked': exitCodes.locked,
};

const helpAdvice = 'Run it with --help to see what is possible.';

/** Runs one command line and gives back its exit code. */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = words.includes('--json');
  const terminal = new Terminal({ ...surroundings, json });
  const interrupts = listenToInterrupts(terminal, surroundings);
  let exitCode: number = exitCodes.ok;
  const endAs: LoneWork['endAs'] = (outcome) => {
    exitCode = exitCodes[outcome];
  };
  try {
    const program = makeProgram(terminal, interrupts.signal, words, surroundings, endAs);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exitCodes.ok;
      terminal.result({ error: wrongUse(thrown).toJSON() });
      return exitCodes.usage;
    }
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

function wrongUse({ code, message }: CommanderError): PinholeError {
  const said = code === 'commander.help' ? 'Expected a command, received none.' : message.replace(/^error: /, '');
  return new PinholeError('usage', said, helpAdvice);
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
  endAs: LoneWork['endAs'],
): Command {
  const { output, errors, variables, version } = surroundings;
  const defaultWorkspace = variables.PINHOLE_WORKSPACE || join(homedir(), 'Pinhole');
  const streams = makeStreams(terminal, signal);
  const command = ['pinhole', ...words].join(' ');
  const alone = (options: Options): LoneWork => ({
    ...streams,
    workspace: resolve((options.workspace as string | undefined) ?? defaultWorkspace),
    command,
    findDevices: surroundings.findDevices,
    endAs,
  });
  const program = new Command('pinhole')
    .description('Learns compact features from folders of images, on this machine, and writes them as CSV.')
    .version(version)
    .addHelpText('after', describeSurroundings(defaultWorkspace))
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => errors.write(text),
      getOutHelpWidth: () => output.columns ?? 110,
      getErrHelpWidth: () => errors.columns ?? 110,
    })
    .showHelpAfterError(helpAdvice)
    .exitOverride();

  /** Opens the workspace for one command and closes it, whatever happens. */
  async function runWithService(
    { run, readsOnly }: Pick<CommandDescription, 'readsOnly'> & Required<Pick<CommandDescription, 'run'>>,
    options: Options,
    given: string[],
  ) {
    const work = alone(options);
    const { workspace, context } = work;
    const open = readsOnly ? surroundings.openReader : surroundings.openService;
    const service = await open({ workspace, command }, context);
    try {
      await run({ ...work, service }, options, given);
    } finally {
      await service.close();
    }
  }

  for (const { run, runAlone, readsOnly = false, ...description } of describeCommands(defaultWorkspace)) {
    const added = addCommand(program, description);
    added.action(async () => {
      const [options, given] = [added.opts(), added.processedArgs];
      if (run) await runWithService({ run, readsOnly }, options, given);
      else await runAlone!(alone(options), options, given);
    });
  }
  return program;
}

function addCommand(
  program: Command,
  { usage, description, examples, options, hasPreset }: CommandDescription,
): Command {
  const command = program.command(usage).description(description);
  for (const option of options) command.addOption(option);
  if (hasPreset) command.addHelpText('after', '\nA setting without a default is as the preset has it.');
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  pinhole ${line}`).join('\n')}`);
}

function makeStreams(terminal: Terminal, signal: AbortSignal): Pick<LoneWork, 'terminal' | 'context' | 'warnings'> {
  const warnings: Notice[] = [];
  const context: Context = {
    signal,
    onProgress: (progress) => terminal.progress(progress),
    onNotice: (notice) => {
      if (notice.level === 'warning') warnings.push(notice);
      terminal.notice(notice);
    },
  };
  return { terminal, context, warnings };
}

function describeSurroundings(defaultWorkspace: string): string {
  return `
The workspace holds data sets and runs: --workspace, PINHOLE_WORKSPACE, or ${defaultWorkspace}.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 no Node to run on, 4 workspace in use by another process,
5 a repeated run came out otherwise, 130 interrupted by Ctrl-C, 143 by SIGTERM. Whatever was interrupted goes on from there when the same command is run again.`;
}
