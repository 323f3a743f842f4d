// The course of a run, put together from what was logged before and what happens now. Draws nothing, fetches nothing.
import { bestOf } from '../../../src-main/contract/metrics.ts';
import type { Baselines, EpochMetrics, StepMetrics, Warning } from '../../../src-main/contract/records.ts';
import type { RunDetails, RunEvent } from '../../../src-main/contract/views.ts';
import type { Line } from '../../drawing/curves-data.ts';

export interface Course {
  epochs: EpochMetrics[];
  steps: StepMetrics[];
  baselines: Baselines | null;
  warnings: Warning[];
  bestStep: number | null;
}

export function emptyCourse(): Course {
  return { epochs: [], steps: [], baselines: null, warnings: [], bestStep: null };
}

export function courseOf({ epochs, steps, baselines, warnings, bestStep }: RunDetails): Course {
  return { epochs: [...epochs], steps: [...steps], baselines, warnings, bestStep };
}

/**
 * Changes the course. An event that the course knows already (it was on its way while the course was fetched) changes
 * nothing. Probes are not part of it.
 */
export function follow(course: Course, event: RunEvent): void {
  switch (event.type) {
    case 'steps':
      for (const steps of event.steps) append(course.steps, steps);
      break;
    case 'epoch':
      append(course.epochs, event.metrics);
      course.bestStep = event.bestStep;
      break;
    case 'baselines':
      course.baselines = event.baselines;
      break;
    case 'warnings':
      course.warnings = event.warnings;
      break;
    case 'rewind':
      course.epochs = course.epochs.filter(({ step }) => step <= event.step);
      course.steps = course.steps.filter(({ step }) => step <= event.step);
      course.bestStep = bestOf(course.epochs)?.step ?? null;
      break;
    case 'probes':
      break;
    default:
      event satisfies never;
  }
}

function append<T extends { step: number }>(lines: T[], line: T): void {
  const last = lines.at(-1);
  if (last === undefined || line.step > last.step) lines.push(line);
}

/** Passes over the images that a step is in; null before the first evaluation says how long one is. */
export function epochAt(epochs: readonly EpochMetrics[], step: number): number | null {
  const known = epochs.findLast(({ epoch, step: at }) => epoch > 0 && at > 0);
  return known === undefined ? null : (step / known.step) * known.epoch;
}

/** Speed and learning rate, as last said by whichever came later. */
export function newest(course: Course): StepMetrics | EpochMetrics | null {
  const [steps, epoch] = [course.steps.at(-1), course.epochs.at(-1)];
  if (!steps || !epoch) return steps ?? epoch ?? null;
  // Step 0 has no speed.
  return epoch.step >= steps.step && epoch.imagesPerSecond > 0 ? epoch : steps;
}

export function heldOutLine(epochs: readonly EpochMetrics[], x: (metrics: EpochMetrics) => number = atStep): Line {
  return { x: epochs.map(x), y: epochs.map(({ validationMse }) => validationMse) };
}

/** Losses between evaluations where there are more of them; short epochs have only their own means. */
export function trainLine({ steps, epochs }: Course): Line {
  const means = epochs.filter(({ trainLoss }) => trainLoss !== null);
  if (steps.length >= means.length) return { x: steps.map(atStep), y: steps.map(({ loss }) => loss) };
  return { x: means.map(atStep), y: means.map(({ trainLoss }) => trainLoss!) };
}

function atStep({ step }: { step: number }): number {
  return step;
}

/** At most `limit` of the evaluations for a table, evenly spread; the first, the last and the best are among them. */
export function tableOf(epochs: readonly EpochMetrics[], limit: number): EpochMetrics[] {
  const stride = Math.max(1, Math.ceil(epochs.length / limit));
  const best = bestOf(epochs);
  return epochs.filter(
    (metrics, index) => index % stride === 0 || index === epochs.length - 1 || metrics.step === best?.step,
  );
}
