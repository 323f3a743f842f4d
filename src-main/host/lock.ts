// The writer lock: one process at a time writes in a workspace. Readers need no lock and are not stopped by it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { PinholeError } from '../contract/errors.ts';
import type { Context } from '../contract/records.ts';

/** Who holds the lock, as written in `writer.json`. */
const holderSchema = v.object({ pid: v.number(), command: v.string(), since: v.string() });
export type LockHolder = v.InferOutput<typeof holderSchema>;

export interface WorkspaceLock {
  readonly holder: LockHolder;
  /** May be called more than once. */
  release(): void;
}

/**
 * Takes the writer lock of a workspace, making the folder if need be; released by `release` and at exit.
 *
 * The lock itself is the operating system's lock on a file, taken through SQLite because that works alike on every
 * system. The system lets go of it when a process ends in whatever way, so a lock cannot be stale and the number of
 * a dead process that another one now bears cannot be mistaken for it. `writer.json` beside it only says who holds it.
 *
 * @throws `workspace-locked` naming the holder; `usage` where the folder cannot be written.
 */
export async function lockWorkspace(workspace: string, command: string, context: Context = {}): Promise<WorkspaceLock> {
  const file = join(workspace, 'writer.lock');
  const database = openLockFile(workspace, file);
  if (!tryLock(database)) {
    database.close();
    throw lockedBy(workspace, await readLivingHolder(workspace));
  }
  sayTakenOver(readHolder(workspace), context);
  const holder: LockHolder = { pid: process.pid, command, since: new Date().toISOString() };
  let held = true;
  function release(): void {
    if (!held) return;
    held = false;
    process.off('exit', release);
    rmSync(holderFile(workspace), { force: true });
    database.close();
  }
  try {
    writeFileSync(holderFile(workspace), `${JSON.stringify(holder)}\n`);
  } catch (error) {
    release();
    throw PinholeError.from(error);
  }
  process.on('exit', release);
  return { holder, release };
}

function openLockFile(workspace: string, file: string): DatabaseSync {
  try {
    mkdirSync(workspace, { recursive: true });
    return new DatabaseSync(file);
  } catch (error) {
    throw new PinholeError(
      'usage',
      `The workspace ${workspace} cannot be written: ${(error as Error).message}.`,
      'Choose a folder you may write to with --workspace.',
      { cause: error },
    );
  }
}

/** Nothing is ever written to the database: only its lock is used. False where another connection has it. */
function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    const busy = 5; // SQLITE_BUSY
    if ((error as { errcode?: number }).errcode === busy) return false;
    database.close();
    throw PinholeError.from(error);
  }
}

/** A holder writes its name just after it has the lock, so for a moment there is none, or a dead one's. */
async function readLivingHolder(workspace: string): Promise<LockHolder | undefined> {
  for (let tries = 0; tries < 20; tries++) {
    const holder = readHolder(workspace);
    if (holder && isAlive(holder.pid)) return holder;
    await pause(25);
  }
  return undefined;
}

/** Who holds the lock, or held it last and did not end by itself; undefined where nobody is named. */
export function readHolder(workspace: string): LockHolder | undefined {
  try {
    return v.parse(holderSchema, JSON.parse(readFileSync(holderFile(workspace), 'utf8')));
  } catch {
    return undefined; // absent or half written: the file only serves to name the holder
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, but another user's
  }
}

/** A holder that released its lock took its name away; one that is still named did not end by itself. */
function sayTakenOver(previous: LockHolder | undefined, context: Context): void {
  if (!previous) return;
  context.onNotice?.({
    level: 'info',
    message: `The last command in this workspace (${describe(previous)}) ended without saying so; its lock was taken over.`,
    advice: 'What it had written is kept; run it again to go on from there.',
  });
}

function lockedBy(workspace: string, holder: LockHolder | undefined): PinholeError {
  return new PinholeError(
    'workspace-locked',
    `The workspace ${workspace} is in use by ${holder ? describe(holder) : 'another process'}.`,
    'Wait until it is done, stop it, or use another workspace with --workspace.',
  );
}

function describe({ command, pid, since }: LockHolder): string {
  return `"${command}", process ${pid}, since ${since}`;
}

function holderFile(workspace: string): string {
  return join(workspace, 'writer.json');
}
