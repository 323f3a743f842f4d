// The state of copies into folders: what is chosen, what is known of the folder, the task. Kept while the window is open.
import type { CopyGrouping, CopyRequest } from '../../../src-main/contract/tasks.ts';
import type { TargetView } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import { lookLater } from '../compress/target.ts';
import { exports_ } from './export.svelte.ts';

class CopyState {
  by = $state<CopyGrouping>('label');
  /** Null for the usual one. */
  out = $state<string | null>(null);
  wantsSelection = $state(true);
  target = $state.raw<TargetView | null>(null);
  /** Groups were looked for. */
  hasGroups = $state(false);

  /** Beside the other files of the run. */
  folder = $derived(
    this.out ?? (exports_.run ? `${exports_.usualFolder}${separatorOf(exports_.usualFolder)}copies` : ''),
  );
  ids = $derived(this.wantsSelection ? exports_.selectedIds : null);
  count = $derived(this.ids?.length ?? workspace.dataset(exports_.run?.datasetId ?? null)?.count ?? 0);
  request = $derived.by((): CopyRequest | null => {
    const folder = this.folder.trim();
    if (!exports_.run || folder === '' || (this.by === 'cluster' && !this.hasGroups)) return null;
    return { runId: exports_.run.id, folder, by: this.by, ids: this.ids as Int32Array<ArrayBuffer> | null };
  });
  /** The one that was started last. */
  task = $derived(tasksOf(workspace.tasks, 'copy')[0]);

  look(): () => void {
    return lookLater(this.folder, 'folder', (target) => (this.target = target));
  }

  async learnGroups(runId: string): Promise<void> {
    const found = await attempt(() => service.found(runId, 'clusters'));
    if (exports_.run?.id === runId) this.hasGroups = found?.what === 'clusters';
  }

  async start(): Promise<boolean> {
    const { request } = this;
    if (request === null) return false;
    return (await attempt(() => service.startTask({ kind: 'copy', request }))) !== undefined;
  }
}

const separatorOf = (folder: string) => (folder.includes('\\') ? '\\' : '/');

export const copies = new CopyState();
