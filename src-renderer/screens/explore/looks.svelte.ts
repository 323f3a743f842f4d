// The three pictures of the image that is looked at: the original file, what the model sees of it, what the model makes of that.
import type { ImageBlock } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';
import type { Images } from './images.ts';
import { Latest } from './latest.svelte.ts';

/** Pointing at a point is not yet asking for its file, which may lie on a slow disk. */
const restMilliseconds = 120;
/** Originals are up to a megapixel, the others small. */
const most = { originals: 40, pairs: 500 };

export interface Pair {
  readonly seen: ImageBlock;
  readonly made: ImageBlock;
}

export interface Looks {
  /** Address of the original for an `img` element. */
  readonly original: Latest<string>;
  readonly pair: Latest<Pair>;
  destroy(): void;
}

/** Of the original for an `img` element; whoever asked for it revokes it. */
export async function originalAddress(datasetId: string, id: number): Promise<string> {
  const { type, data } = await service.original(datasetId, id);
  return URL.createObjectURL(new Blob([data as Uint8Array<ArrayBuffer>], { type }));
}

export function lookAt({ runId, datasetId }: Pick<Images, 'runId' | 'datasetId'>): Looks {
  const original = new Latest<string>({
    load: (id) => originalAddress(datasetId, id),
    most: most.originals,
    restMilliseconds,
    drop: (address) => URL.revokeObjectURL(address),
  });
  const pair = new Latest<Pair>({
    load: async (id) => {
      const ids = Int32Array.of(id);
      const [seen, made] = await Promise.all([service.images(datasetId, ids), service.reconstructions(runId, ids)]);
      return { seen, made };
    },
    most: most.pairs,
  });
  return {
    original,
    pair,
    destroy() {
      original.destroy();
      pair.destroy();
    },
  };
}
