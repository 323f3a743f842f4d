// Writing and reading the small binary headers of an archive: whole numbers of variable length, little-endian words.
import { createHash } from 'node:crypto';
import { PinholeError } from '../contract/errors.ts';

/** Something in an archive is not what it should be: "Expected X for Y, received Z". */
export function damagedArchive(expected: string, received: string, what = 'the archive'): PinholeError {
  return new PinholeError(
    'file-damaged',
    `Expected ${expected} for ${what}, received ${received}.`,
    'Copy the archive again from where it came from.',
  );
}

/** In hexadecimal digits. */
export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export class ByteWriter {
  readonly #bytes: number[] = [];

  byte(value: number): this {
    this.#bytes.push(value & 255);
    return this;
  }

  /** Unsigned, 32 bits, little-endian. */
  word(value: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.byte(value >>> shift);
    return this;
  }

  float(value: number): this {
    return this.word(new Uint32Array(Float32Array.of(value).buffer)[0]!);
  }

  /** 0 … 2³² − 1, seven bits a byte, lowest first, the highest bit set on all but the last. */
  number(value: number): this {
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) this.byte(rest | 128);
    return this.byte(rest);
  }

  /** −2³¹ … 2³¹ − 1, as 0, −1, 1, −2, … */
  signed(value: number): this {
    return this.number((value << 1) ^ (value >> 31));
  }

  get length(): number {
    return this.#bytes.length;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Throws `file-damaged` where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get position(): number {
    return this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw damagedArchive('more bytes', `${this.#bytes.length}`, this.#what);
    return value;
  }

  word(): number {
    const [a, b, c, d] = [this.byte(), this.byte(), this.byte(), this.byte()];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  float(): number {
    return new Float32Array(Uint32Array.of(this.word()).buffer)[0]!;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128 && value < 2 ** 32) return value;
    }
    throw damagedArchive('a number below 2³²', 'a longer one', this.#what);
  }

  signed(): number {
    const value = this.number();
    return (value >>> 1) ^ -(value & 1);
  }
}
