// What `npm run install:cuda` finds and says, on machines laid out in a folder; nothing is ever fetched here.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkCuda, type Machine } from '../../src-main/host/cuda-requirements.ts';
import { installCuda } from '../../src-main/host/install-cuda.ts';
import { temporaryFolder } from '../support/temporary.ts';

const version = 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n';
const driver = { '/proc/driver/nvidia/version': version, '/usr/lib/x86_64-linux-gnu/libcuda.so.1': '' };
const names = ['cudart.so.11.0', 'cublas.so.11', 'cublasLt.so.11', 'cufft.so.10', 'curand.so.10'];
const toolkitNames = [...names, 'cusolver.so.11', 'cusparse.so.11'].map((name) => `lib${name}`);
const filesIn = (folder: string, files: readonly string[]) =>
  Object.fromEntries(files.map((file) => [`${folder}/${file}`, '']));
const toolkit = filesIn('/usr/local/cuda-11.2/lib64', toolkitNames);
const cudnn = { '/usr/lib/x86_64-linux-gnu/libcudnn.so.8': '' };
const configured = { '/etc/ld.so.conf.d/cuda-11-2.conf': '# CUDA\n/usr/local/cuda-11.2/lib64\n' };

function machine(files: Record<string, string>, more: Partial<Machine> = {}): Machine {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { platform: 'linux', arch: 'x64', variables: {}, root, ...more };
}

const detailOf = (checked: Machine, name: string) => checkCuda(checked).find((check) => check.name === name)!;

describe('a machine', () => {
  test('with everything passes, each part found by itself', () => {
    expect(checkCuda(machine({ ...driver, ...toolkit, ...configured, ...cudnn }))).toEqual([
      { name: 'system', ok: true, detail: 'linux-x64' },
      { name: 'NVIDIA driver', ok: true, detail: 'version 550.54.15, /usr/lib/x86_64-linux-gnu/libcuda.so.1' },
      { name: 'CUDA 11.2', ok: true, detail: '/usr/local/cuda-11.2/lib64/libcudart.so.11.0' },
      { name: 'cuDNN 8.1', ok: true, detail: '/usr/lib/x86_64-linux-gnu/libcudnn.so.8' },
    ]);
  });

  test('without a driver is told so, and of nothing else', () => {
    const checks = checkCuda(machine({ ...toolkit, ...configured, ...cudnn }));
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['NVIDIA driver']);
    expect(checks[1]!.detail).toMatch(/^libcuda\.so\.1 is not there\. Install the NVIDIA driver/);
  });

  test('with an old driver is told which one it needs', () => {
    const old = version.replace('550.54.15', '440.33.01');
    expect(detailOf(machine({ ...driver, '/proc/driver/nvidia/version': old }), 'NVIDIA driver')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^version 440\.33\.01 is too old for CUDA 11\.2, which needs 450\.8 or newer\./),
    });
  });

  test("with the driver's library but no card that it drives is told so", () => {
    const { '/proc/driver/nvidia/version': _, ...library } = driver;
    expect(detailOf(machine(library), 'NVIDIA driver')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/the kernel module is not loaded/),
    });
  });

  test.each(toolkitNames)('without %s is told of that library alone', (lacking) => {
    const rest = filesIn(
      '/usr/lib/x86_64-linux-gnu',
      toolkitNames.filter((name) => name !== lacking),
    );
    const detail = `${lacking} is not there. Install the CUDA toolkit 11.2 from NVIDIA.`;
    expect(detailOf(machine({ ...driver, ...rest, ...cudnn }), 'CUDA 11.2')).toMatchObject({ ok: false, detail });
  });

  test('with CUDA 12 has no CUDA 11', () => {
    const newer = filesIn('/usr/lib/x86_64-linux-gnu', ['libcudart.so.12', 'libcublas.so.12']);
    expect(detailOf(machine({ ...driver, ...newer }), 'CUDA 11.2').detail).toMatch(
      /^libcudart\.so\.11\.0 is not there\./,
    );
  });

  test('whose loader does not know the folder of CUDA is told which folder', () => {
    const { ok, detail } = detailOf(machine({ ...driver, ...toolkit }), 'CUDA 11.2');
    expect(ok).toBe(false);
    expect(detail).toMatch(/^libcudart\.so\.11\.0 is in \/usr\/local\/cuda-11\.2\/lib64, .* to LD_LIBRARY_PATH\./);
    expect(detail).not.toContain('Install');
    const variables = { LD_LIBRARY_PATH: '/usr/local/cuda-11.2/lib64' };
    expect(detailOf(machine({ ...driver, ...toolkit }, { variables }), 'CUDA 11.2').ok).toBe(true);
  });

  test('with cuDNN 9 alone has no cuDNN 8', () => {
    const newer = { '/usr/lib/x86_64-linux-gnu/libcudnn.so.9': '' };
    expect(detailOf(machine({ ...driver, ...newer }), 'cuDNN 8.1')).toMatchObject({
      ok: false,
      detail: 'libcudnn.so.8 is not there. Install cuDNN 8.1 for CUDA 11.2 from NVIDIA.',
    });
  });

  test('of another kind is told so at once', () => {
    const detail = 'darwin-arm64: TensorFlow has CUDA for Linux and Windows on x64 only.';
    expect(checkCuda(machine({}, { platform: 'darwin', arch: 'arm64' }))).toEqual([
      { name: 'system', ok: false, detail },
    ]);
  });

  test('with Windows is searched along its PATH', () => {
    const files = { '/CUDA/bin/cudnn64_8.dll': '', '/Windows/System32/nvcuda.dll': '' };
    const variables = { PATH: 'C:\\Tools;C:\\CUDA\\bin', SystemRoot: 'C:\\Windows' };
    const windows = machine(files, { platform: 'win32', variables });
    expect(detailOf(windows, 'cuDNN 8.1')).toMatchObject({ ok: true, detail: 'C:\\CUDA\\bin\\cudnn64_8.dll' });
    expect(detailOf(windows, 'NVIDIA driver').ok).toBe(true);
    expect(detailOf(windows, 'CUDA 11.2').detail).toMatch(/^cudart64_110\.dll is not there\./);
  });
});

describe('the installer', () => {
  const complete = () => machine({ ...driver, ...toolkit, ...configured, ...cudnn });

  function install(checked: Machine, folder: string | undefined, fetched: readonly string[] = []) {
    const [said, calls]: [string[], string[]] = [[], []];
    const fetch = (into: string) => {
      calls.push(into);
      for (const file of fetched) {
        mkdirSync(dirname(join(into, file)), { recursive: true });
        writeFileSync(join(into, file), '');
      }
    };
    const code = installCuda({ machine: checked, folder, say: (line) => said.push(line), fetch });
    return { code, said: said.join('\n'), calls };
  }

  const [library, binding] = ['deps/lib/libtensorflow.so.2', 'lib/napi-v8/tfjs_binding.node'];

  test('fetches nothing where something is missing, and says what trains without it', () => {
    const { code, said, calls } = install(machine(toolkit), temporaryFolder());
    expect([code, calls]).toEqual([1, []]);
    expect(said).toMatch(/^missing {2}NVIDIA driver: libcuda\.so\.1/m);
    expect(said).toMatch(/^missing {2}cuDNN 8\.1: /m);
    expect(said).toContain('neither needs CUDA');
  });

  test('says that the package was left out', () => {
    const { code, said } = install(complete(), undefined);
    expect(code).toBe(1);
    expect(said).toMatch(/^missing {2}@tensorflow\/tfjs-node-gpu: not installed; "npm ci"/m);
  });

  test('fetches once, and knows when it is there', () => {
    const folder = temporaryFolder();
    const first = install(complete(), folder, [library!, binding!]);
    expect([first.code, first.calls]).toEqual([0, [folder]]);
    const second = install(complete(), folder);
    expect([second.code, second.calls]).toEqual([0, []]);
    expect(second.said).toContain('there already');
  });

  test('names what did not arrive', () => {
    const { code, said } = install(complete(), temporaryFolder(), [library!]);
    expect(code).toBe(1);
    expect(said).toContain('Not fetched: its binding (lib).');
  });
});
