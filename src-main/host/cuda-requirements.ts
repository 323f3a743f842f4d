// What TensorFlow's CUDA library needs on a machine, each looked for by itself: system, driver, CUDA 11.2, cuDNN 8.1.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix, win32 } from 'node:path';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found and where, or what is missing and how to get it. */
  readonly detail: string;
}

/** The machine that is looked at, so that tests can lay out one of their own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where its file system begins. */
  readonly root: string;
}

export const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  variables: process.env,
  root: '/',
};

/**
 * The libraries that TensorFlow 2.9, which @tensorflow/tfjs-node-gpu 4.22 brings, opens by these names; one of them missing
 * and it silently computes on the CPU. Versions: https://www.tensorflow.org/install/source#gpu
 */
const cudaLibraries = [
  { linux: 'libcudart.so.11.0', windows: 'cudart64_110.dll' },
  { linux: 'libcublas.so.11', windows: 'cublas64_11.dll' },
  { linux: 'libcublasLt.so.11', windows: 'cublasLt64_11.dll' },
  { linux: 'libcufft.so.10', windows: 'cufft64_10.dll' },
  { linux: 'libcurand.so.10', windows: 'curand64_10.dll' },
  { linux: 'libcusolver.so.11', windows: 'cusolver64_11.dll' },
  { linux: 'libcusparse.so.11', windows: 'cusparse64_11.dll' },
] as const;
type Library = { readonly linux: string; readonly windows: string };
const driverLibrary: Library = { linux: 'libcuda.so.1', windows: 'nvcuda.dll' };
const cudnnLibrary: Library = { linux: 'libcudnn.so.8', windows: 'cudnn64_8.dll' };

/** CUDA 11 runs on drivers from this one on: NVIDIA, CUDA toolkit 11.2 release notes, table of minor version compatibility. */
const oldestDriver = { linux: 450.8, windows: 452.39 };

/** In the order in which they are brought. */
export function checkCuda(machine: Machine = thisMachine): Check[] {
  const system = checkSystem(machine);
  if (!system.ok) return [system];
  return [system, checkDriver(machine), checkToolkit(machine), checkCudnn(machine)];
}

function checkSystem({ platform, arch }: Machine): Check {
  const where = `${platform}-${arch}`;
  const ok = (platform === 'linux' || platform === 'win32') && arch === 'x64';
  return {
    name: 'system',
    ok,
    detail: ok ? where : `${where}: TensorFlow has CUDA for Linux and Windows on x64 only.`,
  };
}

function checkDriver(machine: Machine): Check {
  const name = 'NVIDIA driver';
  const found = find(machine, driverLibrary);
  const library = nameOf(machine, driverLibrary);
  const install = 'Install the NVIDIA driver of your graphics card (450.80 or newer) and start the machine anew.';
  if (!('path' in found)) return { name, ok: false, detail: `${missing(library, found)} ${install}` };
  const version = driverVersion(machine);
  const oldest = machine.platform === 'win32' ? oldestDriver.windows : oldestDriver.linux;
  if (version !== undefined && Number.parseFloat(version) < oldest)
    return {
      name,
      ok: false,
      detail: `version ${version} is too old for CUDA 11.2, which needs ${oldest} or newer. ${install}`,
    };
  if (machine.platform === 'linux' && version === undefined) {
    const detail = `${found.path} is there, but the kernel module is not loaded (no /proc/driver/nvidia/version): no NVIDIA card, or a container without access to it.`;
    return { name, ok: false, detail };
  }
  return { name, ok: true, detail: version === undefined ? found.path : `version ${version}, ${found.path}` };
}

function driverVersion({ root, platform }: Machine): string | undefined {
  if (platform !== 'linux') return undefined;
  const file = join(root, 'proc/driver/nvidia/version');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(text)?.[1];
}

function checkToolkit(machine: Machine): Check {
  const name = 'CUDA 11.2';
  const found = cudaLibraries.map((library) => ({ library: nameOf(machine, library), place: find(machine, library) }));
  const lacking = found.filter(({ place }) => !('path' in place));
  const [first] = found;
  if (lacking.length === 0) return { name, ok: true, detail: (first!.place as { path: string }).path };
  const said = lacking.map(({ library, place }) => missing(library, place)).join(' ');
  const allOutside = lacking.every(({ place }) => place.outside !== undefined);
  return { name, ok: false, detail: allOutside ? said : `${said} Install the CUDA toolkit 11.2 from NVIDIA.` };
}

function checkCudnn(machine: Machine): Check {
  const name = 'cuDNN 8.1';
  const found = find(machine, cudnnLibrary);
  if ('path' in found) return { name, ok: true, detail: found.path };
  const said = missing(nameOf(machine, cudnnLibrary), found);
  return { name, ok: false, detail: found.outside ? said : `${said} Install cuDNN 8.1 for CUDA 11.2 from NVIDIA.` };
}

function nameOf({ platform }: Machine, library: Library): string {
  return platform === 'win32' ? library.windows : library.linux;
}

/** `outside`: it is there, but where the loader does not look. */
type Place = { readonly path: string; readonly outside?: undefined } | { readonly outside: string | undefined };

function find(machine: Machine, library: Library): Place {
  const file = nameOf(machine, library);
  const within = (folders: string[]) =>
    folders.map((folder) => posixOrWindows(machine).join(folder, file)).find((path) => isThere(machine, path));
  const path = within(loaderFolders(machine));
  if (path !== undefined) return { path };
  const outside = within(usualFolders(machine));
  return { outside: outside && posixOrWindows(machine).dirname(outside) };
}

function missing(library: string, { outside }: Place): string {
  if (outside === undefined) return `${library} is not there.`;
  const variable = library.endsWith('.dll') ? 'PATH' : 'LD_LIBRARY_PATH';
  return `${library} is in ${outside}, where the loader does not look: add that folder to ${variable}.`;
}

const posixOrWindows = ({ platform }: Machine) => (platform === 'win32' ? win32 : posix);

function isThere({ root, platform }: Machine, path: string): boolean {
  return existsSync(
    platform === 'win32' && root === '/' ? path : join(root, path.replaceAll('\\', '/').replace(/^\w:/, '')),
  );
}

/** Where the system's loader looks for a library by its name. */
function loaderFolders(machine: Machine): string[] {
  if (machine.platform === 'win32') {
    const { PATH, Path, SystemRoot = 'C:\\Windows' } = machine.variables;
    return [win32.join(SystemRoot, 'System32'), ...split(PATH ?? Path, ';')];
  }
  return [
    ...split(machine.variables.LD_LIBRARY_PATH, ':'),
    ...configuredFolders(machine),
    ...['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
  ];
}

/** Folders of /etc/ld.so.conf.d, where installers of CUDA enter theirs. */
function configuredFolders({ root }: Machine): string[] {
  const files = ['etc/ld.so.conf', ...globSync('etc/ld.so.conf.d/*.conf', { cwd: root })].map((file) =>
    join(root, file),
  );
  const lines = files.filter((file) => existsSync(file)).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.map((line) => line.trim()).filter((line) => line.startsWith('/'));
}

/** Where installers of CUDA and Python packages put it, whether the loader knows or not. */
function usualFolders({ platform, root, variables }: Machine): string[] {
  if (platform === 'win32') return variables.CUDA_PATH ? [win32.join(variables.CUDA_PATH, 'bin')] : [];
  const toolkits = globSync('usr/local/cuda*/{lib64,targets/x86_64-linux/lib}', { cwd: root }).map(
    (found) => `/${found}`,
  );
  return variables.CUDA_HOME ? [posix.join(variables.CUDA_HOME, 'lib64'), ...toolkits] : toolkits;
}

function split(list: string | undefined, separator: string): string[] {
  return (list ?? '').split(separator).filter(Boolean);
}
