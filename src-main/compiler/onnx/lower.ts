// Graph to ONNX bytes: walks the op table's lowering rules and writes the model. Knows no op by name.
import { PinholeError } from '../../contract/errors.ts';
import type { Binding, DType, Graph, TensorType } from '../graph.ts';
import { type OnnxAttribute, type OnnxEmitter, onnxTypes } from '../ops/op.ts';
import { closed, elements } from '../ops/shapes.ts';
import { opOf } from '../ops/table.ts';
import { type CompactNumbers, compactTensor } from './compact.ts';
import { Message } from './protobuf.ts';

/** 18 is the newest whose every op here has kernels on ONNX Runtime's CPU and WebGPU providers and in older runtimes. */
export const opset = 18;
const irVersion = 8;

export interface OnnxOptions {
  /** Float32 values, by input name, that become part of the model instead of inputs. */
  initializers?: ReadonlyMap<string, Float32Array>;
  /** How those of many numbers are stored; the graph brings them back to float32. Left out: as they are. */
  numbers?: CompactNumbers;
  metadata?: Readonly<Record<string, string>>;
  producerVersion?: string;
}

/** The model as the bytes of an `.onnx` file. The open batch becomes the symbolic dimension N. */
export function toOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const { initializers = new Map(), numbers, metadata = {}, producerVersion = '' } = options;
  const writer = new GraphWriter();
  const fed = graph.inputs.filter((input) => !fixInput(writer, graph, input, initializers, numbers));
  const names: string[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => names[id]!);
    const inputTypes = node.inputs.map((id) => graph.nodes[id]!.type);
    names.push(opOf(node).onnx(writer, { params: node.params, inputs, inputTypes, type: node.type }));
  }
  for (const { name, id } of graph.outputs) writer.bind(name, names[id]!);

  const body = writer.finish(graph.name);
  const describe = (field: number, { name, id }: Binding) =>
    body.message(field, valueInfo(name, graph.nodes[id]!.type));
  for (const input of fed) describe(11, input);
  for (const output of graph.outputs) describe(12, output);
  const model = new Message().varint(1, irVersion).string(2, 'Pinhole').string(3, producerVersion).message(7, body);
  model.message(8, new Message().string(1, '').varint(2, opset));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().string(1, key).string(2, value));
  return model.finish();
}

/** Writes the input as an initializer if a value is given for it. */
function fixInput(
  writer: GraphWriter,
  graph: Graph,
  { name, id }: Binding,
  values: ReadonlyMap<string, Float32Array>,
  numbers: CompactNumbers | undefined,
): boolean {
  const data = values.get(name);
  if (data === undefined) return false;
  const { dtype, shape } = graph.nodes[id]!.type;
  if (dtype !== 'float32' || data.length !== elements(closed(shape))) {
    throw new PinholeError(
      'internal',
      `internal: expected ${dtype}[${shape.join(', ')}] for ${name}, received ${data.length} float32 values`,
    );
  }
  if (numbers === undefined || data.length < fewNumbers) writer.initializer(name, 'float32', closed(shape), data);
  else writer.compact(name, closed(shape), data, numbers);
  return true;
}

/** Of fewer, such as biases, nothing is gained by storing them otherwise. */
export const fewNumbers = 512;

interface OnnxNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

class GraphWriter implements OnnxEmitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Message>();
  readonly #integers = new Map<string, string>();
  /** Values that carry the name of a graph output instead of their own. */
  readonly #outputNames = new Map<string, string>();

  node(
    opType: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    output = `/${this.#nodes.length}`,
  ): string {
    this.#nodes.push({ opType, inputs, output, attributes });
    return output;
  }

  integers(values: readonly number[]): string {
    const key = values.join();
    const name = this.#integers.get(key) ?? `/integers/${this.#integers.size}`;
    if (!this.#integers.has(key)) this.initializer(name, 'int64', [values.length], BigInt64Array.from(values, BigInt));
    this.#integers.set(key, name);
    return name;
  }

  tensor({ dtype, shape }: TensorType, data: ArrayLike<number>): string {
    const name = `/constant/${this.#initializers.size}`;
    this.initializer(name, dtype, closed(shape), encode(dtype, data));
    return name;
  }

  initializer(name: string, dtype: keyof typeof onnxTypes, shape: readonly number[], data: ArrayBufferView): void {
    const message = new Message().varints(1, shape).varint(2, onnxTypes[dtype]).string(8, name);
    this.#initializers.set(name, message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }

  /** The value `name`, stored as other numbers. */
  compact(name: string, shape: readonly number[], data: Float32Array, numbers: CompactNumbers): void {
    const { type, stored, scale } = compactTensor(shape, data, numbers);
    const float32 = { to: { int: onnxTypes.float32 } };
    this.initializer(`${name}/stored`, type, shape, stored);
    if (!scale) {
      this.node('Cast', [`${name}/stored`], float32, name);
      return;
    }
    this.initializer(`${name}/scale`, 'float32', scale.shape, scale.data);
    this.node('Mul', [this.node('Cast', [`${name}/stored`], float32), `${name}/scale`], {}, name);
  }

  /** Makes `value` the graph output `name`. Inputs, initializers and values that are outputs already are copied. */
  bind(name: string, value: string): void {
    const computed = this.#nodes.some(({ output }) => output === value) && !this.#outputNames.has(value);
    this.#outputNames.set(computed ? value : this.node('Identity', [value]), name);
  }

  finish(graphName: string): Message {
    const named = (value: string) => this.#outputNames.get(value) ?? value;
    const body = new Message();
    for (const { opType, inputs, output, attributes } of this.#nodes) {
      const node = new Message();
      for (const input of inputs) node.string(1, named(input));
      node.string(2, named(output)).string(3, output).string(4, opType);
      for (const [name, attribute] of Object.entries(attributes)) node.message(5, attributeMessage(name, attribute));
      body.message(1, node);
    }
    body.string(2, graphName);
    for (const initializer of this.#initializers.values()) body.message(5, initializer);
    return body;
  }
}

function encode(dtype: DType, data: ArrayLike<number>): ArrayBufferView {
  if (dtype === 'float32') return Float32Array.from(data);
  return dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

/** AttributeProto, with its type's number last. */
function attributeMessage(name: string, attribute: OnnxAttribute): Message {
  const message = new Message().string(1, name);
  if ('float' in attribute) return message.float(2, attribute.float).varint(20, 1);
  if ('int' in attribute) return message.varint(3, attribute.int).varint(20, 2);
  if ('string' in attribute) return message.string(4, attribute.string).varint(20, 3);
  return message.varints(8, attribute.ints).varint(20, 7);
}

function valueInfo(name: string, { dtype, shape }: TensorType): Message {
  const dims = new Message();
  for (const dim of shape) dims.message(1, dim === 'N' ? new Message().string(2, dim) : new Message().varint(1, dim));
  const tensor = new Message().varint(1, onnxTypes[dtype]).message(2, dims);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}
