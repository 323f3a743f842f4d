// `npm run install:cuda`: fetches the TensorFlow library that the install left out, and says what else CUDA needs here.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tensorflowFolder, tensorflowPackage } from '../engine/tensorflow-library.ts';
import { type Check, checkCuda, type Machine, thisMachine } from './cuda-requirements.ts';

/** What the installer touches, so that tests can watch it. */
export interface Installation {
  readonly machine: Machine;
  /** Of the optional package; undefined where it was left out. */
  readonly folder: string | undefined;
  readonly say: (line: string) => void;
  /** Runs the package's own installer in its folder. */
  readonly fetch: (folder: string) => void;
}

/** The exit code: 0 where the library is in place. What is missing is said before anything is fetched. */
export function installCuda({ machine, folder, say, fetch }: Installation): number {
  const checks = [...checkCuda(machine), checkPackage(folder)];
  for (const { name, ok, detail } of checks) say(`${ok ? 'ok     ' : 'missing'}  ${name}: ${detail}`);
  if (folder === undefined || checks.some(({ ok }) => !ok)) {
    say(
      '\nNothing was fetched: bring what is missing and run this again. Without it Pinhole trains on the processor and,',
    );
    say('through WebGPU, on graphics cards of any make; neither needs CUDA.');
    return 1;
  }
  if (parts(folder).every(({ there }) => there)) say('\nThe TensorFlow library is there already.');
  else {
    say('\nFetching the TensorFlow library (some 400 MB) and its binding …');
    fetch(folder);
  }
  const lacking = parts(folder).filter(({ there }) => !there);
  if (lacking.length === 0) {
    say('"npx pinhole devices" now tests and times it; "--device tensorflow" trains on it.');
    return 0;
  }
  say(`Not fetched: ${lacking.map(({ name }) => name).join(' and ')}.`);
  say('Check the network (a proxy goes into HTTPS_PROXY) and run this again.');
  return 1;
}

function checkPackage(folder: string | undefined): Check {
  const missing = 'not installed; "npm ci" without --omit=optional brings it.';
  return { name: tensorflowPackage, ok: folder !== undefined, detail: folder === undefined ? missing : 'installed' };
}

function parts(folder: string) {
  const there = (pattern: string) => globSync(pattern, { cwd: folder }).length > 0;
  return [
    { name: "TensorFlow's library (deps/lib)", there: there('deps/lib/*tensorflow*') },
    { name: 'its binding (lib)', there: there('lib/napi-v*/tfjs_binding.node') },
  ];
}

/** The package's own install script. It calls `node` and `node-pre-gyp` by name, as it may within an npm install. */
function runInstaller(folder: string): void {
  const tools = [dirname(process.execPath), join(folder, '..', '..', '.bin'), process.env.PATH].join(delimiter);
  spawnSync(process.execPath, [join('scripts', 'install.js'), 'gpu', 'download'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: tools },
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const say = (line: string) => console.log(line);
  process.exitCode = installCuda({ machine: thisMachine, folder: tensorflowFolder(), say, fetch: runInstaller });
}
