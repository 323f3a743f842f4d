// Maps of the codes.
import { stat } from 'node:fs/promises';
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { MapSettings } from '../../contract/tasks.ts';
import type { MapView } from '../../contract/views.ts';
import { ifThere } from '../../files/json-lines.ts';
import { codePaths, readCodes } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { pcaMap, readMap } from '../explore.ts';
import type { Surroundings } from './parts.ts';

export type MapPart = Pick<Service, 'map' | 'makeMap'>;

export function mapPart({ catalogue, core, topics }: Surroundings): MapPart {
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
      const folder = runPaths(run.folder).codes;
      if (method === 'umap' || method === 'tsne') return readMap(run, method, await readCodes(folder));
      // Codes of two numbers are their own PCA map, turned no way.
      if (method === 'codes' && run.codeSize !== 2) return null;
      return { ...(await pca.map(folder)), method, settings: { method } as MapSettings };
    },
  };
}

/** The maps that were looked at last: a screen asks again whenever it is opened, an export with every preview. */
class PcaMaps {
  readonly #known = new Map<string, Promise<MapView>>();

  async map(folder: string): Promise<MapView> {
    // Read again only where they were written again, of which the ids are the last: a million codes take half a second.
    const written = await ifThere(stat(codePaths(folder).ids));
    const key = [folder, written?.mtimeMs, written?.ino].join();
    const map = this.#known.get(key) ?? readCodes(folder).then(pcaMap);
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
