// Float32 numbers as the shortest decimal text that reads back as the same float32. Writing only; reading is Number().
//
// After Giulietti, "The Schubfach way to render doubles" (2021): scale the value so that its rounding interval is 1 to
// 10 wide; the multiple of 10 in it, if there is one, is the shortest decimal, else the integer nearest to the value.
// A float32 has 24 bits and a double 53, so most values are scaled without any rounding. For the others the
// scaled bounds are off by less than 1e-7: where one lies within 1e-6 of an integer, exact arithmetic decides.

//
// The digits of every positive finite float32 were compared with std::to_chars of libstdc++ 12: all 2,139,095,039 agree,
// but for one, on purpose (see `misread`).

const bigIntScale = 2n ** 149n;
const margin = 1e-6;

// Of all floats only this one's shortest text, 7.038531e-26, is misread by a reader that, like Number() and Python,
// rounds to a double first and then to a float: it lies too near the middle between two floats. It gets a digit more.
const misread = { bits: 0x15ae43fd, digits: 70385307, exponent: -33 };

/** Longest text: sign, nine digits, point, `e-45`. */
export const longestFloat32 = 16;

// By biased exponent (0–255), and again from 256 for the powers of two, below which neighbours are twice as close.
const powerOfTwo = 256;
const exponents = new Int8Array(512);
const scales = new Float64Array(512);
const halfAbove = new Float64Array(512);
const halfBelow = new Float64Array(512);
const isExact = new Uint8Array(512);
for (let index = 0; index < 512; index++) {
  const biased = index & 255;
  const unit = 2 ** (Math.max(biased, 1) - 150);
  // The least normal number's lower neighbours are subnormal and as far away as the upper ones.
  const isNarrow = index >= powerOfTwo && biased > 1;
  const exponent = Math.floor(Math.log10(isNarrow ? 0.75 * unit : unit));
  exponents[index] = exponent;
  scales[index] = Number(`1e${-exponent}`);
  halfAbove[index] = unit / 2;
  halfBelow[index] = isNarrow ? unit / 4 : unit / 2;
  // 25 bits of a bound times 5^12 (28 bits) still fit the 53 bits of a double.
  isExact[index] = exponent <= 0 && exponent >= -12 ? 1 : 0;
}

const powersOfTen = Int32Array.from({ length: 10 }, (_, power) => 10 ** power);

const zero = 48;
const minus = 45;
const point = 46;
const letterE = 101;

// The result of `decompose`; two numbers without an allocation for each value.
let digits = 0;
let exponent = 0;

/**
 * Writes a number as ASCII at `position` and returns the position behind it; at most `longestFloat32` bytes.
 * `bits` is the same number as seen through a Uint32Array. Plain notation from 1e-5 to below 1e9, scientific
 * outside; `-0`, `NaN`, `Infinity` and `-Infinity` are written as such, and Number() reads all of it.
 */
export function writeFloat32(value: number, bits: number, buffer: Uint8Array, position: number): number {
  let end = position;
  if (bits >>> 31 === 1 && !Number.isNaN(value)) {
    buffer[end++] = minus;
    value = -value;
  }
  if (value === 0) {
    buffer[end] = zero;
    return end + 1;
  }
  if (!Number.isFinite(value)) return writeWord(value === Infinity ? 'Infinity' : 'NaN', buffer, end);
  decompose(value, bits);
  const length = lengthOf(digits);
  const beforePoint = length + exponent;
  if (beforePoint > 9 || beforePoint < -4) return writeScientific(length, beforePoint - 1, buffer, end);
  return writePlain(length, beforePoint, buffer, end);
}

export function formatFloat32(value: number): string {
  const numbers = Float32Array.of(value);
  const buffer = Buffer.alloc(longestFloat32);
  const end = writeFloat32(numbers[0]!, new Uint32Array(numbers.buffer)[0]!, buffer, 0);
  return buffer.toString('latin1', 0, end);
}

/** Sets `digits` and `exponent` to the shortest decimal of a positive finite float32. */
function decompose(value: number, bits: number): void {
  const fraction = bits & 0x7fffff;
  const index = ((bits >>> 23) & 255) + (fraction === 0 ? powerOfTwo : 0);
  const scale = scales[index]!;
  const low = (value - halfBelow[index]!) * scale;
  const high = (value + halfAbove[index]!) * scale;
  const scaled = value * scale;
  exponent = exponents[index]!;
  if (isExact[index] === 0 && (isNear(low) || isNear(high) || isNear(scaled - 0.5))) {
    if ((bits & 0x7fffffff) === misread.bits) ({ digits, exponent } = misread);
    else decomposeExactly(fraction, index);
    return;
  }
  // A bound itself rounds to the even neighbour.
  const isEven = (fraction & 1) === 0;
  const tens = Math.floor(scaled / 10) * 10;
  const isTensInside = isEven ? low <= tens : low < tens;
  if (isTensInside || (isEven ? tens + 10 <= high : tens + 10 < high)) {
    digits = isTensInside ? tens : tens + 10;
    trimZeros();
    return;
  }
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const isFloorInside = isEven ? low <= floor : low < floor;
  const isCeilInside = isEven ? floor + 1 <= high : floor + 1 < high;
  const isFloorNearer = rest < 0.5 || (rest === 0.5 && floor % 2 === 0);
  digits = isFloorInside && (isFloorNearer || !isCeilInside) ? floor : floor + 1;
}

/** The same in integers of any length, for about one value in 100 outside 1e-5 … 1e8. */
function decomposeExactly(fraction: number, index: number): void {
  const biased = index & 255;
  const mantissa = BigInt(biased === 0 ? fraction : fraction + 0x800000);
  // Everything in quarters of a unit in the last place, over the common denominator `one`.
  const power = BigInt(Math.max(biased, 1) - 150) + 149n;
  const factor = (1n << power) * (exponent < 0 ? 10n ** BigInt(-exponent) : 1n);
  const one = 4n * bigIntScale * (exponent > 0 ? 10n ** BigInt(exponent) : 1n);
  const isNarrow = index >= powerOfTwo && biased > 1;
  const low = (4n * mantissa - (isNarrow ? 1n : 2n)) * factor;
  const high = (4n * mantissa + 2n) * factor;
  const scaled = 4n * mantissa * factor;
  const isEven = (fraction & 1) === 0;
  const isInside = (candidate: bigint) =>
    isEven ? low <= candidate * one && candidate * one <= high : low < candidate * one && candidate * one < high;
  const floor = scaled / one;
  const tens = (floor / 10n) * 10n;
  if (isInside(tens) || isInside(tens + 10n)) {
    digits = Number(isInside(tens) ? tens : tens + 10n);
    trimZeros();
    return;
  }
  const twiceRest = 2n * (scaled - floor * one);
  const isFloorNearer = twiceRest < one || (twiceRest === one && floor % 2n === 0n);
  digits = Number(isInside(floor) && (isFloorNearer || !isInside(floor + 1n)) ? floor : floor + 1n);
}

function isNear(bound: number): boolean {
  return Math.abs(bound - Math.round(bound)) < margin;
}

function trimZeros(): void {
  let rest = digits | 0;
  do {
    rest = (rest / 10) | 0;
    exponent++;
  } while (rest % 10 === 0);
  digits = rest;
}

function lengthOf(integer: number): number {
  let length = 1;
  while (length < 10 && integer >= powersOfTen[length]!) length++;
  return length;
}

function writePlain(length: number, beforePoint: number, buffer: Uint8Array, position: number): number {
  if (exponent >= 0) {
    writeInteger(digits * powersOfTen[exponent]!, beforePoint, buffer, position);
    return position + beforePoint;
  }
  const places = -exponent;
  if (beforePoint > 0) {
    const whole = (digits / powersOfTen[places]!) | 0;
    writeInteger(whole, beforePoint, buffer, position);
    buffer[position + beforePoint] = point;
    writeInteger(digits - whole * powersOfTen[places]!, places, buffer, position + beforePoint + 1);
    return position + length + 1;
  }
  buffer[position] = zero;
  buffer[position + 1] = point;
  for (let place = 0; place < -beforePoint; place++) buffer[position + 2 + place] = zero;
  writeInteger(digits, length, buffer, position + 2 - beforePoint);
  return position + 2 + places;
}

function writeScientific(length: number, power: number, buffer: Uint8Array, position: number): number {
  let end = position;
  const first = (digits / powersOfTen[length - 1]!) | 0;
  buffer[end++] = zero + first;
  if (length > 1) {
    buffer[end++] = point;
    writeInteger(digits - first * powersOfTen[length - 1]!, length - 1, buffer, end);
    end += length - 1;
  }
  buffer[end++] = letterE;
  if (power < 0) buffer[end++] = minus;
  const size = Math.abs(power);
  const width = size < 10 ? 1 : 2;
  writeInteger(size, width, buffer, end);
  return end + width;
}

/** Exactly `width` digits, with zeros in front. */
function writeInteger(integer: number, width: number, buffer: Uint8Array, position: number): void {
  let rest = integer | 0;
  for (let place = position + width - 1; place >= position; place--) {
    const next = (rest / 10) | 0;
    buffer[place] = zero + rest - next * 10;
    rest = next;
  }
}

function writeWord(word: string, buffer: Uint8Array, position: number): number {
  for (let index = 0; index < word.length; index++) buffer[position + index] = word.charCodeAt(index);
  return position + word.length;
}
