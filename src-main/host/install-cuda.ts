// `npm run install:cuda`: fetches the TensorFlow library that the install left out, and says what else CUDA needs here.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, or what is missing and how to get it. */
  detail: string;
}

const require = createRequire(import.meta.url);
const packageName = '@tensorflow/tfjs-node-gpu';

/** Everything CUDA needs before the library is fetched. TensorFlow.js 4.22 is built for CUDA 11.2 and cuDNN 8.1. */
export function checkPrerequisites(): Check[] {
  const system = process.platform === 'linux' || process.platform === 'win32';
  const where = `${process.platform}-${process.arch}`;
  return [
    {
      name: 'system',
      ok: system && process.arch === 'x64',
      detail:
        system && process.arch === 'x64' ? where : `${where}: TensorFlow has CUDA for Linux and Windows on x64 only`,
    },
    checkPackage(),
    checkDriver(),
    checkLibrary('CUDA 11', 'cudart', '11.0', 'Install the CUDA toolkit 11.2 from NVIDIA.'),
    checkLibrary('cuDNN 8', 'cudnn', '8', 'Install cuDNN 8.1 for CUDA 11.2 from NVIDIA.'),
  ];
}

function checkPackage(): Check {
  const folder = packageFolder();
  const missing = `not installed; "npm ci" without --omit=optional brings it`;
  return { name: packageName, ok: folder !== undefined, detail: folder ? 'installed' : missing };
}

function checkDriver(): Check {
  const { stdout } = spawnSync('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  const found = stdout?.trim().split('\n')[0];
  return {
    name: 'NVIDIA driver',
    ok: Boolean(found),
    detail: found || 'no nvidia-smi that answers. Install the NVIDIA driver.',
  };
}

function checkLibrary(name: string, library: string, version: string, advice: string): Check {
  const found = process.platform === 'win32' ? findOnPath(library) : findSharedLibrary(`lib${library}.so.${version}`);
  return { name, ok: found !== undefined, detail: found ?? `not found. ${advice}` };
}

function findSharedLibrary(file: string): string | undefined {
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/local/cuda*/lib64',
    ...searchPath('LD_LIBRARY_PATH'),
  ];
  return folders.flatMap((folder) => globSync(join(folder, `${file}*`))).at(0);
}

function findOnPath(library: string): string | undefined {
  return searchPath('PATH')
    .flatMap((folder) => globSync(join(folder, `${library}64_*.dll`)))
    .at(0);
}

function searchPath(variable: string): string[] {
  return (process.env[variable] ?? '').split(delimiter).filter(Boolean);
}

function packageFolder(): string | undefined {
  try {
    return dirname(require.resolve(`${packageName}/package.json`));
  } catch {
    return undefined; // optional: its absence is reported by the check
  }
}

/** Runs the package's own install script, which downloads TensorFlow's library and its binding. True when both are there. */
function fetchLibrary(folder: string): boolean {
  console.log('\nFetching the TensorFlow library (some 400 MB) and its binding …');
  // The script calls `node` and `node-pre-gyp` by name, as it may within an npm install.
  const tools = [dirname(process.execPath), join(folder, '..', '..', '.bin'), process.env.PATH].join(delimiter);
  spawnSync(process.execPath, [join('scripts', 'install.js'), 'gpu', 'download'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: tools },
  });
  const [library, binding] = ['deps/lib/*tensorflow*', 'lib/napi-v*/tfjs_binding.node'];
  return [library, binding].every((pattern) => globSync(pattern, { cwd: folder }).length > 0);
}

function main(): number {
  const checks = checkPrerequisites();
  for (const { name, ok, detail } of checks) console.log(`${ok ? 'ok     ' : 'missing'}  ${name}: ${detail}`);
  console.log('\nThis version of Pinhole trains on the CPU and, through WebGPU, on any GPU; neither needs CUDA.');
  console.log('The device that will use the CUDA library is not part of it yet.');
  const folder = packageFolder();
  if (!folder || checks.some(({ ok }) => !ok)) {
    console.log('\nNothing was fetched: bring what is missing and run this again.');
    return 1;
  }
  if (fetchLibrary(folder)) return 0;
  console.log(
    'The library could not be fetched. Check the network (a proxy goes into HTTPS_PROXY) and run this again.',
  );
  return 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main();
