// What the settings so far would train: asked of the service a moment after the last change, the newest question wins.
import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { PresetName, TrainingRequest } from '../../../src-main/contract/settings.ts';
import type { ModelSummary } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';

/** While a person types a number, its first digits are no question. */
const waitMilliseconds = 150;

type Values = Readonly<Record<string, unknown>>;

export class ModelWatch {
  summary = $state.raw<ModelSummary | null>(null);
  error = $state.raw<PinholeError | null>(null);
  /** The preset's own choices for this data set; empty until they are known. */
  defaults = $state.raw<Values>({});
  #defaultsOf = '';
  #question = 0;

  /** Call in an effect: what it returns forgets the question. */
  ask(datasetId: string, request: TrainingRequest): () => void {
    const question = ++this.#question;
    const timer = setTimeout(() => void this.#describe(question, datasetId, request), waitMilliseconds);
    return () => clearTimeout(timer);
  }

  async askDefaults(datasetId: string, preset: PresetName): Promise<void> {
    const wanted = `${preset} ${datasetId}`;
    if (wanted === this.#defaultsOf) return;
    this.#defaultsOf = wanted;
    this.defaults = {};
    try {
      const { resolved } = await service.describeTraining(datasetId, { preset });
      if (this.#defaultsOf === wanted) this.defaults = resolved;
    } catch {
      // The same question with the person's settings fails too, and says why.
      if (this.#defaultsOf === wanted) this.#defaultsOf = '';
    }
  }

  async #describe(question: number, datasetId: string, request: TrainingRequest): Promise<void> {
    try {
      const summary = await service.describeTraining(datasetId, request);
      if (question !== this.#question) return;
      this.summary = summary;
      this.error = null;
    } catch (thrown) {
      if (question === this.#question) this.error = PinholeError.from(thrown);
    }
  }
}
