#!/usr/bin/env node
// Starts Pinhole on Node 24, whatever Node runs this file, and ends as the started process ends.
// Plain JavaScript, because an old Node must be able to read it.
import { spawn } from 'node:child_process';
import { constants, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseNode, explainMissingNode } from './pinned-node.mjs';

const noNode = 3; // exit code, documented in the README

const node = chooseNode(process, import.meta.url);
if (node === undefined) {
  console.error(explainMissingNode(process));
  process.exit(noNode);
}

// `--run FILE …` runs one of the project's own scripts on the same Node; anything else is the command line.
const [first, file, ...rest] = process.argv.slice(2);
const commandLine = join(dirname(fileURLToPath(import.meta.url)), 'cli.ts');
const script = first === '--run' && file ? [resolve(file), ...rest] : [commandLine, ...process.argv.slice(2)];
const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...script], {
  // The IPC channel says two things (see parent-watch.ts): its closing, that this process is gone, even after SIGKILL;
  // a message, that this process alone was interrupted.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  // Every process and thread below loads the same TypeScript: compiled once, a thread starts in a third of the time.
  env: { NODE_COMPILE_CACHE: join(cacheFolder(), 'pinhole', 'compiled'), ...process.env },
});

/** The user's own, which nobody else can write to. Node does without where it cannot be made. */
function cacheFolder() {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  return (process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME) ?? join(homedir(), '.cache');
}

// On Ctrl-C a terminal signals both processes, `kill -INT` only this one. The child decides when to end; it may hear
// of the same interrupt twice and takes the two for one.
process.on('SIGINT', () => child.connected && child.send('interrupt', () => {}));
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));

child.on('error', (error) => {
  console.error(`${node} could not be started: ${error.message}\n${explainMissingNode(process)}`);
  process.exit(noNode);
});
child.on('exit', (code, signal) => {
  if (signal && !['SIGINT', 'SIGTERM', 'SIGHUP'].includes(signal)) console.error(`Pinhole was ended by ${signal}.`);
  process.exit(signal ? 128 + constants.signals[signal] : code);
});
