// The writer lock between real processes: one holder, named to the others, and free again however it ends.
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lockWorkspace } from '../../src-main/host/lock.ts';
import { run, start, waitUntil } from '../support/processes.ts';
import { asOrdinaryUser, need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';

const locker = fileURLToPath(new URL('./fixture-locker.ts', import.meta.url));
const lockerArguments = (workspace: string) => ['--disable-warning=ExperimentalWarning', locker, workspace];

async function startHolder(workspace: string) {
  const holder = start(process.execPath, lockerArguments(workspace));
  await waitUntil(() => holder.said.stdout.includes('\n'), 'the holder');
  return holder;
}

test('a second process is told who holds the lock', async () => {
  const workspace = temporaryFolder();
  const holder = await startHolder(workspace);
  const second = JSON.parse((await run(process.execPath, lockerArguments(workspace))).stdout);
  holder.child.kill();
  await holder.ended;
  expect(second.code).toBe('workspace-locked');
  expect(second.message).toMatch(
    new RegExp(`is in use by "pinhole train", process ${holder.child.pid}, since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\.$`),
  );
  expect(second.advice).toContain('--workspace');
});

test('a second lock in the same process is refused, and the first one outlives the attempt', async () => {
  const workspace = temporaryFolder();
  const lock = await lockWorkspace(workspace, 'first');
  await expect(lockWorkspace(workspace, 'second')).rejects.toThrow(`"first", process ${process.pid}`);
  const other = JSON.parse((await run(process.execPath, lockerArguments(workspace))).stdout);
  expect(other.code).toBe('workspace-locked');
  lock.release();
  lock.release();
  expect(existsSync(join(workspace, 'writer.json'))).toBe(false);
  (await lockWorkspace(workspace, 'third')).release();
});

test('after SIGKILL the next one takes over and says so', async (context) => {
  need(context, 'signals');
  const workspace = temporaryFolder();
  const holder = await startHolder(workspace);
  holder.child.kill('SIGKILL');
  await holder.ended;
  const notices: string[] = [];
  const lock = await lockWorkspace(workspace, 'next', { onNotice: ({ message }) => notices.push(message) });
  lock.release();
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain(`("pinhole train", process ${holder.child.pid}, since `);
});

test('a process that exits with the lock leaves no trace of it', async () => {
  const workspace = temporaryFolder();
  await run(process.execPath, [...lockerArguments(workspace), 'leave']);
  const notices: unknown[] = [];
  (await lockWorkspace(workspace, 'next', { onNotice: (notice) => notices.push(notice) })).release();
  expect(notices).toEqual([]);
});

test('of several processes that race for a lock left by a dead one, exactly one gets it', async () => {
  const workspace = temporaryFolder();
  writeFileSync(join(workspace, 'writer.json'), '{"pid":999999,"command":"pinhole import","since":"2020-01-01"}');
  const racers = Array.from({ length: 6 }, () => start(process.execPath, lockerArguments(workspace)));
  await waitUntil(() => racers.every(({ said }) => said.stdout.includes('\n')), 'the race to end');
  const outcomes = racers.map(({ said }) => JSON.parse(said.stdout));
  for (const { child } of racers) child.kill();
  await Promise.all(racers.map(({ ended }) => ended));
  const winners = outcomes.filter(({ held }) => held !== undefined);
  expect(winners).toHaveLength(1);
  expect(winners[0].notices[0]).toContain('"pinhole import", process 999999, since 2020-01-01');
  for (const { code, message } of outcomes.filter((outcome) => !outcome.held)) {
    expect(code).toBe('workspace-locked');
    expect(message).toContain(`process ${winners[0].held}`);
  }
});

test('a folder that may not be written is named', async (context) => {
  need(context, 'ordinary-user');
  const folder = temporaryFolder();
  chmodSync(folder, 0o555);
  await asOrdinaryUser(() =>
    expect(lockWorkspace(join(folder, 'workspace'), 'x')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(join(folder, 'workspace')),
    }),
  );
});
