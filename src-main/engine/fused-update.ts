// Optimiser updates as one SIMD pass over parameters, gradients and state that lie side by side in one memory.
// The formulas are those of compiler/optimizers.ts, and the graph's own `step` is what this is tested against.

import { elements } from '../compiler/ops/shapes.ts';
import { stateSlots } from '../compiler/optimizers.ts';
import type { NamedShape, TrainingProgram } from '../compiler/training-step.ts';
import type { OptimizerSpec } from '../contract/spec.ts';
import { add, divide, emitModule, multiply, type Pass, type PassFunction, sqrt, subtract } from './wasm-kernels.ts';

type Trained = Pick<TrainingProgram, 'parameters' | 'optimizer'>;

export interface FusedUpdate {
  /** Live parameters and optimiser state by the program's names. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Where a step's gradients are to be written, by parameter. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Clips where asked to, and updates parameters and state in place. `step` counts from 1. */
  apply(learningRate: number, step: number): void;
}

/** WebAssembly addresses 4 GiB in pages of 64 KiB. */
const pageBytes = 65536;
const maximumPages = 65536;
/** A cache line, so that no tensor starts in the middle of one. The gaps stay zero under every update. */
const alignment = 64;
/** As in the graph's clipping. */
const normEpsilon = 1e-6;

/** Why this program's update cannot be fused; undefined where it can. */
export function fusedUpdateObstacle(program: Trained): string | undefined {
  const { pages } = layOut(program);
  if (pages <= maximumPages) return undefined;
  const gibibytes = ((pages * pageBytes) / 2 ** 30).toFixed(1);
  return `Parameters, gradients and optimiser state take ${gibibytes} GiB, and the fused update addresses 4 GiB`;
}

/** Values, state and gradients all start at zero. Expects a program without a `fusedUpdateObstacle`. */
export function createFusedUpdate(program: Trained): FusedUpdate {
  const { optimizer, parameters } = program;
  const layout = layOut(program);
  const memory = new WebAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
  const { squares, update } = instantiate(memory, layout, [squaresPass, updatePass(optimizer)]);

  const view = (array: string, { name, shape }: NamedShape) =>
    new Float32Array(memory.buffer, layout.offsets[array]! + layout.places.get(name)!, elements(shape));
  const gradients = new Map(parameters.map((parameter) => [parameter.name, view('gradient', parameter)]));
  const values = new Map<string, Float32Array>();
  for (const parameter of parameters) {
    values.set(parameter.name, view('parameter', parameter));
    for (const slot of stateSlots(optimizer)) values.set(`${slot}:${parameter.name}`, view(slot, parameter));
  }

  /** Pascanu, Mikolov and Bengio 2013: gradients longer than `clipNorm`, all taken as one vector, are shortened to it. */
  function gradientScale(): number {
    const { clipNorm } = optimizer;
    if (clipNorm === undefined) return 1;
    const norm = Math.sqrt(squares!(0, layout.bytes));
    return Math.min(1, clipNorm / (norm + normEpsilon));
  }

  function apply(learningRate: number, step: number) {
    const { decayedBytes, bytes } = layout;
    const scalars = updateScalars(optimizer, gradientScale(), learningRate, step);
    if (decayedBytes > 0) update!(0, decayedBytes, ...scalars, 1 - learningRate * weightDecay(optimizer));
    if (decayedBytes < bytes) update!(decayedBytes, bytes, ...scalars, 1);
  }

  return { values, gradients, apply };
}

const squaresPass: Pass = {
  name: 'squares',
  scalars: [],
  body({ load, keep, addSquares }) {
    const [keepGradient, gradient] = keep(load('gradient'));
    return [keepGradient, addSquares(gradient)];
  },
};

/** All updates take their own scalars and then `kept`, the share of a parameter that weight decay leaves. */
function updatePass(optimizer: OptimizerSpec): Pass {
  if (optimizer.type !== 'sgd') return adamPass;
  return optimizer.momentum === 0 ? descentPass : momentumPass(optimizer.nesterov);
}

function updateScalars(optimizer: OptimizerSpec, scale: number, learningRate: number, step: number): number[] {
  if (optimizer.type === 'sgd') return [scale, learningRate, optimizer.momentum];
  const { beta1, beta2, epsilon } = optimizer;
  // Kingma and Ba 2015, end of section 2: bias corrections moved into rate and epsilon, which leaves one division.
  const correction = Math.sqrt(1 - beta2 ** step);
  const rate = (learningRate * correction) / (1 - beta1 ** step);
  return [scale, rate, epsilon * correction, beta1, 1 - beta1, beta2, 1 - beta2];
}

const weightDecay = (optimizer: OptimizerSpec) => (optimizer.type === 'adamw' ? optimizer.weightDecay : 0);

const descentPass: Pass = {
  name: 'update',
  scalars: ['scale', 'rate', 'momentum', 'kept'],
  body: ({ load, store, scalar }) => [
    store(
      'parameter',
      subtract(load('parameter'), multiply(scalar('rate'), multiply(load('gradient'), scalar('scale')))),
    ),
  ],
};

function momentumPass(nesterov: boolean): Pass {
  return {
    name: 'update',
    scalars: ['scale', 'rate', 'momentum', 'kept'],
    body({ load, store, scalar, keep }) {
      const momentum = scalar('momentum');
      const [keepGradient, gradient] = keep(multiply(load('gradient'), scalar('scale')));
      const [keepVelocity, velocity] = keep(add(multiply(momentum, load('momentum')), gradient));
      const direction = nesterov ? add(gradient, multiply(momentum, velocity)) : velocity;
      return [
        keepGradient,
        keepVelocity,
        store('momentum', velocity),
        store('parameter', subtract(load('parameter'), multiply(scalar('rate'), direction))),
      ];
    },
  };
}

const adamPass: Pass = {
  name: 'update',
  scalars: ['scale', 'rate', 'epsilon', 'beta1', 'newer1', 'beta2', 'newer2', 'kept'],
  body({ load, store, scalar, keep }) {
    const [keepGradient, gradient] = keep(multiply(load('gradient'), scalar('scale')));
    const [keepMean, mean] = keep(add(multiply(scalar('beta1'), load('mean')), multiply(scalar('newer1'), gradient)));
    const [keepSquare, square] = keep(
      add(multiply(scalar('beta2'), load('square')), multiply(scalar('newer2'), multiply(gradient, gradient))),
    );
    const change = divide(multiply(scalar('rate'), mean), add(sqrt(square), scalar('epsilon')));
    return [
      keepGradient,
      keepMean,
      keepSquare,
      store('mean', mean),
      store('square', square),
      store('parameter', subtract(multiply(load('parameter'), scalar('kept')), change)),
    ];
  },
};

interface Layout {
  /** Where each array starts in memory, in bytes. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Where each parameter starts within an array. */
  readonly places: ReadonlyMap<string, number>;
  /** Length of one array, and of its first part, which weight decay shrinks. */
  readonly bytes: number;
  readonly decayedBytes: number;
  readonly pages: number;
}

function layOut({ parameters, optimizer }: Trained): Layout {
  const places = new Map<string, number>();
  let bytes = 0;
  const place = ({ name, shape }: NamedShape) => {
    places.set(name, bytes);
    bytes += Math.ceil((4 * elements(shape)) / alignment) * alignment;
  };
  parameters.filter(decays).forEach(place);
  const decayedBytes = bytes;
  parameters.filter((parameter) => !decays(parameter)).forEach(place);

  const arrays = ['parameter', 'gradient', ...stateSlots(optimizer)];
  const offsets = Object.fromEntries(arrays.map((array, index) => [array, index * bytes]));
  return { offsets, places, bytes, decayedBytes, pages: Math.ceil((arrays.length * bytes) / pageBytes) };
}

/** Matrices and filters decay; biases and gains do not. */
const decays = ({ shape }: NamedShape) => shape.length >= 2;

function instantiate(memory: WebAssembly.Memory, { offsets, pages }: Layout, passes: Pass[]) {
  const module = new WebAssembly.Module(emitModule(passes, offsets, pages));
  const instance = new WebAssembly.Instance(module, { engine: { memory } });
  return instance.exports as Readonly<Record<string, PassFunction>>;
}
