// What the model sees at each step: shuffled batches, random crops and flips, noise. Everything follows from seed and step.
import type { RandomFeed } from '../compiler/bottleneck.ts';
import type { Feeds, Tensor } from '../compiler/graph.ts';
import type { ImageShape } from '../compiler/model.ts';
import { elements } from '../compiler/ops/shapes.ts';
import { createRandom, type Random } from '../numerics/random.ts';
import { createImageStream, type ImageStream, type Pixels } from './image-stream.ts';

export type { Pixels };

export interface Augmentation {
  /** Random square crops keep at least this share of each side. */
  crop: number;
  flip: boolean;
}

export interface BatchOptions {
  pixels: Pixels;
  ids: Uint32Array;
  image: ImageShape;
  batchSize: number;
  seed: number;
  augment: Augmentation | null;
  /** Random numbers to feed beside the images. */
  random: readonly RandomFeed[];
  /** Feed `progress` too. */
  progress: boolean;
}

export interface Batches extends Pick<ImageStream, 'stepsPerEpoch' | 'readAhead' | 'ready'> {
  /** The feeds of a step, counted from 1, when this share of the run is done. They stay valid until the next call. */
  at(step: number, progress: number): Feeds;
}

// Streams of random numbers that must not coincide: order of images, augmentation, and one for each random feed.
const streams = { order: 1, augment: 2, feeds: 3 };

/** Every epoch is a new order; images that do not fill a last batch wait for a later epoch. */
export function createBatches(options: BatchOptions): Batches {
  const { pixels, ids, image, batchSize, seed, augment, progress: feedsProgress } = options;
  const shape = [batchSize, image.height, image.width, image.channels];
  const size = image.height * image.width * image.channels;
  const stream = createImageStream({
    pixels,
    ids,
    batchSize,
    size,
    random: (epoch) => createRandom(seed, streams.order, epoch),
  });
  const drawn = options.random.map((feed) => ({ ...feed, data: new Float32Array(elements(feed.shape)) }));

  function imagesOf(step: number): Uint8Array {
    const images = stream.take(step);
    if (augment) augmentImages(images, image, augment, createRandom(seed, streams.augment, step));
    return images;
  }

  return {
    stepsPerEpoch: stream.stepsPerEpoch,
    readAhead: stream.readAhead,
    ready: stream.ready,
    at(step, progress) {
      const feeds: Record<string, Tensor> = { images: { dtype: 'uint8', shape, data: imagesOf(step) } };
      for (const [index, { name, shape, draw, data }] of drawn.entries()) {
        fill(data, draw, createRandom(seed, streams.feeds + index, step));
        feeds[name] = { dtype: 'float32', shape, data };
      }
      if (feedsProgress) feeds.progress = { dtype: 'float32', shape: [], data: Float32Array.of(progress) };
      return feeds;
    },
  };
}

function fill(data: Float32Array, draw: RandomFeed['draw'], random: Random): void {
  const next = draw === 'normal' ? random.normal : random.next;
  for (let index = 0; index < data.length; index++) data[index] = next();
}

/** Replaces each image in place by a random crop of itself, flipped left to right half of the time. */
export function augmentImages(images: Uint8Array, image: ImageShape, augment: Augmentation, random: Random): void {
  const size = image.height * image.width * image.channels;
  const source = new Uint8Array(size);
  for (let start = 0; start < images.length; start += size) {
    const target = images.subarray(start, start + size);
    source.set(target);
    const share = augment.crop + (1 - augment.crop) * random.next();
    const top = (1 - share) * image.height * random.next();
    const left = (1 - share) * image.width * random.next();
    const flip = augment.flip && random.next() < 0.5;
    resample(source, target, image, { top, left, share, flip });
  }
}

interface Crop {
  top: number;
  left: number;
  share: number;
  flip: boolean;
}

/** Bilinear; pixel centres at half positions, edges repeated. */
function resample(source: Uint8Array, target: Uint8Array, { height, width, channels }: ImageShape, crop: Crop): void {
  const columns = axis(width, crop.left, crop.share);
  const rows = axis(height, crop.top, crop.share);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const above = rows.low[y]! * width;
    const below = rows.high[y]! * width;
    const down = rows.weight[y]!;
    for (let x = 0; x < width; x++) {
      const column = crop.flip ? width - 1 - x : x;
      const low = columns.low[column]!;
      const high = columns.high[column]!;
      const across = columns.weight[column]!;
      for (let channel = 0; channel < channels; channel++) {
        const a = source[(above + low) * channels + channel]!;
        const b = source[(above + high) * channels + channel]!;
        const c = source[(below + low) * channels + channel]!;
        const d = source[(below + high) * channels + channel]!;
        const upper = a + (b - a) * across;
        target[out++] = upper + (c + (d - c) * across - upper) * down + 0.5;
      }
    }
  }
}

function axis(size: number, offset: number, share: number) {
  const low = new Uint16Array(size);
  const high = new Uint16Array(size);
  const weight = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    const position = Math.min(Math.max(offset + (index + 0.5) * share - 0.5, 0), size - 1);
    low[index] = Math.floor(position);
    high[index] = Math.min(low[index]! + 1, size - 1);
    weight[index] = position - low[index]!;
  }
  return { low, high, weight };
}
