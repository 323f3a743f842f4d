// Runs a command for as long as its own standard input is open: so it ends with the process that started it, however that ends.
import { spawn } from 'node:child_process';

/** Whoever does not end when asked to, is ended. */
const patienceMs = 60_000;

const [file, ...args] = process.argv.slice(2);
const child = spawn(file!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('exit', (code) => process.exit(code ?? 1));
process.stdin.once('close', () => {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), patienceMs);
});
process.stdin.resume();
