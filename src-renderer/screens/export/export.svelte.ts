// The state of the export screen: what is chosen, what it would look like, what was written. Kept while the window is open.
import { importedName } from '../../../src-main/contract/columns.ts';
import { PinholeError, type SerializedError } from '../../../src-main/contract/errors.ts';
import type { ExportRequest } from '../../../src-main/contract/tasks.ts';
import type { ExportPreview } from '../../../src-main/contract/views.ts';
import { place } from '../../navigation.svelte.ts';
import { attempt } from '../../notices.svelte.ts';
import { selection } from '../../selection.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import {
  type Choices,
  firstChoices,
  hasRows,
  needsGroups,
  needsMap,
  rememberChoices,
  restoreChoices,
  usualFolder,
} from './choices.ts';

// Long enough for a person who types a path, short enough that a click seems to answer at once.
const previewDelay = 120;

class ExportState {
  choices = $state.raw<Choices>(firstChoices);
  /** Null until the person says so: the selection where there is one. */
  wantsSelection = $state<boolean | null>(null);
  preview = $state.raw<ExportPreview | null>(null);
  /** Why there is no preview. */
  problem = $state.raw<SerializedError | null>(null);
  /** The task that a button started last, while what is chosen has not changed since. */
  startedId = $state<string | null>(null);
  #restored = false;
  #asked = 0;

  /** Newest first. */
  runs = $derived(workspace.newestRuns.filter(({ state }) => state === 'finished'));
  run = $derived(this.runs.find(({ id }) => id === place.runId) ?? this.runs[0]);
  /** Those of the map that belong to this run. */
  selectedIds = $derived(selection.runId === this.run?.id && selection.ids?.length ? selection.ids : null);
  ids = $derived((this.wantsSelection ?? true) && hasRows(this.choices.formats) ? this.selectedIds : null);
  usualFolder = $derived(this.run ? usualFolder(this.run.folder) : '');
  folder = $derived(this.choices.out ?? this.usualFolder);
  /** Names of the columns that were imported for the images. */
  imported = $derived(this.preview?.imported ?? []);
  /** What the colours of the map tell: other images may lack the column that was chosen. */
  color = $derived.by(() => {
    const { color } = this.choices;
    const name = color && importedName(color);
    return name === null || this.imported.includes(name) ? color : null;
  });
  request = $derived.by((): ExportRequest | null => {
    const { formats, columns, leaveOut, map, bom } = this.choices;
    const out = this.folder.trim();
    if (!this.run || formats.length === 0 || out === '') return null;
    return {
      runId: this.run.id,
      out,
      formats: [...formats],
      columns: [...columns],
      leaveOut: [...leaveOut],
      map,
      color: this.color,
      bom,
      ids: this.ids as Int32Array<ArrayBuffer> | null,
    };
  });
  tasks = $derived(tasksOf(workspace.tasks, 'export'));
  active = $derived(this.tasks.find(({ ended }) => ended === null));
  started = $derived(this.tasks.find(({ id }) => id === this.startedId));

  /** What is wanted and has not been made yet. */
  missing = $derived.by(() => {
    const wanted = { map: needsMap(this.choices), cluster: needsGroups(this.choices) };
    return (this.preview?.missing ?? []).filter((column) => wanted[column]);
  });

  /** Once, as soon as the preferences are known. */
  restore(): void {
    if (this.#restored || workspace.preferences === null) return;
    this.#restored = true;
    this.choices = restoreChoices(workspace.preferences.lastExport);
  }

  choose(changes: Partial<Choices>): void {
    this.choices = { ...this.choices, ...changes };
    this.startedId = null;
  }

  chooseScope(selected: boolean): void {
    this.wantsSelection = selected;
    this.startedId = null;
  }

  /** Asks for the preview a moment from now; the answer to an older question is not shown. Gives what stops it. */
  ask(request: ExportRequest): () => void {
    const question = ++this.#asked;
    const timer = setTimeout(async () => {
      try {
        const preview = await service.previewExport(request);
        if (question !== this.#asked) return;
        this.preview = preview;
        this.problem = null;
      } catch (thrown) {
        const error = PinholeError.from(thrown);
        if (question !== this.#asked || error.code === 'disconnected') return;
        this.preview = null;
        this.problem = error.toJSON();
      }
    }, previewDelay);
    return () => clearTimeout(timer);
  }

  async start(): Promise<void> {
    const { request } = this;
    if (request === null) return;
    this.startedId = (await attempt(() => service.startTask({ kind: 'export', request }))) ?? null;
    if (this.startedId !== null) await workspace.prefer({ lastExport: rememberChoices(this.choices) });
  }

  /** Once more; how it goes is then said where the first try was. */
  async again(id: string): Promise<void> {
    this.startedId = (await attempt(() => service.retryTask(id))) ?? null;
  }
}

export const exports_ = new ExportState();
