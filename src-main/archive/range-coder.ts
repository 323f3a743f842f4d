// A range coder on whole numbers: symbols with known frequencies to bytes and back. Which frequencies is not its matter.

/**
 * Frequencies add up to 2 to this power at most. More would leave too few of the 24 bits that a range has at least: with
 * 14, rounding costs below 0.1 % of the bits.
 */
export const largestPrecision = 14;

const smallestRange = 2 ** 24;
const word = 2 ** 32;

/**
 * After Martin 1979, "Range encoding", with the carry held back in a cached byte. All values are whole numbers below
 * 2⁵³, which JavaScript keeps exactly; nothing is ever divided but by powers of two.
 */
export class RangeEncoder {
  readonly #bytes: number[] = [];
  #low = 0;
  #range = word - 1;
  /** The last byte, to which a carry may still be added; −1 before the first. */
  #cached = -1;
  /** Bytes of 255 behind it, which a carry would turn to 0. */
  #pending = 0;

  /** A symbol that takes `frequency` of 2^`precision`, behind `start` of others. */
  encode(start: number, frequency: number, precision: number): void {
    const unit = this.#range >>> precision;
    this.#low += start * unit;
    this.#range = frequency * unit;
    while (this.#range < smallestRange) {
      this.#range *= 256;
      this.#shift();
    }
  }

  /** So many low bits of a number as they are; at most 32. */
  encodeBits(value: number, count: number): void {
    for (let left = count; left > 0; ) {
      const taken = Math.min(left, 8);
      left -= taken;
      this.encode((value >>> left) & (2 ** taken - 1), 1, taken);
    }
  }

  /** The bytes so far; nothing may be encoded after. Zeros at the end are left out: the decoder reads zeros behind it. */
  finish(): Uint8Array {
    for (let count = 0; count < 5; count++) this.#shift();
    while (this.#bytes.at(-1) === 0) this.#bytes.pop();
    return Uint8Array.from(this.#bytes);
  }

  #shift(): void {
    const carry = this.#low >= word ? 1 : 0;
    if (carry === 1 || this.#low < 0xff000000) {
      if (this.#cached >= 0) this.#bytes.push(this.#cached + carry);
      for (; this.#pending > 0; this.#pending--) this.#bytes.push((255 + carry) & 255);
      this.#cached = (this.#low >>> 24) & 255;
    } else {
      this.#pending++;
    }
    this.#low = (this.#low & 0xffffff) * 256;
  }
}

/** Reads what a `RangeEncoder` wrote. Any bytes at all decode to something, in a time that the number of calls sets. */
export class RangeDecoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #code = 0;
  #range = word - 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let count = 0; count < 4; count++) this.#code = this.#code * 256 + this.#next();
  }

  /** The index of the symbol; `starts` has the sum of frequencies before each, ascending from 0, and 2^`precision` last. */
  decode(starts: Uint32Array, precision: number): number {
    const unit = this.#range >>> precision;
    let low = 0;
    let high = starts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! * unit <= this.#code) low = middle;
      else high = middle;
    }
    this.#take(starts[low]!, starts[low + 1]! - starts[low]!, unit);
    return low;
  }

  decodeBits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      const taken = Math.min(left, 8);
      left -= taken;
      value = value * 2 ** taken + this.#decodeByte(taken);
    }
    return value;
  }

  #decodeByte(precision: number): number {
    const unit = this.#range >>> precision;
    let value = 0;
    for (let bit = precision - 1; bit >= 0; bit--) {
      if ((value + (1 << bit)) * unit <= this.#code) value += 1 << bit;
    }
    this.#take(value, 1, unit);
    return value;
  }

  #take(start: number, frequency: number, unit: number): void {
    // What no encoder writes may lie beyond the last symbol: it is held within the range, so that all stays below 2³².
    this.#code = Math.min(this.#code - start * unit, frequency * unit - 1);
    this.#range = frequency * unit;
    while (this.#range < smallestRange) {
      this.#range *= 256;
      this.#code = this.#code * 256 + this.#next();
    }
  }

  #next(): number {
    return this.#bytes[this.#at++] ?? 0;
  }
}
