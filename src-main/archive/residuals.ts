// What the decoder does not give well enough: its difference from the image, as coarse as the bound allows.

// Steps are odd, so that rounding to the nearest errs to both sides alike; 1 leaves no error at all.
const steps = [65, 49, 33, 25, 17, 13, 9, 7, 5, 3, 1];

/** What a difference in a pixel from machine to machine may be, for pixel values 0–1. */
const margin = 1 / 255;

/** Whether an image keeps a bound in decibels on every machine: its root-mean-square error and the margin together. */
export function keepsBound(mse: number, bound: number): boolean {
  return Math.sqrt(mse) + margin <= 10 ** (-bound / 20);
}

export interface Residual {
  readonly step: number;
  readonly values: Int16Array;
  /** With the residual added; pixels 0–1. */
  readonly mse: number;
}

/** The coarsest that keeps the bound; undefined where not even the finest does, because of the margin. */
export function residualFor(original: Uint8Array, decoded: Uint8Array, bound: number): Residual | undefined {
  for (const step of steps) {
    const values = Int16Array.from(original, (pixel, place) => Math.round((pixel - decoded[place]!) / step));
    const restored = decoded.slice();
    addResidual(restored, values, step);
    const mse =
      restored.reduce((sum, pixel, place) => sum + ((pixel - original[place]!) / 255) ** 2, 0) / restored.length;
    if (keepsBound(mse, bound)) return { step, values, mse };
  }
  return undefined;
}

/** Changes the image. */
export function addResidual(image: Uint8Array, values: ArrayLike<number>, step: number): void {
  for (let place = 0; place < image.length; place++) {
    image[place] = Math.max(0, Math.min(255, image[place]! + values[place]! * step));
  }
}
