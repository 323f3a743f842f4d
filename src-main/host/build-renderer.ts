// In a clone, the window and Electron's entries are built when they are first needed and whenever their sources have changed.
import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinholeError } from '../contract/errors.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const builtRenderer = join(root, 'out', 'renderer');

/** The folder of the built window. Where there are no sources, as in a package, it is taken as it is. */
export async function ensureRenderer(say: (line: string) => void = () => {}): Promise<string> {
  await ensureBuilt(root, async () => {
    say('Building the window, which takes some seconds once …');
    await build();
  });
  return builtRenderer;
}

/** Builds a project folder's window unless it is newer than all of its sources, or there are none. */
export async function ensureBuilt(project: string, build: () => Promise<void>): Promise<void> {
  if (!existsSync(join(project, 'src-renderer')) || isFresh(project)) return;
  const started = new Date();
  await build();
  // As old as its beginning: a source that changed in the meantime may not be in it.
  utimesSync(page(project), started, started);
}

/** The build itself, beside its sources. */
const buildFiles = ['electron.vite.config.ts', 'package-lock.json'];

function isFresh(project: string): boolean {
  const built = statSync(page(project), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(
    ['src-renderer/**/*', 'src-main/contract/*.ts', 'src-main/host/electron/*.ts', ...buildFiles],
    { cwd: project },
  );
  return sources.every((file) => statSync(join(project, file)).mtimeMs <= built);
}

const page = (project: string) => join(project, 'out', 'renderer', 'index.html');

function build(): Promise<void> {
  const manifest = createRequire(import.meta.url).resolve('electron-vite/package.json');
  const script = join(dirname(manifest), 'bin', 'electron-vite.js');
  const builder = spawn(process.execPath, [script, 'build', '--logLevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [builder.stdout, builder.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    builder.once('error', reject);
    builder.once('close', (code) => {
      if (code === 0 && existsSync(page(root))) return resolve();
      reject(
        new PinholeError(
          'internal',
          `internal: the window could not be built.\n${said}`,
          'Run npm ci, then try again.',
        ),
      );
    });
  });
}
