// Training on the GPU: parameters, optimiser state and the summed loss stay in GPU memory from step to step.
import { GraphBuilder } from '../compiler/builder.ts';
import type { Graph, Node, TensorType } from '../compiler/graph.ts';
import { elements } from '../compiler/ops/shapes.ts';
import type { NamedShape, TrainingProgram } from '../compiler/training-step.ts';
import type { Trainer } from './executor.ts';
import { type OrtTensor, type OrtTensors, type Session, type SessionPool, toOrt } from './onnx-session.ts';
import { createRunner, toOrtTensors } from './runner.ts';
import { expectReplacements, expectValues, residents } from './values.ts';

type Values = ReadonlyMap<string, Float32Array>;

const lossSum: NamedShape = { name: 'lossSum', shape: [] };

export async function createWebgpuTrainer(
  pool: SessionPool,
  program: TrainingProgram,
  values: Values,
): Promise<Trainer> {
  expectValues(program, values);
  const all = residents(program);
  const moving = [...program.parameters, ...program.state, ...program.buffers, lossSum].map(({ name }) => name);
  const stepper = await pool.open(withLossSum(program.step), { onDevice: moving.map(next) });
  const lossReader = await pool.open(copyGraph([lossSum]));
  const uploader = createUploader(pool);
  const live = await uploader.upload(all, new Map([...zeros(all), ...values]));
  live[lossSum.name] = scalar(0);
  let steps = 0;

  function replace(name: string, tensor: OrtTensor) {
    live[name]!.dispose();
    live[name] = tensor;
  }

  return {
    async step(feeds, learningRate, step) {
      const scalars = { learningRate: scalar(learningRate), step: scalar(step) };
      const results = await stepper.run({ ...live, ...scalars, ...toOrtTensors(feeds) });
      for (const name of moving) replace(name, results[next(name)]!);
      steps++;
    },
    async takeLoss() {
      if (steps === 0) return { sum: 0, steps: 0 };
      const copied = await lossReader.run({ [lossSum.name]: live[lossSum.name]! });
      const taken = { sum: (copied[copy(lossSum.name)]!.data as Float32Array)[0]!, steps };
      // A zero in ordinary memory: the next step takes it from there and leaves its sum on the device.
      replace(lossSum.name, scalar(0));
      steps = 0;
      return taken;
    },
    async evaluator(graph) {
      return createRunner(await pool.open(graph), () => live);
    },
    read: () => download(pool, all, live),
    async write(replacements) {
      expectReplacements(all, replacements);
      const uploaded = await uploader.upload(
        all.filter(({ name }) => replacements.has(name)),
        replacements,
      );
      for (const name in uploaded) replace(name, uploaded[name]!);
    },
    async dispose() {
      for (const name in live) {
        live[name]!.dispose();
        delete live[name]; // a second dispose finds nothing
      }
      for (const session of [uploader, lossReader, stepper]) await session.release();
    },
  };
}

const next = (name: string) => `next:${name}`;
const copy = (name: string) => `copy:${name}`;
const scalarType: TensorType = { dtype: 'float32', shape: [] };
const scalar = (value: number) => toOrt({ ...scalarType, shape: [], data: Float32Array.of(value) });

function zeros(shapes: readonly NamedShape[]): Map<string, Float32Array> {
  return new Map(shapes.map(({ name, shape }) => [name, new Float32Array(elements(shape))]));
}

/** The step with `loss` replaced by `next:lossSum` = `lossSum` + loss, so that losses need not be read one by one. */
function withLossSum(step: Graph): Graph {
  const count = step.nodes.length;
  const loss = step.outputs.find(({ name }) => name === 'loss')!;
  const sum: Node<'input'> = { id: count, op: 'input', params: lossSumInput, inputs: [], type: scalarType };
  const total: Node<'add'> = { id: count + 1, op: 'add', params: {}, inputs: [count, loss.id], type: scalarType };
  return {
    ...step,
    nodes: [...step.nodes, sum, total],
    inputs: [...step.inputs, { name: lossSum.name, id: sum.id }],
    outputs: [...step.outputs.filter((output) => output !== loss), { name: next(lossSum.name), id: total.id }],
  };
}

const lossSumInput = { name: lossSum.name, type: scalarType };

/** Copies its inputs; where the copies lie is up to the session. Reading GPU tensors directly aborts the process. */
function copyGraph(shapes: readonly NamedShape[]): Graph {
  const builder = new GraphBuilder();
  const copies = shapes.map(({ name, shape }) => [copy(name), builder.input(name, { dtype: 'float32', shape })]);
  return builder.build('copy', Object.fromEntries(copies));
}

interface Uploader {
  upload(shapes: readonly NamedShape[], values: Values): Promise<OrtTensors>;
  release(): Promise<void>;
}

/** Its sessions stay open until `release`: a GPU tensor that outlives the session it came from crashes the process. */
function createUploader(pool: SessionPool): Uploader {
  const sessions = new Map<string, Session>();

  async function sessionFor(shapes: readonly NamedShape[]): Promise<Session> {
    const key = shapes.map(({ name }) => name).join('\n');
    const copies = shapes.map(({ name }) => copy(name));
    const session = sessions.get(key) ?? (await pool.open(copyGraph(shapes), { onDevice: copies }));
    sessions.set(key, session);
    return session;
  }

  return {
    async upload(shapes, values) {
      const feeds = shapes.map(({ name, shape }) => [
        name,
        toOrt({ dtype: 'float32', shape, data: values.get(name)! }),
      ]);
      const copies = await (await sessionFor(shapes)).run(Object.fromEntries(feeds));
      return Object.fromEntries(shapes.map(({ name }) => [name, copies[copy(name)]!]));
    },
    async release() {
      for (const session of sessions.values()) await session.release();
    },
  };
}

async function download(pool: SessionPool, shapes: readonly NamedShape[], live: OrtTensors) {
  const session = await pool.open(copyGraph(shapes));
  const copies = await session.run(live);
  await session.release();
  return new Map(shapes.map(({ name }) => [name, copies[copy(name)]!.data as Float32Array]));
}
