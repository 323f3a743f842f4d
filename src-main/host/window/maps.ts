// Maps of the codes, and the codes beside them.
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { MapSettings } from '../../contract/tasks.ts';
import type { CodeRows, MapView } from '../../contract/views.ts';
import { openNpy, readNpy } from '../../files/npy.ts';
import { type Codes, codePaths, readCodes } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { hashOfCodes, pcaMap, readMap } from '../explore.ts';
import type { Surroundings } from './parts.ts';

export type MapPart = Pick<Service, 'map' | 'makeMap' | 'codeRows' | 'codeColumn'>;

export function mapPart({ catalogue, core, topics }: Surroundings): MapPart {
  const folderOf = (runId: string) => catalogue.getRun(runId).folder;

  const pca = new PcaMaps();
  return {
    async makeMap(runId, settings, context = {}) {
      const made = await core.layOut(runId, settings, context);
      topics.publish('workspace', { what: ['maps'] });
      return made;
    },
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
      if (method === 'umap' || method === 'tsne') return readMap(run, method, codes);
      // Codes of two numbers are their own PCA map, turned no way.
      if (method === 'codes' && codes.size !== 2) return null;
      return { ...(await pca.map(codes)), method, settings: { method } as MapSettings };
    },
    codeRows: (runId, ids) => readCodeRows(codePaths(runPaths(folderOf(runId)).codes), ids),
    async codeColumn(runId, column) {
      const { codes, size } = await readCodes(runPaths(folderOf(runId)).codes);
      if (column < size)
        return Float32Array.from({ length: codes.length / size }, (_, row) => codes[row * size + column]!);
      throw new PinholeError(
        'not-found',
        `The codes of the run ${runId} have no value ${column}.`,
        'Load the table again.',
      );
    },
  };
}

/** The maps that were looked at last: a screen asks again whenever it is opened, an export with every preview. */
class PcaMaps {
  readonly #known = new Map<string, Promise<MapView>>();

  map(codes: Codes): Promise<MapView> {
    const key = hashOfCodes(codes);
    const map = this.#known.get(key) ?? pcaMap(codes);
    // Last in the map is used last.
    this.#known.delete(key);
    this.#known.set(key, map);
    map.catch(() => this.#known.delete(key));
    for (const oldest of this.#known.keys()) if (this.#known.size > keptMaps) this.#known.delete(oldest);
    return map;
  }
}

/** Of 70,000 images a megabyte each. */
const keptMaps = 4;

/** Only the rows asked for are read: screens ask for a few at a time, while all codes may be gigabytes. */
async function readCodeRows(paths: ReturnType<typeof codePaths>, ids: Int32Array): Promise<CodeRows> {
  const known = (await readNpy(paths.ids)).data as Int32Array;
  const rows = new Map<number, number>();
  const wanted = new Set(ids);
  for (let row = 0; row < known.length; row++) if (wanted.has(known[row]!)) rows.set(known[row]!, row);
  const found = ids.filter((id) => rows.has(id));
  const file = await openNpy(paths.codes);
  try {
    const codes = new Float32Array(found.length * file.rowLength);
    for (let first = 0, next = 0; first < found.length; first = next) {
      const row = rows.get(found[first]!)!;
      // Neighbours are read together: a table in the order of the file takes one read.
      do next++;
      while (next < found.length && rows.get(found[next]!) === row + next - first);
      codes.set((await file.read(row, next - first)) as Float32Array, first * file.rowLength);
    }
    return { ids: found, codeSize: file.rowLength, codes };
  } finally {
    await file.close();
  }
}
