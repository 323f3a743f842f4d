// Another run of the same images beside the one that is explored: its map by the rows of the explored images, and the neighbours in common.
import type { OverlapResult } from '../../../src-main/contract/explore.ts';
import type { MapMethod } from '../../../src-main/contract/tasks.ts';
import type { MapView } from '../../../src-main/contract/views.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import { explore } from './explore.svelte.ts';
import { methodsOf } from './map-words.ts';
import { lackingIn, placesOf } from './places.ts';
import { Plane } from './plane.svelte.ts';

class Compared {
  methodChoice = $state<MapMethod>('pca');
  #choice = $state<string | null>(null);
  #fetched = $state.raw<{ runId: string; method: MapMethod; map: MapView | null } | null>(null);
  #measured = $state.raw<OverlapResult | null>(null);

  /** Newest first. */
  readonly others = $derived(
    workspace.newestRuns.filter(
      ({ id, datasetId, report }) =>
        report !== null && datasetId === explore.images?.datasetId && id !== explore.images.runId,
    ),
  );
  readonly run = $derived(this.others.find(({ id }) => id === this.#choice) ?? this.others[0] ?? null);
  readonly method = $derived(this.run && methodsOf(this.run).includes(this.methodChoice) ? this.methodChoice : 'pca');
  /** Null where it is known not to be made, undefined while it is not known. */
  readonly map = $derived(
    this.#fetched?.runId === this.run?.id && this.#fetched?.method === this.method ? this.#fetched.map : undefined,
  );
  /** The very same after labels were given: places are not sought, nor points uploaded, again. */
  readonly #ids = $derived(explore.images?.ids ?? null);
  readonly places = $derived(this.map && this.#ids ? placesOf(this.#ids, this.map) : null);
  readonly plane = new Plane(() => this.places);
  /** Images of the explored run that the other one does not have. */
  readonly lacking = $derived(this.places === null ? 0 : lackingIn(this.places));

  readonly overlap = $derived(this.#isOfBoth(this.#measured?.runs ?? []) ? this.#measured : null);
  /** The last that was started of both runs. */
  readonly task = $derived(
    tasksOf(workspace.tasks, 'overlap').find(({ request }) => this.#isOfBoth([request.runId, request.otherId])),
  );

  choose(runId: string): void {
    this.#choice = runId;
    this.plane.view = null;
  }

  async fetchMap(): Promise<void> {
    const { run, method } = this;
    if (run === null) return;
    const map = await service.map(run.id, method);
    if (this.run?.id === run.id && this.method === method) this.#fetched = { runId: run.id, method, map };
  }

  async fetchOverlap(): Promise<void> {
    const both = this.#both();
    const measured = both && (await service.overlap(...both));
    if (measured) this.#measured = measured;
  }

  async measure(): Promise<void> {
    const both = this.#both();
    if (both) await attempt(() => service.startTask({ kind: 'overlap', runId: both[0], otherId: both[1] }));
  }

  #both(): [runId: string, otherId: string] | null {
    return explore.images && this.run && [explore.images.runId, this.run.id];
  }

  #isOfBoth(runs: readonly string[]): boolean {
    return this.#both()?.every((id) => runs.includes(id)) ?? false;
  }
}

export const compared = new Compared();
