// ICC profiles of screens and cameras (three curves and a matrix) converted to sRGB. Profiles made of tables are left out.
// Tags and types as in ICC.1:2010, sections 8.3.3 and 10 (https://www.color.org/specification/ICC1v43_2010-12.pdf).

/** Converts interleaved 8-bit RGB in place. */
export type ColorConversion = (rgb: Uint8Array) => void;

/** The values of a curve at 0 … 255, 0 to 1. */
type Curve = Float32Array;
type Column = readonly [x: number, y: number, z: number];

/** Undefined where the profile is of another kind or damaged. */
export function readColorProfile(profile: Uint8Array): ColorConversion | undefined {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  if (view.byteLength < 132 || text(view, 16) !== 'RGB ' || text(view, 20) !== 'XYZ ') return undefined;
  try {
    const tags = readTags(view);
    // Profiles with tables for this direction mean them, not the matrix.
    if (tags.has('A2B0')) return undefined;
    const curves = ['rTRC', 'gTRC', 'bTRC'].map((tag) => readCurve(view, tags.get(tag)));
    const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((tag) => readColumn(view, tags.get(tag)));
    if (curves.includes(undefined) || columns.includes(undefined)) return undefined;
    return createConversion(curves as Curve[], columns as Column[]);
  } catch (error) {
    // An offset beyond the end: sharp judges what the rest is worth.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const text = (view: DataView, offset: number) =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, 4));

function readTags(view: DataView): Map<string, number> {
  const count = Math.min(100, view.getUint32(128));
  const entries = Array.from({ length: count }, (_, index) => 132 + 12 * index);
  return new Map(entries.map((entry) => [text(view, entry), view.getUint32(entry + 4)]));
}

function readCurve(view: DataView, offset: number | undefined): Curve | undefined {
  if (offset === undefined) return undefined;
  const type = text(view, offset);
  if (type === 'curv') return sampledCurve(view, offset);
  return type === 'para' ? parametricCurve(view, offset) : undefined;
}

const curveOf = (value: (x: number) => number): Curve =>
  Float32Array.from({ length: 256 }, (_, index) => value(index / 255));

/** No values: a straight line; one: a gamma; more: samples to interpolate between. */
function sampledCurve(view: DataView, offset: number): Curve {
  const count = view.getUint32(offset + 8);
  const value = (index: number) => view.getUint16(offset + 12 + 2 * index);
  if (count === 0) return curveOf((x) => x);
  if (count === 1) return curveOf((x) => x ** (value(0) / 256));
  return curveOf((x) => {
    const place = x * (count - 1);
    const index = Math.min(count - 2, Math.floor(place));
    return (value(index) + (value(index + 1) - value(index)) * (place - index)) / 65535;
  });
}

/** The five functions of table 65, in one: (a·x + b)^g + e from d on, c·x + f below. */
function parametricCurve(view: DataView, offset: number): Curve | undefined {
  const kind = view.getUint16(offset + 8);
  const parameter = (index: number) => view.getInt32(offset + 12 + 4 * index) / 65536;
  const g = parameter(0);
  if (kind === 0) return curveOf((x) => x ** g);
  if (kind > 4) return undefined;
  const [a, b] = [parameter(1), parameter(2)];
  const c = kind >= 3 ? parameter(3) : 0;
  const d = kind >= 3 ? parameter(4) : -b / a;
  const e = kind === 2 ? parameter(3) : kind === 4 ? parameter(5) : 0;
  const f = kind === 2 ? e : kind === 4 ? parameter(6) : 0;
  return curveOf((x) => (x >= d ? (a * x + b) ** g + e : c * x + f));
}

function readColumn(view: DataView, offset: number | undefined): Column | undefined {
  if (offset === undefined || text(view, offset) !== 'XYZ ') return undefined;
  return [8, 12, 16].map((place) => view.getInt32(offset + place) / 65536) as unknown as Column;
}

/** From the profile connection space (XYZ under D50) to linear sRGB: the inverse of the columns of the sRGB profile. */
const toLinearSrgb = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

// Steps of the encoding table: the curve is steepest at black, where one step is 0.4 of 255.
const encodingSteps = 8192;
const encoding = Uint8Array.from({ length: encodingSteps + 1 }, (_, index) => {
  const linear = index / encodingSteps;
  return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
});

function createConversion([red, green, blue]: Curve[], columns: readonly Column[]): ColorConversion {
  const matrix = Float64Array.from({ length: 9 }, (_, index) => {
    const row = toLinearSrgb[Math.floor(index / 3) as 0 | 1 | 2];
    const [x, y, z] = columns[index % 3]!;
    return (row[0] * x + row[1] * y + row[2] * z) * encodingSteps;
  });
  return (rgb) => {
    for (let index = 0; index + 2 < rgb.length; index += 3) {
      const r = red![rgb[index]!]!;
      const g = green![rgb[index + 1]!]!;
      const b = blue![rgb[index + 2]!]!;
      rgb[index] = encode(matrix[0]! * r + matrix[1]! * g + matrix[2]! * b);
      rgb[index + 1] = encode(matrix[3]! * r + matrix[4]! * g + matrix[5]! * b);
      rgb[index + 2] = encode(matrix[6]! * r + matrix[7]! * g + matrix[8]! * b);
    }
  };
}

function encode(linear: number): number {
  return linear <= 0 ? 0 : linear >= encodingSteps ? 255 : encoding[(linear + 0.5) | 0]!;
}
