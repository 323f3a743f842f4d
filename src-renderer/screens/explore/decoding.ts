// New codes out of known ones: of a place among points, along a direction, between low and high. Knows no service.
import type { CodeFacts } from '../../../src-main/contract/views.ts';

/** What a model's codes can be. */
export type CodeKind = Pick<CodeFacts, 'codeSize' | 'kind' | 'levels'>;

/** Inverse squared distances that add up to 1 (Shepard 1968); points at the very place share all of it. */
export function placeWeights(distances: readonly number[]): number[] {
  const at = distances.filter((distance) => distance === 0).length;
  if (at > 0) return distances.map((distance) => (distance === 0 ? 1 / at : 0));
  const nearest = Math.min(...distances);
  // Relative to the nearest, so that tiny distances do not overflow.
  const shares = distances.map((distance) => (nearest / distance) ** 2);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** Weighted mean of codes n×K. Entries of a codebook have none: each place has the entry with the most weight. */
export function mixCodes(codes: Float32Array, weights: readonly number[], kind: CodeKind): Float32Array<ArrayBuffer> {
  const size = kind.codeSize;
  const column = (unit: number) => weights.map((_, row) => codes[row * size + unit]!);
  const mixed = Float32Array.from({ length: size }, (_, unit) =>
    kind.kind === 'entries' ? heaviest(column(unit), weights) : dot(column(unit), weights),
  );
  return fitCode(mixed, kind);
}

/** `code` moved by `amount` times the way from one code to another. */
export function moveCode(
  code: Float32Array,
  from: Float32Array,
  to: Float32Array,
  amount: number,
  kind: CodeKind,
): Float32Array<ArrayBuffer> {
  return fitCode(
    Float32Array.from(code, (value, unit) => value + amount * (to[unit]! - from[unit]!)),
    kind,
  );
}

/** The code with some of its units replaced. */
export function replaceUnits(code: Float32Array, moved: ReadonlyMap<number, number>): Float32Array<ArrayBuffer> {
  return Float32Array.from(code, (value, unit) => moved.get(unit) ?? value);
}

/** Codes one after the other. */
export function joinCodes(codes: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(codes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const code of codes) {
    joined.set(code, at);
    at += code.length;
  }
  return joined;
}

/** `count` numbers from low to high, evenly. */
export function evenly(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) => low + (step * (high - low)) / (count - 1));
}

/** Where codes are whole numbers: the nearest ones that there are. */
function fitCode(code: Float32Array<ArrayBuffer>, { levels }: CodeKind): Float32Array<ArrayBuffer> {
  if (levels === null) return code;
  return code.map((value, unit) => Math.min(levels[unit]! - 1, Math.max(0, Math.round(value))));
}

function dot(values: readonly number[], weights: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + value * weights[index]!, 0);
}

function heaviest(values: readonly number[], weights: readonly number[]): number {
  const sums = new Map<number, number>();
  for (const [index, value] of values.entries()) sums.set(value, (sums.get(value) ?? 0) + weights[index]!);
  return [...sums].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** Of a slider for this unit; `levels` is how many whole numbers there are, null where codes are any numbers. */
export function unitRange(
  { low, high, levels }: Pick<CodeFacts, 'low' | 'high' | 'levels'>,
  code: Float32Array,
  unit: number,
): { low: number; high: number; levels: number | null } {
  if (levels !== null) return { low: 0, high: levels[unit]! - 1, levels: levels[unit]! };
  // An image may itself be beyond what most are.
  return { low: Math.min(low[unit]!, code[unit]!), high: Math.max(high[unit]!, code[unit]!), levels: null };
}

/** All units in their order, or those first that vary most. */
export function unitOrder({ deviation }: Pick<CodeFacts, 'deviation'>, order: 'spread' | 'number'): number[] {
  const units = Array.from(deviation.keys());
  return order === 'number' ? units : units.sort((a, b) => deviation[b]! - deviation[a]! || a - b);
}
