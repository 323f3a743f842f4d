// SIGKILL at random moments of writing, of adding to and of extracting an archive, seeded: the old archive is intact, no half file has a final name.
// node test/bench/archive-kill.ts [trials] [seed]
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../src-main/numerics/random.ts';
import { descendants, run, start } from '../support/processes.ts';
import { repository } from '../support/resources.ts';

const [trials = 20, seed = 1] = process.argv.slice(2).map(Number);
const random = createRandom(seed);
const root = mkdtempSync(join(tmpdir(), 'pinhole-kill-'));
const workspace = join(root, 'workspace');
const launcher = join(repository, 'src-main/host/pinhole.mjs');
try {
  const images = join(root, 'images');
  await pinhole('samples', images, '--count', '1500');
  const out = join(root, 'archives');
  mkdirSync(out);
  const file = join(out, 'images.pinhole');
  const write = ['compress', images, '--out', file, '--workspace', workspace, '--hidden', '32', '--epochs', '1'];
  await pinhole(...write);
  report('writing', await killWriting(write, out, file));
  report('adding', await killAdding(out));
  report('extracting', await killExtracting(file));
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

interface Outcome {
  /** Of the whole time that it takes, when the process was killed. */
  share: number;
  /** It had come to its end by then. */
  ended: boolean;
  fault: string | null;
}

/** Over an archive that is there already; the new one differs by its goal. */
async function killWriting(write: string[], folder: string, file: string): Promise<Outcome[]> {
  const again = [...write, '--quality', '50'];
  const kept = join(root, 'old.pinhole');
  copyFileSync(file, kept);
  const old = hashOf(kept);
  const seconds = await secondsOf(() => pinhole(...again));
  if (hashOf(file) === old) throw new Error('Expected another archive with another goal, received the same.');
  const restoreAndWrite = () => {
    copyFileSync(kept, file);
    return again;
  };
  const outcomes = await killAtTimes(restoreAndWrite, seconds, async () => {
    const others = readdirSync(folder).filter((name) => name.endsWith('.pinhole') && join(folder, name) !== file);
    if (others.length > 0) return `there is ${others.join(', ')} too`;
    if (hashOf(file) === old) return null;
    const { code, stderr } = await run(process.execPath, [launcher, 'verify', file]);
    return code === 0 ? null : stderr;
  });
  await pinhole(...again);
  return outcomes;
}

/** Images of another folder, by the run of the archive; it has those that it had, or all of them. */
async function killAdding(folder: string): Promise<Outcome[]> {
  const file = join(folder, 'growing.pinhole');
  const kept = join(root, 'first.pinhole');
  const [some, more] = ['some', 'more'].map((name) => join(root, name)) as [string, string];
  await pinhole('samples', some, '--count', '700', '--seed', '1');
  await pinhole('samples', join(more, 'more'), '--count', '700', '--seed', '2');
  await pinhole('compress', some, '--out', file, '--workspace', workspace, '--hidden', '32', '--epochs', '1');
  copyFileSync(file, kept);
  const words = ['compress', more, '--append', '--out', file, '--workspace', workspace];
  const seconds = await secondsOf(() => pinhole(...words));
  const restoreAndAdd = () => {
    copyFileSync(kept, file);
    return words;
  };
  return killAtTimes(restoreAndAdd, seconds, async () => {
    if (hashOf(file) === hashOf(kept)) return null;
    const { code, stderr } = await run(process.execPath, [launcher, 'verify', file]);
    return code === 0 ? null : stderr;
  });
}

async function killExtracting(file: string): Promise<Outcome[]> {
  const whole = join(root, 'whole');
  const seconds = await secondsOf(() => pinhole('decompress', file, '--out', whole));
  const hashes = new Map(globSync('**/*.png', { cwd: whole }).map((name) => [name, hashOf(join(whole, name))]));
  let trial = 0;
  const folder = () => join(root, `extracted-${trial}`);
  const outcomes = await killAtTimes(
    () => ['decompress', file, '--out', folder()],
    seconds,
    async () => {
      const target = folder();
      trial++;
      if (!existsSync(target)) return null;
      const names = globSync('**/*.png', { cwd: target });
      const half = names.filter((name) => hashOf(join(target, name)) !== hashes.get(name));
      if (half.length > 0) return `half written: ${half.join(', ')}`;
      const again = await run(process.execPath, [launcher, 'decompress', file, '--out', target]);
      const missing = [...hashes].filter(
        ([name, hash]) => !existsSync(join(target, name)) || hashOf(join(target, name)) !== hash,
      );
      rmSync(target, { recursive: true });
      return again.code === 0 && missing.length === 0 ? null : `not whole the second time: ${again.stderr}`;
    },
  );
  return outcomes;
}

async function killAtTimes(
  words: () => string[],
  seconds: number,
  judge: () => Promise<string | null>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const share = random.next();
    const { child, ended } = start(process.execPath, [launcher, ...words()]);
    await Promise.race([sleep(1000 * seconds * share), ended]);
    const hasEnded = child.exitCode !== null;
    // What it has started first: it would end by itself, but not as hard.
    if (!hasEnded) for (const pid of [...descendants(child.pid!, ''), child.pid!]) kill(pid);
    await ended;
    outcomes.push({ share, ended: hasEnded, fault: await judge() });
  }
  return outcomes;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function pinhole(...words: string[]): Promise<void> {
  const { code, stderr } = await run(process.execPath, [launcher, ...words]);
  if (code !== 0) throw new Error(stderr);
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function report(what: string, outcomes: readonly Outcome[]): void {
  const faults = outcomes.filter(({ fault }) => fault !== null);
  const ended = outcomes.filter((outcome) => outcome.ended).length;
  console.log(`${what}: killed ${outcomes.length - ended} times, ${ended} had ended before; ${faults.length} faults`);
  for (const { share, fault } of faults) console.log(`  at ${(100 * share).toFixed(0)} %: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
