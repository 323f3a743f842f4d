// A session with fixed inputs as a Runner. Where output shapes are known, every run writes into the same arrays.
import type { DType, Feeds, Graph, Tensor, TensorType } from '../compiler/graph.ts';
import type { Runner } from './executor.ts';
import { fromOrt, type OrtTensors, type Session, toOrt } from './onnx-session.ts';

/** `bound` gives the inputs that are not fed; it is asked at every run, because live values may have moved. */
export function createRunner(session: Session, graph: Graph, bound: () => OrtTensors): Runner {
  const outputs = fixedOutputs(graph);
  return {
    async run(feeds) {
      const results = await session.run({ ...bound(), ...toOrtTensors(feeds) }, outputs);
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

/** A zero tensor for every output whose shape is known; undefined where there is none. */
function fixedOutputs({ nodes, outputs }: Graph): OrtTensors | undefined {
  const fixed: OrtTensors = {};
  for (const { name, id } of outputs) {
    const tensor = zeros(nodes[id]!.type);
    if (tensor) fixed[name] = toOrt(tensor);
  }
  // ONNX Runtime computes only the outputs that are named here, so it is all of them or none.
  return Object.keys(fixed).length === outputs.length ? fixed : undefined;
}

const arrays = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array, bool: Uint8Array } as const;

function zeros({ dtype, shape }: TensorType): Tensor | undefined {
  if (!shape.every((size) => typeof size === 'number')) return undefined;
  return { dtype: dtype as DType, shape, data: new arrays[dtype](elements(shape)) };
}

export const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
