// `npm run bench`: Pinhole against what a person would use instead, in one run, as ratios. Asserts nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command as Arguments } from 'commander';
import { benchPlace, type Data, installPythonPeers, prepareData } from './data.ts';
import { Peers, type RowResult, runRow } from './harness.ts';
import { describeMachine, type Machine, packageVersions } from './machine.ts';
import { checkOut, type Revision } from './revision.ts';
import { benchmarkRows, comparedRows, type Row } from './rows.ts';
import { type BenchmarkResult, formatBenchmark, formatSetting } from './table.ts';
import { formatWindow, measureSections, type WindowSection } from './window/figures.ts';

interface Options {
  only?: string[];
  quick?: boolean;
  json?: string;
  compare?: string;
  rounds?: string;
}

async function main(options: Options): Promise<void> {
  const machine = describeMachine();
  const rounds = options.rounds === undefined ? (options.quick ? 3 : 5) : Number.parseInt(options.rounds, 10);
  const sections = await chooseSections(rounds, options);
  const compared = onlySections(sections, options)
    ? null
    : await compare(machine, rounds, options, sections.length === 0);
  if (compared) console.log(`\n${formatBenchmark(compared)}`);
  else console.log(`\n${formatSetting({ machine, versions: ownVersions(), rounds })}`);
  const window = await measureSections(sections, say);
  if (window.length > 0) console.log(`\n${formatWindow(window)}`);
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ ...(compared ?? { machine, rounds }), window }, null, 2)}\n`);
  }
  const failed = [...(compared?.rows ?? []).flatMap(({ contenders }) => contenders), ...window].some(
    (one) => one.failed,
  );
  if (failed) process.exitCode = 1;
}

/** Pinhole beside the others; null where nothing of that is wanted. */
async function compare(
  machine: Machine,
  rounds: number,
  options: Options,
  mustBeSome: boolean,
): Promise<BenchmarkResult | null> {
  say('Preparing data');
  const data = await prepareData(benchPlace(), options.quick ?? false);
  const chosen = chooseRows(data, machine.cores, options, mustBeSome);
  if (chosen.length === 0) return null;
  await using revision = options.compare === undefined ? undefined : await checkOut(options.compare);
  const rows = revision === undefined ? chosen : comparedRows(chosen, revision.name);
  const peers = new Peers(await peerCommands(data, revision));
  try {
    const results: RowResult[] = [];
    for (const row of rows) results.push(await runRow(row, peers, rounds, say));
    return { machine, versions: { ...ownVersions(), ...(await peers.versions()) }, rounds, rows: results };
  } finally {
    await peers.close();
  }
}

/** Typed with the window, whose pages have a document, hence not imported by name. */
async function chooseSections(rounds: number, options: Options): Promise<WindowSection[]> {
  if (options.compare !== undefined) return [];
  const file = new URL('./window/sections.ts', import.meta.url).href;
  const { windowSections } = (await import(file)) as { windowSections(rounds: number): WindowSection[] };
  return windowSections(rounds).filter(({ id }) => isWanted(id, options));
}

function isWanted(id: string, { only }: Options): boolean {
  return only === undefined || only.some((wanted) => id.startsWith(wanted));
}

/** Whether every wanted name is that of a section: nothing has to be prepared for rows then. */
function onlySections(sections: readonly WindowSection[], { only }: Options): boolean {
  return only?.every((wanted) => sections.some(({ id }) => id.startsWith(wanted))) ?? false;
}

function chooseRows(data: Data, cores: number, options: Options, mustBeSome: boolean): Row[] {
  // PyTorch is at its best with one thread for small layers and with all cores for large ones; half is tried for machines with many.
  const threadCounts = [...new Set([1, Math.max(1, cores >> 1), cores])];
  const all = benchmarkRows(data, threadCounts, options.quick ? 0.5 : 1.5);
  const rows = all.filter(({ id }) => isWanted(id, options));
  if (rows.length === 0 && mustBeSome) {
    program.error(
      `Expected the beginning of window-…, ${all.map(({ id }) => id).join(', ')} for --only, received ${options.only}.`,
    );
  }
  return rows;
}

async function peerCommands(data: Data, revision: Revision | undefined) {
  const python = process.env.PINHOLE_BENCH_PYTHON ?? 'python3';
  const pythonPeers = await installPythonPeers(data.place);
  const onNode = (file: string, root = join(import.meta.dirname, '../..')): [string, ...string[]] => [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'test/bench/peers', file),
  ];
  const cap = process.env.PINHOLE_BENCH_CAP;
  return {
    Pinhole: onNode('pinhole-peer.ts'),
    'Pinhole capped': cap === undefined ? onNode('pinhole-peer.ts') : `${cap} ${onNode('pinhole-peer.ts').join(' ')}`,
    'Pinhole before': onNode('pinhole-peer.ts', revision?.folder),
    'TensorFlow.js': onNode('tfjs-peer.ts'),
    PyTorch: `${python} ${pythonPeers}/torch_peer.py`,
    Pillow: `${python} ${pythonPeers}/pillow_peer.py`,
    pandas: `${python} ${pythonPeers}/pandas_peer.py`,
  };
}

function ownVersions(): Record<string, string> {
  return { Node: process.version.slice(1), ...packageVersions(['onnxruntime-node', 'sharp', '@napi-rs/image']) };
}

/** Progress goes to standard error, so that standard output holds the page alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const program = new Arguments('bench')
  .description('Pinhole against what a person would use instead, in one run, as ratios.')
  .option(
    '--only <rows...>',
    'only the rows whose names begin so, e.g. step, loop-recommended, import-png, csv, window, window-start',
  )
  .option('--quick', 'shorter turns, three rounds, fewer files')
  .option('--rounds <number>', 'rounds in which every contender has one turn')
  .option('--json <file>', 'also write every measured rate')
  .option('--compare <revision>', 'this checkout against another revision of Pinhole instead of against others')
  .parse();
await main(program.opts<Options>());
