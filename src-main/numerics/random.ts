// Seeded random numbers: the same seed gives the same sequence on every platform. Not for secrets.

export interface Random {
  /** Uniform in [0, 1) with 32 random bits. */
  next(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

/** sfc32 (Doty-Humphrey, PractRand), seeded from any number of integers, e.g. `createRandom(seed, epoch)`. */
export function createRandom(...seeds: number[]): Random {
  // Each seed goes through one round of splitmix32, so that neighbouring seeds give unrelated sequences.
  let mixed = 0x9e3779b9;
  for (const seed of seeds) mixed = mix((mixed ^ (seed >>> 0)) + 0x9e3779b9);
  let a = mix(mixed + 1);
  let b = mix(mixed + 2);
  let c = mix(mixed + 3);
  let counter = 1;
  let spare: number | undefined;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return {
    next,
    integer: (limit) => Math.floor(next() * limit),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** The numbers 0 … count − 1 in random order (Fisher and Yates). */
export function permutation(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const value = order[last]!;
    order[last] = order[other]!;
    order[other] = value;
  }
  return order;
}

function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
