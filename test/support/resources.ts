// What tests need beyond a bare machine: test data, a GPU, a browser. Each is probed once and skipped aloud when absent.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { electronPackage, presentRuntime, type Runtime } from '../../src-main/host/start.ts';

export interface Resource {
  available: boolean;
  /** Why it is not available; empty where it is. */
  reason: string;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dataFolder = resolve(process.env.PINHOLE_TEST_DATA ?? join(root, '../shared/data'));
const softwareVulkan = '/usr/lib/chromium/vk_swiftshader_icd.json';

const present: Resource = { available: true, reason: '' };
const absent = (reason: string): Resource => ({ available: false, reason });
const when = (available: boolean, reason: string): Resource => (available ? present : absent(reason));

const probes = {
  'mnist-png': () => testData('mnist/mnist-png.tar.gz'),
  'mnist-idx': () => testData('mnist/train-images-idx3-ubyte.gz'),
  photos: () => testData('photos'),
  webgpu: probeWebGpu,
  /** The right to mount a small file system, to fill it. */
  tmpfs: probeTmpfs,
  /** A user whom file permissions stop; root can act as one. */
  'ordinary-user': () => when(process.geteuid !== undefined, 'this system has no POSIX users'),
  /** POSIX signals: SIGKILL, SIGINT as a terminal sends it. */
  signals: () => when(process.platform !== 'win32', 'Windows has no POSIX signals'),
  symlinks: () => when(process.platform !== 'win32', 'Windows allows symbolic links to administrators only'),
  chromium: () =>
    when(onPath('chromium', 'chromium-browser', 'google-chrome') !== undefined, 'no chromium on the PATH'),
  /** The desktop window itself. */
  electron: probeElectron,
  git: () => when(onPath('git') !== undefined && existsSync(join(root, '.git')), 'not in a git clone'),
  npm: () => when(onPath('npm') !== undefined, 'no npm on the PATH'),
  pillow: () => pythonModule('PIL', 'python3-pil'),
  numpy: () => pythonModule('numpy', 'python3-numpy'),
  pytorch: () => pythonModule('torch', 'python3-torch'),
  pandas: () => pythonModule('pandas', 'python3-pandas'),
} satisfies Record<string, () => Resource>;

export type ResourceName = keyof typeof probes;
export const resourceNames = Object.keys(probes) as ResourceName[];

const known = new Map<ResourceName, Resource>();

/** Whether a resource is there, and why not; probed at the first question. */
export function resource(name: ResourceName): Resource {
  const answer = known.get(name) ?? probes[name]();
  known.set(name, answer);
  return answer;
}

/**
 * Skips the running test, with the reason, unless every resource is there:
 * `test('…', (context) => { need(context, 'photos'); … })`, or in a `beforeEach` for a whole group.
 * The test runner counts a skip that does not come from here as a failure.
 */
export function need(context: { skip(note: string): never }, ...names: ResourceName[]): void {
  for (const name of names) {
    const { available, reason } = resource(name);
    if (!available) context.skip(`${missing} ${name}: ${reason}`);
  }
}

const missing = 'missing resource';

/** The part of a skip's note that names the missing resource and why; undefined for any other note. */
export function missingResource(note: string | undefined): string | undefined {
  const [name] = note?.startsWith(`${missing} `) ? note.slice(missing.length + 1).split(':') : [];
  return resourceNames.includes(name as ResourceName) ? note!.slice(missing.length + 1) : undefined;
}

/** The repository's root folder. */
export const repository = root;

/** The 100 photographs of mixed size, all in one folder. */
export function photosFolder(): string {
  return join(dataFolder, 'photos');
}

/** The four original MNIST files, gzipped. */
export function mnistIdx() {
  const file = (name: string) => join(dataFolder, 'mnist', name);
  return {
    trainImages: file('train-images-idx3-ubyte.gz'),
    trainLabels: file('train-labels-idx1-ubyte.gz'),
    testImages: file('t10k-images-idx3-ubyte.gz'),
    testLabels: file('t10k-labels-idx1-ubyte.gz'),
  };
}

/** MNIST as PNGs: `train/<digit>/*.png` (60,000) and `test/<digit>/*.png` (10,000). Unpacked once per machine; read only. */
export async function mnistPngFolder(): Promise<string> {
  const archive = join(dataFolder, 'mnist/mnist-png.tar.gz');
  const { size } = await stat(archive);
  const folder = join(tmpdir(), 'pinhole-test-data', `mnist-png-${size}`);
  if (!existsSync(folder)) await unpack(archive, folder);
  return folder;
}

/** Unpacks beside the target and renames, so that tests in other processes see all of it or nothing. */
async function unpack(archive: string, folder: string): Promise<void> {
  const staging = `${folder}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', staging]);
  await rename(staging, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(staging, { recursive: true });
    // Another process was faster; its copy is as good as this one.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** Runs work as a user whom file permissions stop: root steps down for as long as it lasts. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return work();
  process.seteuid!(nobody);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

const nobody = 65534;

/** Points the Vulkan loader at a software device where nothing else is chosen, so that GPU code runs in every test. */
export function chooseSoftwareVulkan(): void {
  if (!chosenVulkanDriver() && systemVulkanDrivers().length === 0 && existsSync(softwareVulkan)) {
    process.env.VK_ICD_FILENAMES = softwareVulkan;
  }
}

function probeWebGpu(): Resource {
  if (process.platform !== 'linux') return present; // Metal and Direct3D 12 belong to the system
  if (process.arch !== 'x64') return absent(`ONNX Runtime has no WebGPU for linux-${process.arch}`);
  const driver = chosenVulkanDriver();
  if (driver) return when(existsSync(driver.split(delimiter)[0]!), `the Vulkan driver ${driver} does not exist`);
  return when(systemVulkanDrivers().length > 0, 'no Vulkan driver; the Debian package chromium brings a software one');
}

function chosenVulkanDriver(): string | undefined {
  return process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
}

function systemVulkanDrivers(): string[] {
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].filter(existsSync);
  return folders.flatMap((folder) => readdirSync(folder)).filter((name) => name.endsWith('.json'));
}

/** Electron's executable, or why there is none. */
export function electronRuntime(): Runtime {
  return presentRuntime({ platform: process.platform, env: process.env, electron: electronPackage() });
}

function probeElectron(): Resource {
  // They look for the worker among all processes.
  if (process.platform !== 'linux') return absent('the specs of the desktop window read /proc');
  const runtime = electronRuntime();
  return 'missing' in runtime ? absent(runtime.missing) : present;
}

function probeTmpfs(): Resource {
  if (process.platform !== 'linux' || process.geteuid!() !== 0)
    return absent('mounting a small disk needs root on Linux');
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'pinhole', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return present;
  } catch {
    return absent('this container may not mount a small disk');
  } finally {
    rmdirSync(folder);
  }
}

function testData(path: string): Resource {
  return when(
    existsSync(join(dataFolder, path)),
    `${path} is not in the test data (PINHOLE_TEST_DATA, or ../shared/data)`,
  );
}

function pythonModule(name: string, debianPackage: string): Resource {
  return when(pythonWith(name) !== undefined, `no Python with ${name} (Debian package ${debianPackage})`);
}

/** The first Python that has a module: Debian's own packages belong to /usr/bin/python3, whatever is first on the PATH. */
export function pythonWith(module: string): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => {
    try {
      execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

function onPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const candidates = folders.flatMap((folder) =>
    names.flatMap((name) => endings.map((end) => join(folder, name + end))),
  );
  return candidates.find(existsSync);
}
