// The Embedding Projector of TensorBoard: vectors.tsv, metadata.tsv, sprite.png and the file that names them. Reads no pixels itself.
// https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin
import { join } from 'node:path';
import type { ImportedColumn } from '../contract/columns.ts';
import type { Context, Item } from '../contract/records.ts';
import { type AtomicWriter, createAtomicWriter, writeAtomic } from '../files/atomic.ts';
import { encodePng } from '../files/png.ts';
import { blankPicture, type ImageBatch } from '../numerics/image-grid.ts';
import { escapeFormula } from './csv-text.ts';
import { type FeatureSource, openFeatures } from './feature-rows.ts';
import { formatFloat32 } from './float32-text.ts';

export const projectorFiles = {
  vectors: 'vectors.tsv',
  metadata: 'metadata.tsv',
  sprite: 'sprite.png',
  config: 'projector_config.pbtxt',
} as const;

/** What the projector shows at most, along each side. */
export const largestSprite = 8192;
/** Smaller ones show nothing. */
const smallestTile = 8;

const blockRows = 2048;
const columns = ['image_id', 'path', 'label', 'split', 'mse'] as const;

/** Pixels of these images at the model's size. */
export type ReadImages = (ids: readonly number[]) => ImageBatch;

/** Writes into a folder that is there; gives the files. Without thumbnails where they would be too small, which is said. */
export async function writeProjector(
  folder: string,
  source: FeatureSource & { items: readonly Item[]; imported: readonly ImportedColumn[] },
  read: ReadImages,
  context: Context = {},
): Promise<string[]> {
  const path = (name: keyof typeof projectorFiles) => join(folder, projectorFiles[name]);
  const first = source.items[0] && read([source.items[0].id]);
  const tile = first ? tileFor(source.items.length, first) : null;
  await writeTables(path('vectors'), path('metadata'), source, context);
  if (tile) await writeAtomic(path('sprite'), drawSprite(source.items, read, tile, first!.channels));
  else {
    context.onNotice?.({
      level: 'warning',
      message: 'There are too many images for thumbnails in the Embedding Projector: the sprite is left out.',
    });
  }
  // Last: where it is there, all that it names is.
  await writeAtomic(path('config'), configText(tile));
  const names = ['vectors', 'metadata', ...(tile ? (['sprite'] as const) : []), 'config'] as const;
  return names.map(path);
}

async function writeTables(
  vectors: string,
  metadata: string,
  source: FeatureSource & { imported: readonly ImportedColumn[] },
  context: Context,
): Promise<void> {
  const { imported } = source;
  const table = await openFeatures(source, context);
  const writers: AtomicWriter[] = [];
  try {
    for (const path of [vectors, metadata]) writers.push(await createAtomicWriter(path));
    const [codesWriter, factsWriter] = writers as [AtomicWriter, AtomicWriter];
    await factsWriter.write(`${[...columns, ...imported.map(({ name }) => oneLine(name))].join('\t')}\n`);
    for await (const { items, codes, errors } of table.blocks(blockRows)) {
      const size = codes.length / items.length;
      const rows = items.map((_, row) =>
        Array.from(codes.subarray(row * size, (row + 1) * size), formatFloat32).join('\t'),
      );
      await codesWriter.write(`${rows.join('\n')}\n`);
      const facts = items.map(({ id, path, label, split }, row) =>
        [
          ...[id, oneLine(path), oneLine(label ?? ''), split, formatFloat32(errors[row]!)],
          ...imported.map((column) => factOf(column, id)),
        ].join('\t'),
      );
      await factsWriter.write(`${facts.join('\n')}\n`);
    }
    for (const writer of writers) await writer.commit();
  } finally {
    // What was committed is left alone.
    for (const writer of writers) await writer.abort();
    await table.close();
  }
}

function factOf({ kind, values }: ImportedColumn, id: number): string {
  return kind === 'number' ? String(values.get(id) ?? '') : oneLine(values.get(id) ?? '');
}

/** Tabs and line ends would make other cells of it. */
const oneLine = (text: string) => escapeFormula(text.replace(/[\t\r\n]+/g, ' '));

// ---- the sprite ---------------------------------------------------------------------------------------------------

interface Tile {
  height: number;
  width: number;
  /** Pixels of an image along each side that become one. */
  reduction: number;
  /** In a row, and in a column. */
  across: number;
}

/** Null where thumbnails would be too small. */
export function tileFor(count: number, { height, width }: Pick<ImageBatch, 'height' | 'width'>): Tile | null {
  const across = Math.ceil(Math.sqrt(count));
  const side = Math.max(height, width);
  const reduction = Math.max(1, Math.ceil((side * across) / largestSprite));
  const tile = { height: Math.floor(height / reduction), width: Math.floor(width / reduction), reduction, across };
  const isSeen = Math.min(tile.height, tile.width) >= Math.min(smallestTile, height, width);
  return isSeen ? tile : null;
}

/** As many rows as columns, thumbnails from left to right and downwards; what is left over is white. */
function drawSprite(
  items: readonly Item[],
  read: ReadImages,
  tile: Tile,
  channels: ImageBatch['channels'],
): Uint8Array {
  const { height, width, across } = tile;
  const picture = blankPicture(width * across, height * across, channels, 255);
  for (let first = 0; first < items.length; first += blockRows) {
    const block = items.slice(first, first + blockRows);
    const images = read(block.map(({ id }) => id));
    for (let index = 0; index < block.length; index++) {
      const place = first + index;
      paste(picture, images, index, (place % across) * width, Math.floor(place / across) * height, tile);
    }
  }
  return encodePng(picture);
}

/** Means of whole squares of pixels: a thumbnail has none of its neighbours in it. */
function paste(
  picture: ReturnType<typeof blankPicture>,
  { data, height, width, channels }: ImageBatch,
  index: number,
  left: number,
  top: number,
  tile: Tile,
): void {
  const { reduction } = tile;
  const start = index * height * width * channels;
  for (let row = 0; row < tile.height; row++) {
    for (let column = 0; column < tile.width; column++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = row * reduction; y < (row + 1) * reduction; y++) {
          for (let x = column * reduction; x < (column + 1) * reduction; x++) {
            sum += data[start + (y * width + x) * channels + channel]!;
          }
        }
        const at = ((top + row) * picture.width + left + column) * channels + channel;
        picture.data[at] = Math.round(sum / (reduction * reduction));
      }
    }
  }
}

function configText(tile: Tile | null): string {
  const sprite = tile
    ? `  sprite {\n    image_path: "${projectorFiles.sprite}"\n    single_image_dim: ${tile.width}\n    single_image_dim: ${tile.height}\n  }\n`
    : '';
  return `embeddings {\n  tensor_name: "codes"\n  tensor_path: "${projectorFiles.vectors}"\n  metadata_path: "${projectorFiles.metadata}"\n${sprite}}\n`;
}
