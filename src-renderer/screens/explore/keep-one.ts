// What a person keeps of groups of copies, decided one group after the other. Moves, deletes and changes nothing: it is a list.

export interface Decisions {
  /** Ids of each group, from the one that is suggested. */
  readonly groups: readonly (readonly number[])[];
  /** Of each group the place of the one image that is kept; null where all are. */
  readonly kept: readonly (number | null)[];
  /** The group that is looked at; as large as their number at the end. */
  readonly at: number;
}

/** Each as it is suggested: the first is kept. */
export function suggested(groups: readonly { keep: number; others: readonly number[] }[]): Decisions {
  return { groups: groups.map(({ keep, others }) => [keep, ...others]), kept: groups.map(() => 0), at: 0 };
}

/** Of the group that is looked at: the image at that place, or all for null. A place that is not there changes nothing. */
export function keep(decisions: Decisions, place: number | null): Decisions {
  const { groups, kept, at } = decisions;
  const group = groups[at];
  if (group === undefined || (place !== null && group[place] === undefined)) return decisions;
  return { ...decisions, kept: kept.with(at, place) };
}

/** Groups forward or backward; forward from the last one is the end. */
export function step(decisions: Decisions, by: number): Decisions {
  return { ...decisions, at: Math.max(0, Math.min(decisions.groups.length, decisions.at + by)) };
}

export function toEnd(decisions: Decisions): Decisions {
  return { ...decisions, at: decisions.groups.length };
}

/** Ids of all that are not kept. */
export function notKept({ groups, kept }: Decisions): number[] {
  return groups.flatMap((ids, group) => (kept[group] === null ? [] : ids.filter((_, place) => place !== kept[group])));
}

/** As the service takes them. */
export function decidedGroups({ groups, kept }: Decisions): { ids: Int32Array; kept: Int32Array }[] {
  return groups.map((ids, group) => ({
    ids: Int32Array.from(ids),
    kept: Int32Array.from(kept[group] === null ? ids : [ids[kept[group]!]!]),
  }));
}
