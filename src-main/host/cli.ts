// The command line's entry: the program in command-line/ with the real service, streams and signals.
import { readFileSync } from 'node:fs';
import { runCommandLine } from './command-line/program.ts';
import { watchParent } from './parent-watch.ts';

watchParent();
// A reader that has seen enough (`pinhole info | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await runCommandLine(process.argv.slice(2), {
  // Loaded on demand: help and samples need no native code.
  openService: async (options, context) => (await import('./service.ts')).createService(options, context),
  openReader: async (options, context) => (await import('./service.ts')).createReader(options, context),
  findDevices: async (...asked) => (await import('./service.ts')).findDevices(...asked),
  output: process.stdout,
  errors: process.stderr,
  variables: process.env,
  version,
  exit: (code) => process.exit(code),
  onInterrupt(listener) {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
});
