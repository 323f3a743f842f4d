// `npm run bench`: Pinhole against what a person would use instead, in one run, as ratios. Asserts nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command as Arguments } from 'commander';
import { benchPlace, type Data, installPythonPeers, prepareData } from './data.ts';
import { Peers, type RowResult, runRow } from './harness.ts';
import { describeMachine, packageVersions } from './machine.ts';
import { checkOut, type Revision } from './revision.ts';
import { benchmarkRows, comparedRows, type Row } from './rows.ts';
import { type BenchmarkResult, formatBenchmark } from './table.ts';

interface Options {
  only?: string[];
  quick?: boolean;
  json?: string;
  compare?: string;
  rounds?: string;
}

async function main(options: Options): Promise<void> {
  const machine = describeMachine();
  say('Preparing data');
  const data = await prepareData(benchPlace(), options.quick ?? false);
  const chosen = chooseRows(data, machine.cores, options);
  await using revision = options.compare === undefined ? undefined : await checkOut(options.compare);
  const rows = revision === undefined ? chosen : comparedRows(chosen, revision.name);
  const rounds = options.rounds === undefined ? (options.quick ? 3 : 5) : Number.parseInt(options.rounds, 10);
  const peers = new Peers(await peerCommands(data, revision));
  try {
    const results: RowResult[] = [];
    for (const row of rows) results.push(await runRow(row, peers, rounds, say));
    const result = { machine, versions: { ...ownVersions(), ...(await peers.versions()) }, rounds, rows: results };
    await report(result, options.json);
    if (results.some(({ contenders }) => contenders.some(({ failed }) => failed !== undefined))) process.exitCode = 1;
  } finally {
    await peers.close();
  }
}

function chooseRows(data: Data, cores: number, options: Options): Row[] {
  // PyTorch is at its best with one thread for small layers and with all cores for large ones; half is tried for machines with many.
  const threadCounts = [...new Set([1, Math.max(1, cores >> 1), cores])];
  const all = benchmarkRows(data, threadCounts, options.quick ? 0.5 : 1.5);
  const rows =
    options.only === undefined ? all : all.filter(({ id }) => options.only!.some((wanted) => id.startsWith(wanted)));
  if (rows.length === 0) {
    program.error(
      `Expected the beginning of ${all.map(({ id }) => id).join(', ')} for --only, received ${options.only}.`,
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

async function report(result: BenchmarkResult, file: string | undefined): Promise<void> {
  console.log(`\n${formatBenchmark(result)}`);
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

/** Progress goes to standard error, so that standard output holds the page alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const program = new Arguments('bench')
  .description('Pinhole against what a person would use instead, in one run, as ratios.')
  .option('--only <rows...>', 'only the rows whose names begin so, e.g. step, loop-recommended, import-png, csv')
  .option('--quick', 'shorter turns, three rounds, fewer files')
  .option('--rounds <number>', 'rounds in which every contender has one turn')
  .option('--json <file>', 'also write every measured rate')
  .option('--compare <revision>', 'this checkout against another revision of Pinhole instead of against others')
  .parse();
await main(program.opts<Options>());
