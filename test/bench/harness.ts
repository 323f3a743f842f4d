// Runs rows: starts each contender's process once and lets contenders take turns, round by round. Knows no contender.
import { type Absent, type Answer, type Command, type Peer, startPeer } from './peer.ts';
import type { Contender, PeerName, Row } from './rows.ts';
import { median, type Rates, type Ratio, ratios } from './statistics.ts';

export interface RowResult {
  id: string;
  title: string;
  unit: string;
  skipped?: string;
  contenders: ContenderResult[];
  ratios: Ratio[];
}

export interface ContenderResult extends Rates {
  /** Megabytes a second, where it wrote a file. */
  megabytesPerSecond?: number;
  /** What is missing, in place of rates. */
  absent?: string;
  /** What went wrong, in place of rates. */
  failed?: string;
}

/** What brings a module that a peer asked for in vain. */
const debianPackages: Record<string, string> = {
  torch: 'python3-torch, with libopenblas0 for speed',
  PIL: 'python3-pil',
  pandas: 'python3-pandas',
  numpy: 'python3-numpy',
  python3: 'python3',
};

/** The processes of one benchmark, started when first needed. */
export class Peers {
  private readonly commands: Readonly<Record<PeerName, Command>>;
  private readonly started = new Map<PeerName, Promise<Peer | Absent>>();

  constructor(commands: Readonly<Record<PeerName, Command>>) {
    this.commands = commands;
  }

  get(name: PeerName): Promise<Peer | Absent> {
    const known = this.started.get(name);
    if (known !== undefined) return known;
    const peer = startPeer(this.commands[name]);
    this.started.set(name, peer);
    return peer;
  }

  async versions(): Promise<Record<string, string>> {
    const peers = await Promise.all(this.started.values());
    return Object.assign({}, ...peers.map((peer) => ('absent' in peer ? {} : peer.versions)));
  }

  async close(): Promise<void> {
    const peers = await Promise.allSettled(this.started.values());
    await Promise.all(
      peers.map((peer) => (peer.status === 'fulfilled' && !('absent' in peer.value) ? peer.value.close() : undefined)),
    );
  }
}

/** One unrecorded round to warm up, then `rounds` rounds in which every contender has one turn. */
export async function runRow(row: Row, peers: Peers, rounds: number, say: (line: string) => void): Promise<RowResult> {
  const { id, title, unit } = row;
  if (row.skipped !== undefined) return { id, title, unit, skipped: row.skipped, contenders: [], ratios: [] };
  const runs = row.contenders.map((contender): Run => ({ contender, answers: [] }));
  for (let round = 0; round <= rounds; round++) {
    say(`${title}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    for (const index of turns(runs.length, round)) await turn(runs[index]!, peers, round > 0);
  }
  const contenders = runs.map(summarise);
  return { id, title, unit, contenders, ratios: ratios(contenders, row.floors) };
}

interface Run {
  contender: Contender;
  answers: Answer[];
  absent?: string;
  failed?: string;
}

/** A contender that is absent or has failed has no more turns; the others go on. */
async function turn(run: Run, peers: Peers, counts: boolean): Promise<void> {
  if (run.absent !== undefined || run.failed !== undefined) return;
  try {
    const peer = await peers.get(run.contender.peer);
    if ('absent' in peer) {
      run.absent = missing(peer.absent);
      return;
    }
    const answer = await peer.ask(run.contender.request);
    if (counts) run.answers.push(answer);
  } catch (error) {
    run.failed = (error as Error).message;
  }
}

/** Nobody always goes first: a contender may heat the machine or fill a cache for the one after it. */
function turns(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + round) % count);
}

function summarise({ contender, answers, absent, failed }: Run): ContenderResult {
  const { name, group } = contender;
  if (absent !== undefined) return { name, group, rates: [], absent };
  if (failed !== undefined) return { name, group, rates: [], failed };
  const rates = answers.map(({ units, seconds }) => units / seconds);
  const written = answers.flatMap(({ bytes, seconds }) => (bytes === undefined ? [] : [bytes / seconds / 1e6]));
  return written.length === 0 ? { name, group, rates } : { name, group, rates, megabytesPerSecond: median(written) };
}

function missing(module: string): string {
  const packages = debianPackages[module];
  return packages === undefined ? `${module} is not installed` : `${module} is not installed (Debian: ${packages})`;
}
