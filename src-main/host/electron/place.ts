// Where the workspace of the desktop program is: what the person chose, kept in the program's own folder.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeAtomic } from '../../files/atomic.ts';

const schema = v.object({ workspace: v.pipe(v.string(), v.minLength(1)) });

const placeFile = (folder: string) => join(folder, 'pinhole.json');

/** `PINHOLE_WORKSPACE`, the chosen folder, or `Pinhole` in the home folder. */
export function workspacePlace(userData: string, home: string, given: string | undefined): string {
  return given || readPlace(userData) || join(home, 'Pinhole');
}

function readPlace(userData: string): string | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(placeFile(userData), 'utf8'))).workspace;
  } catch {
    return undefined; // nothing was chosen yet, or somebody else wrote there
  }
}

export async function keepPlace(userData: string, workspace: string): Promise<void> {
  await mkdir(userData, { recursive: true });
  await writeAtomic(placeFile(userData), `${JSON.stringify({ workspace })}\n`);
}
