// Originals copied into folders, by label, split or cluster. Where they lie and what may be written is not decided here.
import { resolve } from 'node:path';
import type { ClusterResult, CopyResult, ImageFolder, MissedImage } from '../../contract/explore.ts';
import type { Item } from '../../contract/records.ts';
import { findOne, type Options, type Work } from './commands.ts';
import { printable } from './summary.ts';
import { formatCount, formatDuration, plural } from './words.ts';

const folderOf = {
  label: ({ label }: Item) => label ?? '',
  split: ({ split }: Item) => split,
};
export const groupings = Object.keys(folderOf) as (keyof typeof folderOf)[];

export async function copy(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { by, out } = options as { by: keyof typeof folderOf; out: string };
  const groups = Map.groupBy(await work.service.items(run.datasetId), folderOf[by]);
  const folders = [...groups].map(([name, items]) => ({ name, ids: items.map(({ id }) => id) }));
  // In an order that does not hang on which image was imported first: names that are made alike are then numbered alike.
  folders.sort((a, b) => (a.name < b.name ? -1 : 1));
  work.terminal.result({ run: run.id, by, ...(await copyFolders(work, run.datasetId, folders, out)) });
}

/** Called by the number that the cluster has everywhere, with as many digits as the last one needs. */
export function clusterFolders({
  clusters,
  assignment,
}: Pick<ClusterResult, 'clusters' | 'assignment'>): ImageFolder[] {
  const digits = Math.max(2, String(clusters.length - 1).length);
  const folders = clusters.map((_, place) => ({
    name: `cluster-${String(place).padStart(digits, '0')}`,
    ids: [] as number[],
  }));
  for (const [row, id] of assignment.ids.entries()) folders[assignment.cluster[row]!]!.ids.push(id);
  return folders;
}

export async function copyFolders(
  { service, terminal, context }: Work,
  datasetId: string,
  folders: readonly ImageFolder[],
  out: string,
): Promise<CopyResult> {
  const result = await service.copyImages(datasetId, folders, resolve(out), context);
  terminal.say(describeCopied(result));
  return result;
}

// ---- in words -----------------------------------------------------------------------------------------------------

const missedShown = 20;
const reasons: Readonly<Record<MissedImage['why'], string>> = {
  gone: 'Its original is not where it was.',
  changed: 'Its original has changed since it was imported.',
  unreadable: 'Its original cannot be read.',
};

function describeCopied({ folder, folders, copied, present, missed, seconds }: CopyResult): string {
  const before = present > 0 ? `; ${plural(present, 'image was', 'images were')} there already` : '';
  const lines = [
    `Copied ${plural(copied, 'image')} into ${plural(folders.length, 'folder')} in ${formatDuration(seconds)}${before}: ${folder}`,
  ];
  if (missed.length > 0) lines.push(`${plural(missed.length, 'image')} not copied:`);
  for (const { path, why, detail } of missed.slice(0, missedShown))
    lines.push(`  ${printable(path)}: ${[reasons[why], printable(detail)].filter(Boolean).join(' ')}`);
  if (missed.length > missedShown)
    lines.push(`  and ${formatCount(missed.length - missedShown)} more; --json lists them all.`);
  return lines.join('\n');
}
