// Maps of the codes.
import type { Service } from '../../contract/api.ts';
import { PinholeError } from '../../contract/errors.ts';
import type { MapMethod, MapSettings } from '../../contract/tasks.ts';
import type { MapView } from '../../contract/views.ts';
import { readNpy } from '../../files/npy.ts';
import { type Codes, readCodes } from '../../latent/encode.ts';
import { runPaths } from '../../training/run-files.ts';
import { hashOfCodes, mapFiles, readMapNote } from '../explore.ts';
import type { Surroundings } from './parts.ts';

export type MapPart = Pick<Service, 'map' | 'makeMap'>;

export function mapPart({ catalogue, core, topics }: Surroundings): MapPart {
  async function known(runId: string, method: MapMethod, codes: Codes): Promise<MapView | null> {
    const run = catalogue.getRun(runId);
    const note = await readMapNote(run, method, codes);
    if (note === null) return null;
    const { settings, explained, seconds, quality = null } = note;
    const xy = (await readNpy(mapFiles(run, method).positions)).data as Float32Array;
    const ids = Int32Array.from(codes.ids);
    return { method, settings, ids, xy, errors: codes.errors, explained, quality, seconds };
  }

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
      const ids = Int32Array.from(codes.ids);
      if (method === 'umap' || method === 'tsne') return known(runId, method, codes);
      // Codes of two numbers are their own PCA map, turned no way.
      const layout = method === 'codes' && codes.size !== 2 ? null : await pca.layout(codes);
      return (
        layout && { method, settings: { method } as MapSettings, ids, errors: codes.errors, quality: null, ...layout }
      );
    },
  };
}

/** The maps that were looked at last: a screen asks again whenever it is opened, an export with every preview. */
class PcaMaps {
  readonly #known = new Map<string, Promise<Pick<MapView, 'xy' | 'explained' | 'seconds'>>>();

  layout(codes: Codes): Promise<Pick<MapView, 'xy' | 'explained' | 'seconds'>> {
    const key = hashOfCodes(codes);
    const layout = this.#known.get(key) ?? this.#make(codes);
    // Last in the map is used last.
    this.#known.delete(key);
    this.#known.set(key, layout);
    layout.catch(() => this.#known.delete(key));
    for (const oldest of this.#known.keys()) if (this.#known.size > keptMaps) this.#known.delete(oldest);
    return layout;
  }

  async #make(codes: Codes) {
    const started = performance.now();
    // Loaded when first needed: the service starts sooner without.
    const { pcaLayout } = await import('../../latent/map.ts');
    const { xy, explained } = await pcaLayout(codes);
    return { xy, explained, seconds: (performance.now() - started) / 1000 };
  }
}

/** Of 70,000 images half a megabyte each. */
const keptMaps = 4;
