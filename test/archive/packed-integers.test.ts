// Whole numbers through the range coder and back, and what becomes of bytes that no coder wrote.
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bitsOf, countValues, makeTable } from '../../src-main/archive/frequencies.ts';
import { openPacked, packIntegers, unpackIntegers } from '../../src-main/archive/packed-integers.ts';
import { RangeDecoder, RangeEncoder } from '../../src-main/archive/range-coder.ts';
import { PinholeError } from '../../src-main/contract/errors.ts';
import { createRandom, type Random } from '../../src-main/numerics/random.ts';

const limits = { rows: 100_000, columns: 2000 };
const unpack = (bytes: Uint8Array) => unpackIntegers(openPacked(bytes, 'codes', limits));

/** Numbers as codes are, and as they are not: narrow and wide, one-sided, constant, at the ends of 32 bits. */
function draw(random: Random): () => number {
  const kinds: (() => number)[] = [
    () => 7,
    () => Math.round(random.normal()),
    () => Math.round(300 * random.normal()),
    () => Math.round(1e6 * random.normal()),
    () => random.integer(2),
    () => (random.integer(100) === 0 ? -123_456 : 0),
    () => [-(2 ** 31), 2 ** 31 - 1, 0][random.integer(3)]!,
    () => random.integer(2 ** 32) | 0,
  ];
  return kinds[random.integer(kinds.length)]!;
}

function drawRows(random: Random, rows: number, columns: number): Int32Array {
  const ofColumn = Array.from({ length: columns }, () => draw(random));
  return Int32Array.from({ length: rows * columns }, (_, place) => ofColumn[place % columns]!());
}

describe('the range coder', () => {
  test('gives back every symbol, whatever the frequencies, at every length', () => {
    const random = createRandom(1);
    for (let count = 0; count < 300; count++) {
      const precision = 1 + random.integer(14);
      const cut = 1 + random.integer(2 ** precision - 1);
      const starts = Uint32Array.of(0, cut, 2 ** precision);
      const rare = random.next();
      const symbols = Array.from({ length: count }, () => Number(random.next() < rare));
      const encoder = new RangeEncoder();
      for (const symbol of symbols) encoder.encode(starts[symbol]!, starts[symbol + 1]! - starts[symbol]!, precision);
      const decoder = new RangeDecoder(encoder.finish());
      expect(symbols.map(() => decoder.decode(starts, precision))).toEqual(symbols);
    }
  });

  test('carries into bytes of 255 that wait', () => {
    // The topmost of 2^14 symbols again and again lets the lower end of the range climb along a row of 255.
    const starts = Uint32Array.of(0, 2 ** 14 - 1, 2 ** 14);
    const symbols = Array.from({ length: 2000 }, (_, index) => Number(index % 97 !== 96));
    const encoder = new RangeEncoder();
    for (const symbol of symbols) encoder.encode(starts[symbol]!, starts[symbol + 1]! - starts[symbol]!, 14);
    const decoder = new RangeDecoder(encoder.finish());
    expect(symbols.map(() => decoder.decode(starts, 14))).toEqual(symbols);
  });

  test('plain bits come back', () => {
    const random = createRandom(2);
    const numbers = Array.from({ length: 200 }, (_, index) => [random.integer(2 ** (index % 25)), index % 25] as const);
    const encoder = new RangeEncoder();
    for (const [value, count] of numbers) encoder.encodeBits(value, count);
    const decoder = new RangeDecoder(encoder.finish());
    expect(numbers.map(([, count]) => decoder.decodeBits(count))).toEqual(numbers.map(([value]) => value));
  });
});

describe('packed numbers', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))('round trip, seed %i', (seed) => {
    const random = createRandom(seed);
    const columns = 1 + random.integer(seed % 4 === 0 ? 900 : 9);
    const values = drawRows(random, random.integer(400), columns);
    const tables = [undefined, 1, columns][random.integer(3)];
    const packed = packIntegers({ columns, values }, tables === undefined ? {} : { tables });
    expect(unpack(packed)).toEqual(values);
  });

  test('no rows are rows too', () => {
    expect(unpack(packIntegers({ columns: 5, values: new Int32Array(0) }))).toEqual(new Int32Array(0));
  });

  test('blocks are read one by one', () => {
    const values = drawRows(createRandom(3), 1200, 64);
    const packed = openPacked(packIntegers({ columns: 64, values }), 'codes', limits);
    expect(packed.blocks).toBeGreaterThan(2);
    const last = packed.blocks - 1;
    expect(packed.unpackBlock(last).join()).toBe(values.subarray(last * packed.blockRows * 64).join());
  });

  test('the bytes are the cross-entropy of the tables, within one in a hundred', () => {
    const random = createRandom(4);
    const values = Int32Array.from({ length: 200_000 }, (_, place) => Math.round((1 + (place % 8)) * random.normal()));
    const packed = packIntegers({ columns: 8, values });
    let bits = 0;
    for (let column = 0; column < 8; column++) {
      const counts = countValues(values, column, 8);
      const { values: known, starts, precision } = makeTable(counts);
      for (const [index, value] of known.entries()) {
        bits += counts.get(value)! * (precision - Math.log2(starts[index + 1]! - starts[index]!));
      }
    }
    expect(8 * packed.length).toBeGreaterThan(bits);
    expect(8 * packed.length).toBeLessThan(1.01 * bits);
    // What the search for a step reckons with is what it takes.
    const reckoned = [0, 1, 2, 3, 4, 5, 6, 7].map((column) => bitsOf(countValues(values, column, 8)));
    expect(reckoned.reduce((a, b) => a + b) / (8 * packed.length)).toBeCloseTo(1, 2);
  });

  test('the bytes are the same everywhere', () => {
    const values = drawRows(createRandom(5), 200, 6);
    expect(crc32(packIntegers({ columns: 6, values }))).toMatchInlineSnapshot(`1457206293`);
  });
});

describe('bytes that nobody wrote', () => {
  const packed = packIntegers({ columns: 6, values: drawRows(createRandom(6), 6000, 6) });

  function outcome(bytes: Uint8Array): string {
    try {
      return unpack(bytes).length === 36_000 ? 'whole' : 'other numbers';
    } catch (error) {
      return error instanceof PinholeError ? error.code : String(error);
    }
  }

  test('cut anywhere, they are refused', () => {
    const random = createRandom(7);
    const lengths = [...Array(20).keys(), ...Array.from({ length: 20 }, () => random.integer(packed.length - 8))];
    for (const length of lengths) expect(outcome(packed.subarray(0, length))).toBe('file-damaged');
  });

  test('with any bit changed, they are refused', () => {
    const random = createRandom(8);
    const places = [...Array(60).keys(), ...Array.from({ length: 40 }, () => random.integer(packed.length))];
    for (const place of places) {
      const changed = new Uint8Array(packed);
      changed[place]! ^= 1 << random.integer(8);
      expect(outcome(changed)).toBe('file-damaged');
    }
  });

  test('with one block changed, the others are read', () => {
    const changed = new Uint8Array(packed);
    changed[changed.length - 5]! ^= 16;
    const opened = openPacked(changed, 'codes', limits);
    expect(() => opened.unpackBlock(opened.blocks - 1)).toThrow(/block 2 of 2 of codes/);
    expect(opened.unpackBlock(0).join()).toBe(openPacked(packed, 'codes', limits).unpackBlock(0).join());
  });

  test('noise is refused, behind a right beginning too', () => {
    const random = createRandom(9);
    for (let trial = 0; trial < 300; trial++) {
      const bytes = Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
      if (trial % 2 === 0) bytes.set(packed.subarray(0, Math.min(bytes.length, 4 + (trial % 30))));
      expect(outcome(bytes)).toBe('file-damaged');
    }
  });

  test('what asks for more than it may is refused before memory is taken', () => {
    const many = packIntegers({ columns: 1, values: new Int32Array(50_000) });
    expect(many.length).toBeLessThan(60);
    expect(() => openPacked(many, 'codes', { rows: 49_999, columns: 1 })).toThrow(
      'Expected at most 49999 rows of 1 for codes, received 50000 of 1.',
    );
  });
});
