// Rewrites a graph to an equal one with fewer passes over memory. Differentiation comes first; this comes last.
import { GraphBuilder, type Value } from './builder.ts';
import * as f from './functions.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { elements, sameShape } from './ops/shapes.ts';
import { type OpName, type OpParams, opOf } from './ops/table.ts';

/** A node that is about to be added, with its inputs already rewritten. */
export interface Candidate {
  readonly builder: GraphBuilder;
  readonly node: Node;
  readonly inputs: readonly Value[];
}

/** What to use instead of the candidate, or nothing. */
export type Rewrite = (candidate: Candidate) => Value | undefined;

/** In the order they are tried. */
const rewrites: readonly Rewrite[] = [
  foldConstants,
  dropNeutralOperand,
  scalarLast,
  gatherScalarFactors,
  addNegated,
  doubleInsteadOfAdd,
  mergeTransposes,
  mergeReshapes,
  leaveBroadcastToElementwise,
  broadcastLater,
];

/** Applies the rewrites until none applies. Results differ by rounding only. */
export function simplify(graph: Graph): Graph {
  let before = graph;
  for (;;) {
    const after = rewriteOnce(before, rewrites);
    if (sameNodes(before, after)) return after;
    before = after;
  }
}

/** One pass over all nodes, each replaced by what the first of `rewrites` that applies makes of it. */
export function rewriteOnce(graph: Graph, rewrites: readonly Rewrite[]): Graph {
  const builder = new GraphBuilder();
  const values: Value[] = [];
  for (const node of graph.nodes) {
    const candidate = { builder, node, inputs: node.inputs.map((id) => values[id]!) };
    values.push(rewrite(candidate, rewrites) ?? builder.apply(node.op, node.params, ...candidate.inputs));
  }
  return builder.build(graph.name, Object.fromEntries(graph.outputs.map(({ name, id }) => [name, values[id]!])));
}

function rewrite(candidate: Candidate, rewrites: readonly Rewrite[]): Value | undefined {
  for (const attempt of rewrites) {
    const result = attempt(candidate);
    if (result) return result;
  }
  return undefined;
}

function sameNodes(a: Graph, b: Graph): boolean {
  const same = (node: Node, other: Node | undefined) =>
    node.op === other?.op && node.inputs.join() === other.inputs.join() && sameShape(node.type.shape, other.type.shape);
  return a.nodes.length === b.nodes.length && a.nodes.every((node, index) => same(node, b.nodes[index]));
}

/** The node behind a value if it is of this op. */
function asOp<O extends OpName>(value: Value | undefined, op: O): { params: OpParams[O]; inputs: Value[] } | undefined {
  if (value === undefined) return undefined;
  const node = value.builder.node(value.id);
  if (node.op !== op) return undefined;
  return { params: node.params as OpParams[O], inputs: node.inputs.map((id) => value.builder.value(id)) };
}

function constantOf(value: Value | undefined): Tensor | undefined {
  return asOp(value, 'constant')?.params;
}

function isScalar(value: Value): boolean {
  return value.shape.length === 0;
}

// Larger results are left to the runtime, which folds constants itself, and would bloat the model's file.
const largestFolded = 4096;

function foldConstants({ builder, node, inputs }: Candidate): Value | undefined {
  const constants = inputs.map(constantOf);
  const sizes = constants.map((constant) => constant?.data.length ?? 0);
  const size = elements(node.type.shape);
  // What grows (a broadcast scalar) is better kept small.
  if (inputs.length === 0 || constants.includes(undefined) || size > Math.min(largestFolded, Math.max(...sizes)))
    return undefined;
  const arrays = constants.map((constant) => ({ shape: constant!.shape, data: Float64Array.from(constant!.data) }));
  const shape = node.type.shape as readonly number[];
  return builder.constant(opOf(node).reference(node.params, arrays, shape), shape, node.type.dtype);
}

const neutralOperands: Partial<Record<OpName, number>> = { add: 0, subtract: 0, multiply: 1, divide: 1 };

function dropNeutralOperand({ node, inputs: [a, b] }: Candidate): Value | undefined {
  const neutral = neutralOperands[node.op];
  const isNeutral = neutral !== undefined && constantOf(b)?.data.every((value) => value === neutral);
  return isNeutral && sameShape(a!.shape, node.type.shape) ? a : undefined;
}

/** Scalars second, so that the rules below need to look in one place only. */
function scalarLast({ node, inputs: [a, b] }: Candidate): Value | undefined {
  const commutes = node.op === 'multiply' || node.op === 'add';
  return commutes && isScalar(a!) && !isScalar(b!) ? a!.builder.apply(node.op, {}, b!, a!) : undefined;
}

/** (x · s) · t → x · (s · t), −(x · s) → x · −s, (−x) · s → x · −s: one pass less. */
function gatherScalarFactors({ node, inputs: [a, b] }: Candidate): Value | undefined {
  if (node.op === 'negate') {
    const scaled = scaledBy(a);
    return scaled && f.multiply(scaled.x, f.negate(scaled.scalar));
  }
  if (node.op !== 'multiply' || isScalar(a!) || !isScalar(b!)) return undefined;
  const negated = asOp(a, 'negate')?.inputs[0];
  if (negated) return f.multiply(negated, f.negate(b!));
  const scaled = scaledBy(a);
  return scaled && f.multiply(scaled.x, f.multiply(scaled.scalar, b!));
}

function scaledBy(value: Value | undefined): { x: Value; scalar: Value } | undefined {
  const [x, scalar] = asOp(value, 'multiply')?.inputs ?? [];
  return x && scalar && isScalar(scalar) && !isScalar(x) ? { x, scalar } : undefined;
}

/** x + (−y) → x − y, x − (−y) → x + y, −(−x) → x. */
function addNegated({ node, inputs: [a, b] }: Candidate): Value | undefined {
  if (node.op === 'negate') return asOp(a, 'negate')?.inputs[0];
  if (node.op !== 'add' && node.op !== 'subtract') return undefined;
  const negated = asOp(b, 'negate')?.inputs[0];
  if (negated) return node.op === 'add' ? f.subtract(a!, negated) : f.add(a!, negated);
  const first = asOp(a, 'negate')?.inputs[0];
  return first && node.op === 'add' ? f.subtract(b!, first) : undefined;
}

/** x + x → x · 2, which other factors can join. */
function doubleInsteadOfAdd({ node, inputs: [a, b] }: Candidate): Value | undefined {
  return node.op === 'add' && a!.id === b!.id ? f.multiply(a!, 2) : undefined;
}

function mergeTransposes({ node, inputs: [x] }: Candidate): Value | undefined {
  const inner = node.op === 'transpose' ? asOp(x, 'transpose') : undefined;
  if (!inner) return undefined;
  const { permutation } = node.params as OpParams['transpose'];
  return f.transpose(
    inner.inputs[0]!,
    permutation.map((axis) => inner.params.permutation[axis]!),
  );
}

function mergeReshapes({ node, inputs: [x] }: Candidate): Value | undefined {
  if (node.op !== 'reshape') return undefined;
  const source = asOp(x, 'reshape')?.inputs[0];
  if (source) return f.reshape(source, node.type.shape);
  return sameShape(x!.shape, node.type.shape) ? x : undefined;
}

/** op(broadcast x, y) → op(x, y) where the op broadcasts to the same shape by itself. */
function leaveBroadcastToElementwise({ builder, node, inputs }: Candidate): Value | undefined {
  if (!opOf(node).elementwise) return undefined;
  for (const [index, input] of inputs.entries()) {
    const source = asOp(input, 'broadcastTo')?.inputs[0];
    if (!source) continue;
    const smaller = inputs.with(index, source);
    const { shape } = opOf(node).infer(
      node.params,
      smaller.map(({ type }) => type),
    );
    if (sameShape(shape, node.type.shape)) return builder.apply(node.op, node.params, ...smaller);
  }
  return undefined;
}

/** op(broadcast x, scalar) → broadcast op(x, scalar): the work is done on the small value. */
function broadcastLater({ builder, node, inputs }: Candidate): Value | undefined {
  if (!opOf(node).elementwise) return undefined;
  const sources = inputs.map((input) => asOp(input, 'broadcastTo')?.inputs[0] ?? (isScalar(input) ? input : undefined));
  if (sources.includes(undefined) || inputs.every(isScalar)) return undefined;
  return f.broadcastTo(builder.apply(node.op, node.params, ...(sources as Value[])), node.type.shape);
}
