// Composes a loss graph, its gradients and an optimiser into the graphs that executors train with.
import type { OptimizerSpec } from '../contract/spec.ts';
import type { Graph, TensorType } from './graph.ts';

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Everything an executor needs to train. `gradients` and `step` agree; an executor may fuse the update itself. */
export interface TrainingProgram {
  readonly batchSize: number;
  /** Fed at every step: images as uint8 N×H×W×C, noise as float32, … */
  readonly feeds: readonly { readonly name: string; readonly type: TensorType }[];
  /** Trained. */
  readonly parameters: readonly NamedShape[];
  /** Resident on the device but never changed (PCA basis, …). */
  readonly constants: readonly NamedShape[];
  readonly optimizer: OptimizerSpec;
  /** Optimiser state, named `<slot>:<parameter>`, float32, zero at the start. */
  readonly state: readonly NamedShape[];
  /** feeds, parameters, constants → `loss` (scalar) and `gradient:<parameter>`, unclipped. */
  readonly gradients: Graph;
  /** feeds, parameters, constants, state, scalars `learningRate` and `step` → `loss`, `next:<parameter>`, `next:<state>`. */
  readonly step: Graph;
}
