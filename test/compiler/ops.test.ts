// Every op: gradients against finite differences, and the ONNX lowering against the reference interpreter.
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../src-main/compiler/builder.ts';
import { chooseConvolutionForms } from '../../src-main/compiler/convolution-forms.ts';
import * as f from '../../src-main/compiler/functions.ts';
import type { Feeds, Graph, Tensor } from '../../src-main/compiler/graph.ts';
import { toOnnx } from '../../src-main/compiler/onnx/lower.ts';
import type { NumericArray } from '../../src-main/compiler/ops/op.ts';
import { ops } from '../../src-main/compiler/ops/table.ts';
import { evaluate, interpret } from '../../src-main/compiler/reference.ts';
import { simplify } from '../../src-main/compiler/simplify.ts';
import { forwardGraph, forwardOnlyCases, gradientGraph, opCases } from './op-cases.ts';

test('the cases use every op of the table', () => {
  const used = new Set(
    [...opCases, ...forwardOnlyCases].flatMap((item) => forwardGraph(item).nodes.map(({ op }) => op)),
  );
  const implicit = new Set(['constant']);
  expect(Object.keys(ops).filter((op) => !used.has(op as keyof typeof ops) && !implicit.has(op))).toEqual([]);
});

describe.each([...opCases])('$name', (item) => {
  const gradient = gradientGraph(item);

  test('has the gradient of finite differences', () => {
    const computed = evaluate(gradient, item.feeds);
    for (const [output, { data }] of Object.entries(computed)) {
      if (output === 'loss') continue;
      const expected = differences(gradient, item.feeds, output.slice('gradient:'.length));
      expect(distance(data, expected), `${output}: ${data} instead of ${expected}`).toBeLessThan(2e-6);
    }
  });

  test('keeps its values when simplified', () => {
    const [before, after] = [evaluate(gradient, item.feeds), evaluate(simplify(gradient), item.feeds)];
    for (const [output, { shape, data }] of Object.entries(before)) {
      expect(after[output]!.shape).toEqual(shape);
      expect(distance(after[output]!.data, data)).toBeLessThan(1e-6);
    }
  });

  test('keeps its values in other forms of convolution', () => {
    const [before, after] = [evaluate(gradient, item.feeds), evaluate(chooseConvolutionForms(gradient), item.feeds)];
    for (const [output, { shape, data }] of Object.entries(before)) {
      expect(after[output]!.shape).toEqual(shape);
      expect(distance(after[output]!.data, data)).toBeLessThan(1e-6);
    }
  });

  test('runs as ONNX', async () => {
    await expectSameAsReference(forwardGraph(item), item.feeds);
    await expectSameAsReference(simplify(chooseConvolutionForms(gradient)), item.feeds);
  });
});

test.each([...forwardOnlyCases])('$name runs as ONNX', (item) => expectSameAsReference(forwardGraph(item), item.feeds));

describe('convolutions are written so that the side with fewer channels is unfolded', () => {
  const window = { padding: [1, 1, 1, 1] } as const;
  const build = (write: (builder: GraphBuilder) => Value) => {
    const builder = new GraphBuilder();
    return chooseConvolutionForms(builder.build('form', { y: write(builder) })).nodes.map(({ op }) => op);
  };
  const float = (builder: GraphBuilder, name: string, ...shape: number[]) =>
    builder.input(name, { dtype: 'float32', shape });

  test.each<[number, number, string, string]>([
    [4, 2, 'convTranspose2d', 'convTranspose2d'],
    [3, 3, 'conv2d', 'conv2d'],
    [2, 4, 'conv2d', 'conv2d'],
  ])('%d to %d channels', (from, to, convolution, transposed) => {
    const forward = build((b) =>
      f.conv2d(float(b, 'x', 1, from, 4, 4), float(b, 'w', to, from, 3, 3), undefined, window),
    );
    const back = build((b) =>
      f.convTranspose2d(float(b, 'x', 1, from, 4, 4), float(b, 'w', from, to, 3, 3), undefined, window),
    );
    expect(forward).toContain(convolution);
    expect(back).toContain(transposed);
  });

  test('with a stride there is one form only', () => {
    const strided = { ...window, stride: [2, 2] } as const;
    expect(build((b) => f.conv2d(float(b, 'x', 1, 4, 4, 4), float(b, 'w', 2, 4, 3, 3), undefined, strided))).toContain(
      'conv2d',
    );
    expect(
      build((b) => f.convTranspose2d(float(b, 'x', 1, 2, 4, 4), float(b, 'w', 2, 4, 3, 3), undefined, strided)),
    ).toContain('convTranspose2d');
  });
});

/** Central differences of `loss` in float64 along every element of the named input. */
function differences(graph: Graph, feeds: Feeds, name: string): Float64Array {
  const step = 1e-5;
  const data = Float64Array.from(feeds[name]!.data);
  const lossAt = (index: number, value: number) => {
    const moved: NumericArray = { shape: feeds[name]!.shape, data: data.with(index, value) };
    return evaluate(graph, { ...feeds, [name]: moved }).loss!.data[0]!;
  };
  return data.map((value, index) => (lossAt(index, value + step) - lossAt(index, value - step)) / (2 * step));
}

/** The largest difference, relative to the largest element where that is above 1. */
function distance(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  return Math.max(0, ...Array.from(received, (value, index) => Math.abs(value - expected[index]!))) / scale;
}

async function expectSameAsReference(graph: Graph, feeds: Feeds): Promise<void> {
  const expected = interpret(graph, feeds);
  const session = await InferenceSession.create(toOnnx(graph), { logSeverityLevel: 3 });
  const used = Object.entries(feeds).map(([name, tensor]) => [name, toOnnxTensor(tensor)]);
  const received = await session.run(Object.fromEntries(used));
  for (const [output, { dtype, shape, data }] of Object.entries(expected)) {
    expect(received[output]!.type).toBe(dtype);
    expect(received[output]!.dims).toEqual(shape);
    expect(distance(received[output]!.data as Float32Array, data), output).toBeLessThan(1e-4);
  }
  await session.release();
}

function toOnnxTensor({ dtype, data, shape }: Tensor): OnnxTensor {
  return new OnnxTensor(dtype, data as never, shape);
}
