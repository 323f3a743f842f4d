// Real processes in tests: start one and collect what it says, look whether one lives, wait for something to become true.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running process that collects what it prints. */
export function start(
  file: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string | undefined>; stdin?: 'ignore' | 'pipe' } = {},
) {
  const { cwd, env, stdin = 'ignore' } = options;
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env } as NodeJS.ProcessEnv,
    stdio: [stdin, 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return { child, said, ended };
}

/** A running process that ends when it is told to, and at the latest with this one, even where this one is killed. */
export function startTethered(file: string, args: string[]) {
  const tether = join(import.meta.dirname, 'tethered.ts');
  const { child, said, ended } = start(process.execPath, [tether, file, ...args], { stdin: 'pipe' });
  const end = () => {
    child.stdin!.end();
    return ended;
  };
  return { pid: child.pid!, said, ended, end };
}

/** Runs a process to its end. */
export function run(...parameters: Parameters<typeof start>): Promise<Ended> {
  return start(...parameters).ended;
}

/** Whether a process is at work; one that ended but was not yet collected by its parent is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export async function waitUntil(condition: () => boolean, what: string, milliseconds = 240_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${milliseconds} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What `find` finds as soon as it finds something; its errors are the test's. */
export async function waitFor<T>(find: () => Promise<T | undefined>, what: string, milliseconds = 240_000): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${milliseconds} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Living descendants of a process whose command line names a file; on Linux. */
export function descendants(pid: number, file: string): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const found: number[] = [];
  for (const parents = [pid]; parents.length > 0; ) {
    const parent = parents.pop()!;
    for (const child of processes.filter((candidate) => candidate.parent === parent)) {
      parents.push(child.pid);
      if (child.command.includes(file)) found.push(child.pid);
    }
  }
  return found;
}

const text = (path: string) => readFileSync(path, 'utf8');

function readProcess(pid: number): { pid: number; parent: number; command: string }[] {
  try {
    const [, state = 'Z', parent = '0'] = /\) (\S) (\d+)/.exec(text(`/proc/${pid}/stat`)) ?? [];
    return state === 'Z' ? [] : [{ pid, parent: Number(parent), command: text(`/proc/${pid}/cmdline`) }];
  } catch {
    return []; // ended between the listing and the reading
  }
}
