// What every executor offers: run a graph forward, and train a program whose parameters stay on the device.
import type { Feeds, Graph, Tensor } from '../compiler/graph.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';

/** `tensorflow`: TensorFlow.js with its CUDA library. */
export type DeviceKind = 'cpu' | 'webgpu' | 'tensorflow';

export interface Device {
  kind: DeviceKind;
  /** As the driver names it, e.g. `AMD EPYC 7B13, 2 threads` or `SwiftShader (software)`. */
  name: string;
  /** True for a GPU that is emulated on the CPU; never chosen unless asked for by name. */
  software: boolean;
}

/** A compiled forward graph. Results are valid until the next `run`: copy what must last. */
export interface Runner {
  run(feeds: Feeds): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** A training program in progress: parameters and optimiser state live on the device between steps. */
export interface Trainer {
  /**
   * One optimiser step. Nothing is read back.
   * `step` counts from 1 (Adam's bias correction needs it); `learningRate` is already scheduled.
   */
  step(feeds: Feeds, learningRate: number, step: number): Promise<void>;
  /** Sum of the losses of the steps since the last call, and their number; one read-back. */
  takeLoss(): Promise<{ sum: number; steps: number }>;
  /** A forward graph whose inputs named like parameters, constants or buffers are bound to this trainer's live values. */
  evaluator(graph: Graph): Promise<Runner>;
  /** Copies of all parameters, constants, optimiser state and buffers by name. */
  read(): Promise<Map<string, Float32Array>>;
  /** Replaces the named values; shapes must match. */
  write(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  dispose(): Promise<void>;
}

export interface Executor {
  readonly device: Device;
  /** Inputs named in `values` are fixed and live on the device; the rest are fed at every run. */
  compile(graph: Graph, values?: ReadonlyMap<string, Float32Array>): Promise<Runner>;
  /** `values` must hold every parameter and constant of the program; missing optimiser state and buffers start at zero. */
  train(program: TrainingProgram, values: ReadonlyMap<string, Float32Array>): Promise<Trainer>;
  dispose(): Promise<void>;
}
