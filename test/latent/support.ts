// Codes for tests: of given rows, random, and in groups.
import type { Codes } from '../../src-main/latent/encode.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

export function codesOf(size: number, ...rows: number[][]): Codes {
  const codes = Float32Array.from(rows.flat());
  const count = rows.length;
  return { size, codes, ids: Uint32Array.from({ length: count }, (_, id) => id), errors: new Float32Array(count) };
}

export function randomCodes(count: number, size: number, seed = 1): Codes {
  const random = createRandom(seed);
  return codesOf(size, ...Array.from({ length: count }, () => Array.from({ length: size }, () => random.normal())));
}

export const equalCodes = (count: number, size: number) => codesOf(size, ...Array(count).fill(Array(size).fill(0.5)));

/** Row r is of group r modulo `groups`; their centres are drawn `apart` deviations wide. */
export function groupedCodes(count: number, size: number, groups: number, apart = 6, seed = 1): Codes {
  const random = createRandom(seed);
  const centres = Array.from({ length: groups }, () => Array.from({ length: size }, () => apart * random.normal()));
  const codes = new Float32Array(count * size);
  for (let row = 0; row < count; row++) {
    for (let at = 0; at < size; at++) codes[row * size + at] = centres[row % groups]![at]! + random.normal();
  }
  const ids = Uint32Array.from({ length: count }, (_, id) => id);
  return { size, codes, ids, errors: new Float32Array(count) };
}
