// `pinhole serve` as a person runs it: one line, a second one finds the first, what is said when it cannot, and how it ends.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectService } from '../../src-main/contract/rpc.ts';
import { announce, findServer } from '../../src-main/host/announcement.ts';
import { openBrowser } from '../../src-main/host/open-browser.ts';
import { createService } from '../../src-main/host/service.ts';
import { openSocketPort } from '../../src-main/host/socket-port.ts';
import { isAlive, start, waitFor, waitUntil } from '../support/processes.ts';
import { need, repository } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const launcher = join(repository, 'src-main/host/pinhole.mjs');
const pinhole = (...words: string[]) => start(process.execPath, [launcher, ...words]);
type Started = ReturnType<typeof pinhole>;

const running: Started[] = [];
beforeEach((context) => need(context, 'signals'));
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

const addressOf = ({ said }: Started) => /http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}/.exec(said.stdout)?.[0];

async function serve(workspace: string, ...words: string[]) {
  const started = pinhole('serve', '--workspace', workspace, ...words);
  running.push(started);
  await waitUntil(() => addressOf(started) !== undefined || started.child.exitCode !== null, 'the address');
  return { ...started, address: addressOf(started)! };
}

const connect = async (address: string) => connectService(await openSocketPort(address));
const workerOf = (workspace: string) => JSON.parse(readFileSync(join(workspace, 'writer.json'), 'utf8')).pid as number;

test('prints one line with the address and its token, serves, and ends well with Ctrl-C', async () => {
  const workspace = join(temporaryFolder(), 'new', 'workspace');
  const { address, said, child, ended } = await serve(workspace);
  expect(said.stdout).toBe(`Pinhole is at ${address}\n`);
  expect(said.stderr).toBe('');
  expect(await (await fetch(address)).text()).toContain('<div id="app">');
  const { service, closed } = await connect(address);
  expect(await service.datasets()).toEqual([]);
  const worker = workerOf(workspace);
  if (process.platform !== 'win32') expect(statSync(join(workspace, 'server.json')).mode & 0o777).toBe(0o600);

  child.kill('SIGINT');
  expect(await closed).toBe('ended');
  expect((await ended).code).toBe(0);
  expect(isAlive(worker)).toBe(false);
  expect(readdirSync(workspace).filter((name) => /json|html|tmp/.test(name))).toEqual([]);
});

test('with --json the line is an object', async () => {
  const workspace = temporaryFolder();
  const { address, said } = await serve(workspace, '--json');
  expect(JSON.parse(said.stdout)).toEqual({ address, workspace });
});

test('the home folder is open to it, or those of --root alone', async () => {
  const [one, two] = [temporaryFolder(), temporaryFolder()];
  const { address } = await serve(temporaryFolder(), '--root', one, '--root', two);
  const { service, close } = await connect(address);
  expect((await service.listFolder(null)).roots.sort()).toEqual(expect.arrayContaining([one, two].sort()));
  await expect(service.listFolder(repository)).rejects.toMatchObject({ code: 'refused' });
  close();
});

describe('beside one that runs', () => {
  test('a second one says where it is and is done; info works; what writes names it', async () => {
    const workspace = temporaryFolder();
    const { address } = await serve(workspace);
    const [second, json, info, train] = await Promise.all([
      pinhole('serve', '--workspace', workspace).ended,
      pinhole('serve', '--workspace', workspace, '--port', '4999', '--json').ended,
      pinhole('info', '--workspace', workspace).ended,
      pinhole('train', '--workspace', workspace).ended,
    ]);
    expect(second).toMatchObject({ code: 0, stdout: `Pinhole is at ${address}\n` });
    expect(second.stderr).toContain('being served already');
    expect(JSON.parse(json.stdout)).toEqual({ address, workspace });
    expect(info).toMatchObject({ code: 0, stdout: expect.stringContaining('No data sets yet') });
    expect(train).toMatchObject({ code: 4, stderr: expect.stringContaining('in use by "pinhole serve') });
  });

  test('two that start at the same time come to one address', async () => {
    const workspace = temporaryFolder();
    const both = [pinhole('serve', '--workspace', workspace), pinhole('serve', '--workspace', workspace)];
    running.push(...both);
    await waitUntil(() => both.every((started) => addressOf(started) !== undefined), 'two addresses');
    expect(addressOf(both[0]!)).toBe(addressOf(both[1]!));
    await waitUntil(() => both.some(({ child }) => child.exitCode === 0), 'the second one to be done');
  });

  test('another workspace gets a port of its own', async () => {
    const [one, two] = await Promise.all([serve(temporaryFolder()), serve(temporaryFolder())]);
    expect(new URL(one.address).port).not.toBe(new URL(two.address).port);
  });
});

describe('what one that was killed leaves behind', () => {
  test('does not stop the next one; nothing of it lives on', async () => {
    const workspace = temporaryFolder();
    const killed = await serve(workspace);
    const worker = workerOf(workspace);
    killed.child.kill('SIGKILL');
    await waitUntil(() => !isAlive(worker), 'the worker to end');
    expect(existsSync(join(workspace, 'server.json'))).toBe(true);
    const { address } = await serve(workspace);
    expect(address).not.toBe(killed.address);
    expect(await findServer(workspace)).toBe(address);
  });

  test('is not believed: neither another address nor another server on its port', async () => {
    const workspace = temporaryFolder();
    const asked: string[] = [];
    const other = createServer((request, response) => {
      asked.push(request.headers['sec-websocket-protocol'] ?? '');
      response.end('hello');
    });
    other.on('upgrade', (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    announce(workspace, `http://127.0.0.1:${port}/#token=${'A'.repeat(43)}`);
    expect(await findServer(workspace)).toBeUndefined();
    for (const address of ['http://pinhole.example/#token=x', `http://127.0.0.1:${port}@pinhole.example/#token=x`, 7]) {
      writeFileSync(join(workspace, 'server.json'), JSON.stringify({ address }));
      expect(await findServer(workspace)).toBeUndefined();
    }
    expect(asked).toEqual([]);
    other.close();
  });
});

describe('what cannot be served is said', () => {
  test('a workspace that another command holds: exit code 4, with its name', async () => {
    const workspace = temporaryFolder();
    const holder = await createService({ workspace, command: 'pinhole reduce photos' });
    const { code, stderr, stdout } = await pinhole('serve', '--workspace', workspace).ended;
    await holder.close();
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('is in use by "pinhole reduce photos"');
  });

  test('a port that is taken: exit code 2', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await pinhole('serve', '--workspace', temporaryFolder(), '--port', String(port)).ended;
    other.close();
    expect(code).toBe(2);
    expect(stderr).toContain(`The port ${port} cannot be used`);
  });

  test('a damaged catalogue: exit code 1', async () => {
    const workspace = temporaryFolder();
    writeFileSync(join(workspace, 'catalogue.sqlite'), 'not a database '.repeat(100));
    const { code, stderr } = await pinhole('serve', '--workspace', workspace).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('received a damaged file');
  });

  test('a worker that dies again and again: each time in words, then it ends with 1', {
    timeout: 600_000,
  }, async () => {
    const workspace = temporaryFolder();
    const { ended, said } = await serve(workspace);
    const known = new Set<number>();
    for (let deaths = 0; deaths < 3; deaths++) {
      // The number of the new worker is there as soon as it has the lock.
      const pid = await waitFor(async () => {
        if ((await findServer(workspace)) === undefined) return undefined; // the last one has just died
        const holder = workerOf(workspace);
        return known.has(holder) ? undefined : holder;
      }, 'the worker');
      known.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    expect((await ended).code).toBe(1);
    expect(
      said.stderr.match(/^Warning: The worker process ended unexpectedly \(SIGKILL\)\. It is started again/gm),
    ).toHaveLength(2);
    expect(said.stderr).toContain('ended 3 times within a minute');
  });
});

describe('--open', () => {
  const script = "require('fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))";

  test('gives the browser a page of its own that leads to the address, which no list of processes shows', async () => {
    const folder = temporaryFolder();
    const address = `http://127.0.0.1:4747/#token=${'B'.repeat(43)}`;
    const words = join(folder, 'words.json');
    await openBrowser(address, folder, [process.execPath, '-e', script, words]);
    const [page] = JSON.parse(readFileSync(words, 'utf8')) as [string];
    expect(readFileSync(words, 'utf8')).not.toContain('BBB');
    expect(readFileSync(page, 'utf8')).toContain(`content="0;url=${address}"`);
    if (process.platform !== 'win32') expect(statSync(page).mode & 0o777).toBe(0o600);
  });

  test('rejects where there is no browser', async () => {
    const folder = temporaryFolder();
    await expect(openBrowser('http://127.0.0.1:1/', folder, [join(folder, 'nothing')])).rejects.toThrow('ENOENT');
    await expect(
      openBrowser('http://127.0.0.1:1/', folder, [process.execPath, '-e', 'process.exit(3)']),
    ).rejects.toThrow('ended with 3');
  });
});
