// A session with fixed inputs as a Runner.
import type { Feeds, Graph } from '../compiler/graph.ts';
import type { Runner } from './executor.ts';
import { fromOrt, type OrtTensors, type Session, toOrt } from './onnx-session.ts';

/**
 * `bound` gives the inputs that are not fed; it is asked at every run, because live values may have moved.
 * Results are new arrays: onnxruntime-node 1.30 copies every output into one, so that arrays of our own that it writes
 * into as well would only cost time (a third more at 16 MB).
 */
export function createRunner(session: Session, bound: () => OrtTensors): Runner {
  return {
    async run(feeds) {
      const results = await session.run({ ...bound(), ...toOrtTensors(feeds) });
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
    dispose: () => session.release(),
  };
}

export function toOrtTensors(feeds: Feeds): OrtTensors {
  const tensors: OrtTensors = {};
  for (const name in feeds) tensors[name] = toOrt(feeds[name]!);
  return tensors;
}

/** The inputs that `values` names, as views of them. */
export function bindInputs({ nodes, inputs }: Graph, values: ReadonlyMap<string, Float32Array>): OrtTensors {
  const named = inputs.filter(({ name }) => values.has(name));
  const shapeOf = (id: number) => nodes[id]!.type.shape as number[];
  return Object.fromEntries(
    named.map(({ name, id }) => [name, toOrt({ dtype: 'float32', shape: shapeOf(id), data: values.get(name)! })]),
  );
}
