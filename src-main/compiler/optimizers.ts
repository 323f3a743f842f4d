// Optimisers as pure functions: which state each parameter has, and the graph nodes of one update. Schedules are elsewhere.
import type { OptimizerSpec } from '../contract/spec.ts';
import type { Value } from './builder.ts';
import { add, divide, minimum, multiply, reduceSum, sqrt, square, subtract, tanh } from './functions.ts';

export interface UpdateInput {
  readonly parameter: Value;
  readonly gradient: Value;
  /** By slot name. */
  readonly state: Readonly<Record<string, Value>>;
}

export interface UpdateOutput {
  readonly parameter: Value;
  readonly state: Readonly<Record<string, Value>>;
}

/** Scalars of the step that is taken. */
export interface StepInput {
  readonly learningRate: Value;
  /** Counted from 1. */
  readonly step: Value;
}

/** Names of the state that the optimiser keeps per parameter, each of the parameter's shape and zero at the start. */
export function stateSlots(optimizer: OptimizerSpec): readonly string[] {
  if (optimizer.type === 'sgd') return optimizer.momentum === 0 ? [] : ['momentum'];
  return ['mean', 'square'];
}

/** One update of all parameters, which `clipNorm` couples. */
export function update(optimizer: OptimizerSpec, parameters: readonly UpdateInput[], step: StepInput): UpdateOutput[] {
  const scale = clipScale(
    optimizer.clipNorm,
    parameters.map(({ gradient }) => gradient),
  );
  switch (optimizer.type) {
    case 'sgd':
      return parameters.map((input) => sgd(optimizer, input, step, scale));
    case 'adam':
      return parameters.map((input) => adam({ ...optimizer, weightDecay: 0 }, input, step, scale));
    case 'adamw':
      return parameters.map((input) => adam(optimizer, input, step, scale));
    default:
      return optimizer satisfies never;
  }
}

// As PyTorch's clip_grad_norm_: keeps the quotient finite where all gradients are zero.
const normEpsilon = 1e-6;

/** The factor that brings the norm of all gradients together down to `clipNorm` (Pascanu et al. 2013); 1 below it. */
function clipScale(clipNorm: number | undefined, gradients: readonly Value[]): Value | undefined {
  if (clipNorm === undefined || gradients.length === 0) return undefined;
  const total = gradients.map((gradient) => reduceSum(square(gradient))).reduce(add);
  return minimum(divide(clipNorm, add(sqrt(total), normEpsilon)), 1);
}

function scaled(x: Value, factor: Value | number, scale: Value | undefined): Value {
  return multiply(x, scale ? multiply(scale, factor) : factor);
}

/**
 * PyTorch's formulation (Sutskever et al. 2013 with the learning rate outside the velocity):
 * v ← momentum·v + g; p ← p − rate·v, or with Nesterov p − rate·(g + momentum·v).
 */
function sgd(
  { momentum, nesterov }: Extract<OptimizerSpec, { type: 'sgd' }>,
  { parameter, gradient, state }: UpdateInput,
  { learningRate }: StepInput,
  scale: Value | undefined,
): UpdateOutput {
  const clipped = scale ? multiply(gradient, scale) : gradient;
  if (momentum === 0) return { parameter: subtract(parameter, multiply(clipped, learningRate)), state: {} };
  const velocity = add(multiply(state.momentum!, momentum), clipped);
  const direction = nesterov ? add(clipped, multiply(velocity, momentum)) : velocity;
  return { parameter: subtract(parameter, multiply(direction, learningRate)), state: { momentum: velocity } };
}

/**
 * Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), where weights decay apart from the gradient by
 * rate · weightDecay. Only parameters of rank 2 and above decay: biases and gains do not.
 * m ← β₁m + (1−β₁)g; s ← β₂s + (1−β₂)g²; p ← p·(1 − rate·decay) − rate · m̂ / (√ŝ + ε), with m̂ = m/(1−β₁ᵗ), ŝ = s/(1−β₂ᵗ).
 */
function adam(
  {
    beta1,
    beta2,
    epsilon,
    weightDecay,
  }: Pick<Extract<OptimizerSpec, { type: 'adamw' }>, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>,
  { parameter, gradient, state }: UpdateInput,
  { learningRate, step }: StepInput,
  scale: Value | undefined,
): UpdateOutput {
  const mean = add(multiply(state.mean!, beta1), scaled(gradient, 1 - beta1, scale));
  const secondScale = scale && square(scale);
  const secondMoment = add(multiply(state.square!, beta2), scaled(square(gradient), 1 - beta2, secondScale));
  // Both corrections as factors of scalars: m̂ / (√ŝ + ε) = m · √c₂ / c₁ / (√s + ε·√c₂) with cᵢ = 1 − βᵢᵗ.
  const root = sqrt(biasCorrection(beta2, step));
  const rate = divide(multiply(learningRate, root), biasCorrection(beta1, step));
  const change = multiply(divide(mean, add(sqrt(secondMoment), multiply(root, epsilon))), rate);
  const decays = weightDecay > 0 && parameter.shape.length >= 2;
  const kept = decays ? multiply(parameter, subtract(1, multiply(learningRate, weightDecay))) : parameter;
  return { parameter: subtract(kept, change), state: { mean, square: secondMoment } };
}

/** 1 − βᵗ, written as 2h / (1 + h) with h = tanh(−t·ln β / 2): 1 − exp would lose four of float32's seven digits at t = 1. */
function biasCorrection(beta: number, step: Value): Value {
  const half = tanh(multiply(step, -Math.log(beta) / 2));
  return divide(multiply(half, 2), add(half, 1));
}
