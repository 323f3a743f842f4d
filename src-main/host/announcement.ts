// Where a server of this workspace can be found: a file that only its owner may read, for a second `pinhole serve`.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { connectService } from '../contract/rpc.ts';
import { openSocketPort } from './socket-port.ts';

/** No other address is ever opened or asked, whoever wrote the file. */
const schema = v.object({
  address: v.pipe(v.string(), v.regex(/^http:\/\/127\.0\.0\.1:\d{1,5}\/#token=[\w-]{43}$/)),
});

const answerMilliseconds = 5_000;

/** For the process that holds the workspace. */
export function announce(workspace: string, address: string): void {
  const file = announcementFile(workspace);
  const temporary = `${file}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // The mode counts from the first byte on.
  writeFileSync(temporary, `${JSON.stringify({ address })}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

export function withdraw(workspace: string): void {
  rmSync(announcementFile(workspace), { force: true });
}

/** The address of a server that answers, with its token; undefined where none does. */
export async function findServer(workspace: string): Promise<string | undefined> {
  const address = readAnnouncement(workspace);
  return address !== undefined && (await answers(address)) ? address : undefined;
}

/** As `findServer`, asking again for so long. */
export async function waitForServer(workspace: string, milliseconds: number): Promise<string | undefined> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const address = await findServer(workspace);
    if (address !== undefined || performance.now() > deadline) return address;
    await pause(100);
  }
}

function readAnnouncement(workspace: string): string | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(announcementFile(workspace), 'utf8'))).address;
  } catch {
    return undefined; // there is none, or it is not ours
  }
}

/** Only the server that made the token lets anybody in, and only a living worker answers. */
async function answers(address: string): Promise<boolean> {
  try {
    const notOurs = () => {}; // whatever else it says, it does not answer
    const connection = connectService(await openSocketPort(address), notOurs);
    const answered = connection.service.datasets().then(() => true);
    const inVain = pause(answerMilliseconds, false, { ref: false });
    try {
      return await Promise.race([answered, inVain]);
    } finally {
      connection.close();
      answered.catch(() => {}); // too late to matter
    }
  } catch {
    return false; // a server that was killed leaves its announcement behind
  }
}

function announcementFile(workspace: string): string {
  return join(workspace, 'server.json');
}
