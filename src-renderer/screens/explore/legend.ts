// The entries of the legend of labels: those with a colour, all others as one, and what a search finds.
import type { Images } from './images.ts';

export interface LegendEntry {
  /** Labels that it stands for: one, or all those without a colour. −1 is that of images without one. */
  readonly labels: readonly number[];
  readonly kind: 'label' | 'unlabeled' | 'other';
  /** Of a single label. */
  readonly name: string;
  readonly count: number;
}

/** More buttons than this are no list any more: the search narrows it. */
export const mostEntries = 100;

export function legendEntries(
  images: Pick<Images, 'labels' | 'labelCounts'>,
  named: ReadonlySet<number>,
  isolated: ReadonlySet<number>,
  search: string,
): { entries: LegendEntry[]; left: number } {
  const wanted = search.trim().toLowerCase();
  const numbers = images.labels.map((_, label) => label);
  const listed =
    wanted === ''
      ? numbers.filter((label) => named.has(label) || isolated.has(label))
      : numbers.filter((label) => images.labels[label]!.toLowerCase().includes(wanted));
  const entries: LegendEntry[] = listed.slice(0, mostEntries).map((label) => ({
    labels: [label],
    kind: 'label',
    name: images.labels[label]!,
    count: images.labelCounts[label]!,
  }));
  if (wanted === '') entries.push(...rest(images, new Set(listed)));
  return { entries, left: Math.max(0, listed.length - mostEntries) };
}

function rest(
  { labels, labelCounts }: Pick<Images, 'labels' | 'labelCounts'>,
  listed: ReadonlySet<number>,
): LegendEntry[] {
  const others = labels.map((_, label) => label).filter((label) => !listed.has(label));
  const unlabeled = labelCounts[labels.length]!;
  const count = others.reduce((sum, label) => sum + labelCounts[label]!, 0);
  return [
    ...(others.length > 0 ? [{ labels: others, kind: 'other' as const, name: '', count }] : []),
    ...(unlabeled > 0 ? [{ labels: [-1], kind: 'unlabeled' as const, name: '', count: unlabeled }] : []),
  ];
}
