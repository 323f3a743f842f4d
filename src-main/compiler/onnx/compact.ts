// Parameters in fewer bytes: half precision, or 8-bit whole numbers with a scale. What the graph does with them is not here.

export type CompactNumbers = 'float16' | 'int8';

export interface CompactTensor {
  readonly type: CompactNumbers;
  readonly stored: ArrayBufferView;
  /** What whole numbers are multiplied by; broadcast to the tensor's shape. */
  readonly scale?: { readonly shape: readonly number[]; readonly data: Float32Array };
}

export function compactTensor(shape: readonly number[], data: Float32Array, numbers: CompactNumbers): CompactTensor {
  if (numbers === 'float16') return { type: 'float16', stored: Uint16Array.from(data, toHalf) };
  const candidates = shape.map((length, axis) => scaledAlong(shape, data, axis, length));
  return candidates.reduce((best, candidate) => (candidate.error < best.error ? candidate : best));
}

/** A scale for each place along one axis: which axis is best depends on how rows and columns differ, so all are tried. */
function scaledAlong(shape: readonly number[], data: Float32Array, axis: number, length: number) {
  const stride = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const placeOf = (index: number) => Math.floor(index / stride) % length;
  const scale = new Float32Array(length);
  for (const [index, value] of data.entries()) {
    scale[placeOf(index)] = Math.max(scale[placeOf(index)]!, Math.abs(value) / 127);
  }
  let error = 0;
  const stored = Int8Array.from(data, (value, index) => {
    const unit = scale[placeOf(index)]!;
    const whole = unit === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / unit)));
    error += (value - whole * unit) ** 2;
    return whole;
  });
  const scaleShape = shape.map((_, index) => (index === axis ? length : 1));
  return { type: 'int8' as const, stored, scale: { shape: scaleShape, data: scale }, error };
}

const scratch = new DataView(new ArrayBuffer(4));
const largestHalf = 65_504;

/** The nearest half-precision number (IEEE 754 binary16) as its bits; beyond the largest, the largest. */
function toHalf(value: number): number {
  scratch.setFloat32(0, Math.max(-largestHalf, Math.min(largestHalf, value)));
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  // Below 2⁻¹⁴ the numbers lie evenly, 2⁻²⁴ apart.
  if (exponent <= 0) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  const fraction = bits & 0x7fffff;
  return sign | ((exponent << 10) + roundToEven(fraction / 2 ** 13));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
