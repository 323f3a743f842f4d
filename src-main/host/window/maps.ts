// Maps of the codes, and the codes beside them.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { Context } from '../../contract/records.ts';
import type { MapMethod, MapSettings } from '../../contract/tasks.ts';
import type { MapView } from '../../contract/views.ts';
import { writeAtomic } from '../../files/atomic.ts';
import { readNpy } from '../../files/npy.ts';
import { type Codes, readCodes } from '../../latent/encode.ts';
import { pcaLayout } from '../../latent/map.ts';
import { runPaths } from '../../training/run-files.ts';
import { startJob } from '../job.ts';
import type { MapInput, MapOutcome } from '../map-job.ts';
import type { Surroundings } from './parts.ts';

export type MapPart = Pick<Service, 'map' | 'makeMap' | 'codeRows'>;

/** What is known of a map beside its positions. */
interface MapNote {
  settings: MapSettings;
  explained: number | null;
  seconds: number;
  /** Of ids and codes: a map of other codes is not shown. */
  codesHash: string;
}

export function mapPart({ catalogue, core, topics }: Surroundings): MapPart {
  const folderOf = (runId: string) => catalogue.getRun(runId).folder;
  const files = (runId: string, method: MapMethod) => {
    const base = join(folderOf(runId), 'maps', method);
    return { positions: `${base}.npy`, note: `${base}.json` };
  };

  async function known(runId: string, method: MapMethod, codes: Codes): Promise<MapView | null> {
    const { positions, note } = files(runId, method);
    const text = await readFile(note, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const { settings, explained, seconds, codesHash } = JSON.parse(text) as MapNote;
    if (codesHash !== hashOf(codes)) return null;
    const xy = (await readNpy(positions)).data as Float32Array;
    return { method, settings, ids: Int32Array.from(codes.ids), xy, errors: codes.errors, explained, seconds };
  }

  async function makeMap(runId: string, settings: MapSettings, context: Context = {}): Promise<MapView> {
    const started = performance.now();
    await core.encode(runId, {}, context);
    const codesFolder = runPaths(folderOf(runId)).codes;
    const codes = await readCodes(codesFolder);
    const { method } = settings;
    const { positions, note } = files(runId, method);
    const input: MapInput = { codesFolder, file: positions, settings };
    const { explained } = await startJob<MapOutcome>(new URL('../map-job.ts', import.meta.url), input, context);
    const seconds = (performance.now() - started) / 1000;
    const about: MapNote = { settings, explained, seconds, codesHash: hashOf(codes) };
    await writeAtomic(note, `${JSON.stringify(about)}\n`);
    topics.publish('workspace', { what: ['maps'] });
    const view = await known(runId, method, codes);
    if (view === null) throw new PinholeError('internal', 'internal: a map that was just made is not there');
    return view;
  }

  return {
    makeMap,
    async map(runId, method) {
      const run = catalogue.getRun(runId);
      if (run.state !== 'finished' || run.report === null) {
        throw new PinholeError(
          'usage',
          `The run ${runId} has no codes yet.`,
          'Wait until training has ended, or train it to the end.',
        );
      }
      const codes = await readCodes(runPaths(run.folder).codes);
      if (method === 'umap') return known(runId, method, codes);
      const started = performance.now();
      const { xy, explained } = pcaLayout(codes);
      const seconds = (performance.now() - started) / 1000;
      return {
        method,
        settings: { method },
        ids: Int32Array.from(codes.ids),
        xy,
        errors: codes.errors,
        explained,
        seconds,
      };
    },
    async codeRows(runId, ids) {
      const codes = await readCodes(runPaths(folderOf(runId)).codes);
      const rows = new Map(Array.from(codes.ids, (id, row) => [id, row]));
      const found = ids.filter((id) => rows.has(id));
      const out = new Float32Array(found.length * codes.size);
      for (const [index, id] of found.entries()) {
        const row = rows.get(id)!;
        out.set(codes.codes.subarray(row * codes.size, (row + 1) * codes.size), index * codes.size);
      }
      return { ids: found, codeSize: codes.size, codes: out };
    },
  };
}

function hashOf({ ids, codes }: Codes): string {
  return createHash('sha256').update(ids).update(codes).digest('hex');
}
