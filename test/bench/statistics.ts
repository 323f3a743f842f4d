// What the rounds of a row amount to: medians, spreads, ratios between contenders. Measures nothing itself.

export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** Rates of one contender, one a round, in units a second. `group` names who it stands for, e.g. `PyTorch`. */
export interface Rates {
  name: string;
  group: string;
  rates: readonly number[];
}

export interface Floor {
  /** The group that Pinhole is compared with. */
  against: string;
  /** Smallest ratio that counts as met; null where the ratio is only shown. */
  atLeast: number | null;
}

export interface Ratio extends Floor {
  /** The contender that stood for the group: its fastest by median. */
  contender: string;
  ratio: Spread;
  met: boolean | null;
}

/** The group whose rates stand above the line of every ratio. */
export const ours = 'Pinhole';

/** Middle value; mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('Expected at least one value for a median, received none');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** The contender of a group with the highest median: its best thread count, its faster optimiser. */
export function bestOf(group: string, contenders: readonly Rates[]): Rates | undefined {
  const members = contenders.filter((contender) => contender.group === group && contender.rates.length > 0);
  return members.toSorted((a, b) => median(b.rates) - median(a.rates))[0];
}

/**
 * Pinhole against each group that has a floor and was measured. Ratios are taken round by round, because neighbours in time
 * share whatever else the machine was doing.
 */
export function ratios(contenders: readonly Rates[], floors: readonly Floor[]): Ratio[] {
  const mine = bestOf(ours, contenders);
  if (mine === undefined) return [];
  return floors.flatMap((floor) => {
    const other = bestOf(floor.against, contenders);
    if (other === undefined) return [];
    const ratio = spread(mine.rates.map((rate, round) => rate / other.rates[round]!));
    return [
      { ...floor, contender: other.name, ratio, met: floor.atLeast === null ? null : ratio.median >= floor.atLeast },
    ];
  });
}
