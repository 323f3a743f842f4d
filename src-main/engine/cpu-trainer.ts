// Training on the CPU: ONNX Runtime computes gradients (or the whole step) on arrays that live here and never move.
import { elements } from '../compiler/ops/shapes.ts';
import type { NamedShape, TrainingProgram } from '../compiler/training-step.ts';
import type { Trainer } from './executor.ts';
import { createFusedUpdate, fusedUpdateObstacle } from './fused-update.ts';
import { type OrtTensors, type Session, type SessionPool, toOrt } from './onnx-session.ts';
import { createRunner, toOrtTensors } from './runner.ts';
import { copyValues, expectReplacements, expectValues, residents, writeValues } from './values.ts';

/** `fused`: one pass updates all parameters in place. `graph`: the program's own `step`, with two sets of arrays. */
export type UpdateKind = 'fused' | 'graph';

/** Why `fused` cannot be had for this program; undefined where it can. */
export { fusedUpdateObstacle };

/** What the two kinds of update have in common: live arrays by name, and one step over them. */
interface Stepper {
  /** Parameters, constants, state and buffers as they are now. */
  live(): ReadonlyMap<string, Float32Array>;
  bound(): OrtTensors;
  /** Returns the loss. */
  step(feeds: OrtTensors, learningRate: number, step: number): Promise<number>;
}

export async function createCpuTrainer(
  pool: SessionPool,
  program: TrainingProgram,
  values: ReadonlyMap<string, Float32Array>,
  update: UpdateKind,
): Promise<Trainer> {
  expectValues(program, values);
  const session = await pool.open(update === 'fused' ? program.gradients : program.step);
  const stepper = update === 'fused' ? fusedStepper(session, program) : graphStepper(session, program);
  writeValues(stepper.live(), values);
  let sum = 0;
  let steps = 0;

  return {
    async step(feeds, learningRate, step) {
      sum += await stepper.step(toOrtTensors(feeds), learningRate, step);
      steps++;
    },
    async takeLoss() {
      const taken = { sum, steps };
      sum = 0;
      steps = 0;
      return taken;
    },
    async evaluator(graph) {
      return createRunner(await pool.open(graph), stepper.bound);
    },
    read: async () => copyValues(stepper.live()),
    async write(replacements) {
      expectReplacements(residents(program), replacements);
      writeValues(stepper.live(), replacements);
    },
    dispose: () => session.release(),
  };
}

function fusedStepper(session: Session, program: TrainingProgram): Stepper {
  const update = createFusedUpdate(program);
  const live = new Map([...update.values, ...allocate(program.constants), ...allocate(program.buffers)]);
  const bound = asTensors([...program.parameters, ...program.constants, ...program.buffers], live);
  const loss = new Float32Array(1);
  // Written in place, where the update reads them. (onnxruntime-node copies them once more into results nobody reads.)
  const results: OrtTensors = { loss: scalar(loss) };
  for (const { name, shape } of program.parameters) {
    results[`gradient:${name}`] = toOrt({ dtype: 'float32', shape, data: update.gradients.get(name)! });
  }
  // Beside the live ones: ONNX Runtime may write a result before its last reader has run.
  const nextBuffers = allocate(program.buffers);
  for (const { name, shape } of program.buffers) {
    results[`next:${name}`] = toOrt({ dtype: 'float32', shape, data: nextBuffers.get(name)! });
  }
  return {
    live: () => live,
    bound: () => bound,
    async step(feeds, learningRate, step) {
      await session.run({ ...bound, ...feeds }, results);
      update.apply(learningRate, step);
      writeValues(live, nextBuffers);
      return loss[0]!;
    },
  };
}

function graphStepper(session: Session, program: TrainingProgram): Stepper {
  const moving = [...program.parameters, ...program.state, ...program.buffers];
  const constants = allocate(program.constants);
  const side = () => {
    const live = new Map([...allocate(moving), ...constants]);
    const bound = asTensors([...moving, ...program.constants], live);
    const results = Object.fromEntries(moving.map(({ name }) => [`next:${name}`, bound[name]!]));
    return { live, bound, results };
  };
  // A step reads one side and writes the other: ONNX Runtime may write a result before its last reader has run.
  let [now, next] = [side(), side()];
  const loss = new Float32Array(1);
  const rate = new Float32Array(1);
  const count = new Float32Array(1);
  const scalars: OrtTensors = { learningRate: scalar(rate), step: scalar(count) };
  return {
    live: () => now.live,
    bound: () => now.bound,
    async step(feeds, learningRate, step) {
      rate[0] = learningRate;
      count[0] = step;
      await session.run({ ...now.bound, ...scalars, ...feeds }, { ...next.results, loss: scalar(loss) });
      [now, next] = [next, now];
      return loss[0]!;
    },
  };
}

const scalar = (data: Float32Array) => toOrt({ dtype: 'float32', shape: [], data });

function allocate(shapes: readonly NamedShape[]): Map<string, Float32Array> {
  return new Map(shapes.map(({ name, shape }) => [name, new Float32Array(elements(shape))]));
}

function asTensors(shapes: readonly NamedShape[], arrays: ReadonlyMap<string, Float32Array>): OrtTensors {
  return Object.fromEntries(
    shapes.map(({ name, shape }) => [name, toOrt({ dtype: 'float32', shape, data: arrays.get(name)! })]),
  );
}
