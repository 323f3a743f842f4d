// What the workspace holds, looked up whenever the settings are opened: its size changes with everything else.
import { untrack } from 'svelte';
import type { WorkspaceInfo } from '../../../src-main/contract/views.ts';
import { place } from '../../navigation.svelte.ts';
import { attempt } from '../../notices.svelte.ts';
import { connection, service } from '../../service/connection.svelte.ts';

export class InfoWatch {
  /** The last answer stays while a new one is on its way. */
  info = $state.raw<WorkspaceInfo | null>(null);

  /** For an effect: runs again with every visit and every new connection. */
  follow(): void {
    if (place.screen === 'settings' && connection.generation > 0) untrack(() => void this.#fetch());
  }

  async #fetch(): Promise<void> {
    this.info = (await attempt(() => service.info())) ?? this.info;
  }
}
