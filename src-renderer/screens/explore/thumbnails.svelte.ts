// Small pictures for map, tables and galleries, as a model sees them: fetched in batches, kept in a few large canvases.
import type { ImageBlock } from '../../../src-main/contract/views.ts';
import { imageData } from '../../drawing/pixels.ts';
import { attempt } from '../../notices.svelte.ts';

/** Where a picture lies: drawn with `drawImage(canvas, x, y, width, height, …)`. */
export interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Tiles need not be larger than they are shown. */
const largestTile = 64;
/** Side of a canvas: 16 MB each. Every browser and graphics card takes this size. */
const pageSide = 2048;
const mostPages = 4;
/** Of one answer: more would hold up what the pointer asks for. */
const batchBytes = 2 ** 20;
const mostInBatch = 256;

export class Thumbnails {
  /** Changes whenever pictures have come: read it to draw again. */
  arrivals = $state(0);
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly #images: (ids: Int32Array) => Promise<ImageBlock>;
  readonly #batch: number;
  readonly #perPage: number;
  readonly #capacity: number;
  readonly #pages: HTMLCanvasElement[] = [];
  /** Place of every picture that is kept; those used last are at the end. */
  readonly #places = new Map<number, number>();
  #wanted: number[] = [];
  #fetching = false;

  /** `images` is asked for at most 256 at a time. */
  constructor(
    images: (ids: Int32Array) => Promise<ImageBlock>,
    { width, height, channels }: Pick<ImageBlock, 'width' | 'height' | 'channels'>,
  ) {
    this.#images = images;
    const scale = Math.min(1, largestTile / Math.max(width, height));
    this.tileWidth = Math.max(1, Math.round(width * scale));
    this.tileHeight = Math.max(1, Math.round(height * scale));
    this.#batch = Math.max(1, Math.min(mostInBatch, Math.floor(batchBytes / (width * height * channels))));
    this.#perPage = Math.floor(pageSide / this.tileWidth) * Math.floor(pageSide / this.tileHeight);
    this.#capacity = this.#perPage * mostPages;
  }

  /** Null while it is not there; it is then on its way. */
  tile(id: number): Tile | null {
    const place = this.#places.get(id);
    if (place === undefined) {
      this.#want(id);
      return null;
    }
    // Used now: moved to the end.
    this.#places.delete(id);
    this.#places.set(id, place);
    return this.#tileAt(place);
  }

  #tileAt(place: number): Tile {
    const across = Math.floor(pageSide / this.tileWidth);
    const within = place % this.#perPage;
    return {
      canvas: this.#page(Math.floor(place / this.#perPage)),
      x: (within % across) * this.tileWidth,
      y: Math.floor(within / across) * this.tileHeight,
      width: this.tileWidth,
      height: this.tileHeight,
    };
  }

  #page(index: number): HTMLCanvasElement {
    const known = this.#pages[index];
    if (known) return known;
    const canvas = document.createElement('canvas');
    canvas.width = pageSide;
    canvas.height = pageSide;
    this.#pages[index] = canvas;
    return canvas;
  }

  #want(id: number): void {
    this.#wanted.push(id);
    if (this.#fetching) return;
    this.#fetching = true;
    // All that one drawing misses is asked for together.
    queueMicrotask(() => void this.#fetch());
  }

  async #fetch(): Promise<void> {
    // What was asked for last is what is on the screen now; the rest is asked for again if it still is.
    const ids = [...new Set(this.#wanted.reverse())].slice(0, this.#batch);
    this.#wanted = [];
    const block = await attempt(() => this.#images(Int32Array.from(ids)));
    this.#fetching = false;
    if (!block) return;
    for (const [index, id] of block.ids.entries()) this.#keep(id, block, index);
    this.arrivals++;
  }

  #keep(id: number, block: ImageBlock, index: number): void {
    const tile = this.#tileAt(this.#freePlace(id));
    const context = tile.canvas.getContext('2d')!;
    if (block.width === tile.width && block.height === tile.height) {
      context.putImageData(imageData(block, index), tile.x, tile.y);
      return;
    }
    const whole = new OffscreenCanvas(block.width, block.height);
    whole.getContext('2d')!.putImageData(imageData(block, index), 0, 0);
    context.drawImage(whole, tile.x, tile.y, tile.width, tile.height);
  }

  /** The picture that was not used for longest makes room. */
  #freePlace(id: number): number {
    let place = this.#places.get(id) ?? this.#places.size;
    if (place >= this.#capacity) {
      const [oldest, freed] = this.#places.entries().next().value!;
      this.#places.delete(oldest);
      place = freed;
    }
    this.#places.set(id, place);
    return place;
  }
}
