import { expect, test } from 'vitest';
import { formatFloat32 } from '../../src-main/exports/float32-text.ts';
import { createRandom } from '../../src-main/numerics/random.ts';

const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

/** Reads back through a double, as Number() and Python do, to the same 32 bits. */
function readsBack(value: number): boolean {
  return Object.is(Math.fround(Number(formatFloat32(value))), value);
}

/** The least number of significant digits that round-trips, by trying: the slow, obvious way. */
function fewestDigits(value: number): number {
  for (let digits = 1; digits < 9; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return digits;
  return 9;
}

const digitsOf = (text: string): number => text.replace(/e.*|^-|\./g, '').replace(/^0+|(?<=[1-9])0+$/g, '').length;

test.each([
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-2.5, '-2.5'],
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [100, '100'],
  [123456.79, '123456.79'],
  [16777216, '16777216'],
  [500_000_000, '500000000'],
  [1e9, '1e9'],
  [1e10, '1e10'],
  [8.5899346e9, '8.589935e9'],
  [3.4028234663852886e38, '3.4028235e38'],
  [1e-5, '0.00001'],
  [9.9999e-6, '9.9999e-6'],
  [1.1754943508222875e-38, '1.1754944e-38'],
  [1.1754942106924411e-38, '1.1754942e-38'],
  [1.401298464324817e-45, '1e-45'],
  [-1.401298464324817e-45, '-1e-45'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [Number.NaN, 'NaN'],
])('%f is %s', (value, text) => expect(formatFloat32(value)).toBe(text));

test('a negative NaN has no sign', () => {
  expect(formatFloat32(fromBits(0xffc00001))).toBe('NaN');
});

test('the one float whose shortest text is misread by way of a double has a digit more', () => {
  expect(formatFloat32(fromBits(0x15ae43fd))).toBe('7.0385307e-26');
  expect(formatFloat32(fromBits(0x95ae43fd))).toBe('-7.0385307e-26');
  expect(readsBack(fromBits(0x15ae43fd))).toBe(true);
});

test('random bit patterns of every exponent read back and are as short as can be', () => {
  const random = createRandom(1);
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let round = 0; round < 200; round++) {
      const value = fromBits((exponent << 23) | random.integer(2 ** 23) | (round & 1 ? 0x80000000 : 0));
      const text = formatFloat32(value);
      if (!readsBack(value)) expect.fail(`${value} became ${text}`);
      // Where the interval is lopsided (powers of two) a shorter text can exist that toPrecision does not find.
      if (value !== 0 && digitsOf(text) > fewestDigits(value))
        expect.fail(`${value} became ${text}, which is too long`);
    }
  }
});

test('edges: powers of two and ten with their neighbours, subnormals, whole numbers', () => {
  const edges: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) edges.push(exponent << 23);
  for (let power = -45; power <= 38; power++) {
    edges.push(new Uint32Array(Float32Array.of(Number(`1e${power}`)).buffer)[0]!);
  }
  for (let bits = 1; bits < 2000; bits++) edges.push(bits, 0x7f800000 - bits);
  for (let whole = 1; whole < 2000; whole++) edges.push(new Uint32Array(Float32Array.of(whole).buffer)[0]!);
  for (const edge of edges) {
    for (const bits of [edge - 1, edge, edge + 1]) {
      const value = fromBits(bits);
      if (bits > 0 && Number.isFinite(value) && !readsBack(value)) {
        expect.fail(`${value} became ${formatFloat32(value)}`);
      }
    }
  }
});
