// Composes a loss graph, its gradients and an optimiser into the graphs that executors train with.
import { PinholeError } from '../contract/errors.ts';
import type { OptimizerSpec } from '../contract/spec.ts';
import { GraphBuilder, type Value } from './builder.ts';
import { chooseConvolutionForms } from './convolution-forms.ts';
import { gradients } from './gradient.ts';
import type { Graph, TensorType } from './graph.ts';
import { stateSlots, update } from './optimizers.ts';
import { simplify } from './simplify.ts';

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
  /** Changed by every step without a gradient (a codebook that follows the codes); zero at the start. */
  readonly buffers: readonly NamedShape[];
  readonly optimizer: OptimizerSpec;
  /** Optimiser state, named `<slot>:<parameter>`, float32, zero at the start. */
  readonly state: readonly NamedShape[];
  /** feeds, parameters, constants, buffers → `loss` (scalar), `gradient:<parameter>`, unclipped, and `next:<buffer>`. */
  readonly gradients: Graph;
  /**
   * feeds, parameters, constants, buffers, state, scalars `learningRate` and `step` → `loss`, `next:<parameter>`,
   * `next:<state>`, `next:<buffer>`.
   */
  readonly step: Graph;
}

/** What a loss is written with. A name that was not declared is a fault of the caller. */
export interface LossInputs {
  feed(name: string): Value;
  parameter(name: string): Value;
  constant(name: string): Value;
  buffer(name: string): Value;
  /** What a buffer holds after the step, to be said of every buffer once. */
  setBuffer(name: string, next: Value): void;
}

export interface TrainingOptions {
  readonly name: string;
  readonly batchSize: number;
  readonly parameters: readonly NamedShape[];
  readonly constants: readonly NamedShape[];
  readonly buffers?: readonly NamedShape[];
  readonly feeds: TrainingProgram['feeds'];
  readonly optimizer: OptimizerSpec;
  /** A float32 scalar. */
  readonly loss: (inputs: LossInputs) => Value;
}

/** Forward, gradients, update: the two graphs of a training program, simplified. */
export function composeTraining(options: TrainingOptions): TrainingProgram {
  const { batchSize, feeds, parameters, constants, buffers = [], optimizer } = options;
  const slots = stateSlots(optimizer);
  const state = parameters.flatMap(({ name, shape }) => slots.map((slot) => ({ name: `${slot}:${name}`, shape })));
  return {
    batchSize,
    feeds,
    parameters,
    constants,
    buffers,
    optimizer,
    state,
    gradients: gradientGraph(options),
    step: stepGraph(options, slots),
  };
}

function gradientGraph(options: TrainingOptions): Graph {
  const { builder, loss, parameters, buffers } = differentiate(options);
  const named = parameters.map(({ name, gradient }) => [`gradient:${name}`, gradient]);
  return optimised(builder.build(`${options.name}-gradients`, { loss, ...Object.fromEntries(named), ...buffers }));
}

function stepGraph(options: TrainingOptions, slots: readonly string[]): Graph {
  const { builder, loss, parameters, buffers } = differentiate(options);
  const stateOf = (name: string, { type }: Value) =>
    Object.fromEntries(slots.map((slot) => [slot, builder.input(`${slot}:${name}`, type)]));
  const inputs = parameters.map(({ name, value, gradient }) => ({
    parameter: value,
    gradient,
    state: stateOf(name, value),
  }));
  const scalar = (name: string) => builder.input(name, { dtype: 'float32', shape: [] });
  const updated = update(options.optimizer, inputs, { learningRate: scalar('learningRate'), step: scalar('step') });
  const outputs = updated.flatMap(({ parameter, state }, index) => {
    const { name } = parameters[index]!;
    return [[`next:${name}`, parameter], ...slots.map((slot) => [`next:${slot}:${name}`, state[slot]!])];
  });
  return optimised(builder.build(`${options.name}-step`, { loss, ...Object.fromEntries(outputs), ...buffers }));
}

/** An equal graph that runs faster. */
function optimised(graph: Graph): Graph {
  return simplify(chooseConvolutionForms(graph));
}

function differentiate({ feeds, parameters, constants, buffers = [], loss: write }: TrainingOptions) {
  const builder = new GraphBuilder();
  const declare = (named: readonly NamedShape[]) =>
    new Map(named.map(({ name, shape }) => [name, builder.input(name, { dtype: 'float32', shape })]));
  const fed = new Map(feeds.map(({ name, type }) => [name, builder.input(name, type)]));
  const [trained, fixed, kept] = [declare(parameters), declare(constants), declare(buffers)];
  const next = new Map<string, Value>();
  const loss = write({
    feed: (name) => named(fed, name),
    parameter: (name) => named(trained, name),
    constant: (name) => named(fixed, name),
    buffer: (name) => named(kept, name),
    setBuffer: (name, value) => next.set(name, value),
  });
  const values = [...trained.values()];
  const results = gradients(loss, values);
  return {
    builder,
    loss,
    buffers: Object.fromEntries(buffers.map(({ name }) => [`next:${name}`, named(next, name)])),
    parameters: parameters.map(({ name }, index) => ({ name, value: values[index]!, gradient: results[index]! })),
  };
}

function named(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined)
    throw new PinholeError('internal', `internal: expected one of ${[...values.keys()].join(', ')}, received ${name}`);
  return value;
}
