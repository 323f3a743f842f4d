// Originals copied into folders, by label, split or cluster. Where they lie and what may be written is not decided here.
import { resolve } from 'node:path';
import type { CopyResult, ImageFolder, MissedImage } from '../../contract/explore.ts';
import { type ItemGrouping, itemFolders } from '../image-groups.ts';
import { findOne, type Options, type Work } from './commands.ts';
import { printable } from './summary.ts';
import { formatCount, formatDuration, plural } from './words.ts';

export async function copy(work: Work, runId: string | undefined, options: Options): Promise<void> {
  const run = findOne('run', await work.service.runs(), runId);
  const { by, out } = options as { by: ItemGrouping; out: string };
  const folders = itemFolders(await work.service.items(run.datasetId), by);
  work.terminal.result({ run: run.id, by, ...(await copyFolders(work, run.datasetId, folders, out)) });
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
