// The images of each step, in a new order every epoch: read when they are asked for, or beside the step before.
import { permutation, type Random } from '../numerics/random.ts';

/** Rows of uint8 pixels by id, in the order asked for; `out` holds ids.length × pixels bytes. */
export interface Pixels {
  read(ids: ArrayLike<number>, out: Uint8Array): void;
  /** The same beside other work; left out where reading takes no time. */
  readAhead?(ids: ArrayLike<number>, out: Uint8Array): Promise<void>;
}

export interface ImageStream {
  readonly stepsPerEpoch: number;
  /** The images of a step, counted from 1, one after another. They are the caller's until the next call. */
  take(step: number): Uint8Array;
  /** Begins to read a step's images, for `ready` and then `take`. One step at a time. */
  readAhead(step: number): void;
  /** Waits for what `readAhead` began for this step, and throws what went wrong. */
  ready(step: number): Promise<void>;
}

interface StreamOptions {
  pixels: Pixels;
  ids: Uint32Array;
  batchSize: number;
  /** Bytes of one image. */
  size: number;
  /** The random numbers that order an epoch. */
  random(epoch: number): Random;
}

/** What is being read, or was, and how it went. */
interface Reading {
  readonly step: number;
  readonly finished: Promise<void>;
  isThere: boolean;
}

export function createImageStream({ pixels, ids, batchSize, size, random }: StreamOptions): ImageStream {
  const stepsPerEpoch = Math.max(1, Math.floor(ids.length / batchSize));
  let [now, next] = [new Uint8Array(batchSize * size), new Uint8Array(pixels.readAhead ? batchSize * size : 0)];
  let reading: Reading | undefined;
  let orderEpoch = -1;
  let order: Uint32Array = new Uint32Array();

  function idsOf(step: number): Uint32Array {
    const epoch = Math.floor((step - 1) / stepsPerEpoch);
    if (epoch !== orderEpoch) {
      order = permutation(ids.length, random(epoch));
      orderEpoch = epoch;
    }
    const first = ((step - 1) % stepsPerEpoch) * batchSize;
    return Uint32Array.from({ length: batchSize }, (_, index) => ids[order[first + index]!]!);
  }

  return {
    stepsPerEpoch,
    take(step) {
      if (reading?.step === step && reading.isThere) {
        [now, next] = [next, now];
        reading = undefined;
      } else {
        pixels.read(idsOf(step), now);
      }
      return now;
    },
    readAhead(step) {
      // Two readings would write into the same array.
      if (!pixels.readAhead || (reading && !reading.isThere)) return;
      const begun: Reading = { step, isThere: false, finished: pixels.readAhead(idsOf(step), next) };
      begun.finished.then(
        () => {
          begun.isThere = true;
        },
        () => {}, // told by `ready`
      );
      reading = begun;
    },
    async ready(step) {
      if (reading?.step === step) await reading.finished;
    },
  };
}
