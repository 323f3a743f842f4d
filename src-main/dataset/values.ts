// Counting the stored values of deep images, for the intensity range that a data set is mapped from. One pass, mergeable.
import type { Picture } from './picture.ts';
import type { ValueCounts } from './tasks.ts';

// The upper 20 bits of a float's ordered bit pattern: steps of 1/2048 of the value.
const floatBits = 20;

export const noValues = (): ValueCounts => ({
  integers: null,
  floats: null,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
});

/** Adds the samples of a picture, without alpha. Values that are not finite are not counted. */
export function countValues({ data, channels }: Picture, counts: ValueCounts): void {
  if (data instanceof Uint8Array) return;
  const colors = channels === 2 || channels === 4 ? channels - 1 : channels;
  if (data instanceof Uint16Array) {
    counts.integers ??= new Uint32Array(65536);
    for (let pixel = 0; pixel < data.length; pixel += channels) {
      for (let channel = 0; channel < colors; channel++) {
        counts.integers[data[pixel + channel]!]!++;
        include(counts, data[pixel + channel]!);
      }
    }
    return;
  }
  counts.floats ??= new Uint32Array(1 << floatBits);
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let channel = 0; channel < colors; channel++) {
      if (!Number.isFinite(data[pixel + channel])) continue;
      counts.floats[binOf(bits[pixel + channel]!)]!++;
      include(counts, data[pixel + channel]!);
    }
  }
}

export function mergeValues(into: ValueCounts, from: ValueCounts): void {
  into.integers = sum(into.integers, from.integers);
  into.floats = sum(into.floats, from.floats);
  into.low = Math.min(into.low, from.low);
  into.high = Math.max(into.high, from.high);
}

/** The values below which the shares `low` and `high` of all counted values lie; null if none were counted. */
export function quantiles(counts: ValueCounts, low: number, high: number): { low: number; high: number } | null {
  const bins: [value: number, count: number][] = [];
  for (const [value, count] of counts.integers?.entries() ?? []) if (count > 0) bins.push([value, count]);
  for (const [bin, count] of counts.floats?.entries() ?? []) if (count > 0) bins.push([middleOf(bin), count]);
  if (bins.length === 0) return null;
  bins.sort(([first], [second]) => first - second);
  const total = bins.reduce((count, [, more]) => count + more, 0);
  const within = (value: number) => Math.min(counts.high, Math.max(counts.low, value));
  return { low: within(quantile(bins, low * total)), high: within(quantile(bins, high * total)) };
}

function quantile(bins: readonly [value: number, count: number][], rank: number): number {
  let seen = 0;
  for (const [value, count] of bins) {
    seen += count;
    if (seen >= rank && seen > 0) return value;
  }
  return bins[bins.length - 1]![0];
}

function include(counts: ValueCounts, value: number): void {
  if (value < counts.low) counts.low = value;
  if (value > counts.high) counts.high = value;
}

/** Floats compare as their bit patterns do once negative ones are turned around. */
function binOf(bits: number): number {
  const ordered = bits < 0 ? ~bits : bits | 0x80000000;
  return ordered >>> (32 - floatBits);
}

const float = new Float32Array(1);
const floatPattern = new Int32Array(float.buffer);

/** The middle of a bin. */
function middleOf(bin: number): number {
  const ordered = (bin << (32 - floatBits)) | (1 << (31 - floatBits));
  floatPattern[0] = ordered < 0 ? ordered & 0x7fffffff : ~ordered;
  return float[0]!;
}

function sum(into: Uint32Array | null, from: Uint32Array | null): Uint32Array | null {
  if (into === null || from === null) return into ?? from;
  for (let index = 0; index < from.length; index++) into[index]! += from[index]!;
  return into;
}
