// Nothing that a test has opened outlives it: neither where it fails nor where it runs out of time.
import { beforeAll, expect, test } from 'vitest';
import { atEnd } from './lifetime.ts';
import { isAlive, start, startTethered, waitUntil } from './processes.ts';

const open = new Set<string>();
const processes: number[] = [];

function openOne(name: string): void {
  open.add(name);
  atEnd(() => open.delete(name));
}

function startOne(): void {
  const { pid, end } = startTethered(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  processes.push(pid);
  atEnd(end);
}

beforeAll(() => openOne('for the file'));

test.fails('a test that runs out of time', { timeout: 200 }, async () => {
  openOne('of a slow test');
  startOne();
  await new Promise(() => {});
});

test('… leaves nothing open', () => {
  expect([...open]).toEqual(['for the file']);
  expect(processes.map(isAlive)).toEqual([false]);
});

test.fails('a test that fails, the closing of which fails as well', async () => {
  openOne('of a failing test');
  atEnd(() => {
    throw new Error('cannot be closed');
  });
  throw new Error('on purpose');
});

test('… leaves nothing else open', () => {
  expect([...open]).toEqual(['for the file']);
});

test('what was started ends even where the process that started it is killed', { timeout: 120_000 }, async () => {
  const sleeper = `console.log(process.pid); setInterval(() => {}, 1000)`;
  const module = JSON.stringify(new URL('processes.ts', import.meta.url).href);
  const starter = start(process.execPath, [
    '--input-type=module',
    '-e',
    `import { startTethered } from ${module};
     const { said } = startTethered(process.execPath, ['-e', ${JSON.stringify(sleeper)}]);
     setInterval(() => said.stdout && console.log(said.stdout), 20);`,
  ]);
  await waitUntil(() => /\d+\n/.test(starter.said.stdout), 'the number of the sleeping process', 60_000);
  const sleeping = Number.parseInt(starter.said.stdout, 10);
  expect(isAlive(sleeping)).toBe(true);
  starter.child.kill('SIGKILL');
  await waitUntil(() => !isAlive(sleeping), 'its end', 60_000);
});
