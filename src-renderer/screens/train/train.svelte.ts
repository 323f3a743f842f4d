// What the train screen keeps while a person goes elsewhere: the settings so far, the training that was just started, the comparison.
import type { PresetName, TrainingRequest } from '../../../src-main/contract/settings.ts';
import { recall } from '../../service/session.ts';
import { type Draft, emptyDraft, recallDraft } from './draft.ts';
import type { FieldName } from './settings.ts';

/** Where filled-in settings come from; null for a person's own. */
export interface Origin {
  runId: string;
  /** Settings that a remedy has changed; empty for a plain repetition. */
  changed: readonly string[];
}

const kept = recallDraft(recall('train'));

class TrainState {
  draft = $state<Draft>(kept?.draft ?? emptyDraft());
  advanced = $state(kept?.advanced ?? false);
  origin = $state.raw<Origin | null>(null);
  /** Task that was started here and is followed until its run is known, with what was asked for. */
  started = $state.raw<{ taskId: string; datasetId: string; request: TrainingRequest } | null>(null);
  /** Runs that are ticked in the list, in the order in which they were. */
  chosen = $state<string[]>([]);
  comparing = $state(false);
  /** The list of runs is what is wanted next, not the settings above it. */
  listing = false;

  /** Instead of a model of one's own too. */
  choose(preset: PresetName): void {
    this.draft.preset = preset;
    delete this.draft.spec;
  }

  set(name: FieldName, text: string): void {
    this.draft.fields[name] = text;
  }

  reset(name: FieldName): void {
    delete this.draft.fields[name];
  }

  resetAll(): void {
    this.draft.fields = {};
    delete this.draft.spec;
    this.origin = null;
  }

  fill(draft: Draft, origin: Origin): void {
    this.draft = draft;
    this.origin = origin;
    this.advanced = Object.keys(draft.fields).length > 0;
  }
}

export const train = new TrainState();
