// The workspace itself: where it is, how large, what a person prefers.
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Service } from '../../contract/api.ts';
import { type Preferences, preferencesSchema, type WorkspaceInfo } from '../../contract/views.ts';
import { writeAtomic } from '../../files/atomic.ts';
import { versions } from '../../training/versions.ts';
import { readLicences } from './licences.ts';
import type { Surroundings } from './parts.ts';

export type WorkspacePart = Pick<Service, 'info' | 'preferences' | 'setPreferences'>;

export function workspacePart({ workspace, topics }: Surroundings): WorkspacePart {
  const file = join(workspace, 'preferences.json');
  let known: Promise<Preferences> | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const preferences = () => (known ??= readPreferences(file));
  return {
    info: () => describeWorkspace(workspace),
    preferences,
    async setPreferences(changes) {
      const changed = preferences().then((before) => v.parse(preferencesSchema, { ...before, ...changes }));
      known = changed;
      writing = writing.then(async () => writeAtomic(file, `${JSON.stringify(await changed, null, 2)}\n`));
      await writing;
      topics.publish('workspace', { what: ['preferences'] });
      return changed;
    },
  };
}

/** What is missing or cannot be understood is as it is at first; a choice of colours is not worth an error. */
async function readPreferences(file: string): Promise<Preferences> {
  const defaults = v.parse(preferencesSchema, {});
  let stored: unknown;
  try {
    stored = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return defaults;
  }
  if (typeof stored !== 'object' || stored === null) return defaults;
  // Field by field, so that one that another version wrote otherwise does not take the others along.
  const understood = Object.entries(stored).filter(([name, value]) =>
    v.is(v.partial(preferencesSchema), { [name]: value }),
  );
  return { ...defaults, ...Object.fromEntries(understood) };
}

let licences: ReturnType<typeof readLicences> | undefined;

/** Two hundred manifests, which do not change while the program runs. One that could not be read is tried again. */
function knownLicences(): ReturnType<typeof readLicences> {
  licences ??= readLicences().catch((error) => {
    licences = undefined;
    throw error;
  });
  return licences;
}

async function describeWorkspace(folder: string): Promise<WorkspaceInfo> {
  const disk = await statfs(folder);
  return {
    folder,
    bytes: await folderBytes(folder),
    freeBytes: disk.bavail * disk.bsize,
    versions: versions(),
    licences: await knownLicences(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? '',
    threads: availableParallelism(),
    memory: totalmem(),
  };
}

/** Sizes asked for at a time: one after the other, those of a sent folder of 70,000 files take seconds. */
const askedAtOnce = 32;

/** Of all files in it; one that disappears meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const queue = entries.values();
  let bytes = 0;
  const addNext = async () => {
    for (const entry of queue) {
      if (!entry.isFile()) continue;
      const size = await stat(join(entry.parentPath, entry.name)).then(
        (info) => info.size,
        () => 0,
      );
      bytes += size; // not in one line with the waiting: what others add meanwhile would be lost
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, addNext));
  return bytes;
}
