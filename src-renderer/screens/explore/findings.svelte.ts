// What was looked for among the codes of the run that is shown: fetched when it is there, and looked for when a person says so.
import { type Finding, findings } from '../../../src-main/contract/explore.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import { columns } from './columns.svelte.ts';
import { explore } from './explore.svelte.ts';
import { foundValues, type Known } from './found-images.ts';

class Findings {
  known = $state.raw<Known>({});

  tasks = $derived(tasksOf(workspace.tasks, 'find').filter(({ runId }) => runId === explore.images?.runId));

  /** That is at work, or was last. */
  task(what: Finding) {
    return this.tasks.find(({ request }) => request.what === what);
  }

  /** Of the run that is shown; asks again when something was found. */
  async fetch(runId: string): Promise<void> {
    const views = await Promise.all(findings.map((what) => attempt(() => service.found(runId, what))));
    const { images } = explore;
    if (images?.runId !== runId) return;
    this.known = Object.fromEntries(views.flatMap((view) => (view ? [[view.what, view]] : [])));
    columns.put(runId, foundValues(images, this.known));
    const { clusters } = this.known;
    if (!clusters) return;
    const of = new Int32Array(images.count).fill(-1);
    for (const [place, id] of clusters.ids.entries()) {
      const row = images.rowOf(id);
      if (row >= 0) of[row] = clusters.cluster[place]!;
    }
    explore.clustered = images.grouped({ names: Array.from({ length: clusters.count }, (_, at) => `${at}`), of });
  }

  async start(runId: string, what: Finding): Promise<void> {
    await attempt(() => service.startTask({ kind: 'find', runId, what }));
  }
}

export const found = new Findings();
