#!/usr/bin/env node
// Starts Pinhole on Node 24, whatever Node runs this file: the pinned platform package, or a newer Node that is there.
// Plain JavaScript, because an old Node must be able to read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function pinnedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // no package for this platform: the caller falls back on the running Node or says what is missing
  }
}

const node = pinnedNode() ?? (Number.parseInt(process.versions.node, 10) >= 24 ? process.execPath : undefined);
if (node === undefined) {
  console.error(
    `Pinhole needs Node 24 or newer; this is ${process.version} and no packaged Node exists for ${process.platform}-${process.arch}.\n` +
      'Install Node 24 from nodejs.org (or your package manager) and run the same command again.',
  );
  process.exit(3);
}

// `--run FILE …` runs one of the project's own scripts on the same Node; anything else is the command line.
const [first, file, ...rest] = process.argv.slice(2);
const script = first === '--run' ? [resolve(file), ...rest] : [join(here, 'cli.ts'), ...process.argv.slice(2)];
const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...script], {
  // The IPC channel carries nothing: its closing tells the child that this process is gone, even after SIGKILL.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// On Ctrl-C the terminal signals both processes: the child decides when to end, this one waits for it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
