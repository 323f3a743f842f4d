// How many CPU threads a training program is worth.
import { availableParallelism } from 'node:os';
import { multiplyAdds } from '../compiler/cost.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';

// Below this many multiply-adds a step, threads wait for each other longer than they help: agarap2019 (38 million a
// step at batch 128) takes 1.1 ms on one thread and 1.0–1.5 ms on two; at batch 512 two win on an idle machine.
const oneThreadLimit = 64e6;

/** Depends on the model alone, so that the same run has the same bits on the same machine. */
export function usefulThreads(program: TrainingProgram): number {
  return multiplyAdds(program.gradients) < oneThreadLimit ? 1 : availableParallelism();
}
