// Builds graphs. Equal expressions become one node (common-subexpression elimination by construction).
import type { DType, Graph, Node, Tensor, TensorType } from './graph.ts';
import { type OpName, type OpParams, opOf } from './ops/table.ts';
import { verified } from './verify.ts';

/** A result inside a graph under construction. */
export class Value {
  readonly builder: GraphBuilder;
  readonly id: number;
  readonly type: TensorType;

  constructor(builder: GraphBuilder, id: number, type: TensorType) {
    this.builder = builder;
    this.id = id;
    this.type = type;
  }

  get shape(): TensorType['shape'] {
    return this.type.shape;
  }
}

/** Replaces the gradients that the ops inside an expression would give by a cheaper formula of its inputs. */
export interface CustomGradient {
  readonly inputs: readonly Value[];
  readonly rule: (gradient: Value) => readonly (Value | undefined)[];
}

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #known = new Map<string, Value>();
  readonly #customGradients = new Map<number, CustomGradient>();

  input(name: string, type: TensorType): Value {
    return this.apply('input', { name, type });
  }

  /** Data is in row-major order. Scalars have shape []. */
  constant(data: number | ArrayLike<number>, shape: readonly number[] = [], dtype: DType = 'float32'): Value {
    const values = typeof data === 'number' ? [data] : data;
    return this.apply('constant', { dtype, shape, data: toArray(dtype, values) });
  }

  /** Adds a node unless an equal one is there. Throws `spec-invalid` when the op's shape rule refuses the inputs. */
  apply<O extends OpName>(op: O, params: OpParams[O], ...inputs: readonly Value[]): Value {
    const ids = inputs.map(({ id }) => id);
    const key = `${op}(${ids.join()})${paramsKey(params)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const type = opOf({ op }).infer(
      params,
      inputs.map((input) => input.type),
    );
    const id = this.#nodes.length;
    this.#nodes.push({ id, op, params, inputs: ids, type });
    const value = new Value(this, id, type);
    this.#known.set(key, value);
    return value;
  }

  node(id: number): Node {
    return this.#nodes[id]!;
  }

  value(id: number): Value {
    return new Value(this, id, this.node(id).type);
  }

  /**
   * Makes `gradients` use `rule` at `output` instead of walking through the nodes that compute it. An equal expression
   * elsewhere in this graph is the same node, so the rule holds there too.
   */
  setGradient(output: Value, custom: CustomGradient): Value {
    this.#customGradients.set(output.id, custom);
    return output;
  }

  customGradient(id: number): CustomGradient | undefined {
    return this.#customGradients.get(id);
  }

  /** The graph of these outputs: what they do not need is left out, except inputs, which are all kept. */
  build(name: string, outputs: Readonly<Record<string, Value>>): Graph {
    const live = this.#reachable(Object.values(outputs).map(({ id }) => id));
    const kept = this.#nodes.filter(({ id, op }) => op === 'input' || live.has(id));
    const newIds = new Map(kept.map((node, index) => [node.id, index]));
    const renumber = (id: number) => newIds.get(id)!;
    const nodes = kept.map((node) => ({ ...node, id: renumber(node.id), inputs: node.inputs.map(renumber) }));
    return verified({
      name,
      nodes,
      inputs: nodes.flatMap((node) =>
        node.op === 'input' ? [{ name: (node.params as OpParams['input']).name, id: node.id }] : [],
      ),
      outputs: Object.entries(outputs).map(([output, { id }]) => ({ name: output, id: renumber(id) })),
    });
  }

  #reachable(roots: readonly number[]): Set<number> {
    const live = new Set(roots);
    for (let id = this.#nodes.length - 1; id >= 0; id--) {
      if (live.has(id)) for (const input of this.#nodes[id]!.inputs) live.add(input);
    }
    return live;
  }
}

function toArray(dtype: DType, values: ArrayLike<number>): Tensor['data'] {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}

// Data longer than this is compared by identity: writing it out would cost more than the duplicate.
const longestKey = 64;
const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function paramsKey(params: unknown): string {
  return JSON.stringify(params, (_, value) => {
    if (!ArrayBuffer.isView(value)) return value;
    const data = value as unknown as ArrayLike<number> & object;
    // -0 and 0 are different numbers (1/x) but the same JSON; NaN and the infinities become null.
    if (data.length <= longestKey) return Array.from(data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
    if (!identities.has(data)) identities.set(data, nextIdentity++);
    return `#${identities.get(data)}`;
  });
}
