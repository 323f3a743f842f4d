// The executor on TensorFlow.js: the same graphs, walked op by op on whatever backend is loaded.
import type { Feeds, Graph } from '../compiler/graph.ts';
import { elements } from '../compiler/ops/shapes.ts';
import type { TrainingProgram } from '../compiler/training-step.ts';
import { PinholeError } from '../contract/errors.ts';
import type { Device, Executor, Runner, Trainer } from './executor.ts';
import { fromTensor, type OwnedTensors, prepareGraph, type TensorflowGraph, toTensor } from './tensorflow-graph.ts';
import { loadTensorflow, type OwnedTensor, type TensorflowLibrary } from './tensorflow-library.ts';
import { expectReplacements, expectValues, residents } from './values.ts';

type Values = ReadonlyMap<string, Float32Array>;

export interface TensorflowExecutorOptions {
  /** What the device is called where that is known already (see devices.ts). */
  readonly identity?: Pick<Device, 'name' | 'software'>;
}

/** Throws `device-unavailable` where TensorFlow's library cannot be loaded; its work throws `device-lost` when it fails. */
export async function createTensorflowExecutor(options: TensorflowExecutorOptions = {}): Promise<Executor> {
  const tf = await loadTensorflow();
  const { name, software } = options.identity ?? { name: `TensorFlow (${tf.getBackend()})`, software: false };
  const owned = new Set<{ dispose(): Promise<void> }>();
  const own = <T extends { dispose(): Promise<void> }>(resource: T): T => {
    owned.add(resource);
    return resource;
  };
  return {
    device: { kind: 'tensorflow', name, software },
    async compile(graph, values = new Map()) {
      const named = graph.inputs.filter((input) => values.has(input.name));
      const bound = Object.fromEntries(
        named.map(({ name, id }) => [name, upload(tf, graph.nodes[id]!.type.shape as number[], values.get(name)!)]),
      );
      const runner = createRunner(tf, graph, () => bound);
      return own({
        run: runner.run,
        async dispose() {
          await runner.dispose();
          disposeAll(bound);
        },
      });
    },
    train: async (program, values) => own(createTrainer(tf, program, values)),
    async dispose() {
      for (const resource of owned) await resource.dispose();
    },
  };
}

/** A copy: some backends read the array of a new tensor only later, or keep it. */
function upload(tf: TensorflowLibrary, shape: readonly number[], data: Float32Array): OwnedTensor {
  return onDevice(() => tf.tensor(data.slice(), [...shape], 'float32') as OwnedTensor);
}

/** Disposing twice is harmless. */
function disposeAll(tensors: Readonly<OwnedTensors>): void {
  for (const name in tensors) tensors[name]!.dispose();
}

/** `bound` gives the inputs that are not fed; asked at every run, because live values move. */
function createRunner(tf: TensorflowLibrary, graph: Graph, bound: () => OwnedTensors): Runner {
  const prepared = onDevice(() => prepareGraph(tf, graph));
  return {
    async run(feeds) {
      const results = runOnce(tf, graph, prepared, bound(), feeds);
      try {
        const outputs = graph.outputs.map(
          async ({ name, id }) => [name, await fromTensor(results[name]!, graph.nodes[id]!.type.dtype)] as const,
        );
        return Object.fromEntries(await Promise.all(outputs));
      } catch (error) {
        throw deviceLost(error);
      } finally {
        disposeAll(results);
      }
    },
    dispose: async () => prepared.dispose(),
  };
}

function runOnce(
  tf: TensorflowLibrary,
  graph: Graph,
  prepared: TensorflowGraph,
  bound: OwnedTensors,
  feeds: Feeds,
): OwnedTensors {
  const fed: OwnedTensors = {};
  try {
    for (const name in feeds) fed[name] = onDevice(() => toTensor(tf, graph, name, feeds[name]!));
    return onDevice(() => prepared.run({ ...bound, ...fed }));
  } finally {
    disposeAll(fed);
  }
}

function createTrainer(tf: TensorflowLibrary, program: TrainingProgram, values: Values): Trainer {
  expectValues(program, values);
  const all = residents(program);
  const moving = program.step.outputs.flatMap(({ name }) => (name.startsWith(next) ? [name.slice(next.length)] : []));
  const stepper = onDevice(() => prepareGraph(tf, program.step));
  const live: OwnedTensors = Object.fromEntries(
    all.map(({ name, shape }) => [name, upload(tf, shape, values.get(name) ?? new Float32Array(elements(shape)))]),
  );
  let lossSum = scalar(tf, 0);
  let steps = 0;
  let disposed = false;

  function replace(name: string, tensor: OwnedTensor): void {
    live[name]!.dispose();
    live[name] = tensor;
  }

  function addLoss(loss: OwnedTensor): void {
    const sum = onDevice(() => tf.add(lossSum, loss) as OwnedTensor);
    loss.dispose();
    lossSum.dispose();
    lossSum = sum;
  }

  return {
    async step(feeds, learningRate, step) {
      if (disposed) throw new Error('internal: a disposed trainer was asked for a step');
      const scalars = { learningRate: scalar(tf, learningRate), step: scalar(tf, step) };
      try {
        const results = runOnce(tf, program.step, stepper, { ...live, ...scalars }, feeds);
        for (const name of moving) replace(name, results[next + name]!);
        addLoss(results.loss!);
        steps++;
      } finally {
        disposeAll(scalars);
      }
    },
    async takeLoss() {
      const taken = { sum: steps === 0 ? 0 : (await read(lossSum))[0]!, steps };
      lossSum.dispose();
      lossSum = scalar(tf, 0);
      steps = 0;
      return taken;
    },
    evaluator: async (graph) => {
      const bound = graph.inputs.flatMap(({ name }) => (name in live ? [name] : []));
      return createRunner(tf, graph, () => Object.fromEntries(bound.map((name) => [name, live[name]!])));
    },
    async read() {
      const named = all.map(async ({ name }) => [name, (await read(live[name]!)).slice()] as const);
      return new Map(await Promise.all(named));
    },
    async write(replacements) {
      expectReplacements(all, replacements);
      for (const { name, shape } of all) {
        const value = replacements.get(name);
        if (value) replace(name, upload(tf, shape, value));
      }
    },
    async dispose() {
      disposed = true;
      disposeAll(live);
      lossSum.dispose();
      stepper.dispose();
    },
  };
}

/** Marks the results of a step that take the place of what they are named after. */
const next = 'next:';

const scalar = (tf: TensorflowLibrary, value: number) => upload(tf, [], Float32Array.of(value));

function onDevice<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw deviceLost(error);
  }
}

async function read(tensor: OwnedTensor): Promise<Float32Array> {
  try {
    return (await tensor.data()) as Float32Array;
  } catch (error) {
    throw deviceLost(error);
  }
}

/** Faults of our own keep their words; whatever else TensorFlow throws is a fault of the device or its memory. */
function deviceLost(error: unknown): unknown {
  const { message = String(error) } = error as Partial<Error>;
  if (error instanceof PinholeError || message.startsWith('internal:')) return error;
  const advice = 'Train on with --device cpu, or start again after updating the graphics driver.';
  return new PinholeError('device-lost', `TensorFlow failed while working: ${message.split('\n', 1)[0]}`, advice, {
    cause: error,
  });
}
