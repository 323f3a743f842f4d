// Emits WebAssembly modules whose functions are single SIMD passes over float32 arrays in one memory. No general assembler.

/** Bytes of instructions. */
type Code = readonly number[];
/** Instructions that leave one v128 (four float32 or two float64) on the stack. */
export type Vector = Code;

/** What a pass is written with. Arrays and scalars are those that the pass names; variables are made by `keep`. */
export interface PassWriter {
  /** The four elements of an array at the current position. */
  load(array: string): Vector;
  store(array: string, value: Vector): Code;
  /** An argument of the pass in all four lanes. */
  scalar(name: string): Vector;
  /** Computes once, for use more than once: `[code, vector]`. */
  keep(value: Vector): [Code, Vector];
  /** Adds the squares of four elements, in float64, to what the pass returns. */
  addSquares(value: Vector): Code;
}

export interface Pass {
  readonly name: string;
  /** Float32 arguments, after the byte offsets `from` and `to`. */
  readonly scalars: readonly string[];
  body(writer: PassWriter): Code[];
}

/** Called with `from` and `to` in bytes (multiples of 16, `from` < `to`), then the pass's scalars; returns its sum of squares. */
export type PassFunction = (from: number, to: number, ...scalars: number[]) => number;

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const unary = (opcode: number) => (value: Vector) => [...value, ...simd(opcode)];
const binary = (opcode: number) => (left: Vector, right: Vector) => [...left, ...right, ...simd(opcode)];

export const sqrt = unary(0xe3);
export const add = binary(0xe4);
export const subtract = binary(0xe5);
export const multiply = binary(0xe6);
export const divide = binary(0xe7);

const float64Add = binary(0xf0);
const float64Multiply = binary(0xf2);
const lowToFloat64 = unary(0x5f);
const splat = simd(0x13);
/** i8x16.shuffle that brings the upper two float32 down. */
const upperHalf = (value: Vector): Vector => [
  ...value,
  ...value,
  ...simd(0x0d),
  ...[8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
];

const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
const vectorBytes = 16;

/**
 * A module with one exported function per pass. `offsets` holds where each array starts in memory, in bytes; they are
 * written into the instructions, so one register walks all arrays at once. Imports `engine.memory`.
 */
export function emitModule(passes: readonly Pass[], offsets: Readonly<Record<string, number>>, pages: number) {
  const signatures = passes.map((pass) => [
    0x60,
    ...list([[types.i32], [types.i32], ...pass.scalars.map(() => [types.f32])]),
    ...list([[types.f64]]),
  ]);
  const memory = [...text('engine'), ...text('memory'), 0x02, 0x01, ...unsigned(pages), ...unsigned(pages)];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
    ...section(1, list(signatures)),
    ...section(2, list([memory])),
    ...section(3, list(passes.map((_, index) => unsigned(index)))),
    ...section(7, list(passes.map((pass, index) => [...text(pass.name), 0x00, ...unsigned(index)]))),
    ...section(10, list(passes.map((pass) => sized(emitFunction(pass, offsets))))),
  ]);
}

function emitFunction(pass: Pass, offsets: Readonly<Record<string, number>>): Code {
  const firstLocal = 2 + pass.scalars.length;
  const sum = firstLocal + pass.scalars.length;
  let locals = sum + 1;

  const writer: PassWriter = {
    load: (array) => [...get(0), ...simd(0x00), ...place(array)],
    store: (array, value) => [...get(0), ...value, ...simd(0x0b), ...place(array)],
    scalar: (name) => get(firstLocal + indexOf(pass.scalars, name)),
    keep(value) {
      const local = locals++;
      return [[...value, ...set(local)], get(local)];
    },
    addSquares(value) {
      const low = lowToFloat64(value);
      const high = lowToFloat64(upperHalf(value));
      const squares = float64Add(float64Multiply(low, low), float64Multiply(high, high));
      return [...float64Add(get(sum), squares), ...set(sum)];
    },
  };
  const place = (array: string) => [0x04, ...unsigned(offsets[array]!)];

  const spread = pass.scalars.flatMap((_, index) => [...get(2 + index), ...splat, ...set(firstLocal + index)]);
  const body = pass.body(writer).flat();
  const advance = [...get(0), 0x41, vectorBytes, 0x6a, 0x22, 0x00]; // from += 16, and leave it on the stack
  const loop = [0x03, 0x40, ...body, ...advance, ...get(1), 0x49, 0x0d, 0x00, 0x0b]; // while from < to
  const lane = (index: number) => [...get(sum), ...simd(0x21), index];
  const result = [...lane(0), ...lane(1), 0xa0];
  return [...list([[...unsigned(locals - firstLocal), types.v128]]), ...spread, ...loop, ...result, 0x0b];
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];

/** LEB128, for values below 2^32. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return bytes;
}

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);
const section = (id: number, bytes: Code): Code => [id, ...sized(bytes)];

function indexOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`internal: a pass uses ${name}, but names only ${names.join(', ')}`);
  return index;
}
