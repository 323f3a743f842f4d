// How long a training step of a program takes on an executor.
import type { Feeds } from '../compiler/graph.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import type { Executor } from './executor.ts';

const rounds = 5;
/** Long enough for a GPU to leave its power-saving clock, short enough that choosing costs about two seconds. */
const roundMilliseconds = 150;

/**
 * Milliseconds a step: the median of a few rounds after a first step, which compiles and allocates. No round is begun
 * after `limit` milliseconds, but one is always run.
 */
export async function timeSteps(
  executor: Executor,
  program: TrainingProgram,
  values: ReadonlyMap<string, Float32Array>,
  feeds: Feeds,
  limit = Number.POSITIVE_INFINITY,
): Promise<number> {
  const end = performance.now() + limit;
  const trainer = await executor.train(program, values);
  let step = 0;
  // The losses are read at the end, because a GPU has only queued the work when `step` returns.
  const run = async (count: number) => {
    const start = performance.now();
    for (let done = 0; done < count; done++) await trainer.step(feeds, 1e-6, ++step);
    await trainer.takeLoss();
    return performance.now() - start;
  };
  try {
    await run(1);
    const stepsPerRound = Math.max(1, Math.round(roundMilliseconds / (await run(1))));
    const times: number[] = [];
    for (let round = 0; round < rounds && (round === 0 || performance.now() < end); round++)
      times.push((await run(stepsPerRound)) / stepsPerRound);
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  } finally {
    await trainer.dispose();
  }
}
