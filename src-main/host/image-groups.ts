// Images as folders of copies: one for each label, split or cluster. What is copied, and where to, is decided elsewhere.
import type { FoundClusters, ImageFolder } from '../contract/explore.ts';
import type { Item } from '../contract/records.ts';

const folderOf = {
  label: ({ label }: Item) => label ?? '',
  split: ({ split }: Item) => split,
};
export type ItemGrouping = keyof typeof folderOf;
export const itemGroupings = Object.keys(folderOf) as ItemGrouping[];

/** In an order that does not hang on which image was imported first: names that are made alike are then numbered alike. */
export function itemFolders(items: readonly Item[], by: ItemGrouping): ImageFolder[] {
  const groups = Map.groupBy(items, folderOf[by]);
  const folders = [...groups].map(([name, members]) => ({ name, ids: members.map(({ id }) => id) }));
  return folders.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Called by the number that the cluster has everywhere, with as many digits as the last one needs. */
export function clusterFolders({
  count,
  ids,
  cluster,
}: Pick<FoundClusters, 'count' | 'ids' | 'cluster'>): ImageFolder[] {
  const digits = Math.max(2, String(count - 1).length);
  const folders = Array.from({ length: count }, (_, place) => ({
    name: `cluster-${String(place).padStart(digits, '0')}`,
    ids: [] as number[],
  }));
  for (const [row, id] of ids.entries()) folders[cluster[row]!]!.ids.push(id);
  return folders;
}
