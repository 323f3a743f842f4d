// `npm start`: the desktop window where Electron's runtime is there or can be fetched, else the same window in a browser.
import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRenderer } from './build-renderer.ts';
import { fetchRuntime } from './fetch-runtime.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Runtime = { executable: string } | { missing: string };

export interface Machine {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  /** Folder of the package `electron`; undefined where it is not installed. */
  electron: string | undefined;
  /** Runs Electron's own installer; the reason where it has failed. */
  install(installer: string): Promise<string | null>;
  say(line: string): void;
}

/** The runtime's executable, fetched where it is not there yet; or why there is none, as the middle of a sentence. */
export async function findRuntime(machine: Machine): Promise<Runtime> {
  const { electron } = machine;
  const known = presentRuntime(machine);
  if ('executable' in known || electron === undefined || known.missing !== notFetched) return known;
  const failure = await machine.install(join(electron, 'install.js'));
  if (failure !== null) return { missing: `${notFetched} and could not be fetched (${failure})` };
  const fetched = executableOf(electron);
  return fetched === undefined ? { missing: 'Electron’s installer has left no runtime' } : { executable: fetched };
}

const notFetched = 'Electron’s runtime is not there';

/** Without fetching anything. */
export function presentRuntime({ platform, env, electron }: Pick<Machine, 'platform' | 'env' | 'electron'>): Runtime {
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return { missing: 'this machine has no screen' };
  if (electron === undefined) return { missing: 'the package electron is not installed' };
  const executable = executableOf(electron);
  return executable === undefined ? { missing: notFetched } : { executable };
}

/** Its installer writes where the executable is. */
function executableOf(electron: string): string | undefined {
  const file = join(electron, 'path.txt');
  if (!existsSync(file)) return undefined;
  const executable = join(electron, 'dist', readFileSync(file, 'utf8').trim());
  return existsSync(executable) ? executable : undefined;
}

function thisMachine(signal: AbortSignal): Machine {
  return {
    platform: process.platform,
    env: process.env,
    electron: electronPackage(),
    install: (installer) => fetchRuntime(installer, { onProgress: sayProgress(), signal }),
    say: (line) => console.error(line),
  };
}

/** Once, and where a person looks on also how far it is. */
function sayProgress(): (bytes: number) => void {
  const line = 'Fetching Electron’s runtime, about 110 MB, once …';
  let said = false;
  return (bytes) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${line} ${Math.round(bytes / 1e6)} MB`);
    else if (!said) console.error(line);
    said = true;
  };
}

/** Folder of the package; undefined where it is not installed. */
export function electronPackage(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return undefined; // left out with the other development packages
  }
}

/** The exit code; a process that a signal ended counts as failed. */
function runToEnd(file: string, words: string[], options: SpawnOptions): Promise<number> {
  const child = spawn(file, words, options);
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  child.once('exit', () => process.off('SIGTERM', pass));
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** As `pinhole serve` in this very process: two more Nodes would start a quarter of a second later. Gives its exit code. */
async function serveHere(words: string[]): Promise<number> {
  process.argv.splice(2, Number.POSITIVE_INFINITY, 'serve', ...words);
  await import('./cli.ts');
  return Number(process.exitCode ?? 0);
}

async function start(words: string[], signal: AbortSignal): Promise<number> {
  const machine = thisMachine(signal);
  const runtime: Runtime = words.includes('--browser')
    ? { missing: '--browser was given' }
    : await findRuntime(machine);
  if (signal.aborted) return 130;
  if ('missing' in runtime) {
    machine.say(`No desktop window, because ${runtime.missing}: Pinhole opens in your browser.`);
    const rest = words.filter((word) => word !== '--browser');
    return serveHere(['--open', ...rest]);
  }
  await ensureRenderer(machine.say);
  return runToEnd(runtime.executable, [root, ...words], {
    stdio: 'inherit',
    // The worker runs on this Node: it is one that Pinhole works with.
    env: { ...process.env, PINHOLE_NODE: process.execPath },
  });
}

// On Ctrl-C a terminal signals every process: this one ends with the one that it started.
if (import.meta.main) {
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort());
  process.exitCode = await start(process.argv.slice(2), stop.signal);
}
