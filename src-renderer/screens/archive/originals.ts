// The image of a data set that an archived one was made of, by its path.
import type { ImageBlock, ItemTable } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';

/** Of the data set that was asked about last. */
let known: { datasetId: string; ids: Promise<Map<string, number>> } | null = null;

/** At the model's size; null where the data set has no image of this path any more. */
export async function originalOf(datasetId: string, path: string): Promise<ImageBlock | null> {
  if (known?.datasetId !== datasetId) {
    const ids = service.itemTable(datasetId).then(idsByPath);
    known = { datasetId, ids };
    // Asked again the next time.
    ids.catch(() => {
      known = null;
    });
  }
  const id = (await known.ids).get(path);
  return id === undefined ? null : service.images(datasetId, Int32Array.of(id));
}

function idsByPath({ ids, paths, offsets }: ItemTable): Map<string, number> {
  const decoder = new TextDecoder();
  return new Map(Array.from(ids, (id, row) => [decoder.decode(paths.subarray(offsets[row], offsets[row + 1])), id]));
}
