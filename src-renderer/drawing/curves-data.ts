// Lines of points for a chart: thinned without losing extremes, brought onto one x axis, with ticks. Draws nothing.

/** x ascends. */
export interface Line {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/**
 * At most about `limit` points: of each bucket of neighbours the lowest and the highest stay, so that no spike is lost,
 * and so do the first and the last point.
 */
export function thin({ x, y }: Line, limit: number): Line {
  const count = x.length;
  if (count <= limit) return { x, y };
  const buckets = Math.max(1, Math.floor((limit - 2) / 2));
  const kept: number[] = [0];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (count - 2)) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * (count - 2)) / buckets);
    let [low, high] = [from, from];
    for (let index = from + 1; index < to; index++) {
      if (y[index]! < y[low]!) low = index;
      if (y[index]! > y[high]!) high = index;
    }
    if (from < to) kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  kept.push(count - 1);
  return { x: kept.map((index) => x[index]!), y: kept.map((index) => y[index]!) };
}

/** All lines over the ascending union of their x; null where a line has no point. */
export function align(lines: readonly Line[]): [x: number[], ...ys: (number | null)[][]] {
  const union = [...new Set(lines.flatMap(({ x }) => Array.from(x)))].sort((a, b) => a - b);
  const places = new Map(union.map((x, place) => [x, place]));
  const columns = lines.map(({ x, y }) => {
    const column: (number | null)[] = new Array(union.length).fill(null);
    for (let index = 0; index < x.length; index++) column[places.get(x[index]!)!] = y[index]!;
    return column;
  });
  return [union, ...columns];
}

/** The value at the point nearest to x; null for an empty line. */
export function valueNear({ x, y }: Line, wanted: number): number | null {
  if (x.length === 0) return null;
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(0, low - 1);
  return wanted - x[before]! <= x[low]! - wanted ? y[before]! : y[low]!;
}

/**
 * Limits of the y axis around all values, with a little air. Logarithmic ones leave out what is not positive and span
 * at least two fifths of a decade, so that a flat line does not look like a mountain.
 */
export function rangeOf(
  columns: readonly ArrayLike<number | null | undefined>[],
  log: boolean,
): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (let index = 0; index < column.length; index++) {
      const value = column[index];
      if (value === null || value === undefined || !Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return log ? [0.001, 1] : [0, 1];
  if (!log) return [0, high > 0 ? high * 1.06 : 1];
  const middle = Math.sqrt(low) * Math.sqrt(high);
  const half = Math.max((high / low) ** 0.56, 10 ** 0.2);
  return [middle / half, middle * half];
}

/** Powers of ten with as many steps between as give at least three ticks, at most about twelve. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
  for (const factors of steps) {
    const ticks: number[] = [];
    const stride = Math.max(1, Math.ceil(decades / 8));
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += stride) {
      ticks.push(...factors.map((factor) => clean(factor * 10 ** power)));
    }
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    if (inside.length >= 3) return inside;
  }
  return evenTicks(low, high, 5);
}

/** Multiples of 1, 2 or 5 times a power of ten within the range, at most about `most` of them. */
export function evenTicks(low: number, high: number, most: number): number[] {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0)) return [low];
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) =>
    clean((first + index) * step),
  );
}

/** Takes away what binary fractions leave behind, such as 0.30000000000000004. */
const clean = (value: number): number => Number(value.toPrecision(10));
