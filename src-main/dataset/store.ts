// Putting decoded images where they stay: rows to pixels.npy first, then items to the catalogue, in steps that survive a kill.
import type { Catalogue, StoredItem } from './catalogue.ts';
import { catalogueError } from './catalogue.ts';
import type { PixelWriter } from './pixels.ts';

export interface NewItem {
  /** Its id is given when it is stored. */
  item: StoredItem;
  /** The item whose file has changed into this one. */
  replaces: StoredItem | undefined;
}

export interface Store {
  /** Items put into the catalogue so far, in id order. */
  readonly stored: readonly StoredItem[];
  /** Takes over rows and items of the same images; writes them now and then. */
  add(rows: Uint8Array, items: NewItem[]): Promise<void>;
  /** Writes what is left. */
  flush(): Promise<void>;
}

// What a kill can cost is decoded again in as long; syncing more often would slow a hard disk down.
const flushInterval = 250;

export function createStore(catalogue: Catalogue, datasetNumber: number, writer: PixelWriter): Store {
  let rows: Uint8Array[] = [];
  let items: NewItem[] = [];
  const stored: StoredItem[] = [];
  let lastFlush = performance.now();

  /** Ids are given here, once the rows are safely in the file: an id in the catalogue always has its pixels. */
  async function flush(): Promise<void> {
    lastFlush = performance.now();
    if (items.length === 0) return;
    const firstId = writer.rows;
    const batch = items;
    const pixels = rows;
    items = [];
    rows = [];
    writer.append(pixels.length === 1 ? pixels[0]! : Buffer.concat(pixels));
    await writer.sync();
    try {
      catalogue.transaction(() => {
        for (const [index, { item, replaces }] of batch.entries()) {
          if (replaces?.gone === false) catalogue.updateItem(datasetNumber, { ...replaces, gone: true });
          item.id = firstId + index;
          catalogue.insertItem(datasetNumber, item);
        }
      });
    } catch (error) {
      throw catalogueError('catalogue.sqlite', error);
    }
    for (const { item } of batch) stored.push(item);
  }

  return {
    stored,
    async add(moreRows, moreItems) {
      if (moreItems.length > 0) {
        rows.push(moreRows);
        items.push(...moreItems);
      }
      if (performance.now() - lastFlush >= flushInterval) await flush();
    },
    flush,
  };
}
