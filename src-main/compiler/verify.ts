// What a valid graph is: a list of rules, each checked after every pass. A broken rule is our fault, never a person's.
import { PinholeError } from '../contract/errors.ts';
import type { Binding, Graph, Node, TensorType } from './graph.ts';
import { describeType } from './ops/op.ts';
import { isValidShape, sameShape } from './ops/shapes.ts';
import { type OpParams, opOf, ops } from './ops/table.ts';

interface Rule {
  readonly says: string;
  /** What is wrong, or nothing. */
  readonly broken: (graph: Graph) => string | undefined;
}

/** In this order: a later rule may rely on the earlier ones. */
export const rules: readonly Rule[] = [
  {
    says: 'a node stands at the index of its id',
    broken: firstNode((node, index) => node.id !== index && `node ${node.id} at ${index}`),
  },
  {
    says: 'every op is in the table',
    broken: firstNode((node) => !Object.hasOwn(ops, node.op) && `${node.id} = ${node.op}`),
  },
  {
    says: 'inputs come before the nodes that use them',
    broken: firstNode(
      (node) => node.inputs.some((id) => !(id >= 0 && id < node.id)) && `${node.id} reads ${node.inputs.join(', ')}`,
    ),
  },
  {
    says: 'the open batch stands first',
    broken: firstNode((node) => !isValidShape(node.type.shape) && `${node.id}: ${describeType(node.type)}`),
  },
  { says: 'types are what the shape rules give', broken: firstNode(typeError) },
  { says: 'input names are unique', broken: ({ inputs }) => firstRepeated(inputs) },
  { says: 'output names are unique', broken: ({ outputs }) => firstRepeated(outputs) },
  { says: 'the inputs are the input nodes', broken: inputError },
  { says: 'outputs are nodes', broken: ({ nodes, outputs }) => outputs.find(({ id }) => !nodes[id])?.name },
];

/** The graph itself, if it keeps all rules. */
export function verified(graph: Graph): Graph {
  for (const { says, broken } of rules) {
    const fault = broken(graph);
    if (fault !== undefined)
      throw new PinholeError('internal', `internal: graph ${graph.name}: expected that ${says}, received ${fault}`);
  }
  return graph;
}

function firstNode(fault: (node: Node, index: number, graph: Graph) => string | false): Rule['broken'] {
  return (graph) => {
    for (const [index, node] of graph.nodes.entries()) {
      const found = fault(node, index, graph);
      if (found !== false) return found;
    }
    return undefined;
  };
}

function typeError(node: Node, _: number, { nodes }: Graph): string | false {
  const expected = opOf(node).infer(
    node.params,
    node.inputs.map((id) => nodes[id]!.type),
  );
  return (
    !sameType(expected, node.type) && `${node.id}: ${describeType(node.type)} instead of ${describeType(expected)}`
  );
}

function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

function firstRepeated(bindings: readonly Binding[]): string | undefined {
  return bindings.find(({ name }, index) => bindings.findIndex((other) => other.name === name) < index)?.name;
}

function inputError({ nodes, inputs }: Graph): string | undefined {
  const describe = (bindings: readonly Binding[]) => bindings.map(({ name, id }) => `${name} = ${id}`).join(', ');
  const declared = nodes.flatMap(({ id, op, params }) =>
    op === 'input' ? [{ name: (params as OpParams['input']).name, id }] : [],
  );
  return describe(declared) === describe(inputs) ? undefined : `${describe(inputs)} instead of ${describe(declared)}`;
}
