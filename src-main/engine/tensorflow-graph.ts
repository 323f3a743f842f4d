// Walks a graph op by op with TensorFlow.js. Intermediate results go as soon as their last reader has run.
import type { DType, Graph, Node, Tensor } from '../compiler/graph.ts';
import { closed, isOpen } from '../compiler/ops/shapes.ts';
import { opOf } from '../compiler/ops/table.ts';
import { tfTypes } from '../compiler/ops/tensorflow.ts';
import type { OwnedTensor, TensorflowLibrary } from './tensorflow-library.ts';

export type OwnedTensors = Record<string, OwnedTensor>;

export interface TensorflowGraph {
  /** Inputs stay the caller's, results become the caller's: each is a tensor of its own. */
  run(inputs: Readonly<OwnedTensors>): OwnedTensors;
  /** Constants of the graph. */
  dispose(): void;
}

export function prepareGraph(tf: TensorflowLibrary, graph: Graph): TensorflowGraph {
  const { nodes, inputs, outputs } = graph;
  const names = new Map(inputs.map(({ name, id }) => [id, name]));
  const isConstant = ({ id, inputs: read }: Node) => read.length === 0 && !names.has(id);
  const constants = new Map(nodes.filter(isConstant).map((node) => [node.id, compute(tf, node, [], sizes(node))]));
  const lastUses = readersThatEnd(graph, (id) => names.has(id) || constants.has(id));

  function walk(fed: Readonly<OwnedTensors>): OwnedTensors {
    const values: OwnedTensor[] = [];
    const shapes = isOpen(nodes.flatMap(({ type }) => type.shape)) ? closeShapes(graph, fed) : nodes.map(sizes);
    for (const node of nodes) {
      const given = constants.get(node.id) ?? fed[names.get(node.id) ?? ''];
      values[node.id] =
        given ??
        compute(
          tf,
          node,
          node.inputs.map((id) => values[id]!),
          shapes[node.id]!,
        );
      for (const id of lastUses[node.id]!) values[id]!.dispose();
    }
    const taken = new Set<OwnedTensor>([...constants.values(), ...Object.values(fed)]);
    const own = (tensor: OwnedTensor) => (taken.has(tensor) ? tensor.clone() : taken.add(tensor) && tensor);
    return Object.fromEntries(outputs.map(({ name, id }) => [name, own(values[id]!)]));
  }

  return {
    run: (fed) => tf.tidy(() => walk(fed)),
    dispose() {
      for (const tensor of constants.values()) tensor.dispose();
    },
  };
}

const sizes = ({ type }: Node): number[] => closed(type.shape);

function compute(tf: TensorflowLibrary, node: Node, inputs: OwnedTensor[], shape: number[]): OwnedTensor {
  return tf.tidy(() => {
    const result = opOf(node).tensorflow(tf, { params: node.params, inputs, shape }) as OwnedTensor;
    // A rule may hand back what it was given; the walk disposes of the two separately.
    return inputs.includes(result) ? result.clone() : result;
  });
}

/** By node: the results that nobody reads after it. What is given from outside or goes outside stays. */
function readersThatEnd({ nodes, outputs }: Graph, isGiven: (id: number) => boolean): number[][] {
  const ending = nodes.map((): number[] => []);
  const seen = new Set(outputs.map(({ id }) => id));
  for (const node of nodes.toReversed()) {
    if (!seen.has(node.id) && !isGiven(node.id)) ending[node.id]!.push(node.id); // read by none
    for (const id of node.inputs) {
      if (!seen.has(id) && !isGiven(id)) ending[node.id]!.push(id);
      seen.add(id);
    }
  }
  return ending;
}

/** The shape of every node with the batch that is fed. */
function closeShapes({ nodes, inputs }: Graph, fed: Readonly<OwnedTensors>): number[][] {
  const given = new Map(inputs.map(({ name, id }) => [id, fed[name]?.shape]));
  const shapes: number[][] = [];
  for (const node of nodes) {
    const types = node.inputs.map((id) => ({ dtype: nodes[id]!.type.dtype, shape: shapes[id]! }));
    // An input that is not fed is refused by its rule.
    const shape = node.op === 'input' ? (given.get(node.id) ?? []) : closed(opOf(node).infer(node.params, types).shape);
    shapes.push(shape);
  }
  return shapes;
}

/** Throws where what is fed is not what the graph declares. */
export function toTensor(tf: TensorflowLibrary, { nodes, inputs }: Graph, name: string, tensor: Tensor): OwnedTensor {
  const id = inputs.find((input) => input.name === name)?.id;
  const type = id === undefined ? undefined : nodes[id]!.type;
  const { dtype, shape, data } = tensor;
  const fits =
    type?.dtype === dtype &&
    type.shape.length === shape.length &&
    type.shape.every((dim, axis) => dim === 'N' || dim === shape[axis]);
  if (!fits) {
    const expected = type ? `${type.dtype}[${type.shape.join(', ')}]` : 'no such input';
    throw new Error(`internal: expected ${expected} for ${name}, received ${dtype}[${shape.join(', ')}]`);
  }
  return tf.tensor(data, [...shape], tfTypes[dtype]) as OwnedTensor;
}

export async function fromTensor(tensor: OwnedTensor, dtype: DType): Promise<Tensor> {
  const data = await tensor.data();
  return {
    dtype,
    shape: [...tensor.shape],
    data: dtype === 'uint8' || dtype === 'bool' ? Uint8Array.from(data) : data,
  };
}
