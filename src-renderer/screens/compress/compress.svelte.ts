// The state of the compress screen: what is chosen, what it would give, what was written. Kept while the window is open.
import type { CompressionCurve } from '../../../src-main/contract/archive.ts';
import type { CompressRequest } from '../../../src-main/contract/tasks.ts';
import type { TargetView } from '../../../src-main/contract/views.ts';
import { place } from '../../navigation.svelte.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { tasksOf, workspace } from '../../service/workspace.svelte.ts';
import { usualFolder } from '../export/choices.ts';
import { type Estimate, estimateAt, qualityFor } from './estimate.ts';
import { lookLater } from './target.ts';

export const goals = ['quality', 'psnr', 'bytes'] as const;
export type GoalKind = (typeof goals)[number];

const decibels = { low: 1, high: 100 };

class CompressState {
  goalKind = $state<GoalKind>('quality');
  quality = $state(90);
  /** As they were typed. */
  psnr = $state('');
  kilobytes = $state('');
  bound = $state('');
  hasBound = $state(false);
  keepOriginals = $state(false);
  /** Also other formats. */
  compare = $state(true);
  /** Null for the usual place of each run. */
  out = $state.raw<string | null>(null);
  target = $state.raw<TargetView | null>(null);
  #fetched = $state.raw<CompressionCurve | null>(null);
  /** The task that a button started last, while what is chosen has not changed since. */
  startedId = $state<string | null>(null);
  #before: Estimate | null = null;

  /** Newest first. */
  runs = $derived(workspace.newestRuns.filter(({ state }) => state === 'finished'));
  run = $derived(this.runs.find(({ id }) => id === place.runId) ?? this.runs[0]);
  curve = $derived(this.#fetched?.runId === this.run?.id ? this.#fetched : null);
  dataset = $derived(workspace.dataset(this.run?.datasetId ?? null));
  file = $derived(this.out ?? usualFile(this.run?.folder ?? '', this.dataset?.name ?? ''));
  goal = $derived(goalOf(this));
  /** False where what is typed is no number of decibels. */
  maxError = $derived<number | null | false>(this.hasBound ? (numberIn(this.bound, decibels) ?? false) : null);
  request = $derived.by((): CompressRequest | null => {
    const { run, goal, maxError, keepOriginals } = this;
    const file = this.file.trim();
    if (!run || goal === null || maxError === false || file === '') return null;
    return { runId: run.id, file, goal, maxError, keepOriginals };
  });
  /** Where the goal lies on the curve; null without a curve, and where the goal is beyond it. */
  place = $derived.by(() => {
    const { curve, goal } = this;
    if (curve === null || goal === null) return null;
    const quality = qualityFor(curve, goal);
    return quality === null ? null : estimateAt(curve, quality);
  });

  /** As `place`; while that is nowhere, where it was before: what a person looks at does not vanish with every letter typed. */
  shown = $derived.by(() => {
    if (this.place) this.#before = this.place;
    const isOfCurve = this.curve?.points.some((point) => point === this.#before?.point);
    return this.place ?? (isOfCurve ? this.#before : null);
  });

  tasks = $derived(tasksOf(workspace.tasks, 'compress'));
  active = $derived(this.tasks.find(({ ended }) => ended === null));
  started = $derived(this.tasks.find(({ id }) => id === this.startedId));
  curveTask = $derived(tasksOf(workspace.tasks, 'curve').find(({ runId }) => runId === this.run?.id));

  choose(changes: Partial<Choices>): void {
    Object.assign(this, changes);
    this.startedId = null;
  }

  /** Asks what is known of the run's curve. */
  async fetchCurve(runId: string): Promise<void> {
    const curve = await attempt(() => service.compressionCurve(runId));
    // One that is the same is left as it is, with all that is drawn of it.
    if (curve !== undefined && curve?.measured !== this.curve?.measured) this.#fetched = curve;
  }

  /** A moment from now; gives what stops it. */
  look(file: string): () => void {
    return lookLater(file, 'archive', (target) => (this.target = target));
  }

  async measure(): Promise<void> {
    const { run, compare } = this;
    if (run) await attempt(() => service.startTask({ kind: 'curve', runId: run.id, compare }));
  }

  async start(): Promise<void> {
    const { request } = this;
    if (request === null) return;
    this.startedId = (await attempt(() => service.startTask({ kind: 'compress', request }))) ?? null;
  }

  /** Once more; how it goes is then said where the first try was. */
  async again(id: string): Promise<void> {
    this.startedId = (await attempt(() => service.retryTask(id))) ?? null;
  }
}

type Choices = Pick<
  CompressState,
  'goalKind' | 'quality' | 'psnr' | 'kilobytes' | 'bound' | 'hasBound' | 'keepOriginals' | 'out'
>;

export const compress = new CompressState();

function goalOf({ goalKind, quality, psnr, kilobytes }: Choices): CompressRequest['goal'] | null {
  if (goalKind === 'quality') return { kind: 'quality', quality };
  const value = numberIn(
    goalKind === 'psnr' ? psnr : kilobytes,
    goalKind === 'psnr' ? decibels : { low: 0, high: 1e12 },
  );
  if (value === null) return null;
  if (goalKind === 'psnr') return { kind: 'psnr', psnr: value };
  return value > 0 ? { kind: 'bytes', bytes: Math.round(1024 * value) } : null;
}

/** Null for what is no number in the range; a comma is as good as a point. */
function numberIn(text: string, { low, high }: { low: number; high: number }): number | null {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && value >= low && value <= high ? value : null;
}

/** Beside the exports of the run, called after its images. */
function usualFile(runFolder: string, name: string): string {
  if (runFolder === '') return '';
  const folder = usualFolder(runFolder);
  const clean = name.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '-').replace(/^\.+/, '');
  return `${folder}${folder.includes('\\') ? '\\' : '/'}${clean || 'images'}.pinhole`;
}
