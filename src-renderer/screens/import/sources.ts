// From what a person drops or picks to what is staged: paths where the door knows them, an upload where it does not.
import { host } from '../../host/index.ts';
import { go } from '../../navigation.svelte.ts';
import { attempt } from '../../notices.svelte.ts';
import { openIfArchive } from '../archive/open-archive.ts';
import { readDrop, readInput } from './drops.ts';
import { staging } from './staging.svelte.ts';
import { upload } from './upload.svelte.ts';

export function takeDrop(transfer: DataTransfer): void {
  const { pathsOf } = host;
  if (!pathsOf) {
    go({ screen: 'import' });
    void upload.start((onFound) => readDrop(transfer, onFound));
    return;
  }
  // The list of files is empty as soon as the event is over.
  const files = Array.from(transfer.files);
  void takePaths(() => pathsOf(files));
}

export async function takePaths(choose: () => Promise<string[]>): Promise<void> {
  const paths = await attempt(choose);
  if (paths && paths.length > 0) stageOrOpen(paths);
}

/** One of Pinhole's own archives is looked into; all else is staged for an import. */
export function stageOrOpen(paths: readonly string[]): void {
  if (openIfArchive(paths)) return;
  go({ screen: 'import' });
  staging.stage(paths);
}

export function takeInput(files: FileList | null): void {
  if (files && files.length > 0) void upload.start(async () => readInput(files));
}
