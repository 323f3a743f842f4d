// A contender's process: started once, asked in JSON lines, so that contenders can take turns without starting anew.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Versions = Record<string, string>;

/** What a peer says to a request: how many units it did in how long; `bytes` where it wrote a file. */
export interface Answer {
  units: number;
  seconds: number;
  bytes?: number;
}

export interface Peer {
  versions: Versions;
  ask(request: object): Promise<Answer>;
  /** Ends the process by closing its input, and waits for it. */
  close(): Promise<void>;
}

/** The peer ran, but a module that it needs is not installed. */
export interface Absent {
  absent: string;
}

/** A program with arguments, or one line for the shell (as a person gives it in an environment variable). */
export type Command = readonly [string, ...string[]] | string;

/** What a POSIX shell ends with when it finds no program of the name. Only Python is started through a shell. */
const commandNotFound = 127;

/** Starts a peer and waits for its first line. Rejects when it ends without one. */
export async function startPeer(command: Command): Promise<Peer | Absent> {
  const child = launch(command);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const errors = lastLines(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));

  async function nextAnswer(): Promise<Record<string, unknown>> {
    const line = await lines.next();
    if (line.done) {
      if ((await ended) === commandNotFound) return { absent: 'python3' };
      throw new Error(`The peer \`${describe(command)}\` ended unasked. It last said:\n${errors()}`);
    }
    return JSON.parse(line.value);
  }

  const hello = await nextAnswer();
  if (typeof hello.absent === 'string') return { absent: hello.absent };
  return {
    versions: hello.ready as Versions,
    async ask(request) {
      child.stdin!.write(`${JSON.stringify(request)}\n`);
      const answer = await nextAnswer();
      if (answer.error !== undefined) throw new Error(`The peer \`${describe(command)}\` said: ${answer.error}`);
      return answer as unknown as Answer;
    },
    async close() {
      child.stdin!.end();
      await ended;
    },
  };
}

function launch(command: Command): ChildProcess {
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  const child =
    typeof command === 'string'
      ? spawn(command, { shell: true, stdio: [...stdio] })
      : spawn(command[0], command.slice(1), { stdio: [...stdio] });
  // A program that cannot be started ends without a line, and is reported with this in place of its last words.
  child.once('error', (error) => child.stderr?.push(error.message));
  // The peer may end while a request is on its way; nextAnswer then says so.
  child.stdin!.on('error', () => {});
  return child;
}

/** Standard error is kept, not shown: libraries chat there. */
function lastLines(child: ChildProcess): () => string {
  let text = '';
  child.stderr!.on('data', (data) => {
    text = (text + data).slice(-2000);
  });
  return () => text.trim();
}

function describe(command: Command): string {
  return typeof command === 'string' ? command : command.join(' ');
}
