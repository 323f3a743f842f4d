// Building, verifying, printing and differentiating graphs.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src-main/compiler/builder.ts';
import * as f from '../../src-main/compiler/functions.ts';
import { gradients } from '../../src-main/compiler/gradient.ts';
import type { Graph, Node, TensorType } from '../../src-main/compiler/graph.ts';
import { print } from '../../src-main/compiler/print.ts';
import { evaluate, interpret } from '../../src-main/compiler/reference.ts';
import { verified } from '../../src-main/compiler/verify.ts';

const float = (...shape: TensorType['shape']): TensorType => ({ dtype: 'float32', shape });

describe('the builder', () => {
  test('makes one node of equal expressions', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float(2));
    const sum = f.add(f.multiply(x, 2), f.multiply(x, 2));
    expect(print(builder.build('twice', { sum }))).toBe(
      [
        'graph twice',
        '  %0 float32[2] = input() x',
        '  %1 float32[] = constant() 2',
        '  %2 float32[2] = multiply(%0, %1)',
        '  %3 float32[2] = add(%2, %2)',
        'returns',
        '  sum: %3',
        '',
      ].join('\n'),
    );
  });

  test('tells constants apart that print alike in JSON', () => {
    const builder = new GraphBuilder();
    const ids = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
      (value) => builder.constant(value).id,
    );
    expect(new Set(ids).size).toBe(5);
    expect(builder.constant(Number.NaN).id).toBe(ids[2]);
  });

  test('leaves out what no output needs, but keeps every input', () => {
    const builder = new GraphBuilder();
    const [x, unused] = [builder.input('x', float(2)), builder.input('unused', float(3))];
    f.exp(unused);
    const graph = builder.build('live', { result: f.negate(x) });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'input', 'negate']);
    expect(graph.inputs).toEqual([
      { name: 'x', id: 0 },
      { name: 'unused', id: 1 },
    ]);
  });

  test('refuses an expression of numbers only', () => {
    expect(() => f.add(1, 2)).toThrow('internal: at least one operand must be a value of a graph');
  });
});

describe('the verifier', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', float(2));
  const valid = builder.build('g', { result: f.exp(x) });
  const [input, exp] = valid.nodes as [Node, Node];
  const withNodes = (...nodes: Node[]): Graph => ({ ...valid, nodes });

  test.each<[string, Graph, string]>([
    ['an id', withNodes(input, { ...exp, id: 2 }), 'a node stands at the index of its id, received node 2 at 1'],
    [
      'an op',
      withNodes(input, { ...exp, op: 'frobnicate' as never }),
      'every op is in the table, received 1 = frobnicate',
    ],
    [
      'the order',
      withNodes(input, { ...exp, inputs: [1] }),
      'inputs come before the nodes that use them, received 1 reads 1',
    ],
    [
      'an open batch',
      withNodes(input, { ...exp, type: float(2, 'N') }),
      'the open batch stands first, received 1: float32[2, N]',
    ],
    [
      'a type',
      withNodes(input, { ...exp, type: float(3) }),
      'types are what the shape rules give, received 1: float32[3] instead of float32[2]',
    ],
    ['input names', { ...valid, inputs: [...valid.inputs, ...valid.inputs] }, 'input names are unique, received x'],
    [
      'output names',
      { ...valid, outputs: [...valid.outputs, ...valid.outputs] },
      'output names are unique, received result',
    ],
    ['the inputs', { ...valid, inputs: [] }, 'the inputs are the input nodes, received  instead of x = 0'],
    ['an output', { ...valid, outputs: [{ name: 'result', id: 7 }] }, 'outputs are nodes, received result'],
  ])('rejects a fault in %s', (_, graph, message) => {
    expect(() => verified(graph)).toThrow(`internal: graph g: expected that ${message}`);
  });

  test('passes a valid graph through', () => {
    expect(verified(valid)).toBe(valid);
  });
});

describe('shape rules', () => {
  const cases: [string, TensorType[], (...x: never[]) => unknown, string][] = [
    ['add', [float(2, 3), float(4)], f.add, 'shapes that broadcast for add, received float32[2, 3] and float32[4]'],
    [
      'an open batch that meets a number',
      [float('N', 3), float(2, 3)],
      f.add,
      'shapes that broadcast for add, received float32[N, 3] and float32[2, 3]',
    ],
    [
      'an open batch that does not stay first',
      [float('N', 1), float(2, 1, 1)],
      f.add,
      'shapes that broadcast for add, received float32[N, 1] and float32[2, 1, 1]',
    ],
    [
      'arithmetic on bytes',
      [{ dtype: 'uint8', shape: [2] }, float(2)],
      f.add,
      'float32 and float32 for add, received uint8[2] and float32[2]',
    ],
    ['exp of bytes', [{ dtype: 'uint8', shape: [2] }], f.exp, 'float32 for exp, received uint8[2]'],
    [
      'a condition',
      [float(2), float(2), float(2)],
      f.where,
      'bool and float32 and float32 for where, received float32[2] and float32[2] and float32[2]',
    ],
    [
      'a slope',
      [float(2)],
      (x) => f.leakyRelu(x, 1),
      'a slope from 0 to below 1 instead of 1 for leakyRelu, received float32[2]',
    ],
    [
      'limits',
      [float(2)],
      (x) => f.clip(x, 1, 0),
      'a low limit below the high one instead of 1 and 0 for clip, received float32[2]',
    ],
    [
      'inner sizes',
      [float(2, 3), float(4, 5)],
      f.matmul,
      'two matrices whose inner sizes agree for matmul, received float32[2, 3] and float32[4, 5]',
    ],
    [
      'transposed inner sizes',
      [float(2, 3), float(3, 4)],
      (a, b) => f.matmul(a, b, { transposeA: true }),
      'two matrices (transposed: true, false) whose inner sizes agree for matmul, received float32[2, 3] and float32[3, 4]',
    ],
    [
      'ranks',
      [float(2, 3, 4), float(4, 5)],
      f.matmul,
      'two matrices whose inner sizes agree for matmul, received float32[2, 3, 4] and float32[4, 5]',
    ],
    [
      'a bias',
      [float(2, 3), float(3, 4), float(3)],
      (a, b, bias) => f.matmul(a, b, { bias }),
      'a bias that broadcasts to the product for matmul, received float32[2, 3] and float32[3, 4] and float32[3]',
    ],
    [
      'batches',
      [float(2, 3, 4), float(3, 4, 5)],
      f.batchMatmul,
      'batches B×M×K and B×K×N for batchMatmul, received float32[2, 3, 4] and float32[3, 4, 5]',
    ],
    [
      'channels',
      [float(1, 3, 8, 8), float(4, 2, 3, 3)],
      f.conv2d,
      'images N×I×H×W, weights O×I×h×w and a bias O for conv2d, received float32[1, 3, 8, 8] and float32[4, 2, 3, 3]',
    ],
    [
      'a large kernel',
      [float(1, 3, 2, 2), float(4, 3, 3, 3)],
      f.conv2d,
      'images at least as large as the kernel for conv2d, received float32[1, 3, 2, 2] and float32[4, 3, 3, 3]',
    ],
    [
      'transposed channels',
      [float(1, 3, 8, 8), float(4, 3, 3, 3)],
      f.convTranspose2d,
      'images N×I×H×W, weights I×O×h×w and a bias O for convTranspose2d, received float32[1, 3, 8, 8] and float32[4, 3, 3, 3]',
    ],
    [
      'output padding',
      [float(1, 3, 8, 8), float(3, 4, 3, 3)],
      (x, w) => f.convTranspose2d(x, w, undefined, { outputPadding: [1, 0] }),
      'padding smaller than the result and output padding below the stride for convTranspose2d, received float32[1, 3, 8, 8] and float32[3, 4, 3, 3]',
    ],
    [
      'depth',
      [float(1, 6, 2, 2)],
      (x) => f.depthToSpace(x, 2),
      'images whose channels are a multiple of 4 for depthToSpace, received float32[1, 6, 2, 2]',
    ],
    [
      'space',
      [float(1, 6, 3, 2)],
      (x) => f.spaceToDepth(x, 2),
      'images whose sides are multiples of 2 for spaceToDepth, received float32[1, 6, 3, 2]',
    ],
    [
      'a permutation',
      [float(2, 3)],
      (x) => f.transpose(x, [0, 0]),
      'a shape that [0, 0] permutes for transpose, received float32[2, 3]',
    ],
    [
      'a batch moved back',
      [float('N', 3)],
      (x) => f.transpose(x, [1, 0]),
      'a shape that [1, 0] permutes for transpose, received float32[N, 3]',
    ],
    ['a size', [float(2, 3)], (x) => f.reshape(x, [5]), 'as many elements as [5] for reshape, received float32[2, 3]'],
    [
      'a batch closed',
      [float('N', 3)],
      (x) => f.reshape(x, [1, 3]),
      'as many elements as [1, 3] for reshape, received float32[N, 3]',
    ],
    [
      'a batch that comes out uneven',
      [float(5)],
      (x) => f.reshape(x, ['N', 2]),
      'as many elements as [N, 2] for reshape, received float32[5]',
    ],
    [
      'a broadcast',
      [float(2, 3)],
      (x) => f.broadcastTo(x, [2, 4]),
      'a shape that broadcasts to [2, 4] for broadcastTo, received float32[2, 3]',
    ],
    [
      'a slice',
      [float(4, 4)],
      (x) => f.slice(x, [0, 3], [4, 2]),
      'a shape that holds [4, 2] from [0, 3] for slice, received float32[4, 4]',
    ],
    [
      'a slice of the batch',
      [float('N', 4)],
      (x) => f.slice(x, [0, 0], [1, 4]),
      'a shape that holds [1, 4] from [0, 0] for slice, received float32[N, 4]',
    ],
    [
      'padding',
      [float('N', 4)],
      (x) => f.pad(x, [1, 0], [0, 0]),
      'a shape that takes [1, 0] before and [0, 0] after for pad, received float32[N, 4]',
    ],
    [
      'a concatenation',
      [float(2, 3), float(3, 3)],
      (a, b) => f.concat([a, b], 1),
      'tensors that differ in axis 1 only for concat, received float32[2, 3] and float32[3, 3]',
    ],
    [
      'a concatenation of batches',
      [float('N', 3), float('N', 3)],
      (a, b) => f.concat([a, b], 0),
      'tensors that differ in axis 0 only for concat, received float32[N, 3] and float32[N, 3]',
    ],
    [
      'axes',
      [float(2, 3)],
      (x) => f.reduceSum(x, { axes: [2] }),
      'increasing axes within the shape instead of [2] for reduceSum, received float32[2, 3]',
    ],
    [
      'an axis twice',
      [float(2, 3)],
      (x) => f.reduceMean(x, { axes: [1, -1] }),
      'increasing axes within the shape instead of [1, 1] for reduceMean, received float32[2, 3]',
    ],
    [
      'an input',
      [float(2, 'N')],
      (x) => x,
      'whole dimensions with the open batch first for input a, received float32[2, N]',
    ],
    [
      'a constant',
      [float(2)],
      (x) => (x as { builder: GraphBuilder }).builder.constant([1, 2, 3], [2]),
      'a shape of 3 elements for constant, received float32[2]',
    ],
  ];

  test.each(cases)('refuse %s', (_, types, build, message) => {
    const builder = new GraphBuilder();
    const construct = () =>
      build(...(types.map((type, index) => builder.input(String.fromCharCode(97 + index), type)) as never[]));
    expect(construct).toThrow(
      expect.objectContaining({
        code: 'spec-invalid',
        message: `Expected ${message}.`,
        advice: expect.stringMatching(/./),
      }),
    );
  });
});

describe('the open batch', () => {
  test('takes the size of what is fed', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float('N', 2, 2));
    const flat = f.reshape(x, ['N', 4]);
    const part = f.broadcastTo(f.slice(flat, [0, 1], ['N', 1]), ['N', 3]);
    const graph = builder.build('open', { flat: f.pad(f.concat([flat, part], 1), [0, 0], [0, 1]) });
    expect(graph.nodes.at(-1)!.type.shape).toEqual(['N', 8]);
    const { shape, data } = interpret(graph, {
      x: { dtype: 'float32', shape: [2, 2, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    }).flat!;
    expect(shape).toEqual([2, 8]);
    expect([...data]).toEqual([1, 2, 3, 4, 2, 2, 2, 0, 5, 6, 7, 8, 6, 6, 6, 0]);
  });

  test('is not differentiated', () => {
    const builder = new GraphBuilder();
    const w = builder.input('w', float(2, 3));
    const loss = f.reduceMean(f.matmul(builder.input('x', float('N', 2)), w));
    expect(() => gradients(loss, [w])).toThrow(
      'Expected a fixed batch size to differentiate, received [N, 3] in matmul.',
    );
  });
});

describe('gradients', () => {
  const resultsOf = (
    builder: GraphBuilder,
    values: Record<string, Parameters<GraphBuilder['build']>[1][string]>,
    x: number[],
  ) => evaluate(builder.build('g', values), { x: { dtype: 'float32', shape: [x.length], data: Float32Array.from(x) } });

  test('refuse a loss that is no scalar', () => {
    const x = new GraphBuilder().input('x', float(2));
    expect(() => gradients(x, [x])).toThrow('Expected a scalar loss to differentiate, received shape [2].');
  });

  test('are zero for what the loss does not depend on', () => {
    const builder = new GraphBuilder();
    const [x, other] = [builder.input('x', float(2)), builder.constant([1, 2, 3], [3])];
    const [gradient] = gradients(f.reduceSum(x), [other]) as [never];
    expect(resultsOf(builder, { gradient }, [1, 2]).gradient).toEqual({ shape: [3], data: Float64Array.of(0, 0, 0) });
  });

  test('add up over all paths', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float(2));
    const [gradient] = gradients(f.reduceSum(f.add(f.square(x), f.multiply(x, f.square(x)))), [x]) as [never];
    expect([...resultsOf(builder, { gradient }, [2, -1]).gradient!.data]).toEqual([2 * 2 + 3 * 4, -2 + 3]);
  });

  test('reach values inside the graph', () => {
    const builder = new GraphBuilder();
    const inner = f.square(builder.input('x', float(1)));
    const [gradient] = gradients(f.reduceSum(f.multiply(inner, inner)), [inner]) as [never];
    expect([...resultsOf(builder, { gradient }, [3]).gradient!.data]).toEqual([18]);
  });

  test('pass a straight-through clip as if nothing were clipped', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float(3));
    const [gradient] = gradients(f.reduceSum(f.clipStraightThrough(x, 0, 1)), [x]) as [never];
    expect([...resultsOf(builder, { gradient }, [-2, 0.5, 3]).gradient!.data]).toEqual([1, 1, 1]);
  });

  test('at a tie go to the first of two operands, and are shared by a maximum over an axis', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', float(2));
    const [first, second] = [f.multiply(x, 1), f.add(x, 0)];
    const [a, b] = gradients(f.reduceSum(f.maximum(first, second)), [first, second]) as [never, never];
    const [c] = gradients(f.reduceMax(x), [x]) as [never];
    const results = resultsOf(builder, { a, b, c }, [2, 2]);
    expect([results.a, results.b, results.c].map((result) => [...result!.data])).toEqual([
      [1, 1],
      [0, 0],
      [0.5, 0.5],
    ]);
  });
});

describe('the interpreter', () => {
  const builder = new GraphBuilder();
  const graph = builder.build('g', { y: f.exp(builder.input('x', float('N', 2))) });

  test('names an input that is not fed', () => {
    expect(() => interpret(graph, {})).toThrow('internal: expected a tensor for input x [N, 2], received none');
  });

  test('names the shapes of an input that does not fit', () => {
    const x = { dtype: 'float32', shape: [3], data: new Float32Array(3) } as const;
    expect(() => interpret(graph, { x })).toThrow('internal: expected a tensor of [N, 2], received [3]');
  });
});
